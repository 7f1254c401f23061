// Hashing 64-bit keys to dense gids. Twin: hash-group.ts.
//
// Table => capacity:u32 groups:u32 (padded to 64) slot[capacity] keys:i64[capacity / 2]
// slot => key:i64 gid+1:u32 (0 = empty) unused:u32
import { wordOf } from "./lanes.as";

const header: usize = 64;

export function hashClear(table: usize, capacity: u32): void {
  memory.fill(table, 0, header + ((<usize>capacity) << 4));
  store<u32>(table, capacity);
}

export function hashGroups(table: usize): i32 {
  return load<i32>(table, 4);
}

export function hashKeys(table: usize): usize {
  return table + header + ((<usize>load<u32>(table)) << 4);
}

/** Spreads a key; the high half is used. */
function spread(key: i64): u32 {
  let mixed = <u64>key;
  mixed ^= mixed >> 32;
  mixed *= 0x9e3779b97f4a7c15;
  mixed ^= mixed >> 29;
  mixed *= 0xbf58476d1ce4e5b9;
  return <u32>(mixed >> 32);
}

/** The slot that holds the key, or the empty one where it belongs. */
function slotOf(slots: usize, mask: u32, key: i64): usize {
  let index = spread(key) & mask;
  let slot = slots + ((<usize>index) << 4);
  while (load<u32>(slot, 8) != 0 && load<i64>(slot) != key) {
    index = (index + 1) & mask;
    slot = slots + ((<usize>index) << 4);
  }
  return slot;
}

/** The gid of a key, a new one if need be; −1 when there is no room for a new one. */
function intern(table: usize, key: i64): i32 {
  const capacity = load<u32>(table);
  const slot = slotOf(table + header, capacity - 1, key);
  const known = load<i32>(slot, 8);
  if (known != 0) return known - 1;
  const groups = load<u32>(table, 4);
  if (groups >= capacity >> 1) return -1;
  store<i64>(slot, key);
  store<u32>(slot, groups + 1, 8);
  store<i64>(hashKeys(table) + ((<usize>groups) << 3), key);
  store<u32>(table, groups + 1, 4);
  return <i32>groups;
}

export function hashIntern(table: usize, keys: usize, from: i32, rows: i32, bitmap: usize, gids: usize): i32 {
  const words = (rows + 63) >> 6;
  for (let word = from >> 6; word < words; word++) {
    let left = wordOf(bitmap, rows, word);
    if (word == from >> 6) left &= ~(<u64>0) << (from & 63);
    for (; left != 0; left &= left - 1) {
      const row = (word << 6) + <i32>ctz<u64>(left);
      const gid = intern(table, load<i64>(keys + ((<usize>row) << 3)));
      if (gid < 0) return row;
      store<i32>(gids + ((<usize>row) << 2), gid);
    }
  }
  return rows;
}

export function hashGrow(from: usize, into: usize): void {
  const groups = load<u32>(from, 4);
  const keys = hashKeys(from);
  const slots = into + header;
  const mask = load<u32>(into) - 1;
  for (let gid: u32 = 0; gid < groups; gid++) {
    const key = load<i64>(keys + ((<usize>gid) << 3));
    const slot = slotOf(slots, mask, key);
    store<i64>(slot, key);
    store<u32>(slot, gid + 1, 8);
  }
  memory.copy(hashKeys(into), keys, (<usize>groups) << 3);
  store<u32>(into, groups, 4);
}
