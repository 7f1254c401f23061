/**
 * One segment's part of a query: prunes it, or cuts what is left into slices. A slice is `sliceChunks`
 * chunks by their number in the segment, whatever was pruned, so the order of additions does not depend on
 * what zones know.
 */
import type { Expression } from "#schemas/plan/expression";
import { nodesOf } from "#schemas/plan/walk";
import { layoutOf } from "#schemas/types";
import { type InvertedUse, invertedUse } from "#server/execute/compile/inverted-use";
import { chunkExtent, segmentExtent, simplify, verdictOf } from "#server/execute/compile/prune";
import { SegmentColumns, type WindowPass } from "#server/execute/compile/segment-columns";
import { sortedRange } from "#server/execute/compile/sorted-range";
import { compileTest, join } from "#server/execute/compile/tests";
import type { TaskChunk, Test } from "#server/execute/task";
import type { TaskMemory } from "#server/execute/task-memory";
import type { Kernels } from "#server/kernels/kernels";
import type { SegmentReader } from "#server/segment/reader";

export interface Slice {
  readonly slice: number;
  readonly chunks: readonly TaskChunk[];
  readonly tests: readonly Test[];
}

export interface SegmentFilter {
  readonly columns: SegmentColumns;
  readonly tests: readonly Test[];
  readonly inverted: InvertedUse | null;
  /** Indexes used, as "sorted(3)" by column id. */
  readonly indexes: readonly { readonly kind: "inverted" | "sorted"; readonly columnId: number }[];
}

/** null: no row of the segment can pass. */
export function compileFilter(
  segment: SegmentReader,
  filter: Expression | null,
  tools: { readonly kernels: Kernels; readonly pass: WindowPass | null },
): SegmentFilter | null {
  const columns = new SegmentColumns(segment, tools.pass);
  if (filter !== null && numbersExclude(filter, columns)) return null;
  const parts: Test[] = filter === null ? [] : [compileTest(filter, true, columns)];
  if (tools.pass !== null) parts.push(...windowTests(columns, tools.pass));
  const simplified = simplify(join("and", parts), segmentExtent(columns));
  if (simplified.kind === "none") return null;
  const conjuncts = simplified.kind === "and" ? simplified.tests : [simplified];
  const tests: Test[] = [];
  const indexes: { kind: "inverted" | "sorted"; columnId: number }[] = [];
  for (const test of conjuncts) {
    if (test.kind === "all") continue;
    const rows = sortedRange(test, columns, tools.kernels);
    if (rows !== null && (test.kind === "ids" || test.kind === "ints")) {
      if (rows.until <= rows.from) return null;
      indexes.push({ kind: "sorted", columnId: columns.used[test.column].columnId });
    }
    tests.push(rows ?? test);
  }
  const inverted = invertedUse(tests, columns);
  if (inverted !== null) indexes.push({ kind: "inverted", columnId: inverted.columnId });
  const others = tests.filter((test) => inverted?.covers.has(test) !== true);
  // Cheap and certain ones first, expressions last.
  const cost = (test: Test): number => (test === inverted?.test ? costs.bitmaps : costOf(test));
  const inOrder = [...(inverted === null ? [] : [inverted.test]), ...others].sort(
    (a, b) => cost(a) - cost(b),
  );
  return { columns, tests: inOrder, inverted, indexes };
}

/** Conjuncts over numbers alone exclude the segment: then no dictionary is read for the others. */
function numbersExclude(filter: Expression, columns: SegmentColumns): boolean {
  const extent = segmentExtent(columns);
  return conjunctsOf(filter).some(
    (conjunct) =>
      overNumbers(conjunct) && verdictOf(compileTest(conjunct, true, columns), extent) === "never",
  );
}

const conjunctsOf = (filter: Expression): readonly Expression[] =>
  filter.kind === "call" && filter.name === "and" ? filter.args.flatMap(conjunctsOf) : [filter];

function overNumbers(expression: Expression): boolean {
  for (const node of nodesOf(expression))
    if (node.kind === "column" && layoutOf(node.type) === "text") return false;
  return true;
}

/** Rows without a time are in no window; the last pass keeps rows that the window still reaches. */
function windowTests(columns: SegmentColumns, { hop, backMs }: WindowPass): Test[] {
  const time = columns.column(hop.timeColumn, "TIMESTAMP");
  if (time.kind === "missing") return [{ kind: "none" }];
  const tests: Test[] = time.nulls ? [{ kind: "present", column: time.place }] : [];
  if (backMs + hop.slideMs > hop.sizeMs) {
    const bound = (column: number, name: string): Expression => ({
      kind: "column",
      type: "TIMESTAMP",
      column,
      name,
    });
    const within: Expression = {
      kind: "call",
      type: "BOOLEAN",
      name: "lessThan",
      args: [bound(hop.timeColumn, "time"), bound(hop.endColumn, "end")],
    };
    tests.push({ kind: "expression", bound: columns.bind(within), wanted: true });
  }
  return tests;
}

const costs: Readonly<Record<Test["kind"], number>> = {
  all: 0,
  none: 0,
  rows: 1,
  bitmaps: 2,
  ids: 3,
  ints: 4,
  present: 4,
  absent: 4,
  doubles: 5,
  idSet: 6,
  entries: 7,
  and: 8,
  or: 8,
  expression: 10,
};

const costOf = (test: Test): number => {
  if (test.kind !== "and" && test.kind !== "or") return costs[test.kind];
  return test.tests.some((part) => costOf(part) === costs.expression) ? costs.expression : costs[test.kind];
};

/** The slices with rows that may pass. Bitmaps of an index are written to `memory` in the segment's arena. */
export function cutSlices(filter: SegmentFilter, sliceChunks: number, memory: TaskMemory): Slice[] {
  const { columns } = filter;
  const { segment } = columns;
  const slices: Slice[] = [];
  let firstRow = 0;
  for (let from = 0; from < segment.chunks; from += sliceChunks) {
    const chunks: TaskChunk[] = [];
    for (let chunk = from; chunk < Math.min(from + sliceChunks, segment.chunks); chunk++) {
      const rows = segment.rowsOf(chunk);
      const left = testsLeft(filter, chunk, firstRow);
      if (left !== null) chunks.push({ chunk, rows, firstRow, tests: left });
      firstRow += rows;
    }
    const slice = withBitmaps({ slice: from / sliceChunks, chunks, tests: filter.tests }, filter, memory);
    if (slice.chunks.length > 0) slices.push(slice);
  }
  return slices;
}

/** Indexes of the tests that the chunk's zones leave open, or null when one of them holds for no row. */
function testsLeft(filter: SegmentFilter, chunk: number, firstRow: number): number[] | null {
  const extent = chunkExtent(filter.columns, chunk, firstRow);
  const left: number[] = [];
  for (let index = 0; index < filter.tests.length; index++) {
    const verdict = verdictOf(filter.tests[index], extent);
    if (verdict === "never") return null;
    if (verdict === "maybe") left.push(index);
  }
  return left;
}

function withBitmaps(slice: Slice, filter: SegmentFilter, memory: TaskMemory): Slice {
  const { inverted } = filter;
  if (inverted === null) return slice;
  const pointers: number[] = [];
  const chunks: TaskChunk[] = [];
  for (const chunk of slice.chunks) {
    const bitmap = memory.allocateZeroed(((chunk.rows + 63) >> 6) << 3);
    if (inverted.reader.union(inverted.ids, chunk.chunk, bitmap) === 0) {
      memory.free(bitmap);
      continue;
    }
    pointers.push(bitmap);
    chunks.push(chunk);
  }
  const tests = slice.tests.map(
    (test): Test => (test === inverted.test ? { kind: "bitmaps", pointers } : test),
  );
  return { ...slice, chunks, tests };
}
