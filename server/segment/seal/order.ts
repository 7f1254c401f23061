/**
 * The order of a sealed segment's rows: by the sort column (NULLs last), then partition, then offset. A
 * permutation of the inputs' rows, laid end to end; rows that retention has passed are left out.
 */
import type { Words } from "#server/encode/integers";
import type { FlatNumbers } from "#server/segment/seal/flat";
import { sortByWord } from "#server/segment/seal/radix-sort";

/** Two words per row that order as the values do; NULLs are told apart by `nulls`. */
export interface SortKey {
  readonly words: Words;
  readonly nulls: Uint8Array | null;
}

/** The key of a number column. NaN is greatest, as everywhere. */
export function sortKey(column: FlatNumbers): SortKey {
  if (column.kind === "ints") return column;
  const rows = column.values.length;
  const bits = new Float64Array(1);
  const bitWords = new Int32Array(bits.buffer);
  const words: Words = { low: new Uint32Array(rows), high: new Int32Array(rows) };
  for (let row = 0; row < rows; row++) {
    const value = column.values[row];
    bits[0] = Number.isNaN(value) ? Number.NaN : value + 0;
    const negative = bitWords[1] < 0;
    words.low[row] = negative ? ~bitWords[0] : bitWords[0];
    words.high[row] = negative ? ~bitWords[1] ^ -0x80000000 : bitWords[1];
  }
  return { words, nulls: column.nulls };
}

/** The key of a dictionary column: the ids. */
export function sortKeyOfIds(entryOf: Uint32Array, idOf: Uint32Array): SortKey {
  const rows = entryOf.length;
  const words: Words = { low: new Uint32Array(rows), high: new Int32Array(rows) };
  const nulls = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    words.low[row] = idOf[entryOf[row]];
    nulls[row] = entryOf[row] === 0 ? 1 : 0;
  }
  return { words, nulls };
}

/** The rows that stay; null: all of them. */
export function keptRows(rows: number, isKept: ((row: number) => boolean) | null): Uint32Array {
  const kept = new Uint32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) if (isKept === null || isKept(row)) kept[count++] = row;
  return kept.subarray(0, count);
}

/** Sorts `kept` in place: by `key` when there is one, then partition, then offset. */
export function sortRows(
  kept: Uint32Array,
  key: SortKey | null,
  partitions: FlatNumbers,
  offsets: FlatNumbers,
): void {
  if (kept.length < 2) return;
  const spare = new Uint32Array(kept.length);
  for (const one of [sortKey(offsets), sortKey(partitions), ...(key === null ? [] : [key])]) {
    if (isSorted(kept, one)) continue;
    sortByKey(kept, spare, one);
  }
}

/** True only when the key alone is in order AND what was sorted before cannot be disturbed: sorting is stable. */
function isSorted(order: Uint32Array, { words: { low, high }, nulls }: SortKey): boolean {
  for (let at = 1; at < order.length; at++) {
    const before = order[at - 1];
    const row = order[at];
    if (nulls !== null && nulls[before] !== nulls[row]) {
      if (nulls[before] !== 0) return false;
      continue;
    }
    if (high[before] > high[row] || (high[before] === high[row] && low[before] > low[row])) return false;
  }
  return true;
}

/** Stable: low words first, above the smallest value, so that few digits differ. */
function sortByKey(order: Uint32Array, spare: Uint32Array, { words, nulls }: SortKey): void {
  const { low, high } = words;
  const rows = low.length;
  const smallest = minOf(order, words, nulls);
  const keyLow = new Uint32Array(rows);
  const keyHigh = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    keyLow[row] = low[row] - smallest.low;
    keyHigh[row] = high[row] - smallest.high - (low[row] < smallest.low ? 1 : 0);
  }
  if (nulls !== null)
    for (let row = 0; row < rows; row++) if (nulls[row] !== 0) keyLow[row] = keyHigh[row] = 0;
  sortByWord(order, spare, keyLow, 0, order.length);
  sortByWord(order, spare, keyHigh, 0, order.length);
  if (nulls !== null) sortByWord(order, spare, Uint32Array.from(nulls), 0, order.length);
}

function minOf(
  order: Uint32Array,
  { low, high }: Words,
  nulls: Uint8Array | null,
): { low: number; high: number } {
  let minLow = 0xffff_ffff;
  let minHigh = 0x7fff_ffff;
  for (let at = 0; at < order.length; at++) {
    const row = order[at];
    if (nulls !== null && nulls[row] !== 0) continue;
    if (high[row] < minHigh || (high[row] === minHigh && low[row] < minLow)) {
      minLow = low[row];
      minHigh = high[row];
    }
  }
  return { low: minLow, high: minHigh };
}
