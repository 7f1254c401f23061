/**
 * The dictionary of a mutable segment's text column: append-only, so readers on other threads need no lock. The table
 * of `TextKernels` is the writer's own; readers get the addresses of directory and hashes, as they were when the
 * writer published. A directory that grows is copied to a larger block and the old one stays until the segment's
 * end; entries' bytes never move.
 */

import { serverBounds } from "#schemas/limits";
import type { Arena, Views } from "#server/arena/arena";
import type { TextKernels } from "#server/kernels/storage-kernels";
import type { Store } from "#server/segment/block-store";
import type { DictionaryReader } from "#server/segment/reader";

/** What the writer's dictionary needs of the kernels. */
export type InternKernels = Pick<TextKernels, "internTexts" | "rehashTexts">;

const slotsMin = 1024;
const textBlockBytesMin = 4096;
const textBlockBytesMax = serverBounds.dictionaryBlockBytes;
const tableBytes = 64;

/** Words of the text table's header. */
const header = {
  slots: 0,
  mask: 1,
  count: 2,
  limit: 3,
  directory: 4,
  hashes: 5,
  text: 6,
  textEnd: 7,
  wanted: 8,
};
const wantedRoom = 1;

/** The writer's side of one dictionary: the address of its text table. */
export interface DictionaryWriter {
  readonly table: number;
  textBlockBytes: number;
}

/** An empty dictionary. */
export function dictionaryWriter(views: Views, store: Store): DictionaryWriter {
  const table = store.take(tableBytes);
  const { u8, u32 } = views;
  u8.fill(0, table, table + tableBytes);
  const at = table >> 2;
  u32[at + header.slots] = zeroed(views, store, slotsMin * 8);
  u32[at + header.mask] = slotsMin - 1;
  u32[at + header.limit] = slotsMin / 2;
  u32[at + header.directory] = zeroed(views, store, (slotsMin / 2 + 1) * 8);
  u32[at + header.hashes] = zeroed(views, store, (slotsMin / 2 + 1) * 8);
  return { table, textBlockBytes: textBlockBytesMin };
}

function zeroed(views: Views, store: Store, bytes: number): number {
  const pointer = store.take(bytes);
  views.u8.fill(0, pointer, pointer + bytes);
  return pointer;
}

/**
 * Ids of the stage's cells from … from + rows − 1 to `ids`. Throws MEMORY_BUDGET and leaves the dictionary whole:
 * entries that were added before are found again next time.
 */
export function internStage(
  to: DictionaryWriter,
  arena: Arena,
  kernels: InternKernels,
  store: Store,
  cells: { readonly tags: number; readonly values: number; readonly from: number; readonly rows: number },
  ids: number,
): void {
  const tags = cells.tags + cells.from;
  const values = cells.values + cells.from * 8;
  let done = 0;
  while ((done = kernels.internTexts(to.table, tags, values, done, cells.rows, ids)) < cells.rows) {
    makeRoom(to, arena.views, kernels, store);
  }
}

function makeRoom(to: DictionaryWriter, views: Views, kernels: InternKernels, store: Store): void {
  const { u32 } = views;
  const at = to.table >> 2;
  if (u32[at + header.wanted] === wantedRoom) {
    growTable(to, views, kernels, store);
    return;
  }
  const bytes = Math.max(u32[at + header.wanted + 1], to.textBlockBytes);
  const text = store.take(bytes);
  u32[at + header.text] = text;
  u32[at + header.textEnd] = text + bytes;
  to.textBlockBytes = Math.min(to.textBlockBytes * 2, textBlockBytesMax);
}

/** Four times the slots, and directory and hashes to match; all memory is taken before anything changes. */
function growTable(to: DictionaryWriter, views: Views, kernels: InternKernels, store: Store): void {
  const { u8, u32 } = views;
  const at = to.table >> 2;
  const slots = (u32[at + header.mask] + 1) * 4;
  const entries = slots / 2;
  const taken: number[] = [];
  try {
    for (const bytes of [slots * 8, (entries + 1) * 8, (entries + 1) * 8]) taken.push(store.take(bytes));
  } catch (error) {
    for (const pointer of taken) store.give(pointer);
    throw error;
  }
  const [slotsAt, directory, hashes] = taken;
  const used = (u32[at + header.count] + 1) * 8;
  u8.copyWithin(directory, u32[at + header.directory], u32[at + header.directory] + used);
  u8.copyWithin(hashes, u32[at + header.hashes], u32[at + header.hashes] + used);
  u8.fill(0, slotsAt, slotsAt + slots * 8);
  store.give(u32[at + header.slots]);
  u32[at + header.slots] = slotsAt;
  u32[at + header.mask] = slots - 1;
  u32[at + header.limit] = entries;
  u32[at + header.directory] = directory;
  u32[at + header.hashes] = hashes;
  kernels.rehashTexts(to.table);
}

/** Copies what readers need to the control block: count, directory, hashes. */
export function publishDictionary(from: DictionaryWriter, u32: Uint32Array, entry: number): void {
  const table = from.table >> 2;
  u32[entry >> 2] = u32[table + header.count];
  u32[(entry >> 2) + 1] = u32[table + header.directory];
  u32[(entry >> 2) + 2] = u32[table + header.hashes];
}

/** Entries without NULL. */
export const entriesOf = (of: DictionaryWriter, u32: Uint32Array): number =>
  u32[(of.table >> 2) + header.count];

/** Gives up the slots once nothing will be added. */
export function freezeDictionary(of: DictionaryWriter, u32: Uint32Array, store: Store): void {
  const slots = (of.table >> 2) + header.slots;
  if (u32[slots] !== 0) store.give(u32[slots]);
  u32[slots] = 0;
}

/** A published dictionary, as three words of the control block. */
export interface DictionaryAddresses {
  readonly count: number;
  readonly directory: number;
  readonly hashes: number;
}

/** A reader's view of the first `count` entries. */
export function mutableDictionary(
  views: Views,
  addresses: DictionaryAddresses,
  hashOf: (bytes: Uint8Array) => bigint,
): DictionaryReader {
  const { u8, u32 } = views;
  const { count, directory, hashes } = addresses;
  const entry = (id: number): Uint8Array => {
    const at = (directory >> 2) + id * 2;
    return u8.subarray(u32[at], u32[at] + u32[at + 1]);
  };
  return {
    count,
    sorted: false,
    layout: { kind: "directory", directory, hashes },
    entry,
    hash: (id) => (BigInt(u32[(hashes >> 2) + id * 2 + 1]) << 32n) | BigInt(u32[(hashes >> 2) + id * 2]),
    find(bytes) {
      const wanted = hashOf(bytes);
      const lo = Number(wanted & 0xffff_ffffn);
      const hi = Number(wanted >> 32n);
      for (let id = 1, at = (hashes >> 2) + 2; id <= count; id++, at += 2) {
        if (u32[at] === lo && u32[at + 1] === hi && Buffer.compare(entry(id), bytes) === 0) return id;
      }
      return 0;
    },
    lowerBound() {
      throw new TypeError("a mutable dictionary has no order: look at `sorted` first");
    },
  };
}
