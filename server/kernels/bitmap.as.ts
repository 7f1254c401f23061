// Bitmaps of rows. Twin: bitmap.ts.
import { tailMask } from "./lanes.as";

// Page 1 of an arena: for each byte, the positions of its set bits (u8[8]).
const positionTable: usize = 4096;

/** Writes the constant tables; every instance writes the same bytes. Called by the loader. */
export function prepareConstants(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let filled: u32 = 0;
    for (let bit: u32 = 0; bit < 8; bit++) {
      if ((byte >> bit) & 1) {
        store<u8>(positionTable + byte * 8 + filled, <u8>bit);
        filled++;
      }
    }
  }
}

export function bitmapAnd(a: usize, b: usize, rows: i32, target: usize): i32 {
  let population: i64 = 0;
  const bytes: usize = (<usize>((rows + 63) >> 6)) << 3;
  for (let at: usize = 0; at < bytes; at += 8) {
    const word = load<u64>(a + at) & load<u64>(b + at);
    store<u64>(target + at, word);
    population += popcnt<i64>(word);
  }
  return <i32>population;
}

export function bitmapOr(a: usize, b: usize, rows: i32, target: usize): i32 {
  let population: i64 = 0;
  const bytes: usize = (<usize>((rows + 63) >> 6)) << 3;
  for (let at: usize = 0; at < bytes; at += 8) {
    const word = load<u64>(a + at) | load<u64>(b + at);
    store<u64>(target + at, word);
    population += popcnt<i64>(word);
  }
  return <i32>population;
}

export function bitmapAndNot(a: usize, b: usize, rows: i32, target: usize): i32 {
  let population: i64 = 0;
  const bytes: usize = (<usize>((rows + 63) >> 6)) << 3;
  for (let at: usize = 0; at < bytes; at += 8) {
    const word = load<u64>(a + at) & ~load<u64>(b + at);
    store<u64>(target + at, word);
    population += popcnt<i64>(word);
  }
  return <i32>population;
}

export function bitmapNot(a: usize, rows: i32, target: usize): i32 {
  let population: i64 = 0;
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    const at = (<usize>word) << 3;
    const bits = ~load<u64>(a + at) & tailMask(rows, word);
    store<u64>(target + at, bits);
    population += popcnt<i64>(bits);
  }
  return <i32>population;
}

export function bitmapCopy(a: usize, rows: i32, target: usize): i32 {
  let population: i64 = 0;
  const bytes: usize = (<usize>((rows + 63) >> 6)) << 3;
  for (let at: usize = 0; at < bytes; at += 8) {
    const word = load<u64>(a + at);
    store<u64>(target + at, word);
    population += popcnt<i64>(word);
  }
  return <i32>population;
}

/** The bits of one word that lie in from … until − 1. */
function spanBits(word: i32, from: i32, until: i32): u64 {
  const first = word << 6;
  const low = max(from - first, 0);
  const high = min(until - first, 64);
  if (low >= high) return 0;
  const upTo = high == 64 ? ~(<u64>0) : ((<u64>1) << high) - 1;
  return upTo & ~(((<u64>1) << low) - 1);
}

export function bitmapFill(rows: i32, from: i32, until: i32, target: usize): i32 {
  const end = min(until, rows);
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) store<u64>(target + ((<usize>word) << 3), spanBits(word, from, end));
  return max(end - max(from, 0), 0);
}

export function bitmapPopulation(bitmap: usize, rows: i32): i32 {
  let population: i64 = 0;
  const bytes: usize = (<usize>((rows + 63) >> 6)) << 3;
  for (let at: usize = 0; at < bytes; at += 8) population += popcnt<i64>(load<u64>(bitmap + at));
  return <i32>population;
}

/** Appends the set bits of one byte of rows starting at `row`; returns the address after them. */
function appendByte(byte: u32, row: i32, to: usize): usize {
  const narrow = i16x8.extend_low_i8x16_u(v128.load64_zero(positionTable + byte * 8));
  const base = i32x4.splat(row);
  v128.store(to, i32x4.add(i32x4.extend_low_i16x8_u(narrow), base));
  v128.store(to, i32x4.add(i32x4.extend_high_i16x8_u(narrow), base), 16);
  return to + ((<usize>popcnt<u32>(byte)) << 2);
}

export function bitmapPositions(bitmap: usize, rows: i32, positions: usize): i32 {
  let to = positions;
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    let bits = load<u64>(bitmap + ((<usize>word) << 3));
    let row = word << 6;
    if (popcnt<u64>(bits) < 8) {
      for (; bits != 0; bits &= bits - 1) {
        store<i32>(to, row + <i32>ctz<u64>(bits));
        to += 4;
      }
      continue;
    }
    for (; bits != 0; bits >>= 8) {
      to = appendByte(<u32>bits & 255, row, to);
      row += 8;
    }
  }
  return <i32>((to - positions) >> 2);
}

export function bitmapFromBytes(bytes: usize, rows: i32, bitmap: usize): i32 {
  let population: i64 = 0;
  const words = (rows + 63) >> 6;
  const zero = i8x16.splat(0);
  for (let word = 0; word < words; word++) {
    const at = bytes + ((<usize>word) << 6);
    let bits: u64 = 0;
    for (let part: u32 = 0; part < 64; part += 16) {
      bits |= (<u64>i8x16.bitmask(i8x16.ne(v128.load(at + part), zero))) << part;
    }
    bits &= tailMask(rows, word);
    store<u64>(bitmap + ((<usize>word) << 3), bits);
    population += popcnt<i64>(bits);
  }
  return <i32>population;
}

export function zero(pointer: usize, bytes: usize): void {
  memory.fill(pointer, 0, bytes);
}

export function copy(from: usize, to: usize, bytes: usize): void {
  memory.copy(to, from, bytes);
}
