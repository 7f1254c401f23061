/**
 * Which inverted index a segment's tests are worth: tests of one column that must all hold become one list
 * of ids, and the column whose ids have the fewest rows is asked, when those are few. Text goes by
 * dictionary id, integers by rank.
 */

import { serverBounds } from "#schemas/limits";
import type { SegmentColumns } from "#server/execute/compile/segment-columns";
import { join } from "#server/execute/compile/tests";
import type { Test } from "#server/execute/task";
import type { InvertedReader } from "#server/segment/reader";

/** A posting list pays below this share of the rows. */
const invertedShare = 0.03;
const invertedIdsMax = serverBounds.invertedIds;

export interface InvertedUse {
  /** What the rows of `ids` stand for: `covers`, all together. */
  readonly test: Test;
  readonly covers: ReadonlySet<Test>;
  readonly columnId: number;
  readonly reader: InvertedReader;
  /** No id twice; none at all when no row can pass. */
  readonly ids: readonly number[];
}

/** The index with the fewest rows to read, or null when a scan is as good. All of the tests must hold. */
export function invertedUse(tests: readonly Test[], columns: SegmentColumns): InvertedUse | null {
  const byColumn = new Map<number, Test[]>();
  for (const test of tests) {
    const column = columnOf(test);
    if (column === null) continue;
    const known = byColumn.get(column);
    if (known === undefined) byColumn.set(column, [test]);
    else known.push(test);
  }
  let best: InvertedUse | null = null;
  let least = columns.segment.rows * invertedShare;
  for (const [place, own] of byColumn) {
    const { reader, columnId } = columns.used[place];
    const inverted = reader?.inverted ?? null;
    const found = inverted === null ? null : idsThatPass(own, inverted);
    if (inverted === null || found === null) continue;
    const rows = found.ids.reduce((sum, id) => sum + inverted.count(id), 0);
    if (rows >= least) continue;
    least = rows;
    best = { ...found, test: join("and", [...found.covers]), columnId, reader: inverted };
  }
  return best;
}

type IdTest = Extract<Test, { kind: "ids" | "idSet" | "ints" }>;

const isIdTest = (test: Test): test is IdTest =>
  test.kind === "ids" || test.kind === "idSet" || test.kind === "ints";

/** The one column that decides the test by its value, or null. */
function columnOf(test: Test): number | null {
  if (isIdTest(test)) return test.column;
  if (test.kind !== "or") return null;
  const [first, ...rest] = test.tests.map(columnOf);
  return rest.every((column) => column === first) ? (first ?? null) : null;
}

/** Ids that pass all of a column's tests, without tests that pass too many; null when nothing bounds them. */
function idsThatPass(
  tests: readonly Test[],
  reader: InvertedReader,
): Pick<InvertedUse, "covers" | "ids"> | null {
  const covers = new Set<Test>();
  let first = 0;
  let last = Number.POSITIVE_INFINITY;
  let members: ReadonlySet<number> | null = null;
  for (const test of tests) {
    if (test.kind === "ids" || test.kind === "ints") {
      const range = rangeOf(test, reader);
      first = Math.max(first, range.first);
      last = Math.min(last, range.last);
    } else {
      const own = new Set<number>();
      if (!addMembers(test, reader, own)) continue;
      members = members === null ? own : inBoth(members, own);
    }
    covers.add(test);
  }
  if (members !== null) return { covers, ids: [...members].filter((id) => id >= first && id <= last) };
  if (last - first >= invertedIdsMax) return null;
  return { covers, ids: sequence(first, last) };
}

const inBoth = (one: ReadonlySet<number>, other: ReadonlySet<number>): ReadonlySet<number> =>
  new Set([...one].filter((id) => other.has(id)));

const rangeOf = (test: Extract<IdTest, { kind: "ids" | "ints" }>, reader: InvertedReader) =>
  test.kind === "ids" ? { first: test.low, last: test.high } : reader.idsOf(test.low, test.high);

const sequence = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);

/** Adds the ids that pass; false when they are too many. */
function addMembers(test: Test, reader: InvertedReader, to: Set<number>): boolean {
  if (test.kind === "or") return test.tests.every((part) => addMembers(part, reader, to));
  if (test.kind === "idSet") {
    if (test.ids.length > invertedIdsMax) return false;
    for (const id of test.ids) to.add(id);
  } else if (test.kind === "ids" || test.kind === "ints") {
    const { first, last } = rangeOf(test, reader);
    if (last - first >= invertedIdsMax) return false;
    for (let id = first; id <= last; id++) to.add(id);
  }
  return to.size <= invertedIdsMax;
}
