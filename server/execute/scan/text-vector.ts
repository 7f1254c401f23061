/**
 * Text columns as vectors. With many rows a packed dictionary is shared as it lies in the arena; with few rows, or a
 * mutable dictionary, the entries used are copied, so an expression over ten rows does not see a million entries.
 */
import type { TextEntries, Vector } from "#schemas/batch";
import { sequence } from "#schemas/row-order";
import type { Views } from "#server/arena/arena";
import type { Chunk, ChunkColumn, Positions } from "#server/execute/scan/chunk";
import type { PlainDictionary, TaskColumn } from "#server/execute/task";

/** Start and length of entry `id` in the arena. */
export interface EntryPlace {
  start: number;
  length: number;
}

export function placeOf(views: Views, dictionary: PlainDictionary, id: number, place: EntryPlace): void {
  const { u32 } = views;
  const at = dictionary.entries >> 2;
  if (dictionary.packed) {
    const start = u32[at + id];
    place.start = dictionary.bytes + start;
    place.length = u32[at + id + 1] - start;
  } else {
    place.start = u32[at + id * 2];
    place.length = u32[at + id * 2 + 1];
  }
}

/** All entries of a dictionary, NULL's empty text first: shared memory when packed, else a copy. */
export function entriesOf(views: Views, dictionary: PlainDictionary): TextEntries {
  const { count } = dictionary;
  if (dictionary.packed) {
    const at = dictionary.entries >> 2;
    const offsets = views.u32.subarray(at, at + count + 2);
    const bytes = views.u8.subarray(dictionary.bytes, dictionary.bytes + offsets[count + 1]);
    return { count: count + 1, offsets, bytes };
  }
  return copyEntries(views, dictionary, sequence(count + 1));
}

/** Copies entries in the order of `ids`. */
export function copyEntries(views: Views, dictionary: PlainDictionary, ids: Uint32Array): TextEntries {
  const offsets = new Uint32Array(ids.length + 1);
  const place = { start: 0, length: 0 };
  let total = 0;
  for (let at = 0; at < ids.length; at++) {
    if (ids[at] !== 0) {
      placeOf(views, dictionary, ids[at], place);
      total += place.length;
    }
    offsets[at + 1] = total;
  }
  const bytes = new Uint8Array(total);
  for (let at = 0; at < ids.length; at++) {
    if (offsets[at] === offsets[at + 1]) continue;
    placeOf(views, dictionary, ids[at], place);
    bytes.set(views.u8.subarray(place.start, place.start + place.length), offsets[at]);
  }
  return { count: ids.length, offsets, bytes };
}

function nullsOfIds(ids: Uint32Array): Uint8Array | null {
  let nulls: Uint8Array | null = null;
  for (let row = 0; row < ids.length; row++) {
    if (ids[row] !== 0) continue;
    nulls ??= new Uint8Array((ids.length + 7) >> 3);
    nulls[row >> 3] |= 1 << (row & 7);
  }
  return nulls;
}

/** Entries used by `ids`, copied, and the ids renumbered to them in place. */
function compacted(views: Views, dictionary: PlainDictionary, ids: Uint32Array): TextEntries {
  const seen = new Map<number, number>([[0, 0]]);
  const used: number[] = [0];
  for (let row = 0; row < ids.length; row++) {
    let local = seen.get(ids[row]);
    if (local === undefined) {
      local = used.length;
      seen.set(ids[row], local);
      used.push(ids[row]);
    }
    ids[row] = local;
  }
  return copyEntries(views, dictionary, Uint32Array.from(used));
}

/** The dictionary ids of the rows at the positions, as an own array. */
function idsOf(chunk: Chunk, column: ChunkColumn, positions: Positions | null): Uint32Array {
  const count = positions === null ? chunk.rows : positions.count;
  const width = column.width as 1 | 2 | 4;
  const mark = chunk.scratch.mark();
  const to = chunk.scratch.take(count * 4);
  if (positions === null) chunk.kernels.widenIds(width, column.pointer, count, to);
  else chunk.kernels.gatherIds(width, column.pointer, positions.pointer, count, to);
  const ids = chunk.views.u32.slice(to >> 2, (to >> 2) + count);
  chunk.scratch.release(mark);
  return ids;
}

export function textVector(
  chunk: Chunk,
  info: TaskColumn,
  column: ChunkColumn,
  positions: Positions | null,
): Vector {
  if (column.kind === "bytes" || info.dictionary === null) return rawVector(chunk, info, column, positions);
  const ids = idsOf(chunk, column, positions);
  const nulls = info.nulls ? nullsOfIds(ids) : null;
  const { dictionary } = info;
  const share = dictionary.packed && dictionary.count < ids.length * 2;
  const entries = share ? entriesOf(chunk.views, dictionary) : compacted(chunk.views, dictionary, ids);
  return { kind: "text", type: info.type, rows: ids.length, ids, entries, nulls };
}

/** Near-unique text without a dictionary: every row is its own entry, entry 0 is NULL's. */
function rawVector(chunk: Chunk, info: TaskColumn, column: ChunkColumn, positions: Positions | null): Vector {
  const { u8, u32 } = chunk.views;
  const rows = positions === null ? chunk.rows : positions.count;
  const offsets = new Uint32Array(rows + 2);
  const ids = new Uint32Array(rows);
  const at = column.offsets >> 2;
  const rowAt = (index: number) => (positions === null ? index : u32[(positions.pointer >> 2) + index]);
  let total = 0;
  for (let index = 0; index < rows; index++) {
    const row = rowAt(index);
    total += u32[at + row + 1] - u32[at + row];
    offsets[index + 2] = total;
    ids[index] = index + 1;
  }
  const bytes = new Uint8Array(total);
  for (let index = 0; index < rows; index++) {
    const row = rowAt(index);
    const from = column.pointer + u32[at + row];
    const until = column.pointer + u32[at + row + 1];
    if (until > from) bytes.set(u8.subarray(from, until), offsets[index + 1]);
  }
  const nulls = chunk.nulls(column, positions);
  if (nulls !== null) {
    for (let row = 0; row < rows; row++) if ((nulls[row >> 3] & (1 << (row & 7))) !== 0) ids[row] = 0;
  }
  const entries = { count: rows + 1, offsets, bytes };
  return { kind: "text", type: info.type, rows, ids, entries, nulls };
}
