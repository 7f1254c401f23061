/**
 * The chunk blocks of a mutable segment, on the writer's side: made when the first row of a chunk comes, the
 * first one small and copied into larger blocks as it fills. Old blocks stay until the segment's end, for
 * readers may be in them.
 */
import type { Views } from "#server/arena/arena";
import type { Store } from "#server/segment/block-store";
import { aligned, type ChunkLayout, chunkLayout, type MutableColumn } from "#server/segment/mutable-layout";
import { type ZoneSet, zoneSet } from "#server/segment/zone";

/** Rows of the first chunk's first block. */
const firstCapacity = 1024;
const textBytesMin = 4096;

export interface ChunkBlock {
  pointer: number;
  capacity: number;
  layout: ChunkLayout;
  readonly zones: ZoneSet;
  /** Bytes that the raw text of each column has room for, at the chunk's textPointers. */
  readonly textRoom: number[];
}

export class ChunkBlocks {
  readonly blocks: ChunkBlock[] = [];
  readonly #views: Views;
  readonly #store: Store;
  readonly #columns: readonly MutableColumn[];
  readonly #chunkRows: number;
  /** Address of the chunk pointers in the control block. */
  readonly #pointers: number;

  constructor(
    views: Views,
    store: Store,
    place: {
      readonly columns: readonly MutableColumn[];
      readonly chunkRows: number;
      readonly pointers: number;
    },
  ) {
    this.#views = views;
    this.#store = store;
    this.#columns = place.columns;
    this.#chunkRows = place.chunkRows;
    this.#pointers = place.pointers;
  }

  /** Makes sure that chunk `chunk`, of which `rows` rows are taken, has room for `rowsAfter`. */
  reserve(chunk: number, rows: number, rowsAfter: number): void {
    if (chunk === this.blocks.length) {
      const all = this.#chunkRows;
      this.#add(chunk === 0 ? Math.min(all, Math.max(firstCapacity, rowsAfter)) : all);
    }
    const { capacity } = this.blocks[chunk];
    if (capacity >= rowsAfter) return;
    this.#grow(chunk, Math.min(this.#chunkRows, Math.max(capacity * 4, rowsAfter)), rows);
  }

  #add(capacity: number): void {
    const columns = this.#columns;
    const layout = chunkLayout(columns, capacity);
    const pointer = this.#store.take(layout.bytes);
    this.#clearHead(pointer, layout, capacity);
    const textRoom = columns.map(() => 0);
    this.blocks.push({ pointer, capacity, layout, zones: zoneSet(columns.length), textRoom });
    Atomics.store(this.#views.u32, (this.#pointers >> 2) + this.blocks.length - 1, pointer);
  }

  /** Zeroes what is before the columns, the validity bitmaps and the first text offset. */
  #clearHead(pointer: number, layout: ChunkLayout, capacity: number): void {
    const { u8, u32 } = this.#views;
    const columns = this.#columns;
    u8.fill(0, pointer, pointer + layout.textPointers + aligned(columns.length * 4));
    u32[pointer >> 2] = capacity;
    columns.forEach(({ kind }, column) => {
      const { validity, values } = layout;
      if (validity[column] !== 0) u8.fill(0, pointer + validity[column], pointer + values[column]);
      if (kind === "bytes") u32[(pointer + values[column]) >> 2] = 0;
    });
  }

  /** Copies a chunk of `rows` rows into a larger block; readers may go on with the old one. */
  #grow(index: number, capacity: number, rows: number): void {
    const columns = this.#columns;
    const chunk = this.blocks[index];
    const { u8, u32 } = this.#views;
    const layout = chunkLayout(columns, capacity);
    const pointer = this.#store.take(layout.bytes);
    this.#clearHead(pointer, layout, capacity);
    const from = chunk.pointer;
    const head = chunk.layout.zones;
    const headEnd = chunk.layout.textPointers + columns.length * 4;
    u8.copyWithin(pointer + layout.zones, from + head, from + headEnd);
    columns.forEach((column, at) => {
      if (column.kind === "constant") return;
      const bits = chunk.layout.validity[at];
      if (bits !== 0) {
        u8.copyWithin(pointer + layout.validity[at], from + bits, from + bits + Math.ceil(rows / 8));
      }
      const values = from + chunk.layout.values[at];
      const bytes = column.kind === "bytes" ? (rows + 1) * 4 : rows * column.width;
      u8.copyWithin(pointer + layout.values[at], values, values + bytes);
    });
    chunk.pointer = pointer;
    chunk.capacity = capacity;
    chunk.layout = layout;
    Atomics.store(u32, (this.#pointers >> 2) + index, pointer);
  }

  /** Room for `bytes` of raw text behind those of the chunk's first `row` rows; a larger block takes over what is there. */
  reserveText(index: number, column: number, row: number, bytes: number): void {
    const { u8, u32 } = this.#views;
    const { pointer, layout, textRoom } = this.blocks[index];
    const used = u32[((pointer + layout.values[column]) >> 2) + row];
    const needed = used + bytes;
    if (needed <= textRoom[column] && textRoom[column] > 0) return;
    const room = Math.max(textBytesMin, needed, Math.min(needed * 2, textRoom[column] * 2));
    const text = this.#store.take(room);
    const place = ((pointer + layout.textPointers) >> 2) + column;
    u8.copyWithin(text, u32[place], u32[place] + used);
    textRoom[column] = room;
    Atomics.store(u32, place, text);
  }
}
