/** Twins of text.as.ts; the table's layout stands at `TextKernels`. */
import type { Views } from "#server/arena/arena";
import { type HashWords, hashBytes } from "#server/kernels/hash";
import type { Twin } from "#server/kernels/kernels";
import { isSet } from "#server/kernels/twin-access";

/** Indexes of the header's words. */
const at = {
  slots: 0,
  mask: 1,
  count: 2,
  limit: 3,
  directory: 4,
  hashes: 5,
  text: 6,
  textEnd: 7,
  wanted: 8,
  wantedBytes: 9,
} as const;
const wantedTable = 1;
const wantedText = 2;

const words: HashWords = { low: 0, high: 0 };

function sameBytes(u8: Uint8Array, a: number, b: number, bytes: number): boolean {
  for (let index = 0; index < bytes; index++) if (u8[a + index] !== u8[b + index]) return false;
  return true;
}

/** Index (in u32 words) of the slot that holds the text or of the empty one; leaves the hash in `words`. */
function slotOf(views: Views, table: number, pointer: number, bytes: number): number {
  const { u32 } = views;
  hashBytes(views.u8, pointer, bytes, words);
  const mask = u32[table + at.mask];
  let index = words.low & mask;
  for (;;) {
    const slot = (u32[table + at.slots] >>> 2) + index * 2;
    const id = u32[slot];
    if (id === 0) return slot;
    const entry = (u32[table + at.directory] >>> 2) + id * 2;
    const matches =
      u32[slot + 1] === words.high &&
      u32[entry + 1] === bytes &&
      sameBytes(views.u8, u32[entry], pointer, bytes);
    if (matches) return slot;
    index = (index + 1) & mask;
  }
}

function roomFor(u32: Uint32Array, table: number, bytes: number): number {
  const count = u32[table + at.count];
  if (count >= u32[table + at.limit] || count >= (u32[table + at.mask] + 1) / 2) return wantedTable;
  return u32[table + at.text] + bytes > u32[table + at.textEnd] ? wantedText : 0;
}

function insert(views: Views, table: number, slot: number, pointer: number, bytes: number): number {
  const { u8, u32 } = views;
  const id = u32[table + at.count] + 1;
  const text = u32[table + at.text];
  u8.copyWithin(text, pointer, pointer + bytes);
  const entry = (u32[table + at.directory] >>> 2) + id * 2;
  u32[entry] = text;
  u32[entry + 1] = bytes;
  const hash = (u32[table + at.hashes] >>> 2) + id * 2;
  u32[hash] = words.low;
  u32[hash + 1] = words.high;
  u32[slot] = id;
  u32[slot + 1] = words.high;
  u32[table + at.text] = text + bytes;
  u32[table + at.count] = id;
  return id;
}

/** The id of a text, a new one if need be; 0 when there is no room (the header says which). */
function intern(views: Views, table: number, pointer: number, bytes: number): number {
  const { u32 } = views;
  const slot = slotOf(views, table, pointer, bytes);
  if (u32[slot] !== 0) return u32[slot];
  const wanted = roomFor(u32, table, bytes);
  if (wanted === 0) return insert(views, table, slot, pointer, bytes);
  u32[table + at.wanted] = wanted;
  u32[table + at.wantedBytes] = bytes;
  return 0;
}

export const internTexts: Twin<"internTexts"> = (views, address, tags, values, from, rows, ids) => {
  const { u8, u32 } = views;
  const table = address >>> 2;
  u32[table + at.wanted] = 0;
  for (let row = from; row < rows; row++) {
    let id = 0;
    if (u8[tags + row] !== 0) {
      const cell = (values >>> 2) + row * 2;
      id = intern(views, table, u32[cell], u32[cell + 1]);
      if (id === 0) return row;
    }
    u32[(ids >>> 2) + row] = id;
  }
  return rows;
};

export const internSlices: Twin<"internSlices"> = (
  views,
  address,
  offsets,
  bytes,
  from,
  rows,
  bitmap,
  ids,
) => {
  const { u32 } = views;
  const table = address >>> 2;
  u32[table + at.wanted] = 0;
  for (let row = from; row < rows; row++) {
    let id = 0;
    if (isSet(views, bitmap, row)) {
      const start = u32[(offsets >>> 2) + row];
      id = intern(views, table, bytes + start, u32[(offsets >>> 2) + row + 1] - start);
      if (id === 0) return row;
    }
    u32[(ids >>> 2) + row] = id;
  }
  return rows;
};

export const rehashTexts: Twin<"rehashTexts"> = (views, address) => {
  const { u32 } = views;
  const table = address >>> 2;
  const mask = u32[table + at.mask];
  const slots = u32[table + at.slots] >>> 2;
  for (let id = 1; id <= u32[table + at.count]; id++) {
    const hash = (u32[table + at.hashes] >>> 2) + id * 2;
    let index = u32[hash] & mask;
    while (u32[slots + index * 2] !== 0) index = (index + 1) & mask;
    u32[slots + index * 2] = id;
    u32[slots + index * 2 + 1] = u32[hash + 1];
  }
};

export const findText: Twin<"findText"> = (views, table, pointer, bytes) =>
  views.u32[slotOf(views, table >>> 2, pointer, bytes)];

export const hashTexts: Twin<"hashTexts"> = (views, bytes, offsets, count, hashes) => {
  const { u32 } = views;
  for (let index = 0; index < count; index++) {
    const from = u32[(offsets >>> 2) + index];
    hashBytes(views.u8, bytes + from, u32[(offsets >>> 2) + index + 1] - from, words);
    u32[(hashes >>> 2) + index * 2] = words.low;
    u32[(hashes >>> 2) + index * 2 + 1] = words.high;
  }
};
