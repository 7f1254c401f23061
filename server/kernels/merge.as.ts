// Merging states of slices, segments and threads. Twin: merge.ts. `merged` keeps its sum in 128 bits as two words.

// With many groups about half of a slice's are empty, unforeseeably: a branch on that costs more than the merge. So empty
// groups are merged too, with zeros, into group 0 where their remap entry may not be used.

function targetOf(group: i32, rows: i64, remap: usize, into: usize, size: usize): usize {
  if (remap == 0) return into + <usize>group * size;
  const target = load<u32>(remap + ((<usize>group) << 2));
  return into + <usize>select<u32>(target, 0, rows != 0) * size;
}

/** Adds the 128-bit (low, high) to the sum at `state` + 8. */
function addWide(state: usize, low: u64, high: i64): void {
  const before = load<u64>(state, 8);
  const after = before + low;
  store<u64>(state, after, 8);
  store<i64>(state, load<i64>(state, 16) + high + <i64>(after < before), 16);
}

/** Adds a signed product of 64-bit factors, exactly. */
function addProduct(state: usize, a: i64, b: i64): void {
  const lowA = <u64>a & 0xffffffff;
  const lowB = <u64>b & 0xffffffff;
  const highA = a >> 32;
  const highB = b >> 32;
  const lowest = lowA * lowB;
  const middle = highA * <i64>lowB + <i64>(lowest >> 32);
  const crossed = <i64>lowA * highB + (middle & 0xffffffff);
  addWide(state, (<u64>crossed << 32) | (lowest & 0xffffffff), highA * highB + (middle >> 32) + (crossed >> 32));
}

/** Adds rows × base; the product fits 64 bits when `small`. */
function addBase(state: usize, rows: i64, base: i64, small: bool): void {
  if (!small) return addProduct(state, rows, base);
  const product = rows * base;
  addWide(state, product, product >> 63);
}

/** Is every product of a slice's rows (fewer than 2^32) with the base within 64 bits? */
function isSmall(base: i64): bool {
  return base > -0x40000000 && base < 0x40000000;
}

/** One copy, every group into itself: four at a time. */
function mergeCountPlain(from: usize, groups: i32, into: usize): void {
  const whole = groups & ~3;
  let group = 0;
  for (; group < whole; group += 4) {
    const counts = v128.load(from + ((<usize>group) << 2));
    const at = into + ((<usize>group) << 3);
    v128.store(at, i64x2.add(v128.load(at), i64x2.extend_low_i32x4_u(counts)));
    v128.store(at, i64x2.add(v128.load(at, 16), i64x2.extend_high_i32x4_u(counts)), 16);
  }
  for (; group < groups; group++) {
    const at = into + ((<usize>group) << 3);
    store<i64>(at, load<i64>(at) + <i64>load<u32>(from + ((<usize>group) << 2)));
  }
}

export function mergeCount(from: usize, groups: i32, copies: i32, remap: usize, into: usize): void {
  if (copies == 1 && remap == 0) return mergeCountPlain(from, groups, into);
  for (let group = 0; group < groups; group++) {
    let rows: i64 = 0;
    for (let c = 0; c < copies; c++) rows += <i64>load<u32>(from + ((<usize>(group * copies + c)) << 2));
    const state = targetOf(group, rows, remap, into, 8);
    store<i64>(state, load<i64>(state) + rows);
  }
}

export function mergeSumInts(from: usize, groups: i32, copies: i32, remap: usize, base: i64, into: usize): void {
  const small = isSmall(base);
  for (let group = 0; group < groups; group++) {
    let rows: i64 = 0;
    let sum: i64 = 0;
    for (let c = 0; c < copies; c++) {
      const at = from + ((<usize>(group * copies + c)) << 4);
      rows += load<i64>(at);
      sum += load<i64>(at, 8);
    }
    const state = targetOf(group, rows, remap, into, 48);
    store<i64>(state, load<i64>(state) + rows);
    addWide(state, sum, sum >> 63);
    if (base != 0) addBase(state, rows, base, small);
  }
}

export function mergeWide(from: usize, groups: i32, copies: i32, remap: usize, into: usize): void {
  for (let group = 0; group < groups; group++) {
    let rows: i64 = 0;
    let low: u64 = 0;
    let high: i64 = 0;
    for (let c = 0; c < copies; c++) {
      const at = from + ((<usize>(group * copies + c)) << 5);
      rows += load<i64>(at);
      low += load<u64>(at, 8);
      high += load<i64>(at, 16);
    }
    const state = targetOf(group, rows, remap, into, 48);
    store<i64>(state, load<i64>(state) + rows);
    addWide(state, low, 0);
    addWide(state, <u64>high << 32, high >> 32);
  }
}

function lower(state: usize, least: i64, most: i64): void {
  store<i64>(state, min(least, load<i64>(state, 24)), 24);
  store<i64>(state, max(most, load<i64>(state, 32)), 32);
}

export function mergeFullInts(from: usize, groups: i32, copies: i32, remap: usize, base: i64, into: usize): void {
  const small = isSmall(base);
  for (let group = 0; group < groups; group++) {
    let rows: i64 = 0;
    let sum: i64 = 0;
    let least = i64.MAX_VALUE;
    let most = i64.MIN_VALUE;
    for (let c = 0; c < copies; c++) {
      const at = from + ((<usize>(group * copies + c)) << 5);
      rows += load<i64>(at);
      sum += load<i64>(at, 8);
      least = min(least, load<i64>(at, 16));
      most = max(most, ~load<i64>(at, 24));
    }
    const state = targetOf(group, rows, remap, into, 48);
    store<i64>(state, load<i64>(state) + rows);
    addWide(state, sum, sum >> 63);
    if (base != 0) addBase(state, rows, base, small);
    lower(state, select(base + least, i64.MAX_VALUE, rows != 0), select(base + most, i64.MIN_VALUE, rows != 0));
  }
}

/** Rows and sum of a group's copies: (c0 + c1) + (c2 + c3). */
function foldPair(from: usize, group: i32, copies: i32, size: usize): v128 {
  const at = from + <usize>(group * copies) * size;
  if (copies == 1) return v128.load(at);
  const first = f64x2.add(v128.load(at), v128.load(at + size));
  return f64x2.add(first, f64x2.add(v128.load(at + size * 2), v128.load(at + size * 3)));
}

export function mergeSumDoubles(from: usize, groups: i32, copies: i32, remap: usize, into: usize): void {
  for (let group = 0; group < groups; group++) {
    const pair = foldPair(from, group, copies, 16);
    const state = targetOf(group, <i64>(f64x2.extract_lane(pair, 0) != 0), remap, into, 16);
    v128.store(state, f64x2.add(v128.load(state), pair));
  }
}

/** Brings min and −max (perhaps a NaN count) of one state into another. */
function lowerDoubles(state: usize, at: usize): void {
  const least = load<f64>(at, 16);
  const most = load<f64>(at, 24);
  if (least < load<f64>(state, 16)) store<f64>(state, least, 16);
  if (most == most) {
    if (most < load<f64>(state, 24)) store<f64>(state, most, 24);
    return;
  }
  const had = load<f64>(state, 24) != load<f64>(state, 24);
  const nans = load<i64>(at, 24) & 0xffffffffffff;
  store<i64>(state, had ? load<i64>(state, 24) + nans : 0x7ff8000000000000 + nans, 24);
}

export function mergeFullDoubles(from: usize, groups: i32, copies: i32, remap: usize, into: usize): void {
  for (let group = 0; group < groups; group++) {
    const pair = foldPair(from, group, copies, 32);
    if (f64x2.extract_lane(pair, 0) == 0) continue;
    const state = targetOf(group, 1, remap, into, 32);
    v128.store(state, f64x2.add(v128.load(state), pair));
    for (let c = 0; c < copies; c++) lowerDoubles(state, from + ((<usize>(group * copies + c)) << 5));
  }
}

export function mergeMerged(from: usize, groups: i32, remap: usize, into: usize): void {
  for (let group = 0; group < groups; group++) {
    const at = from + <usize>group * 48;
    const rows = load<i64>(at);
    const state = targetOf(group, rows, remap, into, 48);
    store<i64>(state, load<i64>(state) + rows);
    addWide(state, load<u64>(at, 8), load<i64>(at, 16));
    lower(state, load<i64>(at, 24), load<i64>(at, 32));
  }
}

export function mergeMergedCount(from: usize, groups: i32, remap: usize, into: usize): void {
  for (let group = 0; group < groups; group++) {
    const rows = load<i64>(from + ((<usize>group) << 3));
    const state = targetOf(group, rows, remap, into, 8);
    store<i64>(state, load<i64>(state) + rows);
  }
}

export function clearMerged(states: usize, groups: i32): void {
  memory.fill(states, 0, <usize>groups * 48);
  for (let group = 0; group < groups; group++) {
    const state = states + <usize>group * 48;
    store<i64>(state, i64.MAX_VALUE, 24);
    store<i64>(state, i64.MIN_VALUE, 32);
  }
}
