// Distinct values and HyperLogLog. Twin: distinct.ts.
import { loadPair } from "./gather.as";
import { joinLow, wordOf } from "./lanes.as";
import { hashText, hashWords, multiplierA, multiplierB, seedOf8A, seedOf8B } from "./text.as";

function setBit(bits: usize, bit: u64): void {
  const at = bits + (<usize>(bit >> 3) & ~(<usize>7));
  store<u64>(at, load<u64>(at) | ((<u64>1) << (bit & 63)));
}

function idsInto<T>(ids: usize, rows: i32, bitmap: usize, bits: usize): void {
  if (bitmap == 0) {
    for (let row = 0; row < rows; row++) setBit(bits, <u64>load<T>(ids + <usize>row * sizeof<T>()));
    return;
  }
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    const at = ids + ((<usize>word) << 6) * sizeof<T>();
    for (let left = wordOf(bitmap, rows, word); left != 0; left &= left - 1) {
      setBit(bits, <u64>load<T>(at + <usize>ctz<u64>(left) * sizeof<T>()));
    }
  }
}

export function distinctIds(width: i32, ids: usize, rows: i32, bitmap: usize, bits: usize): void {
  if (width == 1) idsInto<u8>(ids, rows, bitmap, bits);
  else if (width == 2) idsInto<u16>(ids, rows, bitmap, bits);
  else idsInto<u32>(ids, rows, bitmap, bits);
}

function pairBit<T>(ids: usize, gids: usize, row: i32, card: u64, bits: usize): void {
  const gid = <u64>load<u32>(gids + ((<usize>row) << 2));
  setBit(bits, gid * card + <u64>load<T>(ids + <usize>row * sizeof<T>()));
}

function pairsInto<T>(ids: usize, gids: usize, rows: i32, bitmap: usize, card: u64, bits: usize): void {
  if (bitmap == 0) {
    for (let row = 0; row < rows; row++) pairBit<T>(ids, gids, row, card, bits);
    return;
  }
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    for (let left = wordOf(bitmap, rows, word); left != 0; left &= left - 1) {
      pairBit<T>(ids, gids, (word << 6) + <i32>ctz<u64>(left), card, bits);
    }
  }
}

export function distinctPairs(
  width: i32, ids: usize, gids: usize, rows: i32, bitmap: usize, card: f64, bits: usize,
): void {
  if (width == 1) pairsInto<u8>(ids, gids, rows, bitmap, <u64>card, bits);
  else if (width == 2) pairsInto<u16>(ids, gids, rows, bitmap, <u64>card, bits);
  else pairsInto<u32>(ids, gids, rows, bitmap, <u64>card, bits);
}

/** Set bits from … until − 1. */
function populationBetween(bits: usize, from: u64, until: u64): u32 {
  if (from >= until) return 0;
  const first = from >> 6;
  const last = (until - 1) >> 6;
  const cutLow = ~(<u64>0) << (from & 63);
  const cutHigh = ~(<u64>0) >> (63 - ((until - 1) & 63));
  let at = bits + ((<usize>first) << 3);
  if (first == last) return <u32>popcnt<u64>(load<u64>(at) & cutLow & cutHigh);
  let population = popcnt<u64>(load<u64>(at) & cutLow);
  for (let word = first + 1; word < last; word++) {
    at += 8;
    population += popcnt<u64>(load<u64>(at));
  }
  return <u32>(population + popcnt<u64>(load<u64>(at, 8) & cutHigh));
}

export function distinctCounts(bits: usize, groups: i32, card: f64, counts: usize): void {
  const size = <u64>card;
  for (let group = 0; group < groups; group++) {
    const from = <u64>group * size;
    store<u32>(counts + ((<usize>group) << 2), populationBetween(bits, from + 1, from + size));
  }
}

export function distinctList(bits: usize, entries: i32, ids: usize): i32 {
  let to = ids;
  const words = (entries + 63) >> 6;
  for (let word = 0; word < words; word++) {
    let left = wordOf(bits, entries, word);
    if (word == 0) left &= ~(<u64>1);
    for (; left != 0; left &= left - 1) {
      store<i32>(to, (word << 6) + <i32>ctz<u64>(left));
      to += 4;
    }
  }
  return <i32>((to - ids) >> 2);
}

function observe(hash: u64, gid: usize, precision: i32, registers: usize): void {
  const index = <usize>(hash >> (64 - precision));
  const rank = <u8>(clz<u64>((hash << precision) | ((<u64>1) << (precision - 1))) + 1);
  const at = registers + (gid << precision) + index;
  if (load<u8>(at) < rank) store<u8>(at, rank);
}

function gidOf(gids: usize, row: i32): usize {
  return gids == 0 ? 0 : <usize>load<u32>(gids + ((<usize>row) << 2));
}

function hllIdsOf<T>(
  ids: usize, gids: usize, rows: i32, bitmap: usize, hashes: usize, precision: i32, registers: usize,
): void {
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    for (let left = wordOf(bitmap, rows, word); left != 0; left &= left - 1) {
      const row = (word << 6) + <i32>ctz<u64>(left);
      const id = <usize>load<T>(ids + <usize>row * sizeof<T>());
      if (id != 0) observe(load<u64>(hashes + (id << 3)), gidOf(gids, row), precision, registers);
    }
  }
}

export function hllIds(
  width: i32, ids: usize, gids: usize, rows: i32, bitmap: usize, hashes: usize, precision: i32, registers: usize,
): void {
  if (width == 1) hllIdsOf<u8>(ids, gids, rows, bitmap, hashes, precision, registers);
  else if (width == 2) hllIdsOf<u16>(ids, gids, rows, bitmap, hashes, precision, registers);
  else hllIdsOf<u32>(ids, gids, rows, bitmap, hashes, precision, registers);
}

/** The high words of four hashes: all that a register needs, but for one hash in 2^(32 − precision). */
function highWords(low: v128, high: v128): v128 {
  const a = stepFour(i32x4.splat(seedOf8A), low, high, true);
  const b = stepFour(i32x4.splat(seedOf8B), low, high, false);
  return mixFour(i32x4.add(b, mixFour(a)));
}

/** Both words of an int64 through one lane of the hash (text.as.ts has the same for one value). */
function stepFour(seed: v128, low: v128, high: v128, isA: bool): v128 {
  if (isA) {
    let a = i32x4.mul(v128.xor(seed, low), i32x4.splat(multiplierA));
    a = v128.xor(a, i32x4.shr_u(a, 15));
    a = i32x4.mul(v128.xor(a, high), i32x4.splat(multiplierA));
    return v128.xor(a, i32x4.shr_u(a, 15));
  }
  let b = i32x4.mul(i32x4.add(seed, low), i32x4.splat(multiplierB));
  b = v128.xor(b, i32x4.shr_u(b, 13));
  b = i32x4.mul(i32x4.add(b, high), i32x4.splat(multiplierB));
  return v128.xor(b, i32x4.shr_u(b, 13));
}

function mixFour(word: v128): v128 {
  let mixed = i32x4.mul(v128.xor(word, i32x4.shr_u(word, 16)), i32x4.splat(0x85ebca6b));
  mixed = i32x4.mul(v128.xor(mixed, i32x4.shr_u(mixed, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(mixed, i32x4.shr_u(mixed, 16));
}

/** `observe` by the hash's high word; the value's own words serve when the rank lies in the low half. */
function observeHigh(hash: u32, value: i64, gid: usize, precision: i32, registers: usize): void {
  const rest = hash << precision;
  if (rest == 0) {
    observe(hashWords(<u32>value, <u32>(value >> 32)), gid, precision, registers);
    return;
  }
  const rank = <u8>(clz<u32>(rest) + 1);
  const at = registers + (gid << precision) + <usize>(hash >> (32 - precision));
  store<u8>(at, max(load<u8>(at), rank)); // without a branch: early on it could not be foretold
}

/** The smallest of 2^precision registers (at least 16): a value of this rank or less changes nothing. */
function leastRegister(precision: i32, registers: usize): u32 {
  const count = <usize>1 << precision;
  if (count < 16) return 0;
  let least = i8x16.splat(-1);
  for (let at: usize = 0; at < count; at += 16) least = i8x16.min_u(least, v128.load(registers + at));
  let lowest: u32 = 255;
  while (i8x16.all_true(least) && lowest > 0) {
    // Counts down all lanes until one of them is zero.
    least = i8x16.sub(least, i8x16.splat(1));
    lowest--;
  }
  return 255 - lowest;
}

/** Lanes whose rank is above `floor`. */
function aboveFloor(hash: v128, precision: i32, floor: u32): u32 {
  // A low floor lets too many pass for the branches on them to be foretold; ranks of the low half are `observe`'s.
  if (floor < 3 || floor > 31) return 15;
  return i32x4.bitmask(i32x4.lt_u(i32x4.shl(hash, precision), i32x4.splat(1 << (32 - floor))));
}

function hllIntsOf<T>(
  values: usize, base: i64, gids: usize, rows: i32, bitmap: usize, precision: i32, registers: usize,
): void {
  const bases = i64x2.splat(base);
  const floor = gids == 0 ? leastRegister(precision, registers) : 0;
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    let row = word << 6;
    for (let left = wordOf(bitmap, rows, word); left != 0; left >>= 4) {
      const at = values + <usize>row * sizeof<T>();
      const first = i64x2.add(loadPair<T>(at), bases);
      const second = i64x2.add(loadPair<T>(at + 2 * sizeof<T>()), bases);
      const hash = highWords(joinLow(first, second), v128.shuffle<i32>(first, second, 1, 3, 5, 7));
      const bits = <u32>left & aboveFloor(hash, precision, floor);
      if ((bits & 15) == 0) {
        row += 4;
        continue;
      }
      if (bits & 1) {
        const value = i64x2.extract_lane(first, 0);
        observeHigh(i32x4.extract_lane(hash, 0), value, gidOf(gids, row), precision, registers);
      }
      if (bits & 2) {
        const value = i64x2.extract_lane(first, 1);
        observeHigh(i32x4.extract_lane(hash, 1), value, gidOf(gids, row + 1), precision, registers);
      }
      if (bits & 4) {
        const value = i64x2.extract_lane(second, 0);
        observeHigh(i32x4.extract_lane(hash, 2), value, gidOf(gids, row + 2), precision, registers);
      }
      if (bits & 8) {
        const value = i64x2.extract_lane(second, 1);
        observeHigh(i32x4.extract_lane(hash, 3), value, gidOf(gids, row + 3), precision, registers);
      }
      row += 4;
    }
  }
}

export function hllInts(
  width: i32, values: usize, base: i64, gids: usize, rows: i32, bitmap: usize, precision: i32, registers: usize,
): void {
  if (width == 1) hllIntsOf<u8>(values, base, gids, rows, bitmap, precision, registers);
  else if (width == 2) hllIntsOf<u16>(values, base, gids, rows, bitmap, precision, registers);
  else if (width == 4) hllIntsOf<u32>(values, base, gids, rows, bitmap, precision, registers);
  else hllIntsOf<i64>(values, base, gids, rows, bitmap, precision, registers);
}

export function hllDoubles(
  values: usize, gids: usize, rows: i32, bitmap: usize, precision: i32, registers: usize,
): void {
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    for (let left = wordOf(bitmap, rows, word); left != 0; left &= left - 1) {
      const row = (word << 6) + <i32>ctz<u64>(left);
      const value = load<f64>(values + ((<usize>row) << 3));
      let bits = reinterpret<u64>(value);
      if (value == 0) bits = 0;
      if (value != value) bits = 0x7ff8000000000000;
      observe(hashWords(<u32>bits, <u32>(bits >> 32)), gidOf(gids, row), precision, registers);
    }
  }
}

export function hllTexts(
  offsets: usize, bytes: usize, gids: usize, rows: i32, bitmap: usize, precision: i32, registers: usize,
): void {
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    for (let left = wordOf(bitmap, rows, word); left != 0; left &= left - 1) {
      const row = (word << 6) + <i32>ctz<u64>(left);
      const at = offsets + ((<usize>row) << 2);
      const start = load<u32>(at);
      const hash = hashText(bytes + start, load<u32>(at, 4) - start);
      observe(hash, gidOf(gids, row), precision, registers);
    }
  }
}

export function hllMerge(from: usize, into: usize, bytes: i32): void {
  let at: usize = 0;
  const whole = <usize>(bytes & ~15);
  for (; at < whole; at += 16) v128.store(into + at, i8x16.max_u(v128.load(into + at), v128.load(from + at)));
  for (; at < <usize>bytes; at++) store<u8>(into + at, max(load<u8>(into + at), load<u8>(from + at)));
}
