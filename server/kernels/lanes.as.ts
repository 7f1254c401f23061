// What the SIMD loops share: row masks of 64-row words, lane masks from bits, loads that widen. Everything here is small
// enough for the optimiser to inline. Loads may pass a vector's end by less than 512 bytes: the arena keeps its last
// page unused for that, and the words' tail bits are masked.

/** Bits of the rows of word `word` that exist. */
export function tailMask(rows: i32, word: i32): u64 {
  const left = rows - (word << 6);
  return left >= 64 ? ~(<u64>0) : ((<u64>1) << left) - 1;
}

/** Word `word` of an optional bitmap, cut to the rows that exist. */
export function wordOf(bitmap: usize, rows: i32, word: i32): u64 {
  const mask = tailMask(rows, word);
  return bitmap != 0 ? load<u64>(bitmap + ((<usize>word) << 3)) & mask : mask;
}

/** Lanes of 16 / sizeof<T>() rows: all ones where the bit is set. */
export function laneMask<T>(bits: u64): v128 {
  if (sizeof<T>() == 1) {
    const each = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
    const spread = i8x16.swizzle(i16x8.splat(<i16>bits), i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
    return i8x16.eq(v128.and(spread, each), each);
  }
  if (sizeof<T>() == 2) {
    const each = i16x8(1, 2, 4, 8, 16, 32, 64, 128);
    return i16x8.eq(v128.and(i16x8.splat(<i16>bits), each), each);
  }
  if (sizeof<T>() == 4) {
    const each = i32x4(1, 2, 4, 8);
    return i32x4.eq(v128.and(i32x4.splat(<i32>bits), each), each);
  }
  const each = i64x2(1, 2);
  return i64x2.eq(v128.and(i64x2.splat(<i64>bits), each), each);
}

/** 16 bits from 16 byte masks. */
export function bits16(mask: v128): u64 {
  return <u64>i8x16.bitmask(mask);
}

/** 16 bits from four 32-bit lane masks, in row order. */
export function bitsOf4(a: v128, b: v128, c: v128, d: v128): u64 {
  return bits16(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
}

/** The low halves of two pairs of 64-bit lanes as four 32-bit lanes. */
export function joinLow(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/** Unsigned values within [low, low + span], 64 rows as bits. */
export function rangeWord<T>(at: usize, low: v128, span: v128): u64 {
  let word: u64 = 0;
  if (sizeof<T>() == 1) {
    for (let part: u32 = 0; part < 64; part += 16) {
      word |= bits16(i8x16.le_u(i8x16.sub(v128.load(at + part), low), span)) << part;
    }
  } else if (sizeof<T>() == 2) {
    for (let part: u32 = 0; part < 64; part += 16) {
      const a = i16x8.le_u(i16x8.sub(v128.load(at + part * 2), low), span);
      const b = i16x8.le_u(i16x8.sub(v128.load(at + part * 2, 16), low), span);
      word |= bits16(i8x16.narrow_i16x8_s(a, b)) << part;
    }
  } else {
    for (let part: u32 = 0; part < 64; part += 16) {
      const a = i32x4.le_u(i32x4.sub(v128.load(at + part * 4), low), span);
      const b = i32x4.le_u(i32x4.sub(v128.load(at + part * 4, 16), low), span);
      const c = i32x4.le_u(i32x4.sub(v128.load(at + part * 4, 32), low), span);
      const d = i32x4.le_u(i32x4.sub(v128.load(at + part * 4, 48), low), span);
      word |= bitsOf4(a, b, c, d) << part;
    }
  }
  return word;
}

function outside64(at: usize, low: v128, high: v128): v128 {
  const value = v128.load(at);
  return v128.or(i64x2.gt_s(low, value), i64x2.gt_s(value, high));
}

/** Signed 64-bit values within [low, high], 64 rows as bits. */
export function rangeWord64(at: usize, low: v128, high: v128): u64 {
  let word: u64 = 0;
  for (let part: u32 = 0; part < 64; part += 16) {
    const from = at + part * 8;
    const a = joinLow(outside64(from, low, high), outside64(from + 16, low, high));
    const b = joinLow(outside64(from + 32, low, high), outside64(from + 48, low, high));
    const c = joinLow(outside64(from + 64, low, high), outside64(from + 80, low, high));
    const d = joinLow(outside64(from + 96, low, high), outside64(from + 112, low, high));
    word |= bitsOf4(a, b, c, d) << part;
  }
  return ~word;
}

function inside(at: usize, low: v128, high: v128, nan: v128): v128 {
  const value = v128.load(at);
  const ordered = v128.and(f64x2.ge(value, low), f64x2.le(value, high));
  return v128.or(ordered, v128.and(f64x2.ne(value, value), nan));
}

/** Doubles within [low, high], or NaN where `nan` is all ones, 64 rows as bits. */
export function rangeWordDoubles(at: usize, low: v128, high: v128, nan: v128): u64 {
  let word: u64 = 0;
  for (let part: u32 = 0; part < 64; part += 16) {
    const from = at + part * 8;
    const a = joinLow(inside(from, low, high, nan), inside(from + 16, low, high, nan));
    const b = joinLow(inside(from + 32, low, high, nan), inside(from + 48, low, high, nan));
    const c = joinLow(inside(from + 64, low, high, nan), inside(from + 80, low, high, nan));
    const d = joinLow(inside(from + 96, low, high, nan), inside(from + 112, low, high, nan));
    word |= bitsOf4(a, b, c, d) << part;
  }
  return word;
}

/** Four stored values of up to 4 bytes as u32 lanes. */
export function loadFour<T>(at: usize): v128 {
  if (sizeof<T>() == 1) return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
  if (sizeof<T>() == 2) return i32x4.extend_low_i16x8_u(v128.load64_zero(at));
  return v128.load(at);
}

/** One stored value as signed 64 bits (narrow ones are unsigned). */
export function stored<T>(values: usize, row: i32): i64 {
  return <i64>load<T>(values + <usize>row * sizeof<T>());
}
