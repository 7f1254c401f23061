/**
 * The loops that move a stage's columns into a chunk of a mutable segment and widen its zones. Free functions over
 * typed arrays: one call a column and piece, no allocation, nothing that can fail.
 */
import { stageTags } from "#schemas/stage";
import { type ZoneSet, zoneHasNaN, zoneHasValue } from "#server/segment/zone";

/** A stretch of stage rows and where it goes. */
export interface Piece {
  /** Views over the stage's memory. */
  readonly source: SourceViews;
  readonly tags: number;
  readonly values: number;
  readonly from: number;
  readonly rows: number;
  /** First row within the chunk. */
  readonly row: number;
}

export interface SourceViews {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
}

/** Sets `rows` validity bits from the stage's tags; returns how many are NULL. */
export function appendValidity(piece: Piece, u8: Uint8Array, validity: number): number {
  const tags = piece.tags + piece.from;
  const source = piece.source.u8;
  let nulls = 0;
  for (let at = 0; at < piece.rows; at++) {
    const row = piece.row + at;
    const byte = validity + (row >> 3);
    const bit = 1 << (row & 7);
    if (source[tags + at] === stageTags.null) {
      nulls++;
      u8[byte] &= ~bit;
    } else {
      u8[byte] |= bit;
    }
  }
  return nulls;
}

/** INT: stored with base −2^31, so the low word with its top bit flipped; NULL is stored 0. */
export function appendInts32(
  piece: Piece,
  u32: Uint32Array,
  values: number,
  zones: ZoneSet,
  column: number,
): void {
  const { u8, i32 } = piece.source;
  const tags = piece.tags + piece.from;
  const from = (piece.values >> 2) + piece.from * 2;
  const to = (values >> 2) + piece.row;
  let min = 0x7fffffff;
  let max = -0x80000000;
  let present = 0;
  for (let at = 0; at < piece.rows; at++) {
    if (u8[tags + at] === stageTags.null) {
      u32[to + at] = 0;
      continue;
    }
    const value = i32[from + at * 2];
    if (value < min) min = value;
    if (value > max) max = value;
    present = 1;
    u32[to + at] = value ^ 0x80000000;
  }
  if (present === 1) widenInts(zones, column, min >> 31, min, max >> 31, max);
}

/** BOOLEAN: one byte a row. */
export function appendBooleans(
  piece: Piece,
  u8: Uint8Array,
  values: number,
  zones: ZoneSet,
  column: number,
): void {
  const { u8: source, u32 } = piece.source;
  const tags = piece.tags + piece.from;
  const from = (piece.values >> 2) + piece.from * 2;
  let seen = 0;
  for (let at = 0; at < piece.rows; at++) {
    const present = source[tags + at] !== stageTags.null;
    const value = present ? u32[from + at * 2] & 1 : 0;
    if (present) seen |= 1 << value;
    u8[values + piece.row + at] = value;
  }
  if (seen !== 0) widenInts(zones, column, 0, seen & 1 ? 0 : 1, 0, seen & 2 ? 1 : 0);
}

/** LONG and TIMESTAMP: two words a row. */
export function appendInts64(
  piece: Piece,
  i32: Int32Array,
  values: number,
  zones: ZoneSet,
  column: number,
): void {
  const { u8, i32: source } = piece.source;
  const tags = piece.tags + piece.from;
  const from = (piece.values >> 2) + piece.from * 2;
  const to = (values >> 2) + piece.row * 2;
  let minHi = 0x7fffffff;
  let minLo = -1;
  let maxHi = -0x80000000;
  let maxLo = 0;
  let present = 0;
  for (let at = 0; at < piece.rows; at++) {
    if (u8[tags + at] === stageTags.null) {
      i32[to + at * 2] = 0;
      i32[to + at * 2 + 1] = 0;
      continue;
    }
    const lo = source[from + at * 2];
    const hi = source[from + at * 2 + 1];
    if (hi < minHi || (hi === minHi && lo >>> 0 < minLo >>> 0)) {
      minHi = hi;
      minLo = lo;
    }
    if (hi > maxHi || (hi === maxHi && lo >>> 0 > maxLo >>> 0)) {
      maxHi = hi;
      maxLo = lo;
    }
    present = 1;
    i32[to + at * 2] = lo;
    i32[to + at * 2 + 1] = hi;
  }
  if (present === 1) widenInts(zones, column, minHi, minLo, maxHi, maxLo);
}

/** $offset: int64 without tags, ascending. */
export function appendOffsets(
  piece: Piece,
  i32: Int32Array,
  values: number,
  zones: ZoneSet,
  column: number,
): void {
  const from = (piece.values >> 2) + piece.from * 2;
  const source = piece.source.i32;
  i32.set(source.subarray(from, from + piece.rows * 2), (values >> 2) + piece.row * 2);
  const last = from + (piece.rows - 1) * 2;
  widenInts(zones, column, source[from + 1], source[from], source[last + 1], source[last]);
}

/** FLOAT and DOUBLE. −0.0 becomes 0.0, so equal values have equal bits. */
export function appendDoubles(
  piece: Piece,
  f64: Float64Array,
  values: number,
  zones: ZoneSet,
  column: number,
): void {
  const { u8, f64: source } = piece.source;
  const tags = piece.tags + piece.from;
  const from = (piece.values >> 3) + piece.from;
  const to = (values >> 3) + piece.row;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let flags = 0;
  for (let at = 0; at < piece.rows; at++) {
    if (u8[tags + at] === stageTags.null) {
      f64[to + at] = 0;
      continue;
    }
    const value = source[from + at] + 0;
    f64[to + at] = value;
    if (value < min) min = value;
    if (value > max) max = value;
    // biome-ignore lint/suspicious/noSelfCompare: the quickest test for NaN in a hot loop
    flags |= value === value ? zoneHasValue : zoneHasNaN;
  }
  const { words, doubles } = zones;
  if ((flags & zoneHasValue) !== 0) {
    const first = (words[column * 8 + 5] & zoneHasValue) === 0;
    if (first || min < doubles[column * 4]) doubles[column * 4] = min;
    if (first || max > doubles[column * 4 + 1]) doubles[column * 4 + 1] = max;
  }
  words[column * 8 + 5] |= flags;
}

function widenInts(
  zones: ZoneSet,
  column: number,
  minHi: number,
  minLo: number,
  maxHi: number,
  maxLo: number,
): void {
  const { words } = zones;
  const at = column * 8;
  const first = (words[at + 5] & zoneHasValue) === 0;
  if (first || minHi < words[at + 1] || (minHi === words[at + 1] && minLo >>> 0 < words[at] >>> 0)) {
    words[at] = minLo;
    words[at + 1] = minHi;
  }
  if (first || maxHi > words[at + 3] || (maxHi === words[at + 3] && maxLo >>> 0 > words[at + 2] >>> 0)) {
    words[at + 2] = maxLo;
    words[at + 3] = maxHi;
  }
  words[at + 5] |= zoneHasValue;
}

/** Raw text: copies the bytes behind `end` and writes each row's end offset; returns the new end. */
export function appendText(
  piece: Piece,
  u8: Uint8Array,
  u32: Uint32Array,
  offsets: number,
  text: number,
): void {
  const { u8: source, u32: pairs } = piece.source;
  const tags = piece.tags + piece.from;
  const from = (piece.values >> 2) + piece.from * 2;
  const to = (offsets >> 2) + piece.row;
  let end = u32[to];
  for (let at = 0; at < piece.rows; at++) {
    if (source[tags + at] !== stageTags.null) {
      const pointer = pairs[from + at * 2];
      const length = pairs[from + at * 2 + 1];
      for (let byte = 0; byte < length; byte++) u8[text + end + byte] = source[pointer + byte];
      end += length;
    }
    u32[to + at + 1] = end;
  }
}

/** Bytes of text in a stretch of stage rows. */
export function textBytesOf(piece: Piece): number {
  const { u8, u32 } = piece.source;
  let total = 0;
  for (let at = piece.from; at < piece.from + piece.rows; at++) {
    if (u8[piece.tags + at] !== stageTags.null) total += u32[(piece.values >> 2) + at * 2 + 1];
  }
  return total;
}
