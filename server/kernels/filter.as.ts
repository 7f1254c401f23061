// Row predicates. Twin: filter.ts.
import { bits16, bitsOf4, joinLow, rangeWord, rangeWord64, rangeWordDoubles, tailMask } from "./lanes.as";

function filterRangeOf<T>(values: usize, rows: i32, low: u32, high: u32, bitmap: usize): i32 {
  const most: u32 = sizeof<T>() == 4 ? u32.MAX_VALUE : sizeof<T>() == 2 ? 65535 : 255;
  const top = min(high, most);
  const words = (rows + 63) >> 6;
  if (low > top) {
    memory.fill(bitmap, 0, (<usize>words) << 3);
    return 0;
  }
  const lowLanes = v128.splat<T>(<T>low);
  const spanLanes = v128.splat<T>(<T>(top - low));
  let population: i64 = 0;
  for (let word = 0; word < words; word++) {
    const bits = rangeWord<T>(values + ((<usize>word) << 6) * sizeof<T>(), lowLanes, spanLanes) & tailMask(rows, word);
    store<u64>(bitmap + ((<usize>word) << 3), bits);
    population += popcnt<i64>(bits);
  }
  return <i32>population;
}

export function filterRange(width: i32, values: usize, rows: i32, low: u32, high: u32, bitmap: usize): i32 {
  if (width == 1) return filterRangeOf<u8>(values, rows, low, high, bitmap);
  if (width == 2) return filterRangeOf<u16>(values, rows, low, high, bitmap);
  return filterRangeOf<u32>(values, rows, low, high, bitmap);
}

export function filterRangeInt64(values: usize, rows: i32, low: i64, high: i64, bitmap: usize): i32 {
  const lowLanes = i64x2.splat(low);
  const highLanes = i64x2.splat(high);
  const words = (rows + 63) >> 6;
  let population: i64 = 0;
  for (let word = 0; word < words; word++) {
    const bits = rangeWord64(values + ((<usize>word) << 9), lowLanes, highLanes) & tailMask(rows, word);
    store<u64>(bitmap + ((<usize>word) << 3), bits);
    population += popcnt<i64>(bits);
  }
  return <i32>population;
}

/** The next double above; NaN stays NaN and nothing is above infinity. */
function above(value: f64): f64 {
  if (value != value || value == Infinity) return NaN;
  if (value == 0) return f64.MIN_VALUE;
  const bits = reinterpret<i64>(value);
  return reinterpret<f64>(bits < 0 ? bits - 1 : bits + 1);
}

export function filterRangeDoubles(values: usize, rows: i32, low: f64, high: f64, flags: i32, bitmap: usize): i32 {
  const lowLanes = f64x2.splat(flags & 1 ? above(low) : low);
  const highLanes = f64x2.splat(flags & 2 ? -above(-high) : high);
  const nanLanes = i64x2.splat(flags & 4 ? -1 : 0);
  const words = (rows + 63) >> 6;
  let population: i64 = 0;
  for (let word = 0; word < words; word++) {
    const at = values + ((<usize>word) << 9);
    const bits = rangeWordDoubles(at, lowLanes, highLanes, nanLanes) & tailMask(rows, word);
    store<u64>(bitmap + ((<usize>word) << 3), bits);
    population += popcnt<i64>(bits);
  }
  return <i32>population;
}

/** The table's bytes for 16 rows. */
function lutLanes<T>(ids: usize, lut: usize): v128 {
  const step = sizeof<T>();
  let lanes = v128.load8_splat(lut + <usize>load<T>(ids));
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step), lanes, 1);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 2), lanes, 2);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 3), lanes, 3);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 4), lanes, 4);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 5), lanes, 5);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 6), lanes, 6);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 7), lanes, 7);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 8), lanes, 8);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 9), lanes, 9);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 10), lanes, 10);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 11), lanes, 11);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 12), lanes, 12);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 13), lanes, 13);
  lanes = v128.load8_lane(lut + <usize>load<T>(ids + step * 14), lanes, 14);
  return v128.load8_lane(lut + <usize>load<T>(ids + step * 15), lanes, 15);
}

/** The last, incomplete word, row by row: ids past the end must not be looked up. */
function lutTail<T>(ids: usize, rows: i32, lut: usize): u64 {
  let bits: u64 = 0;
  for (let row = 0; row < rows; row++) {
    bits |= (<u64>(load<u8>(lut + <usize>load<T>(ids + <usize>row * sizeof<T>())) != 0)) << row;
  }
  return bits;
}

function filterLutOf<T>(ids: usize, rows: i32, lut: usize, bitmap: usize): i32 {
  const zero = i8x16.splat(0);
  const whole = rows >> 6;
  let population: i64 = 0;
  for (let word = 0; word < whole; word++) {
    const at = ids + ((<usize>word) << 6) * sizeof<T>();
    let bits = bits16(i8x16.ne(lutLanes<T>(at, lut), zero));
    bits |= bits16(i8x16.ne(lutLanes<T>(at + 16 * sizeof<T>(), lut), zero)) << 16;
    bits |= bits16(i8x16.ne(lutLanes<T>(at + 32 * sizeof<T>(), lut), zero)) << 32;
    bits |= bits16(i8x16.ne(lutLanes<T>(at + 48 * sizeof<T>(), lut), zero)) << 48;
    store<u64>(bitmap + ((<usize>word) << 3), bits);
    population += popcnt<i64>(bits);
  }
  if (rows & 63) {
    const bits = lutTail<T>(ids + ((<usize>whole) << 6) * sizeof<T>(), rows & 63, lut);
    store<u64>(bitmap + ((<usize>whole) << 3), bits);
    population += popcnt<i64>(bits);
  }
  return <i32>population;
}

/** 128 table bytes as 16 bytes of bits. */
function lutBits(lut: usize): v128 {
  const zero = i8x16.splat(0);
  let low: u64 = 0;
  let high: u64 = 0;
  for (let part: u32 = 0; part < 64; part += 16) {
    low |= bits16(i8x16.ne(v128.load(lut + part), zero)) << part;
    high |= bits16(i8x16.ne(v128.load(lut + part, 64), zero)) << part;
  }
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}

// With one-byte ids the whole table fits two registers: byte id >> 3 of the bit table by swizzle, then bit id & 7.
function filterLutBytes(ids: usize, rows: i32, lut: usize, bitmap: usize): i32 {
  const first = lutBits(lut);
  const second = lutBits(lut + 128);
  const powers = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  const seven = i8x16.splat(7);
  const sixteen = i8x16.splat(16);
  const words = (rows + 63) >> 6;
  let population: i64 = 0;
  for (let word = 0; word < words; word++) {
    const at = ids + ((<usize>word) << 6);
    let bits: u64 = 0;
    for (let part: u32 = 0; part < 64; part += 16) {
      const id = v128.load(at + part);
      const byte = i8x16.shr_u(id, 3);
      const table = v128.or(i8x16.swizzle(first, byte), i8x16.swizzle(second, i8x16.sub(byte, sixteen)));
      const bit = i8x16.swizzle(powers, v128.and(id, seven));
      bits |= bits16(i8x16.eq(v128.and(table, bit), bit)) << part;
    }
    bits &= tailMask(rows, word);
    store<u64>(bitmap + ((<usize>word) << 3), bits);
    population += popcnt<i64>(bits);
  }
  return <i32>population;
}

export function filterLut(width: i32, ids: usize, rows: i32, lut: usize, bitmap: usize): i32 {
  if (width == 1) return filterLutBytes(ids, rows, lut, bitmap);
  if (width == 2) return filterLutOf<u16>(ids, rows, lut, bitmap);
  return filterLutOf<u32>(ids, rows, lut, bitmap);
}

function holds64(equal: bool, a: v128, b: v128): v128 {
  return equal ? i64x2.eq(a, b) : i64x2.gt_s(a, b);
}

function holdsDoubles(equal: bool, a: v128, b: v128): v128 {
  const nanA = f64x2.ne(a, a);
  const nanB = f64x2.ne(b, b);
  if (equal) return v128.or(f64x2.eq(a, b), v128.and(nanA, nanB));
  return v128.or(f64x2.gt(a, b), v128.andnot(nanA, nanB));
}

function holds<T>(equal: bool, a: usize, b: usize, at: usize): v128 {
  const left = v128.load(a + at);
  const right = v128.load(b + at);
  if (isFloat<T>()) return holdsDoubles(equal, left, right);
  return holds64(equal, left, right);
}

/** Every comparison is `equal` or `greater` of (a, b) or (b, a), perhaps inverted. */
function compareOf<T>(equal: bool, invert: u64, a: usize, b: usize, rows: i32, bitmap: usize): i32 {
  const words = (rows + 63) >> 6;
  let population: i64 = 0;
  for (let word = 0; word < words; word++) {
    let bits: u64 = 0;
    for (let part: u32 = 0; part < 64; part += 16) {
      const at = ((<usize>word) << 9) + part * 8;
      const first = joinLow(holds<T>(equal, a, b, at), holds<T>(equal, a, b, at + 16));
      const second = joinLow(holds<T>(equal, a, b, at + 32), holds<T>(equal, a, b, at + 48));
      const third = joinLow(holds<T>(equal, a, b, at + 64), holds<T>(equal, a, b, at + 80));
      const fourth = joinLow(holds<T>(equal, a, b, at + 96), holds<T>(equal, a, b, at + 112));
      bits |= bitsOf4(first, second, third, fourth) << part;
    }
    bits = (bits ^ invert) & tailMask(rows, word);
    store<u64>(bitmap + ((<usize>word) << 3), bits);
    population += popcnt<i64>(bits);
  }
  return <i32>population;
}

function compareBy<T>(operation: i32, a: usize, b: usize, rows: i32, bitmap: usize): i32 {
  const inverted: u64 = ~(<u64>0);
  if (operation == 0) return compareOf<T>(true, 0, a, b, rows, bitmap);
  if (operation == 1) return compareOf<T>(true, inverted, a, b, rows, bitmap);
  if (operation == 2) return compareOf<T>(false, 0, b, a, rows, bitmap);
  if (operation == 3) return compareOf<T>(false, inverted, a, b, rows, bitmap);
  if (operation == 4) return compareOf<T>(false, 0, a, b, rows, bitmap);
  return compareOf<T>(false, inverted, b, a, rows, bitmap);
}

export function compareInts(operation: i32, a: usize, b: usize, rows: i32, bitmap: usize): i32 {
  return compareBy<i64>(operation, a, b, rows, bitmap);
}

export function compareDoubles(operation: i32, a: usize, b: usize, rows: i32, bitmap: usize): i32 {
  return compareBy<f64>(operation, a, b, rows, bitmap);
}

function lowerBoundOf<T>(values: usize, rows: i32, value: T): i32 {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<T>(values + <usize>middle * sizeof<T>()) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function lowerBound(width: i32, values: usize, rows: i32, value: u32): i32 {
  if (width == 1) return value > 255 ? rows : lowerBoundOf<u8>(values, rows, <u8>value);
  if (width == 2) return value > 65535 ? rows : lowerBoundOf<u16>(values, rows, <u16>value);
  return lowerBoundOf<u32>(values, rows, value);
}

export function lowerBoundInt64(values: usize, rows: i32, value: i64): i32 {
  return lowerBoundOf<i64>(values, rows, value);
}
