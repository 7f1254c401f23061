// Decoding of segment files. Twin: decode.ts.
import { loadPair } from "./gather.as";
import { stored } from "./lanes.as";

/** Stores four u32 lanes as four values of sizeof<T>() bytes. */
function storeFour<T>(to: usize, lanes: v128): void {
  if (sizeof<T>() == 4) {
    v128.store(to, lanes);
  } else if (sizeof<T>() == 2) {
    v128.store64_lane(to, i8x16.shuffle(lanes, lanes, 0, 1, 4, 5, 8, 9, 12, 13, 0, 0, 0, 0, 0, 0, 0, 0), 0);
  } else {
    v128.store32_lane(to, i8x16.shuffle(lanes, lanes, 0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
  }
}

/** One block of 128 values, 1 ≤ bits ≤ 32. */
function unpackBlock<T>(packed: usize, bits: i32, to: usize): void {
  const mask = i32x4.splat(bits == 32 ? -1 : (1 << bits) - 1);
  let at = packed;
  let word = v128.load(at);
  let used = 0; // bits of `word` already taken
  for (let index: usize = 0; index < 32; index++) {
    let value = i32x4.shr_u(word, used);
    used += bits;
    if (used > 32) {
      at += 16;
      word = v128.load(at);
      used -= 32;
      value = v128.or(value, i32x4.shl(word, bits - used));
    }
    storeFour<T>(to + index * 4 * sizeof<T>(), v128.and(value, mask));
    if (used == 32 && index < 31) {
      at += 16;
      word = v128.load(at);
      used = 0;
    }
  }
}

function unpackOf<T>(packed: usize, bits: i32, rows: i32, to: usize): void {
  const blocks = (rows + 127) >> 7;
  if (bits == 0) {
    memory.fill(to, 0, ((<usize>blocks) << 7) * sizeof<T>());
    return;
  }
  for (let block = 0; block < blocks; block++) {
    unpackBlock<T>(packed + ((<usize>(block * bits)) << 4), bits, to + ((<usize>block) << 7) * sizeof<T>());
  }
}

export function unpackBits(packed: usize, bits: i32, rows: i32, width: i32, to: usize): void {
  if (width == 1) unpackOf<u8>(packed, bits, rows, to);
  else if (width == 2) unpackOf<u16>(packed, bits, rows, to);
  else unpackOf<u32>(packed, bits, rows, to);
}

function packBlock(values: usize, bits: i32, to: usize): void {
  let at = to;
  let word = i32x4.splat(0);
  let used = 0;
  for (let index: usize = 0; index < 32; index++) {
    const value = v128.load(values + index * 16);
    word = v128.or(word, i32x4.shl(value, used));
    used += bits;
    if (used < 32) continue;
    v128.store(at, word);
    at += 16;
    used -= 32;
    word = used > 0 ? i32x4.shr_u(value, bits - used) : i32x4.splat(0);
  }
}

export function packBits(values: usize, bits: i32, rows: i32, to: usize): void {
  if (bits == 0) return;
  const blocks = (rows + 127) >> 7;
  for (let block = 0; block < blocks; block++) {
    packBlock(values + ((<usize>block) << 9), bits, to + ((<usize>(block * bits)) << 4));
  }
}

export function prefixSums(deltas: usize, rows: i32, first: i64, to: usize): void {
  let sum = first;
  for (let row = 0; row < rows; row++) {
    const zigzag = load<u64>(deltas + ((<usize>row) << 3));
    sum += <i64>(zigzag >> 1) ^ -(<i64>(zigzag & 1));
    store<i64>(to + ((<usize>row) << 3), sum);
  }
}

/** Narrow values with a small base stay exact as doubles, so both steps run in lanes. */
function alpNarrow<T>(values: usize, base: f64, rows: i32, divisor: f64, to: usize): void {
  const bases = f64x2.splat(base);
  const divisors = f64x2.splat(divisor);
  for (let row = 0; row < rows; row += 2) {
    const pair = loadPair<T>(values + <usize>row * sizeof<T>());
    const doubles = f64x2.add(f64x2.convert_low_i32x4_u(v128.shuffle<i32>(pair, pair, 0, 2, 0, 2)), bases);
    v128.store(to + ((<usize>row) << 3), f64x2.div(doubles, divisors));
  }
}

function alpOf<T>(values: usize, base: i64, rows: i32, divisor: f64, to: usize): void {
  const exact: i64 = (<i64>1) << 52;
  if (sizeof<T>() < 8 && base > -exact && base < exact) {
    alpNarrow<T>(values, <f64>base, rows, divisor, to);
    return;
  }
  for (let row = 0; row < rows; row++) {
    store<f64>(to + ((<usize>row) << 3), <f64>(base + stored<T>(values, row)) / divisor);
  }
}

export function decodeAlp(width: i32, values: usize, base: i64, rows: i32, divisor: f64, to: usize): void {
  if (width == 1) alpOf<u8>(values, base, rows, divisor, to);
  else if (width == 2) alpOf<u16>(values, base, rows, divisor, to);
  else if (width == 4) alpOf<u32>(values, base, rows, divisor, to);
  else alpOf<i64>(values, base, rows, divisor, to);
}

function fillOf<T>(to: usize, from: i32, until: i32, value: T): void {
  for (let row = from; row < until; row++) store<T>(to + <usize>row * sizeof<T>(), value);
}

export function fillRun(width: i32, to: usize, from: i32, until: i32, value: i64): void {
  if (width == 1) memory.fill(to + from, <u8>value, until - from);
  else if (width == 2) fillOf<u16>(to, from, until, <u16>value);
  else if (width == 4) fillOf<u32>(to, from, until, <u32>value);
  else fillOf<i64>(to, from, until, value);
}
