/**
 * The content hash of a segment: a sum over its rows, so their order does not matter; of each row a sum over
 * its values that are not NULL, so columns that were added or dropped empty do not matter. Format version 1
 * fixes every step.
 *
 * cell(column, hash) = mix(low + column × K1), mix(high ^ column × K2)       hash of kernels/hash.ts over bytes
 * or int64
 * row                = hash of (sum of cells low, high) mixed with $partition and $offset
 */

import type { Words } from "#server/encode/integers";
import { hashBytes, hashWords, mix32 } from "#server/kernels/hash";
import type { FlatNumbers } from "#server/segment/seal/flat";

const columnFactorLow = 0x27d4eb2f;
const columnFactorHigh = 0x165667b1;

/** Sums of cells, two words a row. */
export interface RowHashes {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

export const rowHashes = (rows: number): RowHashes => ({
  low: new Uint32Array(rows),
  high: new Uint32Array(rows),
});

const words = { low: 0, high: 0 };
const bits = new Float64Array(1);
const bitWords = new Int32Array(bits.buffer);

/** Adds a number column's cells. */
export function hashNumbers(into: RowHashes, columnId: number, column: FlatNumbers): void {
  if (column.kind === "ints") hashInts(into, columnId, column.words, column.nulls);
  else hashDoubles(into, columnId, column.values, column.nulls);
}

function hashInts(into: RowHashes, columnId: number, { low, high }: Words, nulls: Uint8Array | null): void {
  for (let row = 0; row < low.length; row++) {
    if (nulls !== null && nulls[row] !== 0) continue;
    hashWords(low[row] | 0, high[row], words);
    addCell(into, row, columnId, words.low, words.high);
  }
}

function hashDoubles(
  into: RowHashes,
  columnId: number,
  values: Float64Array,
  nulls: Uint8Array | null,
): void {
  for (let row = 0; row < values.length; row++) {
    if (nulls !== null && nulls[row] !== 0) continue;
    const value = values[row];
    bits[0] = Number.isNaN(value) ? Number.NaN : value;
    hashWords(bitWords[0], bitWords[1], words);
    addCell(into, row, columnId, words.low, words.high);
  }
}

function addCell(into: RowHashes, row: number, columnId: number, low: number, high: number): void {
  into.low[row] += mix32(low + Math.imul(columnId, columnFactorLow));
  into.high[row] += mix32(high ^ Math.imul(columnId, columnFactorHigh));
}

/** Hashes of entries 1 … of a pool, as two words each. */
export function hashEntries(
  bytes: Uint8Array,
  starts: Uint32Array,
  lengths: Uint32Array,
  count: number,
): RowHashes {
  const hashes = rowHashes(count);
  for (let entry = 0; entry < count; entry++) {
    hashBytes(bytes, starts[entry], lengths[entry], words);
    hashes.low[entry] = words.low;
    hashes.high[entry] = words.high;
  }
  return hashes;
}

/** Adds a text column's cells: row r has pool entry poolOf[entryOf[r]], entry 0 is NULL. */
export function hashTexts(
  into: RowHashes,
  columnId: number,
  entryOf: Uint32Array,
  poolOf: Uint32Array,
  hashes: RowHashes,
): void {
  for (let row = 0; row < entryOf.length; row++) {
    const entry = entryOf[row];
    if (entry === 0) continue;
    const place = poolOf[entry];
    addCell(into, row, columnId, hashes.low[place], hashes.high[place]);
  }
}

/** The sum over the rows of `order`. */
export function contentHash(
  cells: RowHashes,
  order: Uint32Array,
  offsets: FlatNumbers,
  partitions: FlatNumbers,
): bigint {
  if (offsets.kind !== "ints" || partitions.kind !== "ints") return 0n;
  let low = 0;
  let high = 0;
  for (let at = 0; at < order.length; at++) {
    const row = order[at];
    hashWords(
      (cells.low[row] + offsets.words.low[row]) | 0,
      cells.high[row] ^ offsets.words.high[row] ^ Math.imul(partitions.words.low[row], columnFactorLow),
      words,
    );
    const sum = (low + words.low) >>> 0;
    high = (high + words.high + (sum < low ? 1 : 0)) >>> 0;
    low = sum;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}
