/**
 * Signed 64-bit integers above a frame of reference: the chunk's smallest value.
 *
 * Ints => base:i64 wide:u8 body
 * body => 0: width:u8 (1, 2 or 4: what the decoded values need) Unsigned(value − base)
 *         1: Unsigned(low half of value − base) Unsigned(high half)
 * A NULL row is written as the base. Decoded values of wide ints are int64 with base 0, others stay above their base.
 */
import type { ByteReader } from "#server/encode/byte-reader";
import type { ByteWriter } from "#server/encode/byte-writer";
import { decodeUnsigned, readUnsigned, type Unpacker, writeUnsigned } from "#server/encode/unsigned";

/** int64 values as two words each. */
export interface Words {
  readonly low: Uint32Array;
  readonly high: Int32Array;
}

/** Room for `count` int64 values. */
export const wordsFor = (count: number): Words => ({
  low: new Uint32Array(count),
  high: new Int32Array(count),
});

export interface IntRange {
  minLow: number;
  minHigh: number;
  maxLow: number;
  maxHigh: number;
}

/** Smallest and largest of the rows whose `nulls` byte is 0; null when there is none. */
function rangeOfWords({ low, high }: Words, count: number, nulls: Uint8Array | null): IntRange | null {
  let first = 0;
  if (nulls !== null) while (first < count && nulls[first] !== 0) first++;
  if (first === count) return null;
  let minLow = low[first];
  let minHigh = high[first];
  let maxLow = minLow;
  let maxHigh = minHigh;
  for (let at = first + 1; at < count; at++) {
    if (nulls !== null && nulls[at] !== 0) continue;
    const h = high[at];
    const l = low[at];
    if (h < minHigh || (h === minHigh && l < minLow)) {
      minHigh = h;
      minLow = l;
    }
    if (h > maxHigh || (h === maxHigh && l > maxLow)) {
      maxHigh = h;
      maxLow = l;
    }
  }
  return { minLow, minHigh, maxLow, maxHigh };
}

/** Two words as one integer. */
export const bigintOf = (low: number, high: number): bigint => (BigInt(high) << 32n) | BigInt(low >>> 0);

/** Writes `count` values; rows with a nonzero `nulls` byte are NULL. Returns their range, null when all are NULL. */
export function writeInts(
  to: ByteWriter,
  words: Words,
  count: number,
  nulls: Uint8Array | null,
): IntRange | null {
  const range = rangeOfWords(words, count, nulls);
  const minLow = range?.minLow ?? 0;
  const minHigh = range?.minHigh ?? 0;
  to.i64(bigintOf(minLow, minHigh));
  const spanBorrow = range !== null && range.maxLow < minLow ? 1 : 0;
  const spanHigh = range === null ? 0 : (range.maxHigh - minHigh - spanBorrow) >>> 0;
  const spanLow = range === null ? 0 : (range.maxLow - minLow) >>> 0;
  const wide = spanHigh !== 0;
  const low = new Uint32Array(count);
  for (let at = 0; at < count; at++) low[at] = nulls !== null && nulls[at] !== 0 ? 0 : words.low[at] - minLow;
  to.u8(wide ? 1 : 0);
  if (!wide) to.u8(spanLow < 256 ? 1 : spanLow < 65_536 ? 2 : 4);
  writeUnsigned(to, low, count);
  if (!wide) return range;
  const high = new Uint32Array(count);
  for (let at = 0; at < count; at++) {
    if (nulls !== null && nulls[at] !== 0) continue;
    high[at] = words.high[at] - minHigh - (words.low[at] < minLow ? 1 : 0);
  }
  writeUnsigned(to, high, count);
  return range;
}

/** What a reader knows before it decodes. `base` is that of the decoded values: 0 when they are int64. */
export interface IntsHead {
  readonly width: 1 | 2 | 4 | 8;
  readonly base: bigint;
  readonly frame: bigint;
}

export function readIntsHead(from: ByteReader): IntsHead {
  const frame = from.i64();
  if (from.u8AtMost(1, "wide flag") === 1) return { width: 8, base: 0n, frame };
  const width = from.u8();
  if (width !== 1 && width !== 2 && width !== 4) return from.fail("a width of 1, 2 or 4 bytes", width);
  return { width, base: frame, frame };
}

/** Views that decoded values are written to. */
export interface DecodeViews {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}

/** Decodes the values after their head to `pointer`, which has room for a multiple of 128 rows. */
export function decodeInts(
  from: ByteReader,
  head: IntsHead,
  count: number,
  views: DecodeViews,
  pointer: number,
  kernels: Unpacker,
): void {
  const { width, frame } = head;
  if (width === 8) {
    decodeWide(from, count, frame, views.i32, pointer);
    return;
  }
  const view = width === 1 ? views.u8 : width === 2 ? views.u16 : views.u32;
  decodeUnsigned(from, count, { view, width, pointer }, kernels);
}

function decodeWide(from: ByteReader, count: number, frame: bigint, i32: Int32Array, pointer: number): void {
  const low = readUnsigned(from, count);
  const high = readUnsigned(from, count);
  const frameLow = Number(BigInt.asUintN(32, frame));
  const frameHigh = Number(BigInt.asIntN(32, frame >> 32n));
  for (let row = 0, at = pointer >> 2; row < count; row++, at += 2) {
    const sum = (low[row] + frameLow) >>> 0;
    i32[at] = sum;
    i32[at + 1] = high[row] + frameHigh + (sum < frameLow ? 1 : 0);
  }
}
