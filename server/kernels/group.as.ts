// Grouped updates. Twin: group.ts. One row's update is chosen by two types known at compile time: the aggregate's kind and
// the stored type. Around it there are three loops: all rows, the set bits of a bitmap, and, where gids ascend, whole
// runs of one group through the whole-vector kernels.
import { stored, wordOf } from "./lanes.as";
import { addNans, fullDoublesOf, fullIntsOf, sumDoublesOf, sumIntsOf, sumWideOf } from "./sum.as";

// Kinds are told apart by their size alone: no class, so no garbage collector.
type Count = u8;
type Sum = u16;
type Wide = u32;
type Full = u64;

function stateSize<K>(): usize {
  if (sizeof<K>() == sizeof<Count>()) return 4;
  if (sizeof<K>() == sizeof<Sum>()) return 16;
  return 32;
}

function updateRow<K, T>(state: usize, values: usize, shift: i64, row: i32): void {
  if (sizeof<K>() == sizeof<Count>()) {
    store<u32>(state, load<u32>(state) + 1);
    return;
  }
  if (isFloat<T>()) {
    const value = load<f64>(values + ((<usize>row) << 3));
    v128.store(state, f64x2.add(v128.load(state), f64x2.replace_lane(f64x2.splat(1), 1, value)));
    if (sizeof<K>() == sizeof<Full>()) {
      const pair = v128.xor(f64x2.splat(value), i64x2(0, i64.MIN_VALUE)); // value, −value
      v128.store(state, f64x2.pmin(v128.load(state, 16), pair), 16);
    }
    return;
  }
  const value = stored<T>(values, row) + shift;
  if (sizeof<K>() == sizeof<Wide>()) {
    store<i64>(state, load<i64>(state) + 1);
    const halves = i64x2.replace_lane(i64x2.splat(value & 0xffffffff), 1, value >> 32);
    v128.store(state, i64x2.add(v128.load(state, 8), halves), 8);
    return;
  }
  v128.store(state, i64x2.add(v128.load(state), i64x2.replace_lane(i64x2.splat(1), 1, value)));
  if (sizeof<K>() == sizeof<Full>()) {
    const pair = v128.xor(i64x2.splat(value), i64x2(0, -1)); // value, ~value
    const best = v128.load(state, 16);
    v128.store(state, v128.bitselect(pair, best, i64x2.gt_s(best, pair)), 16);
  }
}

function gidAt(gids: usize, row: i32): usize {
  return <usize>load<u32>(gids + ((<usize>row) << 2));
}

function allRows<K, T>(
  values: usize, shift: i64, gids: usize, rows: i32, copies: i32, states: usize,
): void {
  const size = stateSize<K>();
  const scale = size * <usize>copies;
  const second = states + (copies == 4 ? size : 0);
  const third = states + (copies == 4 ? size * 2 : 0);
  const fourth = states + (copies == 4 ? size * 3 : 0);
  const whole = rows & ~3;
  let row = 0;
  for (; row < whole; row += 4) {
    updateRow<K, T>(states + gidAt(gids, row) * scale, values, shift, row);
    updateRow<K, T>(second + gidAt(gids, row + 1) * scale, values, shift, row + 1);
    updateRow<K, T>(third + gidAt(gids, row + 2) * scale, values, shift, row + 2);
    updateRow<K, T>(fourth + gidAt(gids, row + 3) * scale, values, shift, row + 3);
  }
  const mask = copies - 1;
  for (; row < rows; row++) updateRow<K, T>(states + gidAt(gids, row) * scale + size * (row & mask), values, shift, row);
}

/** The set bits of one word of rows starting at `row`. */
function wordRows<K, T>(
  values: usize, shift: i64, gids: usize, word: u64, row: i32, scale: usize, mask: i32, states: usize,
): void {
  for (let bits = word; bits != 0; bits &= bits - 1) {
    const at = row + <i32>ctz<u64>(bits);
    updateRow<K, T>(states + gidAt(gids, at) * scale + stateSize<K>() * (at & mask), values, shift, at);
  }
}

function selectedRows<K, T>(
  values: usize, shift: i64, gids: usize, rows: i32, bitmap: usize, copies: i32, states: usize,
): void {
  const scale = stateSize<K>() * <usize>copies;
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    const bits = wordOf(bitmap, rows, word);
    if (bits == ~(<u64>0)) {
      const row = <usize>word << 6;
      allRows<K, T>(values + row * sizeof<T>(), shift, gids + row * 4, 64, copies, states);
    } else wordRows<K, T>(values, shift, gids, bits, word << 6, scale, copies - 1, states);
  }
}

/** Rows of one group: whole words, or the bits `only` of a single word. */
function updateRun<K, T>(
  values: usize, shift: i64, rows: i32, bitmap: usize, only: u64, state: usize,
): void {
  if (sizeof<K>() == sizeof<Count>()) {
    let count: u32 = 0;
    const words = (rows + 63) >> 6;
    for (let word = 0; word < words; word++) count += <u32>popcnt<u64>(wordOf(bitmap, rows, word) & only);
    store<u32>(state, load<u32>(state) + count);
  } else if (isFloat<T>()) {
    if (sizeof<K>() == sizeof<Sum>()) sumDoublesOf(values, rows, bitmap, only, state);
    else fullDoublesOf(values, rows, bitmap, only, state);
  } else if (sizeof<K>() == sizeof<Sum>()) sumIntsOf<T>(values, shift, rows, bitmap, only, state);
  else if (sizeof<K>() == sizeof<Wide>()) sumWideOf(values, rows, bitmap, only, state);
  else fullIntsOf<T>(values, shift, rows, bitmap, only, state);
}

/** First row of from … until − 1 of another group than row `from`; ascending gids allow a binary search. */
function runEnd(gids: usize, from: i32, until: i32): i32 {
  const gid = gidAt(gids, from);
  let low = from + 1;
  let high = until;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (gidAt(gids, middle) == gid) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The groups of one word (`rows` of it exist), each as a masked run. */
function wordRuns<K, T>(
  values: usize, shift: i64, gids: usize, rows: i32, bitmap: usize, states: usize,
): void {
  for (let from = 0; from < rows; ) {
    const until = runEnd(gids, from, rows);
    const upTo = until == 64 ? ~(<u64>0) : ((<u64>1) << until) - 1;
    const only = upTo & (~(<u64>0) << from);
    updateRun<K, T>(values, shift, rows, bitmap, only, states + gidAt(gids, from) * stateSize<K>());
    from = until;
  }
}

function ascendingRows<K, T>(
  values: usize, shift: i64, gids: usize, rows: i32, bitmap: usize, states: usize,
): void {
  const whole = rows & ~63;
  for (let row = 0; row < rows; ) {
    const gid = gidAt(gids, row);
    let end = row;
    while (end < whole && gidAt(gids, end + 63) == gid) end += 64;
    const bits: usize = bitmap == 0 ? 0 : bitmap + ((<usize>row >> 6) << 3);
    const from = values + <usize>row * sizeof<T>();
    if (end > row) {
      updateRun<K, T>(from, shift, end - row, bits, ~(<u64>0), states + gid * stateSize<K>());
      row = end;
    } else {
      wordRuns<K, T>(from, shift, gids + ((<usize>row) << 2), min(rows - row, 64), bits, states);
      row += 64;
    }
  }
}

function groupBy<K, T>(
  values: usize, shift: i64, gids: usize, rows: i32, bitmap: usize, copies: i32, ascending: bool, states: usize,
): void {
  if (ascending) ascendingRows<K, T>(values, shift, gids, rows, bitmap, states);
  else if (bitmap == 0) allRows<K, T>(values, shift, gids, rows, copies, states);
  else selectedRows<K, T>(values, shift, gids, rows, bitmap, copies, states);
}

function groupInts<K>(
  width: i32, values: usize, shift: i64, gids: usize, rows: i32, bitmap: usize, copies: i32, ascending: bool, states: usize,
): void {
  if (width == 1) groupBy<K, u8>(values, shift, gids, rows, bitmap, copies, ascending, states);
  else if (width == 2) groupBy<K, u16>(values, shift, gids, rows, bitmap, copies, ascending, states);
  else if (width == 4) groupBy<K, u32>(values, shift, gids, rows, bitmap, copies, ascending, states);
  else groupBy<K, i64>(values, shift, gids, rows, bitmap, copies, ascending, states);
}

export function groupCount(
  gids: usize, rows: i32, bitmap: usize, copies: i32, ascending: bool, states: usize,
): void {
  groupBy<Count, u8>(0, 0, gids, rows, bitmap, copies, ascending, states);
}

export function groupSumInts(
  width: i32, values: usize, shift: i64, gids: usize, rows: i32, bitmap: usize, copies: i32, ascending: bool, states: usize,
): void {
  groupInts<Sum>(width, values, shift, gids, rows, bitmap, copies, ascending, states);
}

export function groupSumWide(
  values: usize, gids: usize, rows: i32, bitmap: usize, copies: i32, ascending: bool, states: usize,
): void {
  groupBy<Wide, i64>(values, 0, gids, rows, bitmap, copies, ascending, states);
}

export function groupSumDoubles(
  values: usize, gids: usize, rows: i32, bitmap: usize, copies: i32, ascending: bool, states: usize,
): void {
  groupBy<Sum, f64>(values, 0, gids, rows, bitmap, copies, ascending, states);
}

export function groupFullInts(
  width: i32, values: usize, shift: i64, gids: usize, rows: i32, bitmap: usize, copies: i32, ascending: bool, states: usize,
): void {
  groupInts<Full>(width, values, shift, gids, rows, bitmap, copies, ascending, states);
}

/** NaNs escape the fast update (pmin leaves them out); this second pass counts them into the states. */
function groupNans(values: usize, gids: usize, rows: i32, bitmap: usize, copies: i32, states: usize): void {
  const words = (rows + 63) >> 6;
  for (let word = 0; word < words; word++) {
    for (let bits = wordOf(bitmap, rows, word); bits != 0; bits &= bits - 1) {
      const row = (word << 6) + <i32>ctz<u64>(bits);
      const value = load<f64>(values + ((<usize>row) << 3));
      if (value == value) continue;
      addNans(states + (gidAt(gids, row) * copies + (row & (copies - 1))) * 32, 1);
    }
  }
}

export function groupFullDoubles(
  values: usize, gids: usize, rows: i32, bitmap: usize, hasNaN: bool, copies: i32, ascending: bool, states: usize,
): void {
  groupBy<Full, f64>(values, 0, gids, rows, bitmap, copies, ascending, states);
  if (hasNaN) groupNans(values, gids, rows, bitmap, copies, states);
}

export function clearFullInts(states: usize, entries: i32): void {
  const end = states + <usize>entries * 32;
  for (let at = states; at < end; at += 32) {
    v128.store(at, i64x2.splat(0));
    v128.store(at, i64x2.splat(i64.MAX_VALUE), 16);
  }
}

export function clearFullDoubles(states: usize, entries: i32): void {
  const end = states + <usize>entries * 32;
  for (let at = states; at < end; at += 32) {
    v128.store(at, f64x2.splat(0));
    v128.store(at, f64x2.splat(Infinity), 16);
  }
}
