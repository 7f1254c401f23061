/** A range on a sorted column is a run of rows: found by galloping in a few chunks instead of a scan. */
import type { SegmentColumn, SegmentColumns } from "#server/execute/compile/segment-columns";
import type { Test } from "#server/execute/task";
import type { Kernels } from "#server/kernels/kernels";
import type { Width } from "#server/kernels/widths";
import type { ColumnReader } from "#server/segment/reader";

type RangeTest = Extract<Test, { kind: "ids" | "ints" }>;

/** The rows that pass, or null when the test is no range on a sorted column. */
export function sortedRange(
  test: Test,
  columns: SegmentColumns,
  kernels: Kernels,
): Extract<Test, { kind: "rows" }> | null {
  if (test.kind !== "ids" && test.kind !== "ints") return null;
  const column = columns.used[test.column];
  const { reader } = column;
  if (reader === null || !reader.sorted || (column.dictionary !== null && !column.dictionary.sorted)) {
    return null;
  }
  const rows = columns.segment.rows - reader.stats.nulls;
  const search = new Search(columns, reader, kernels, rows);
  const low = BigInt(test.low);
  const high = BigInt(test.high);
  const from = search.firstAtLeast(low);
  const until = isUnbounded(test, column) ? rows : search.firstAtLeast(high + 1n);
  return { kind: "rows", from, until };
}

const isUnbounded = (test: RangeTest, column: SegmentColumn): boolean =>
  test.kind === "ids" ? test.high >= (column.dictionary?.count ?? 0) : test.high >= 2n ** 63n - 1n;

class Search {
  private readonly columns: SegmentColumns;
  private readonly reader: ColumnReader;
  private readonly kernels: Kernels;
  private readonly rows: number;

  constructor(columns: SegmentColumns, reader: ColumnReader, kernels: Kernels, rows: number) {
    this.columns = columns;
    this.reader = reader;
    this.kernels = kernels;
    this.rows = rows;
  }

  /** The first row (without NULLs, which come last) whose value is at least this. */
  firstAtLeast(value: bigint): number {
    const { segment } = this.columns;
    if (this.rows === 0) return 0;
    let start = 0;
    const starts: number[] = [];
    for (let chunk = 0; chunk < segment.chunks && start < this.rows; chunk++) {
      starts.push(start);
      start += segment.rowsOf(chunk);
    }
    // The last chunk whose first value is below: the answer is in it, or right after it.
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.find(middle, 1, value) === 1) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const chunk = low - 1;
    const rows = Math.min(segment.rowsOf(chunk), this.rows - starts[chunk]);
    return starts[chunk] + this.find(chunk, rows, value);
  }

  /** The first of the chunk's leading `rows` rows with a value of at least this, or `rows`. */
  private find(chunk: number, rows: number, value: bigint): number {
    const forward = this.reader.forward(chunk);
    if (forward.kind === "ids") {
      return this.kernels.lowerBound(forward.width, forward.pointer, rows, Number(value));
    }
    if (forward.kind !== "ints") return 0;
    if (forward.width === 8) return this.kernels.lowerBoundInt64(forward.pointer, rows, value);
    const stored = value - forward.base;
    if (stored <= 0n) return 0;
    if (stored >= 1n << BigInt(forward.width * 8)) return rows;
    return this.kernels.lowerBound(forward.width as Width, forward.pointer, rows, Number(stored));
  }
}
