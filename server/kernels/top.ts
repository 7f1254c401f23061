/**
 * Twins of top.as.ts. They keep the heap sorted, best first or not as a heap does: only the set of entries is
 * the same.
 */
import type { Views } from "#server/arena/arena";
import type { Twin } from "#server/kernels/kernels";
import { eachRow, storedAt } from "#server/kernels/twin-access";

interface Heap {
  readonly limit: number;
  readonly count: number;
  readonly firstRow: number;
  readonly values: number;
  readonly rows: number;
  readonly descending: boolean;
}

/** Inserts by shifting: the worst entry stays at 0, as the compiled heap has it. */
function offer<V extends bigint | number>(
  entries: { value: V; row: number }[],
  candidate: { value: V; row: number },
  limit: number,
  compare: (a: V, b: V) => number,
): void {
  const worse = (a: { value: V; row: number }, b: { value: V; row: number }): boolean => {
    const sign = compare(a.value, b.value);
    return sign < 0 || (sign === 0 && a.row > b.row);
  };
  if (entries.length === limit && (limit === 0 || worse(candidate, entries[0]))) return;
  let at = entries.length;
  while (at > 0 && worse(candidate, entries[at - 1])) at--;
  entries.splice(at, 0, candidate);
  if (entries.length > limit) entries.shift();
}

/** Reads the heap, worst first, offers all rows, writes it back. */
function top<V extends bigint | number>(
  views: Views,
  heap: Heap,
  heapValues: { [index: number]: V },
  candidates: { rows: number; bitmap: number; value: (row: number) => V },
  compare: (a: V, b: V) => number,
): number {
  const ordered = heap.descending ? compare : (a: V, b: V) => compare(b, a);
  const entries: { value: V; row: number }[] = [];
  for (let entry = 0; entry < heap.count; entry++) {
    const value = heapValues[(heap.values >>> 3) + entry];
    offer(entries, { value, row: views.u32[(heap.rows >>> 2) + entry] }, heap.limit, ordered);
  }
  eachRow(views, candidates.rows, candidates.bitmap, (row) =>
    offer(entries, { value: candidates.value(row), row: heap.firstRow + row }, heap.limit, ordered),
  );
  entries.forEach((entry, index) => {
    heapValues[(heap.values >>> 3) + index] = entry.value;
    views.u32[(heap.rows >>> 2) + index] = entry.row;
  });
  return entries.length;
}

const compareInts = (a: bigint, b: bigint): number => +(a > b) - +(a < b);

function compareDoubles(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return +Number.isNaN(a) - +Number.isNaN(b);
  return +(a > b) - +(a < b);
}

export const topInts: Twin<"topInts"> = (
  views,
  width,
  values,
  base,
  rows,
  bitmap,
  descending,
  limit,
  count,
  firstRow,
  heapValues,
  heapRows,
) => {
  const stored = storedAt(views, width, values);
  const heap = { limit, count, firstRow, values: heapValues, rows: heapRows, descending };
  return top(
    views,
    heap,
    views.i64,
    { rows, bitmap, value: (row) => BigInt.asIntN(64, base + stored(row)) },
    compareInts,
  );
};

export const topDoubles: Twin<"topDoubles"> = (
  views,
  values,
  rows,
  bitmap,
  descending,
  limit,
  count,
  firstRow,
  heapValues,
  heapRows,
) => {
  const heap = { limit, count, firstRow, values: heapValues, rows: heapRows, descending };
  const value = (row: number) => views.f64[(values >>> 3) + row];
  return top(views, heap, views.f64, { rows, bitmap, value }, compareDoubles);
};
