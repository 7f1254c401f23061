// Moving and widening values. Twin: gather.ts.
import { loadFour, stored } from "./lanes.as";

function positionOf(positions: usize, index: i32): usize {
  return <usize>load<u32>(positions + ((<usize>index) << 2));
}

function gatherOf<T>(from: usize, positions: usize, count: i32, to: usize): void {
  for (let index = 0; index < count; index++) {
    store<T>(to + <usize>index * sizeof<T>(), load<T>(from + positionOf(positions, index) * sizeof<T>()));
  }
}

export function gather(width: i32, from: usize, positions: usize, count: i32, to: usize): void {
  if (width == 1) gatherOf<u8>(from, positions, count, to);
  else if (width == 2) gatherOf<u16>(from, positions, count, to);
  else if (width == 4) gatherOf<u32>(from, positions, count, to);
  else gatherOf<u64>(from, positions, count, to);
}

function gatherIdsOf<T>(from: usize, positions: usize, count: i32, to: usize): void {
  for (let index = 0; index < count; index++) {
    store<u32>(to + ((<usize>index) << 2), <u32>load<T>(from + positionOf(positions, index) * sizeof<T>()));
  }
}

export function gatherIds(width: i32, from: usize, positions: usize, count: i32, to: usize): void {
  if (width == 1) gatherIdsOf<u8>(from, positions, count, to);
  else if (width == 2) gatherIdsOf<u16>(from, positions, count, to);
  else gatherIdsOf<u32>(from, positions, count, to);
}

function gatherIntsOf<T>(from: usize, base: i64, positions: usize, count: i32, to: usize): void {
  for (let index = 0; index < count; index++) {
    const value = <i64>load<T>(from + positionOf(positions, index) * sizeof<T>());
    store<i64>(to + ((<usize>index) << 3), base + value);
  }
}

export function gatherInts(width: i32, from: usize, base: i64, positions: usize, count: i32, to: usize): void {
  if (width == 1) gatherIntsOf<u8>(from, base, positions, count, to);
  else if (width == 2) gatherIntsOf<u16>(from, base, positions, count, to);
  else if (width == 4) gatherIntsOf<u32>(from, base, positions, count, to);
  else gatherIntsOf<i64>(from, base, positions, count, to);
}

export function gatherBits(from: usize, positions: usize, count: i32, to: usize): i32 {
  let population: i64 = 0;
  const words = (count + 63) >> 6;
  for (let word = 0; word < words; word++) {
    let bits: u64 = 0;
    const first = word << 6;
    const end = min(count - first, 64);
    for (let index = 0; index < end; index++) {
      const position = positionOf(positions, first + index);
      bits |= (<u64>((load<u8>(from + (position >> 3)) >> (<u8>position & 7)) & 1)) << index;
    }
    store<u64>(to + ((<usize>word) << 3), bits);
    population += popcnt<i64>(bits);
  }
  return <i32>population;
}

function scatterOf<T>(from: usize, positions: usize, count: i32, to: usize): void {
  for (let index = 0; index < count; index++) {
    store<T>(to + positionOf(positions, index) * sizeof<T>(), load<T>(from + <usize>index * sizeof<T>()));
  }
}

export function scatter(width: i32, from: usize, positions: usize, count: i32, to: usize): void {
  if (width == 1) scatterOf<u8>(from, positions, count, to);
  else if (width == 2) scatterOf<u16>(from, positions, count, to);
  else if (width == 4) scatterOf<u32>(from, positions, count, to);
  else scatterOf<u64>(from, positions, count, to);
}

function widenIdsOf<T>(from: usize, rows: i32, to: usize): void {
  for (let row = 0; row < rows; row += 4) {
    v128.store(to + ((<usize>row) << 2), loadFour<T>(from + <usize>row * sizeof<T>()));
  }
}

export function widenIds(width: i32, from: usize, rows: i32, to: usize): void {
  if (width == 1) widenIdsOf<u8>(from, rows, to);
  else if (width == 2) widenIdsOf<u16>(from, rows, to);
  else widenIdsOf<u32>(from, rows, to);
}

/** Two stored values as int64 lanes. */
export function loadPair<T>(at: usize): v128 {
  if (sizeof<T>() == 8) return v128.load(at);
  if (sizeof<T>() == 4) return i64x2.extend_low_i32x4_u(v128.load64_zero(at));
  return i64x2.extend_low_i32x4_u(loadFour<T>(at));
}

function widenIntsOf<T>(from: usize, base: i64, rows: i32, to: usize): void {
  const bases = i64x2.splat(base);
  for (let row = 0; row < rows; row += 2) {
    v128.store(to + ((<usize>row) << 3), i64x2.add(loadPair<T>(from + <usize>row * sizeof<T>()), bases));
  }
}

export function widenInts(width: i32, from: usize, base: i64, rows: i32, to: usize): void {
  if (width == 1) widenIntsOf<u8>(from, base, rows, to);
  else if (width == 2) widenIntsOf<u16>(from, base, rows, to);
  else if (width == 4) widenIntsOf<u32>(from, base, rows, to);
  else widenIntsOf<i64>(from, base, rows, to);
}

function widenDoublesOf<T>(from: usize, base: i64, rows: i32, to: usize): void {
  for (let row = 0; row < rows; row++) {
    store<f64>(to + ((<usize>row) << 3), <f64>(base + stored<T>(from, row)));
  }
}

export function widenDoubles(width: i32, from: usize, base: i64, rows: i32, to: usize): void {
  if (width == 1) widenDoublesOf<u8>(from, base, rows, to);
  else if (width == 2) widenDoublesOf<u16>(from, base, rows, to);
  else if (width == 4) widenDoublesOf<u32>(from, base, rows, to);
  else widenDoublesOf<i64>(from, base, rows, to);
}

function mapLutOf<T, E>(ids: usize, rows: i32, lut: usize, to: usize): void {
  for (let row = 0; row < rows; row++) {
    const id = <usize>load<T>(ids + <usize>row * sizeof<T>());
    store<E>(to + <usize>row * sizeof<E>(), load<E>(lut + id * sizeof<E>()));
  }
}

function mapLutBy<T>(ids: usize, rows: i32, entryWidth: i32, lut: usize, to: usize): void {
  if (entryWidth == 1) mapLutOf<T, u8>(ids, rows, lut, to);
  else if (entryWidth == 2) mapLutOf<T, u16>(ids, rows, lut, to);
  else if (entryWidth == 4) mapLutOf<T, u32>(ids, rows, lut, to);
  else mapLutOf<T, u64>(ids, rows, lut, to);
}

export function mapLut(width: i32, ids: usize, rows: i32, entryWidth: i32, lut: usize, to: usize): void {
  if (width == 1) mapLutBy<u8>(ids, rows, entryWidth, lut, to);
  else if (width == 2) mapLutBy<u16>(ids, rows, entryWidth, lut, to);
  else mapLutBy<u32>(ids, rows, entryWidth, lut, to);
}
