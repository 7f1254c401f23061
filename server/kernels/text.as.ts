// The writer's dictionary of texts and its hash. Twin: text.ts; the hash is also in hash.ts.

const seedA: u32 = 0x2545f491;
const seedB: u32 = 0x6c62272e;
export const multiplierA: u32 = 0x9e3779b1;
export const multiplierB: u32 = 0x85ebca77;
/** The lanes' seeds for texts of 8 bytes, which int64 values are. */
export const seedOf8A: u32 = seedA ^ 8;
export const seedOf8B: u32 = seedB + 8;

// Offsets in the table's header.
const slotsAt: usize = 0;
const maskAt: usize = 4;
const countAt: usize = 8;
const limitAt: usize = 12;
const directoryAt: usize = 16;
const hashesAt: usize = 20;
const textAt: usize = 24;
const textEndAt: usize = 28;
const wantedAt: usize = 32;
const wantedBytesAt: usize = 36;

function mix32(word: u32): u32 {
  let mixed = (word ^ (word >> 16)) * 0x85ebca6b;
  mixed = (mixed ^ (mixed >> 13)) * 0xc2b2ae35;
  return mixed ^ (mixed >> 16);
}

function finish(a: u32, b: u32): u64 {
  const mixedA = mix32(a);
  const mixedB = mix32(b + mixedA);
  return ((<u64>mixedB) << 32) | <u64>(mix32(mixedA + mixedB) ^ mixedB);
}

function stepA(a: u32, word: u32): u32 {
  const next = (a ^ word) * multiplierA;
  return next ^ (next >> 15);
}

function stepB(b: u32, word: u32): u32 {
  const next = (b + word) * multiplierB;
  return next ^ (next >> 13);
}

/** Hash of the 8 bytes of a 64-bit value. */
export function hashWords(low: u32, high: u32): u64 {
  return finish(stepA(stepA(seedOf8A, low), high), stepB(stepB(seedOf8B, low), high));
}

export function hashText(pointer: usize, bytes: u32): u64 {
  let a = seedA ^ bytes;
  let b = seedB + bytes;
  const whole = bytes & ~3;
  for (let at: u32 = 0; at < whole; at += 4) {
    const word = load<u32>(pointer + at);
    a = stepA(a, word);
    b = stepB(b, word);
  }
  const rest = bytes & 3;
  if (rest != 0) {
    // Bytes behind the text may be read (slack), but must not count.
    const word = load<u32>(pointer + whole) & (((<u32>1) << (rest * 8)) - 1);
    a = stepA(a, word);
    b = stepB(b, word);
  }
  return finish(a, b);
}

function sameBytes(a: usize, b: usize, bytes: u32): bool {
  const whole = bytes & ~7;
  for (let at: u32 = 0; at < whole; at += 8) {
    if (load<u64>(a + at) != load<u64>(b + at)) return false;
  }
  const rest = bytes & 7;
  if (rest == 0) return true;
  return ((load<u64>(a + whole) ^ load<u64>(b + whole)) << (64 - rest * 8)) == 0;
}

function copyText(from: usize, to: usize, bytes: u32): void {
  const whole = bytes & ~7;
  for (let at: u32 = 0; at < whole; at += 8) store<u64>(to + at, load<u64>(from + at));
  for (let at = whole; at < bytes; at++) store<u8>(to + at, load<u8>(from + at));
}

/** The slot that holds the text, or the empty one where it belongs. */
function slotOf(table: usize, hash: u64, pointer: usize, bytes: u32): usize {
  const slots = <usize>load<u32>(table, slotsAt);
  const mask = load<u32>(table, maskAt);
  const directory = <usize>load<u32>(table, directoryAt);
  const tag = <u32>(hash >> 32);
  let index = <u32>hash & mask;
  while (true) {
    const slot = slots + ((<usize>index) << 3);
    const id = load<u32>(slot);
    if (id == 0) return slot;
    if (load<u32>(slot, 4) == tag) {
      const entry = directory + ((<usize>id) << 3);
      if (load<u32>(entry, 4) == bytes && sameBytes(<usize>load<u32>(entry), pointer, bytes)) return slot;
    }
    index = (index + 1) & mask;
  }
}

/** Why a new entry cannot be taken: 0 it can, 1 table or directory full, 2 text space. */
function roomFor(table: usize, bytes: u32): u32 {
  const count = load<u32>(table, countAt);
  if (count >= load<u32>(table, limitAt) || count >= (load<u32>(table, maskAt) + 1) >> 1) return 1;
  return load<u32>(table, textAt) + bytes > load<u32>(table, textEndAt) ? 2 : 0;
}

function insert(table: usize, slot: usize, hash: u64, pointer: usize, bytes: u32): u32 {
  const id = load<u32>(table, countAt) + 1;
  const text = load<u32>(table, textAt);
  copyText(pointer, <usize>text, bytes);
  const entry = <usize>load<u32>(table, directoryAt) + ((<usize>id) << 3);
  store<u32>(entry, text);
  store<u32>(entry, bytes, 4);
  store<u64>(<usize>load<u32>(table, hashesAt) + ((<usize>id) << 3), hash);
  store<u32>(slot, id);
  store<u32>(slot, <u32>(hash >> 32), 4);
  store<u32>(table, text + bytes, textAt);
  store<u32>(table, id, countAt);
  return id;
}

/** The id of a text, a new one if need be; 0 when there is no room (the header says which). */
function intern(table: usize, pointer: usize, bytes: u32): u32 {
  const hash = hashText(pointer, bytes);
  const slot = slotOf(table, hash, pointer, bytes);
  const known = load<u32>(slot);
  if (known != 0) return known;
  const wanted = roomFor(table, bytes);
  if (wanted == 0) return insert(table, slot, hash, pointer, bytes);
  store<u32>(table, wanted, wantedAt);
  store<u32>(table, bytes, wantedBytesAt);
  return 0;
}

export function internTexts(table: usize, tags: usize, values: usize, from: i32, rows: i32, ids: usize): i32 {
  store<u32>(table, 0, wantedAt);
  for (let row = from; row < rows; row++) {
    let id: u32 = 0;
    if (load<u8>(tags + row) != 0) {
      const cell = values + ((<usize>row) << 3);
      id = intern(table, <usize>load<u32>(cell), load<u32>(cell, 4));
      if (id == 0) return row;
    }
    store<u32>(ids + ((<usize>row) << 2), id);
  }
  return rows;
}

export function internSlices(
  table: usize, offsets: usize, bytes: usize, from: i32, rows: i32, bitmap: usize, ids: usize,
): i32 {
  store<u32>(table, 0, wantedAt);
  for (let row = from; row < rows; row++) {
    let id: u32 = 0;
    if (bitmap == 0 || (load<u64>(bitmap + ((<usize>row >> 6) << 3)) >> (row & 63)) & 1) {
      const at = offsets + ((<usize>row) << 2);
      const start = load<u32>(at);
      id = intern(table, bytes + start, load<u32>(at, 4) - start);
      if (id == 0) return row;
    }
    store<u32>(ids + ((<usize>row) << 2), id);
  }
  return rows;
}

export function rehashTexts(table: usize): void {
  const slots = <usize>load<u32>(table, slotsAt);
  const mask = load<u32>(table, maskAt);
  const count = load<u32>(table, countAt);
  const hashes = <usize>load<u32>(table, hashesAt);
  for (let id: u32 = 1; id <= count; id++) {
    const hash = load<u64>(hashes + ((<usize>id) << 3));
    let index = <u32>hash & mask;
    while (load<u32>(slots + ((<usize>index) << 3)) != 0) index = (index + 1) & mask;
    store<u32>(slots + ((<usize>index) << 3), id);
    store<u32>(slots + ((<usize>index) << 3), <u32>(hash >> 32), 4);
  }
}

export function findText(table: usize, pointer: usize, bytes: u32): i32 {
  return load<i32>(slotOf(table, hashText(pointer, bytes), pointer, bytes));
}

export function hashTexts(bytes: usize, offsets: usize, count: i32, hashes: usize): void {
  for (let index = 0; index < count; index++) {
    const from = load<u32>(offsets + ((<usize>index) << 2));
    const until = load<u32>(offsets + ((<usize>index) << 2), 4);
    store<u64>(hashes + ((<usize>index) << 3), hashText(bytes + from, until - from));
  }
}
