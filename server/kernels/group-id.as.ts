// Group ids by mixed radix. Twin: group-id.ts. u32 results are computed four rows at a time and written in whole 16-byte
// units; u64 results (radix products past 2^32) row by row.
import { joinLow, loadFour, stored } from "./lanes.as";

/** The validity bits of rows from `row` on (row is a multiple of 4). */
function validBits(validity: usize, row: i32): u32 {
  return validity == 0 ? 15 : <u32>load<u8>(validity + (<usize>row >> 3)) >> (row & 4);
}

/** Zero lanes where a bit is missing. */
function onlyValid(keys: v128, bits: u32): v128 {
  const each = i32x4(1, 2, 4, 8);
  return v128.and(keys, i32x4.eq(v128.and(i32x4.splat(bits), each), each));
}

/** Puts four keys behind what the gids hold. */
function composeFour(keys: v128, card: v128, first: bool, gids: usize): void {
  v128.store(gids, first ? keys : i32x4.add(i32x4.mul(v128.load(gids), card), keys));
}

function composeWide(key: u64, card: u64, first: bool, gid: usize): void {
  store<u64>(gid, first ? key : load<u64>(gid) * card + key);
}

function isValid(validity: usize, row: i32): u64 {
  if (validity == 0) return 1;
  return (load<u64>(validity + ((<usize>row >> 6) << 3)) >> (row & 63)) & 1;
}

function idsOf<T>(ids: usize, rows: i32, card: u64, first: bool, gids: usize): void {
  const cards = i32x4.splat(<i32>card);
  for (let row = 0; row < rows; row += 4) {
    composeFour(loadFour<T>(ids + <usize>row * sizeof<T>()), cards, first, gids + ((<usize>row) << 2));
  }
}

function idsWide<T>(ids: usize, rows: i32, card: u64, first: bool, gids: usize): void {
  for (let row = 0; row < rows; row++) {
    composeWide(<u64>load<T>(ids + <usize>row * sizeof<T>()), card, first, gids + ((<usize>row) << 3));
  }
}

function idsBy<T>(ids: usize, rows: i32, card: u64, first: bool, gidWidth: i32, gids: usize): void {
  if (gidWidth == 4) idsOf<T>(ids, rows, card, first, gids);
  else idsWide<T>(ids, rows, card, first, gids);
}

export function gidIds(width: i32, ids: usize, rows: i32, card: f64, first: bool, gidWidth: i32, gids: usize): void {
  if (width == 1) idsBy<u8>(ids, rows, <u64>card, first, gidWidth, gids);
  else if (width == 2) idsBy<u16>(ids, rows, <u64>card, first, gidWidth, gids);
  else idsBy<u32>(ids, rows, <u64>card, first, gidWidth, gids);
}

/** stored + shift of four rows, low 32 bits. */
function shiftFour<T>(at: usize, shift: i64): v128 {
  if (sizeof<T>() == 8) {
    const by = i64x2.splat(shift);
    return joinLow(i64x2.add(v128.load(at), by), i64x2.add(v128.load(at, 16), by));
  }
  return i32x4.add(loadFour<T>(at), i32x4.splat(<i32>shift));
}

function intsBy<T>(
  values: usize, rows: i32, validity: usize, min: i64, card: u64, first: bool, gidWidth: i32, gids: usize,
): void {
  if (gidWidth == 4) {
    const cards = i32x4.splat(<i32>card);
    for (let row = 0; row < rows; row += 4) {
      const keys = shiftFour<T>(values + <usize>row * sizeof<T>(), 1 - min);
      composeFour(onlyValid(keys, validBits(validity, row)), cards, first, gids + ((<usize>row) << 2));
    }
    return;
  }
  for (let row = 0; row < rows; row++) {
    const key = isValid(validity, row) ? <u64>(stored<T>(values, row) - min + 1) : 0;
    composeWide(key, card, first, gids + ((<usize>row) << 3));
  }
}

export function gidInts(
  width: i32, values: usize, rows: i32, validity: usize, min: i64, card: f64, first: bool, gidWidth: i32, gids: usize,
): void {
  if (width == 1) intsBy<u8>(values, rows, validity, min, <u64>card, first, gidWidth, gids);
  else if (width == 2) intsBy<u16>(values, rows, validity, min, <u64>card, first, gidWidth, gids);
  else if (width == 4) intsBy<u32>(values, rows, validity, min, <u64>card, first, gidWidth, gids);
  else intsBy<i64>(values, rows, validity, min, <u64>card, first, gidWidth, gids);
}

/** stored − origin of two rows as doubles; exact below 2^52. */
function deltaPair<T>(at: usize, origin: i64): v128 {
  if (sizeof<T>() == 8) {
    // The bits of 2^52 + x are those of 2^52 with x in the mantissa.
    const delta = i64x2.sub(v128.load(at), i64x2.splat(origin));
    return f64x2.sub(v128.or(delta, i64x2.splat(0x4330000000000000)), f64x2.splat(4503599627370496.0));
  }
  let narrow: v128;
  if (sizeof<T>() == 1) narrow = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load16_splat(at)));
  else if (sizeof<T>() == 2) narrow = i32x4.extend_low_i16x8_u(v128.load32_zero(at));
  else narrow = v128.load64_zero(at);
  return f64x2.sub(f64x2.convert_low_i32x4_u(narrow), f64x2.splat(<f64>origin));
}

/**
 * floor(delta / size) + 1 as 52-bit integers in the mantissas. (delta + ½) / size is never closer than ½ / size to a whole
 * number, so below 2^49 a product with the inverse rounds to the right side; adding 2^52 then rounds to whole numbers.
 */
function bucketPair(delta: v128, inverse: v128, half: v128): v128 {
  return f64x2.add(f64x2.add(f64x2.mul(delta, inverse), half), f64x2.splat(4503599627370496.0));
}

function bucketFour<T>(at: usize, origin: i64, inverse: v128, half: v128): v128 {
  const first = bucketPair(deltaPair<T>(at, origin), inverse, half);
  return joinLow(first, bucketPair(deltaPair<T>(at + 2 * sizeof<T>(), origin), inverse, half));
}

function bucketOf<T>(values: usize, row: i32, origin: i64, size: i64): u64 {
  return <u64>(stored<T>(values, row) - origin) / <u64>size + 1;
}

/** One key for a whole word of rows. */
function composeWord(key: u64, card: v128, first: bool, gids: usize): void {
  const keys = i32x4.splat(<i32>key);
  for (let at: usize = 0; at < 256; at += 16) composeFour(keys, card, first, gids + at);
}

function bucketsAscending<T>(
  values: usize, rows: i32, origin: i64, size: i64, card: u64, first: bool, gids: usize,
): void {
  const cards = i32x4.splat(<i32>card);
  const inverse = f64x2.splat(1.0 / <f64>size);
  const half = f64x2.splat(0.5 / <f64>size + 0.5);
  const whole = rows & ~63;
  let row = 0;
  while (row < whole) {
    const key = bucketOf<T>(values, row, origin, size);
    const end = origin + <i64>key * size; // the next bucket's start
    for (; row < whole && stored<T>(values, row + 63) < end && stored<T>(values, row) < end; row += 64) {
      composeWord(key, cards, first, gids + ((<usize>row) << 2));
    }
    if (row >= whole) break;
    if (stored<T>(values, row) >= end) continue;
    for (let part = row; part < row + 64; part += 4) {
      const keys = bucketFour<T>(values + <usize>part * sizeof<T>(), origin, inverse, half);
      composeFour(keys, cards, first, gids + ((<usize>part) << 2));
    }
    row += 64;
  }
  for (; row < rows; row += 4) {
    const keys = bucketFour<T>(values + <usize>row * sizeof<T>(), origin, inverse, half);
    composeFour(keys, cards, first, gids + ((<usize>row) << 2));
  }
}

function bucketsBy<T>(
  values: usize, rows: i32, validity: usize, origin: i64, size: i64, ascending: bool, card: u64, first: bool,
  gidWidth: i32, gids: usize,
): void {
  if (gidWidth == 8) {
    for (let row = 0; row < rows; row++) {
      const key = isValid(validity, row) ? bucketOf<T>(values, row, origin, size) : 0;
      composeWide(key, card, first, gids + ((<usize>row) << 3));
    }
    return;
  }
  if (ascending && validity == 0) return bucketsAscending<T>(values, rows, origin, size, card, first, gids);
  const cards = i32x4.splat(<i32>card);
  const inverse = f64x2.splat(1.0 / <f64>size);
  const half = f64x2.splat(0.5 / <f64>size + 0.5);
  for (let row = 0; row < rows; row += 4) {
    const keys = bucketFour<T>(values + <usize>row * sizeof<T>(), origin, inverse, half);
    composeFour(onlyValid(keys, validBits(validity, row)), cards, first, gids + ((<usize>row) << 2));
  }
}

export function gidBuckets(
  width: i32, values: usize, rows: i32, validity: usize, origin: i64, size: i64, ascending: bool, card: f64,
  first: bool, gidWidth: i32, gids: usize,
): void {
  const radix = <u64>card;
  if (width == 1) bucketsBy<u8>(values, rows, validity, origin, size, ascending, radix, first, gidWidth, gids);
  else if (width == 2) bucketsBy<u16>(values, rows, validity, origin, size, ascending, radix, first, gidWidth, gids);
  else if (width == 4) bucketsBy<u32>(values, rows, validity, origin, size, ascending, radix, first, gidWidth, gids);
  else bucketsBy<i64>(values, rows, validity, origin, size, ascending, radix, first, gidWidth, gids);
}

/** Number of boundaries ≤ value. */
function boundariesUpTo(boundaries: usize, count: i32, value: i64): i32 {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<i64>(boundaries + ((<usize>middle) << 3)) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function composeOne(key: u64, card: u64, first: bool, gidWidth: i32, gids: usize, row: i32): void {
  if (gidWidth == 8) return composeWide(key, card, first, gids + ((<usize>row) << 3));
  const gid = gids + ((<usize>row) << 2);
  store<u32>(gid, <u32>(first ? key : load<u32>(gid) * card + key));
}

function boundariesBy<T>(
  values: usize, rows: i32, validity: usize, boundaries: usize, count: i32, card: u64, first: bool, gidWidth: i32,
  gids: usize,
): void {
  // Neighbouring rows mostly fall into one interval: it is remembered as [from, until).
  let key: u64 = 0;
  let from: i64 = i64.MAX_VALUE;
  let until: i64 = i64.MIN_VALUE;
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) {
      composeOne(0, card, first, gidWidth, gids, row);
      continue;
    }
    const value = stored<T>(values, row);
    if (value < from || value >= until) {
      const found = boundariesUpTo(boundaries, count, value);
      key = <u64>found;
      from = found > 0 ? load<i64>(boundaries + ((<usize>(found - 1)) << 3)) : i64.MIN_VALUE;
      until = found < count ? load<i64>(boundaries + ((<usize>found) << 3)) : i64.MAX_VALUE;
    }
    composeOne(key, card, first, gidWidth, gids, row);
  }
}

export function gidBoundaries(
  width: i32, values: usize, rows: i32, validity: usize, boundaries: usize, count: i32, card: f64, first: bool,
  gidWidth: i32, gids: usize,
): void {
  const radix = <u64>card;
  if (width == 1) boundariesBy<u8>(values, rows, validity, boundaries, count, radix, first, gidWidth, gids);
  else if (width == 2) boundariesBy<u16>(values, rows, validity, boundaries, count, radix, first, gidWidth, gids);
  else if (width == 4) boundariesBy<u32>(values, rows, validity, boundaries, count, radix, first, gidWidth, gids);
  else boundariesBy<i64>(values, rows, validity, boundaries, count, radix, first, gidWidth, gids);
}

function lutBy<T>(ids: usize, rows: i32, lut: usize, card: u64, first: bool, gidWidth: i32, gids: usize): void {
  for (let row = 0; row < rows; row++) {
    const key = <u64>load<u32>(lut + ((<usize>load<T>(ids + <usize>row * sizeof<T>())) << 2));
    composeOne(key, card, first, gidWidth, gids, row);
  }
}

export function gidLut(
  width: i32, ids: usize, rows: i32, lut: usize, card: f64, first: bool, gidWidth: i32, gids: usize,
): void {
  if (width == 1) lutBy<u8>(ids, rows, lut, <u64>card, first, gidWidth, gids);
  else if (width == 2) lutBy<u16>(ids, rows, lut, <u64>card, first, gidWidth, gids);
  else lutBy<u32>(ids, rows, lut, <u64>card, first, gidWidth, gids);
}
