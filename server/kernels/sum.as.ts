// Whole-vector aggregates into one state. Twin: sum.ts. `only` cuts every word further: grouped updates use it for the
// part of one word that belongs to a group.
import { laneMask, stored, wordOf } from "./lanes.as";

const all: u64 = ~(<u64>0);
const dense: u64 = 12; // set bits of a word from which masked SIMD beats the bit loop

/** Four u32 or two u64 partial sums of one register of narrow values, as u64 pairs. */
function pairSums<T>(values: v128): v128 {
  if (sizeof<T>() == 1) {
    const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(values));
    return i64x2.add(i64x2.extend_low_i32x4_u(sums), i64x2.extend_high_i32x4_u(sums));
  }
  if (sizeof<T>() == 2) {
    const sums = i32x4.extadd_pairwise_i16x8_u(values);
    return i64x2.add(i64x2.extend_low_i32x4_u(sums), i64x2.extend_high_i32x4_u(sums));
  }
  if (sizeof<T>() == 4) return i64x2.add(i64x2.extend_low_i32x4_u(values), i64x2.extend_high_i32x4_u(values));
  return values;
}

function sumLanes(pair: v128): i64 {
  return i64x2.extract_lane(pair, 0) + i64x2.extract_lane(pair, 1);
}

/** Sum of the rows of one word, 64 rows from `at`; all bits set. */
function wordSum<T>(at: usize): v128 {
  let first = i64x2.splat(0);
  let second = i64x2.splat(0);
  for (let part: usize = 0; part < 64 * sizeof<T>(); part += 64) {
    first = i64x2.add(first, pairSums<T>(v128.load(at + part)));
    second = i64x2.add(second, pairSums<T>(v128.load(at + part, 16)));
    first = i64x2.add(first, pairSums<T>(v128.load(at + part, 32)));
    second = i64x2.add(second, pairSums<T>(v128.load(at + part, 48)));
  }
  return i64x2.add(first, second);
}

function wordSumMasked<T>(at: usize, bits: u64): v128 {
  let sum = i64x2.splat(0);
  let left = bits;
  for (let part: usize = 0; part < 64 * sizeof<T>(); part += 16) {
    sum = i64x2.add(sum, pairSums<T>(v128.and(v128.load(at + part), laneMask<T>(left))));
    left >>= 16 / sizeof<T>();
  }
  return sum;
}

export function sumIntsOf<T>(
  values: usize, shift: i64, rows: i32, bitmap: usize, only: u64, state: usize,
): void {
  const words = (rows + 63) >> 6;
  let sum = i64x2.splat(0);
  let sparse: i64 = 0;
  let count: i64 = 0;
  for (let word = 0; word < words; word++) {
    let bits = wordOf(bitmap, rows, word) & only;
    const population = popcnt<u64>(bits);
    const at = values + ((<usize>word) << 6) * sizeof<T>();
    count += population;
    if (population == 64) sum = i64x2.add(sum, wordSum<T>(at));
    else if (population >= dense) sum = i64x2.add(sum, wordSumMasked<T>(at, bits));
    else for (; bits != 0; bits &= bits - 1) sparse += stored<T>(at, <i32>ctz<u64>(bits));
  }
  store<i64>(state, load<i64>(state) + count);
  store<i64>(state, load<i64>(state, 8) + sumLanes(sum) + sparse + shift * count, 8);
}

export function sumInts(
  width: i32, values: usize, shift: i64, rows: i32, bitmap: usize, state: usize,
): void {
  if (width == 1) sumIntsOf<u8>(values, shift, rows, bitmap, all, state);
  else if (width == 2) sumIntsOf<u16>(values, shift, rows, bitmap, all, state);
  else if (width == 4) sumIntsOf<u32>(values, shift, rows, bitmap, all, state);
  else sumIntsOf<i64>(values, shift, rows, bitmap, all, state);
}

export function sumWideOf(values: usize, rows: i32, bitmap: usize, only: u64, state: usize): void {
  const words = (rows + 63) >> 6;
  const lowHalf = i64x2.splat(0xffffffff);
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  let count: i64 = 0;
  for (let word = 0; word < words; word++) {
    let bits = wordOf(bitmap, rows, word) & only;
    if (bits == 0) continue;
    count += popcnt<i64>(bits);
    const at = values + ((<usize>word) << 9);
    for (let part: usize = 0; part < 512; part += 16) {
      const value = v128.and(v128.load(at + part), laneMask<i64>(bits));
      low = i64x2.add(low, v128.and(value, lowHalf));
      high = i64x2.add(high, i64x2.shr_s(value, 32));
      bits >>= 2;
    }
  }
  store<i64>(state, load<i64>(state) + count);
  store<i64>(state, load<i64>(state, 8) + sumLanes(low), 8);
  store<i64>(state, load<i64>(state, 16) + sumLanes(high), 16);
}

export function sumWide(values: usize, rows: i32, bitmap: usize, state: usize): void {
  sumWideOf(values, rows, bitmap, all, state);
}

// How a pass over doubles is told what to do, at compile time: by the size of these types.
type SumOnly = u8;
type WithExtremes = u16;

/** Two values, or infinity where the mask has none. */
function orInfinite(values: v128, mask: v128): v128 {
  return v128.bitselect(values, f64x2.splat(Infinity), mask);
}

/** Brings a pass's least value and least negated value into a `full` state. */
function foldDoubles(low: v128, high: v128, state: usize): void {
  const least = min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1));
  const most = min(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1));
  if (least < load<f64>(state, 16)) store<f64>(state, least, 16);
  if (most < load<f64>(state, 24)) store<f64>(state, most, 24);
}

/**
 * Sum (in the order that `SumKernels.sumDoubles` states) and perhaps extremes of the selected rows. The word loops are
 * one for sums of whole words, one for everything that needs masks.
 */
function doublesPass<P>(values: usize, rows: i32, bitmap: usize, only: u64, state: usize): f64 {
  // Least values and least negated values, never NaN: pmin keeps its first operand unless the second is less.
  let low = f64x2.splat(Infinity);
  let otherLow = low;
  let high = low;
  let otherHigh = low;
  const cut = bitmap != 0 || only != all;
  const words = (rows + 63) >> 6;
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  let ninth: f64 = 0;
  for (let word = 0; word < words; word++) {
    let bits = wordOf(bitmap, rows, word) & only;
    const at = values + ((<usize>word) << 9);
    if (bits == ~(<u64>0)) {
      for (let part: usize = 0; part < 512; part += 64) {
        const first = v128.load(at + part);
        const second = v128.load(at + part, 16);
        const third = v128.load(at + part, 32);
        const fourth = v128.load(at + part, 48);
        a = f64x2.add(a, first);
        b = f64x2.add(b, second);
        c = f64x2.add(c, third);
        d = f64x2.add(d, fourth);
        if (sizeof<P>() == sizeof<WithExtremes>()) {
          low = f64x2.pmin(f64x2.pmin(low, first), second);
          otherLow = f64x2.pmin(f64x2.pmin(otherLow, third), fourth);
          high = f64x2.pmin(f64x2.pmin(high, f64x2.neg(first)), f64x2.neg(second));
          otherHigh = f64x2.pmin(f64x2.pmin(otherHigh, f64x2.neg(third)), f64x2.neg(fourth));
        }
      }
    } else if (!cut || popcnt<u64>(bits) >= dense) {
      for (let part: usize = 0; part < 512; part += 64) {
        const from = at + part;
        const firstMask = laneMask<f64>(bits);
        const secondMask = laneMask<f64>(bits >> 2);
        const thirdMask = laneMask<f64>(bits >> 4);
        const fourthMask = laneMask<f64>(bits >> 6);
        bits >>= 8;
        const first = v128.load(from);
        const second = v128.load(from, 16);
        const third = v128.load(from, 32);
        const fourth = v128.load(from, 48);
        a = f64x2.add(a, v128.and(first, firstMask));
        b = f64x2.add(b, v128.and(second, secondMask));
        c = f64x2.add(c, v128.and(third, thirdMask));
        d = f64x2.add(d, v128.and(fourth, fourthMask));
        if (sizeof<P>() == sizeof<WithExtremes>()) {
          low = f64x2.pmin(f64x2.pmin(low, orInfinite(first, firstMask)), orInfinite(second, secondMask));
          otherLow = f64x2.pmin(f64x2.pmin(otherLow, orInfinite(third, thirdMask)), orInfinite(fourth, fourthMask));
          high = f64x2.pmin(high, orInfinite(f64x2.neg(first), firstMask));
          otherHigh = f64x2.pmin(otherHigh, orInfinite(f64x2.neg(second), secondMask));
          high = f64x2.pmin(high, orInfinite(f64x2.neg(third), thirdMask));
          otherHigh = f64x2.pmin(otherHigh, orInfinite(f64x2.neg(fourth), fourthMask));
        }
      }
    } else {
      for (; bits != 0; bits &= bits - 1) {
        const value = v128.load64_splat(at + (<usize>ctz<u64>(bits) << 3));
        ninth += f64x2.extract_lane(value, 0);
        if (sizeof<P>() == sizeof<WithExtremes>()) {
          low = f64x2.pmin(low, value);
          high = f64x2.pmin(high, f64x2.neg(value));
        }
      }
    }
  }
  if (sizeof<P>() == sizeof<WithExtremes>()) {
    foldDoubles(f64x2.pmin(low, otherLow), f64x2.pmin(high, otherHigh), state);
  }
  const pair = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1) + ninth;
}

function populationOf(rows: i32, bitmap: usize, only: u64): i64 {
  if (bitmap == 0 && only == all) return <i64>rows;
  let population: i64 = 0;
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) population += popcnt<i64>(wordOf(bitmap, rows, word) & only);
  return population;
}

export function sumDoublesOf(values: usize, rows: i32, bitmap: usize, only: u64, state: usize): void {
  store<f64>(state, load<f64>(state) + <f64>populationOf(rows, bitmap, only));
  store<f64>(state, load<f64>(state, 8) + doublesPass<SumOnly>(values, rows, bitmap, only, state), 8);
}

export function sumDoubles(values: usize, rows: i32, bitmap: usize, state: usize): void {
  sumDoublesOf(values, rows, bitmap, all, state);
}

/** `full` of doubles; NaNs are left out of min and max. */
export function fullDoublesOf(values: usize, rows: i32, bitmap: usize, only: u64, state: usize): void {
  store<f64>(state, load<f64>(state) + <f64>populationOf(rows, bitmap, only));
  const total = doublesPass<WithExtremes>(values, rows, bitmap, only, state);
  store<f64>(state, load<f64>(state, 8) + total, 8);
}

function minOf<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 8) return v128.bitselect(b, a, i64x2.gt_s(a, b));
  return v128.min<T>(a, b);
}

function maxOf<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 8) return v128.bitselect(b, a, i64x2.gt_s(b, a));
  return v128.max<T>(a, b);
}

/** Least and greatest of the selected rows (at least one) into the `full` state. */
function extremes<T>(
  values: usize, shift: i64, rows: i32, bitmap: usize, only: u64, state: usize,
): void {
  const least = v128.splat<T>(<T>(sizeof<T>() == 8 ? i64.MIN_VALUE : 0));
  const most = v128.splat<T>(<T>(sizeof<T>() == 8 ? i64.MAX_VALUE : -1));
  let low = most;
  let high = least;
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    let bits = wordOf(bitmap, rows, word) & only;
    if (bits == 0) continue;
    const at = values + ((<usize>word) << 6) * sizeof<T>();
    if (bits == ~(<u64>0)) {
      for (let part: usize = 0; part < 64 * sizeof<T>(); part += 16) {
        const value = v128.load(at + part);
        low = minOf<T>(low, value);
        high = maxOf<T>(high, value);
      }
      continue;
    }
    for (let part: usize = 0; part < 64 * sizeof<T>(); part += 16) {
      const value = v128.load(at + part);
      const mask = laneMask<T>(bits);
      low = minOf<T>(low, v128.bitselect(value, most, mask));
      high = maxOf<T>(high, v128.bitselect(value, least, mask));
      bits >>= 16 / sizeof<T>();
    }
  }
  foldExtremes<T>(low, high, shift, state);
}

function foldExtremes<T>(low: v128, high: v128, shift: i64, state: usize): void {
  const scratch = state + 16;
  const knownLeast = load<i64>(scratch);
  const knownMost = ~load<i64>(scratch, 8);
  let least = i64.MAX_VALUE;
  let most = i64.MIN_VALUE;
  // The state's own words serve as the place to take the lanes apart.
  v128.store(scratch, low);
  for (let lane: usize = 0; lane < 16; lane += sizeof<T>()) least = min(least, <i64>load<T>(scratch + lane));
  v128.store(scratch, high);
  for (let lane: usize = 0; lane < 16; lane += sizeof<T>()) most = max(most, <i64>load<T>(scratch + lane));
  store<i64>(scratch, min(knownLeast, least + shift));
  store<i64>(scratch, ~max(knownMost, most + shift), 8);
}

export function fullIntsOf<T>(
  values: usize, shift: i64, rows: i32, bitmap: usize, only: u64, state: usize,
): void {
  const before = load<i64>(state);
  sumIntsOf<T>(values, shift, rows, bitmap, only, state);
  if (load<i64>(state) != before) extremes<T>(values, shift, rows, bitmap, only, state);
}

export function fullInts(
  width: i32, values: usize, shift: i64, rows: i32, bitmap: usize, state: usize,
): void {
  if (width == 1) fullIntsOf<u8>(values, shift, rows, bitmap, all, state);
  else if (width == 2) fullIntsOf<u16>(values, shift, rows, bitmap, all, state);
  else if (width == 4) fullIntsOf<u32>(values, shift, rows, bitmap, all, state);
  else fullIntsOf<i64>(values, shift, rows, bitmap, all, state);
}

/** Adds `nans` to the NaN count that a `full` state of doubles keeps in place of −max. */
export function addNans(state: usize, nans: i64): void {
  const bits = load<i64>(state, 24);
  const had = load<f64>(state, 24) != load<f64>(state, 24);
  store<i64>(state, had ? bits + nans : 0x7ff8000000000000 + nans, 24);
}

function countNans(values: usize, rows: i32, bitmap: usize): i64 {
  let nans: i64 = 0;
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    const at = values + ((<usize>word) << 9);
    for (let bits = wordOf(bitmap, rows, word); bits != 0; bits &= bits - 1) {
      const value = load<f64>(at + (<usize>ctz<u64>(bits) << 3));
      nans += <i64>(value != value);
    }
  }
  return nans;
}

export function fullDoubles(values: usize, rows: i32, bitmap: usize, hasNaN: bool, state: usize): void {
  fullDoublesOf(values, rows, bitmap, all, state);
  if (!hasNaN) return;
  const nans = countNans(values, rows, bitmap);
  if (nans != 0) addNans(state, nans);
}
