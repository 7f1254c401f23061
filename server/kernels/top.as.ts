// The best rows of many. Twin: top.ts. A heap of keys with the worst entry at its root; once it is full, whole words are
// compared with that entry first, so most rows cost a fraction of a SIMD instruction.
import { rangeWord, rangeWord64, rangeWordDoubles, stored, wordOf } from "./lanes.as";

/** An int64 that orders as the value does: NaN greatest, −0.0 as 0.0. */
function keyOf<V>(bits: i64): i64 {
  if (isFloat<V>()) {
    const value = reinterpret<f64>(bits);
    if (value != value) return i64.MAX_VALUE;
    if (value == 0) return 0;
    return bits ^ ((bits >> 63) & i64.MAX_VALUE);
  }
  return bits;
}

/** Is (key, row) better than the heap's entry? */
function betterThan<V>(
  key: i64, row: u32, entry: i32, descending: bool, heapValues: usize, heapRows: usize,
): bool {
  const other = keyOf<V>(load<i64>(heapValues + ((<usize>entry) << 3)));
  if (key == other) return row < load<u32>(heapRows + ((<usize>entry) << 2));
  return descending ? key > other : key < other;
}

function put(entry: i32, bits: i64, row: u32, heapValues: usize, heapRows: usize): void {
  store<i64>(heapValues + ((<usize>entry) << 3), bits);
  store<u32>(heapRows + ((<usize>entry) << 2), row);
}

function move(from: i32, to: i32, heapValues: usize, heapRows: usize): void {
  const row = load<u32>(heapRows + ((<usize>from) << 2));
  put(to, load<i64>(heapValues + ((<usize>from) << 3)), row, heapValues, heapRows);
}

/** Adds at the end; parents that are better than the new entry move down. */
function siftUp<V>(
  bits: i64, row: u32, count: i32, descending: bool, heapValues: usize, heapRows: usize,
): void {
  const key = keyOf<V>(bits);
  let hole = count;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    if (betterThan<V>(key, row, parent, descending, heapValues, heapRows)) break;
    move(parent, hole, heapValues, heapRows);
    hole = parent;
  }
  put(hole, bits, row, heapValues, heapRows);
}

/** Replaces the root; children that are worse than the new entry move up. */
function siftDown<V>(
  bits: i64, row: u32, count: i32, descending: bool, heapValues: usize, heapRows: usize,
): void {
  const key = keyOf<V>(bits);
  let hole = 0;
  while (true) {
    let child = hole * 2 + 1;
    if (child >= count) break;
    if (child + 1 < count) {
      const left = keyOf<V>(load<i64>(heapValues + ((<usize>child) << 3)));
      const leftRow = load<u32>(heapRows + ((<usize>child) << 2));
      if (betterThan<V>(left, leftRow, child + 1, descending, heapValues, heapRows)) child++;
    }
    if (!betterThan<V>(key, row, child, descending, heapValues, heapRows)) break;
    move(child, hole, heapValues, heapRows);
    hole = child;
  }
  put(hole, bits, row, heapValues, heapRows);
}

function bitsOf<T>(values: usize, base: i64, row: i32): i64 {
  if (isFloat<T>()) return load<i64>(values + ((<usize>row) << 3));
  return base + stored<T>(values, row);
}

/** Rows of a word that are at least as good as the heap's worst. */
function candidates<T>(at: usize, base: i64, descending: bool, worst: i64): u64 {
  if (isFloat<T>()) {
    const limit = reinterpret<f64>(worst);
    const isNaN = limit != limit;
    const low = f64x2.splat(descending ? limit : -Infinity);
    const high = f64x2.splat(descending || isNaN ? Infinity : limit);
    return rangeWordDoubles(at, low, high, i64x2.splat(descending || isNaN ? -1 : 0));
  }
  const limit = worst - base;
  if (sizeof<T>() == 8) {
    const low = i64x2.splat(descending ? limit : i64.MIN_VALUE);
    return rangeWord64(at, low, i64x2.splat(descending ? i64.MAX_VALUE : limit));
  }
  const most: i64 = sizeof<T>() == 4 ? 0xffffffff : sizeof<T>() == 2 ? 65535 : 255;
  if (descending ? limit > most : limit < 0) return 0;
  const low = descending ? max<i64>(limit, 0) : 0;
  const high = descending ? most : min(limit, most);
  return rangeWord<T>(at, v128.splat<T>(<T>low), v128.splat<T>(<T>(high - low)));
}

function topOf<T, V>(
  values: usize, base: i64, rows: i32, bitmap: usize, descending: bool, limit: i32, count: i32, firstRow: u32,
  heapValues: usize, heapRows: usize,
): i32 {
  if (limit == 0) return 0;
  let entries = count;
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    let left = wordOf(bitmap, rows, word);
    if (entries == limit && left != 0) {
      const at = values + ((<usize>word) << 6) * sizeof<T>();
      left &= candidates<T>(at, base, descending, load<i64>(heapValues));
    }
    for (; left != 0; left &= left - 1) {
      const row = (word << 6) + <i32>ctz<u64>(left);
      const bits = bitsOf<T>(values, base, row);
      if (entries < limit) {
        siftUp<V>(bits, firstRow + row, entries, descending, heapValues, heapRows);
        entries++;
      } else if (betterThan<V>(keyOf<V>(bits), firstRow + row, 0, descending, heapValues, heapRows)) {
        siftDown<V>(bits, firstRow + row, limit, descending, heapValues, heapRows);
      }
    }
  }
  return entries;
}

export function topInts(
  width: i32, values: usize, base: i64, rows: i32, bitmap: usize, descending: bool, limit: i32, count: i32,
  firstRow: u32, heapValues: usize, heapRows: usize,
): i32 {
  if (width == 1)
    return topOf<u8, i64>(values, base, rows, bitmap, descending, limit, count, firstRow, heapValues, heapRows);
  if (width == 2)
    return topOf<u16, i64>(values, base, rows, bitmap, descending, limit, count, firstRow, heapValues, heapRows);
  if (width == 4)
    return topOf<u32, i64>(values, base, rows, bitmap, descending, limit, count, firstRow, heapValues, heapRows);
  return topOf<i64, i64>(values, base, rows, bitmap, descending, limit, count, firstRow, heapValues, heapRows);
}

export function topDoubles(
  values: usize, rows: i32, bitmap: usize, descending: bool, limit: i32, count: i32, firstRow: u32,
  heapValues: usize, heapRows: usize,
): i32 {
  return topOf<f64, f64>(values, 0, rows, bitmap, descending, limit, count, firstRow, heapValues, heapRows);
}
