/**
 * The inverted index of an integer column: its distinct values in order, and the rows of each. A value's id
 * is its rank from 1, so a range of values is a range of ids; id 0 is NULL's. Columns with more values than
 * `rankedValuesMax` in the segment have none: zones and scans serve them better.
 *
 * Ranked => values:u32 (1 … rankedValuesMax) first:i64 Unsigned(low half of value − first) Unsigned(high half)
 * Inverted
 */

import { serverBounds } from "#schemas/limits";
import type { ByteReader } from "#server/encode/byte-reader";
import { ByteWriter } from "#server/encode/byte-writer";
import { bigintOf, type Words } from "#server/encode/integers";
import { readUnsigned, writeUnsigned } from "#server/encode/unsigned";
import { type Inverted, readInverted, writeInverted } from "#server/index/inverted";

export const rankedValuesMax = serverBounds.rankedValues;
/** Slots of the table that counts distinct values: never more than a quarter full. */
const slots = rankedValuesMax * 4;

/** An integer column on its way into a file. */
export interface RankedInput {
  readonly words: Words;
  /** A nonzero byte for each NULL row; null without any. */
  readonly nulls: Uint8Array | null;
  /** The rows to index, in their new order. */
  readonly order: Uint32Array;
  /** They ascend by this column, NULLs last. */
  readonly sorted: boolean;
}

/** The index, or null when there are too many values, or none. */
export function buildRanked(input: RankedInput): Uint8Array | null {
  const { words, order, sorted } = input;
  const found = findDistinct(input);
  if (found === null || found.count === 0) return null;
  const { ids, firstRows, count } = found;
  const byValue = sortByValue(words, firstRows, count);
  const rankOf = new Uint32Array(count + 1);
  for (let at = 0; at < count; at++) rankOf[byValue[at]] = at + 1;
  for (let at = 0; at < ids.length; at++) ids[at] = rankOf[ids[at]];
  const to = new ByteWriter(order.length);
  const rowOfRank = byValue.map((id) => firstRows[id]);
  writeValues(to, words, rowOfRank);
  writeInverted(to, ids, count, sorted);
  return to.bytes();
}

interface Distinct {
  /** Per row of the order: 0 for NULL, else the number of its value in order of appearance, from 1. */
  readonly ids: Uint32Array;
  /** Number of a value → the first row that holds it. */
  readonly firstRows: Uint32Array;
  readonly count: number;
}

/** Numbers the distinct values; null when they are too many. */
function findDistinct({ words: { low, high }, nulls, order }: RankedInput): Distinct | null {
  const table = new Uint32Array(slots);
  const firstRows = new Uint32Array(rankedValuesMax + 1);
  const ids = new Uint32Array(order.length);
  let count = 0;
  for (let at = 0; at < order.length; at++) {
    const row = order[at];
    if (nulls !== null && nulls[row] !== 0) continue;
    let slot = slotOf(low[row], high[row]);
    let id = table[slot];
    while (id !== 0 && (low[firstRows[id]] !== low[row] || high[firstRows[id]] !== high[row])) {
      slot = (slot + 1) & (slots - 1);
      id = table[slot];
    }
    if (id === 0) {
      if (count === rankedValuesMax) return null;
      id = table[slot] = ++count;
      firstRows[id] = row;
    }
    ids[at] = id;
  }
  return { ids, firstRows, count };
}

/** Where a value's search begins: all bits of both words matter. */
function slotOf(low: number, high: number): number {
  let hash = Math.imul(low ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2_ae35);
  return (hash ^ (hash >>> 13)) & (slots - 1);
}

/** The numbers 1 … count in the order of their values. */
function sortByValue({ low, high }: Words, firstRows: Uint32Array, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, at) => at + 1).sort((left, right) => {
    const [leftRow, rightRow] = [firstRows[left], firstRows[right]];
    return high[leftRow] - high[rightRow] || low[leftRow] - low[rightRow];
  });
}

function writeValues(to: ByteWriter, words: Words, rows: Uint32Array): void {
  const firstLow = words.low[rows[0]];
  const firstHigh = words.high[rows[0]];
  const low = new Uint32Array(rows.length);
  const high = new Uint32Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    low[at] = words.low[rows[at]] - firstLow;
    high[at] = words.high[rows[at]] - firstHigh - (words.low[rows[at]] < firstLow ? 1 : 0);
  }
  to.u32(rows.length);
  to.i64(bigintOf(firstLow, firstHigh));
  writeUnsigned(to, low, low.length);
  writeUnsigned(to, high, high.length);
}

/** Reads and checks an index over `rows` rows. */
export function readRanked(from: ByteReader, rows: number): Inverted {
  const count = from.u32AtMost(Math.min(rows, rankedValuesMax), "distinct values");
  from.check(count > 0, "a distinct value", 0);
  const values = readValues(from, count);
  const inverted = readInverted(from, rows, count);
  return {
    bytes: inverted.bytes + values.byteLength,
    count: inverted.count,
    union: inverted.union,
    idsOf: (low, high) => ({ first: valuesBelow(values, low) + 1, last: valuesBelow(values, high + 1n) }),
  };
}

function readValues(from: ByteReader, count: number): BigInt64Array {
  const first = from.i64();
  const low = readUnsigned(from, count);
  const high = readUnsigned(from, count);
  const values = new BigInt64Array(count);
  for (let at = 0; at < count; at++) {
    values[at] = first + bigintOf(low[at], high[at] | 0);
    if (at > 0 && values[at] <= values[at - 1]) from.fail(`a value above ${values[at - 1]}`, values[at]);
  }
  return values;
}

/** How many of the ascending values are below this one. */
function valuesBelow(values: BigInt64Array, value: bigint): number {
  let from = 0;
  let until = values.length;
  while (from < until) {
    const middle = (from + until) >>> 1;
    if (values[middle] < value) from = middle + 1;
    else until = middle;
  }
  return from;
}
