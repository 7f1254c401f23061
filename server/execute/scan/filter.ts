/**
 * Predicates over one chunk. A test is made so that NOT is gone (`compile/tests.ts` pushes it to the leaves),
 * so a bitmap of "is true" is all that three-valued logic needs.
 */
import type { TextEntries, Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import type { Evaluate } from "#schemas/plan/evaluator";
import { sequence } from "#schemas/row-order";
import type { Views } from "#server/arena/arena";
import { expressionOf } from "#server/execute/bound";
import { type Chunk, everything, narrow, nothing, type Selection } from "#server/execute/scan/chunk";
import { matchEntries, type SimplePattern, simplePattern } from "#server/execute/scan/like";
import { entriesOf } from "#server/execute/scan/text-vector";
import type { Scratch } from "#server/execute/scratch";
import type { PlainDictionary, Task, Test } from "#server/execute/task";

/** Tables by dictionary id that tests of a task need, made once a task. */
export class TestTables {
  private readonly byTest = new Map<Test, { readonly pointer: number; readonly hits: number }>();
  private readonly task: Task;
  private readonly parts: { readonly views: Views; readonly scratch: Scratch; readonly evaluate: Evaluate };

  constructor(
    task: Task,
    parts: { readonly views: Views; readonly scratch: Scratch; readonly evaluate: Evaluate },
  ) {
    this.task = task;
    this.parts = parts;
  }

  /** Makes the tables of a test and of its parts: before the first chunk, as they live in scratch to the task's end. */
  prepare(test: Test): void {
    if (test.kind === "and" || test.kind === "or") {
      for (const part of test.tests) this.prepare(part);
    } else if (test.kind === "idSet" || test.kind === "entries") this.table(test);
  }

  /** A byte per id, nonzero where the test holds. */
  table(test: Extract<Test, { kind: "idSet" | "entries" }>): {
    readonly pointer: number;
    readonly hits: number;
  } {
    const known = this.byTest.get(test);
    if (known !== undefined) return known;
    const column = this.task.columns[test.column];
    const { dictionary } = column;
    assert(dictionary !== null, "a test by ids is over a dictionary");
    const { views, scratch } = this.parts;
    const pointer = scratch.takeZeroed(Math.max(256, dictionary.count + 1));
    let hits = 0;
    if (test.kind === "idSet") {
      for (const id of test.ids) views.u8[pointer + id] = 1;
      hits = test.ids.length;
    } else {
      hits = this.evaluateEntries(test, dictionary, pointer);
    }
    const made = { pointer, hits };
    this.byTest.set(test, made);
    return made;
  }

  private evaluateEntries(
    test: Extract<Test, { kind: "entries" }>,
    dictionary: PlainDictionary,
    pointer: number,
  ): number {
    const { views } = this.parts;
    const entries = entriesOf(views, dictionary);
    const marks = views.u8.subarray(pointer, pointer + entries.count);
    const simple = simplePattern(expressionOf(test.bound));
    if (simple !== null) return markMatches(entries, simple, test.wanted, marks);
    const ids = sequence(entries.count);
    const nulls = new Uint8Array((ids.length + 7) >> 3);
    nulls[0] = 1;
    const { type } = this.task.columns[test.column];
    const vector: Vector = { kind: "text", type, rows: ids.length, ids, entries, nulls };
    const input = { rows: ids.length, column: () => vector };
    const answer = this.parts.evaluate(expressionOf(test.bound), input, this.task.context);
    return markWanted(answer, test.wanted, marks);
  }
}

/** Marks the entries (not NULL's) that match a pattern, or those that do not; returns how many. */
function markMatches(
  entries: TextEntries,
  pattern: SimplePattern,
  wanted: boolean,
  marks: Uint8Array,
): number {
  let hits = 0;
  if (!wanted) {
    marks.fill(1, 1);
    hits = marks.length - 1;
  }
  matchEntries(entries, pattern, (id) => {
    if (id === 0) return;
    marks[id] = wanted ? 1 : 0;
    hits += wanted ? 1 : -1;
  });
  return hits;
}

/** Sets bytes to 1 where a BOOLEAN vector is `wanted`; returns how many. */
function markWanted(answer: Vector, wanted: boolean, bytes: Uint8Array): number {
  assert(answer.kind === "int", "a predicate answers BOOLEAN");
  const { values, nulls, rows } = answer;
  const value = wanted ? 1n : 0n;
  let hits = 0;
  for (let row = 0; row < rows; row++) {
    const isNull = nulls !== null && (nulls[row >> 3] & (1 << (row & 7))) !== 0;
    if (isNull || values[row] !== value) continue;
    bytes[row] = 1;
    hits++;
  }
  return hits;
}

/** Rows for which the test is true. `within`: rows that matter; expressions are evaluated for no others. */
export function runTest(chunk: Chunk, tables: TestTables, test: Test, within: Selection): Selection {
  switch (test.kind) {
    case "all":
      return everything;
    case "none":
      return nothing;
    case "and":
      return conjunction(chunk, tables, test.tests, within);
    case "or":
      return test.tests.reduce<Selection>(
        (sofar, part) =>
          sofar.kind === "all" ? sofar : chunk.or(sofar, runTest(chunk, tables, part, within)),
        nothing,
      );
    case "rows":
      return rowRange(chunk, test);
    case "ids":
      return idRange(chunk, test);
    case "idSet":
    case "entries":
      return byTable(chunk, tables, test);
    case "ints":
      return intRange(chunk, test);
    case "doubles":
      return doubleRange(chunk, test);
    case "present":
      return chunk.present(test.column);
    case "absent":
      return chunk.not(chunk.present(test.column));
    case "bitmaps": {
      const bitmap = test.pointers[chunk.index];
      return narrow(chunk.rows, bitmap, chunk.kernels.bitmapPopulation(bitmap, chunk.rows));
    }
    case "expression":
      return byExpression(chunk, test, within);
  }
}

/** All of the tests, in order; stops as soon as no row is left. */
export function conjunction(
  chunk: Chunk,
  tables: TestTables,
  tests: readonly Test[],
  within: Selection,
): Selection {
  let selection = within;
  for (const test of tests) {
    if (selection.kind === "none") return selection;
    selection = chunk.and(selection, runTest(chunk, tables, test, selection));
  }
  return selection;
}

function rowRange(chunk: Chunk, test: Extract<Test, { kind: "rows" }>): Selection {
  const { firstRow } = chunk.task.chunks[chunk.index];
  const from = Math.max(0, test.from - firstRow);
  const until = Math.min(chunk.rows, test.until - firstRow);
  if (until <= from) return nothing;
  if (from === 0 && until === chunk.rows) return everything;
  const bitmap = chunk.newBitmap();
  return narrow(chunk.rows, bitmap, chunk.kernels.bitmapFill(chunk.rows, from, until, bitmap));
}

function idRange(chunk: Chunk, test: Extract<Test, { kind: "ids" }>): Selection {
  if (test.high < test.low) return nothing;
  const column = chunk.column(test.column);
  const bitmap = chunk.newBitmap();
  const width = column.width as 1 | 2 | 4;
  const population = chunk.kernels.filterRange(
    width,
    column.pointer,
    chunk.rows,
    test.low,
    test.high,
    bitmap,
  );
  return narrow(chunk.rows, bitmap, population);
}

function byTable(
  chunk: Chunk,
  tables: TestTables,
  test: Extract<Test, { kind: "idSet" | "entries" }>,
): Selection {
  const { pointer, hits } = tables.table(test);
  if (hits === 0) return nothing;
  const column = chunk.column(test.column);
  const bitmap = chunk.newBitmap();
  const width = column.width as 1 | 2 | 4;
  const population = chunk.kernels.filterLut(width, column.pointer, chunk.rows, pointer, bitmap);
  return narrow(chunk.rows, bitmap, population);
}

const storedMax = { 1: 0xffn, 2: 0xffffn, 4: 0xffff_ffffn } as const;

/** The range in terms of what is stored; NULL slots hold the base, so they are masked out. */
function intRange(chunk: Chunk, test: Extract<Test, { kind: "ints" }>): Selection {
  const { width, pointer, base, validity } = chunk.column(test.column);
  const bitmap = chunk.newBitmap();
  let population: number;
  if (width === 8) {
    population = chunk.kernels.filterRangeInt64(pointer, chunk.rows, test.low, test.high, bitmap);
  } else {
    const greatest = storedMax[width];
    const low = test.low - base < 0n ? 0n : test.low - base;
    const high = test.high - base > greatest ? greatest : test.high - base;
    if (low > greatest || high < low) return nothing;
    if (low === 0n && high === greatest) return chunk.present(test.column);
    population = chunk.kernels.filterRange(width, pointer, chunk.rows, Number(low), Number(high), bitmap);
  }
  if (population > 0 && validity !== 0) {
    population = chunk.kernels.bitmapAnd(bitmap, validity, chunk.rows, bitmap);
  }
  return narrow(chunk.rows, bitmap, population);
}

function doubleRange(chunk: Chunk, test: Extract<Test, { kind: "doubles" }>): Selection {
  const { pointer, validity } = chunk.column(test.column);
  const bitmap = chunk.newBitmap();
  let population = chunk.kernels.filterRangeDoubles(
    pointer,
    chunk.rows,
    test.low,
    test.high,
    test.flags,
    bitmap,
  );
  if (population > 0 && validity !== 0) {
    population = chunk.kernels.bitmapAnd(bitmap, validity, chunk.rows, bitmap);
  }
  return narrow(chunk.rows, bitmap, population);
}

function byExpression(
  chunk: Chunk,
  test: Extract<Test, { kind: "expression" }>,
  within: Selection,
): Selection {
  if (within.kind === "none") return nothing;
  const pattern = simplePattern(expressionOf(test.bound));
  if (pattern !== null && chunk.column(test.bound.columns[0]).kind === "bytes") {
    return byPattern(chunk, test, pattern);
  }
  const mark = chunk.scratch.mark();
  const positions = chunk.positions(within);
  const answer = chunk.evaluate(test.bound, positions);
  const marks = new Uint8Array(answer.rows);
  const hits = markWanted(answer, test.wanted, marks);
  chunk.scratch.release(mark);
  if (hits === 0) return nothing;
  if (hits === answer.rows) return within;
  const bitmap = chunk.newBitmap();
  const inner = chunk.scratch.mark();
  const again = chunk.positions(within);
  const bytes = chunk.scratch.takeZeroed(chunk.rows + 64);
  const { u8, u32 } = chunk.views;
  if (again === null) u8.set(marks, bytes);
  else for (let at = 0; at < marks.length; at++) u8[bytes + u32[(again.pointer >> 2) + at]] = marks[at];
  const population = chunk.kernels.bitmapFromBytes(bytes, chunk.rows, bitmap);
  chunk.scratch.release(inner);
  return narrow(chunk.rows, bitmap, population);
}

/** LIKE over text without a dictionary: the chunk's bytes are searched at once. */
function byPattern(
  chunk: Chunk,
  test: Extract<Test, { kind: "expression" }>,
  pattern: SimplePattern,
): Selection {
  const [place] = test.bound.columns;
  const column = chunk.column(place);
  const { u8, u32 } = chunk.views;
  const at = column.offsets >> 2;
  const offsets = u32.subarray(at, at + chunk.rows + 1);
  const bytes = u8.subarray(column.pointer, column.pointer + offsets[chunk.rows]);
  const bitmap = chunk.newBitmap();
  const mark = chunk.scratch.mark();
  const marks = chunk.scratch.takeZeroed(chunk.rows + 64);
  matchEntries({ count: chunk.rows, offsets, bytes }, pattern, (row) => {
    u8[marks + row] = 1;
  });
  const population = chunk.kernels.bitmapFromBytes(marks, chunk.rows, bitmap);
  chunk.scratch.release(mark);
  const matched = narrow(chunk.rows, bitmap, population);
  return test.wanted ? matched : chunk.and(chunk.not(matched), chunk.present(place));
}
