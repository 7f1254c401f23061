/**
 * The mutable segment of one table partition: one writer on one thread appends staged rows; readers on any thread see
 * what was last published. mutable-layout.ts has the memory, mutable-reader.ts the readers' side.
 *
 * Invariants: an append either takes all its rows or none; nothing below rowsVisible ever changes; what a reader may
 * have an address of is freed only by `freeAll`.
 */
import { assert } from "#schemas/errors";
import type { Limits } from "#schemas/limits";
import type { Stage } from "#schemas/stage";
import type { Table } from "#schemas/table";
import type { Arena } from "#server/arena/arena";
import type { Kernels } from "#server/kernels/kernels";
import {
  appendBooleans,
  appendDoubles,
  appendInts32,
  appendInts64,
  appendOffsets,
  appendText,
  appendValidity,
  type Piece,
  type SourceViews,
  textBytesOf,
} from "#server/segment/append";
import {
  type DictionaryWriter,
  dictionaryWriter,
  freezeDictionary,
  internStage,
  publishDictionary,
  type Store,
} from "#server/segment/dictionary";
import {
  aligned,
  type ChunkLayout,
  type ControlLayout,
  chunkLayout,
  controlLayout,
  dictionaryBytes,
  type MutableColumn,
  type MutableHandle,
  mutableColumns,
  zoneBytes,
} from "#server/segment/mutable-layout";
import { type ZoneSet, zoneSet } from "#server/segment/zone";

/** Rows of the first chunk's first block. */
const firstCapacity = 1024;
const textBytesMin = 4096;

export interface MutableOptions {
  readonly id: string;
  readonly table: Table;
  readonly partition: number;
  readonly startOffset: bigint;
  readonly arena: Arena;
  readonly kernels: Kernels;
  readonly limits: Pick<Limits, "chunkRows" | "segmentRows" | "stageRows">;
}

interface ChunkBlock {
  pointer: number;
  capacity: number;
  layout: ChunkLayout;
  readonly zones: ZoneSet;
  /** Bytes that the raw text of each column has room for, at the chunk's textPointers. */
  readonly textRoom: number[];
}

/** The writer. Not thread-safe; readers are. */
export class MutableSegment {
  readonly handle: MutableHandle;
  /** Appended rows, published or not. */
  rows = 0;
  /** Appends past this are refused: seal before. */
  readonly rowsMax: number;
  endOffset: bigint;
  readonly #arena: Arena;
  readonly #kernels: Kernels;
  readonly #control: ControlLayout;
  readonly #store: BlockStore;
  readonly #dictionaries: (DictionaryWriter | null)[];
  readonly #chunks: ChunkBlock[] = [];
  #publishedChunk = 0;
  #source: { readonly memory: WebAssembly.Memory; readonly views: SourceViews } | null = null;
  #frozen = false;

  constructor(options: MutableOptions) {
    const { arena, limits, table, partition } = options;
    const columns = mutableColumns(table, partition);
    this.rowsMax = limits.segmentRows + limits.stageRows;
    const chunksMax = Math.ceil(this.rowsMax / limits.chunkRows);
    this.#arena = arena;
    this.#kernels = options.kernels;
    this.#store = new BlockStore(arena);
    this.#control = controlLayout(columns.length, chunksMax);
    this.endOffset = options.startOffset;
    try {
      const control = this.#store.zeroed(this.#control.bytes);
      const zeros = this.#store.zeroed(limits.chunkRows);
      this.#dictionaries = columns.map(({ kind }) =>
        kind === "ids" ? dictionaryWriter(arena.views, this.#store) : null,
      );
      this.handle = {
        id: options.id,
        table: table.name,
        partition,
        startOffset: options.startOffset,
        arena: arena.index,
        control,
        zeros,
        chunkRows: limits.chunkRows,
        chunksMax,
        columns,
      };
    } catch (error) {
      this.#store.giveAll();
      throw error;
    }
    arena.views.i64[(this.handle.control + 16) >> 3] = options.startOffset;
  }

  /**
   * Takes the first `rows` rows of the stage. Throws MEMORY_BUDGET without taking any; then room already made is kept
   * for the next try.
   */
  append(stage: Stage, rows: number, endOffset: bigint): void {
    assert(!this.#frozen, "a frozen segment takes no rows");
    assert(this.rows + rows <= this.rowsMax, "the segment is sealed before it is over-full");
    const pieces = this.#pieces(rows);
    for (const piece of pieces) this.#reserve(stage, piece);
    for (const piece of pieces) this.#internTexts(stage, piece);
    for (const piece of pieces) this.#take(stage, piece);
    this.rows += rows;
    this.endOffset = endOffset;
  }

  /** Makes everything appended visible to readers opened from now on. */
  publish(arrivalMs: number): void {
    const { u8, u32, i32, f64, i64 } = this.#arena.views;
    const { control, columns } = this.handle;
    Atomics.add(i32, control >> 2, 1);
    for (; this.#publishedChunk < this.#chunks.length; this.#publishedChunk++) {
      const { pointer, layout, zones } = this.#chunks[this.#publishedChunk];
      u8.set(zones.bytes, pointer + layout.zones);
    }
    this.#publishedChunk = Math.max(0, this.#chunks.length - 1);
    const dictionaries = control + this.#control.dictionaries;
    for (let column = 0; column < columns.length; column++) {
      const dictionary = this.#dictionaries[column];
      if (dictionary !== null) publishDictionary(dictionary, u32, dictionaries + column * dictionaryBytes);
    }
    f64[(control + 8) >> 3] = arrivalMs;
    i64[(control + 16) >> 3] = this.endOffset;
    Atomics.store(i32, (control + 4) >> 2, this.rows);
    Atomics.add(i32, control >> 2, 1);
  }

  /** Bytes of the arena this segment holds. */
  bytes(): number {
    return this.#store.bytes;
  }

  /** No more appends: gives back what only the writer needed. Readers go on. */
  freeze(): void {
    if (this.#frozen) return;
    this.#frozen = true;
    for (const dictionary of this.#dictionaries) {
      if (dictionary !== null) freezeDictionary(dictionary, this.#arena.views.u32, this.#store);
    }
  }

  /** Frees everything. The owner calls it when no reader is left. */
  freeAll(): void {
    this.#frozen = true;
    this.#store.giveAll();
  }

  /** Cuts `rows` at chunk borders. */
  #pieces(rows: number): RowPiece[] {
    const { chunkRows } = this.handle;
    const pieces: RowPiece[] = [];
    for (let from = 0; from < rows; ) {
      const row = (this.rows + from) % chunkRows;
      const chunk = Math.floor((this.rows + from) / chunkRows);
      const count = Math.min(rows - from, chunkRows - row);
      pieces.push({ chunk, row, from, rows: count });
      from += count;
    }
    return pieces;
  }

  #pieceOf(stage: Stage, piece: RowPiece, column: number): Piece {
    const cells = stage.columns[column];
    const { tags, values } = cells ?? { tags: 0, values: stage.offsets };
    return {
      source: this.#sourceViews(stage),
      tags,
      values,
      from: piece.from,
      rows: piece.rows,
      row: piece.row,
    };
  }

  #sourceViews(stage: Stage): SourceViews {
    if (stage.memory === this.#arena.memory) return this.#arena.views;
    if (this.#source?.memory !== stage.memory) {
      const { buffer } = stage.memory;
      const views = {
        u8: new Uint8Array(buffer),
        i32: new Int32Array(buffer),
        u32: new Uint32Array(buffer),
        f64: new Float64Array(buffer),
      };
      this.#source = { memory: stage.memory, views };
    }
    return this.#source.views;
  }

  /** Makes sure that the chunk has room for the piece's rows and raw text. */
  #reserve(stage: Stage, piece: RowPiece): void {
    const { chunkRows, columns } = this.handle;
    const rowsAfter = piece.row + piece.rows;
    if (piece.chunk === this.#chunks.length) {
      const first = piece.chunk === 0 ? Math.min(chunkRows, Math.max(firstCapacity, rowsAfter)) : chunkRows;
      this.#addChunk(first);
    }
    const chunk = this.#chunks[piece.chunk];
    if (chunk.capacity < rowsAfter) {
      this.#growChunk(piece.chunk, Math.min(chunkRows, Math.max(chunk.capacity * 4, rowsAfter)), piece.row);
    }
    columns.forEach(({ kind }, column) => {
      if (kind === "bytes") this.#reserveText(chunk, column, piece.row, this.#pieceOf(stage, piece, column));
    });
  }

  #addChunk(capacity: number): void {
    const { columns, control } = this.handle;
    const layout = chunkLayout(columns, capacity);
    const pointer = this.#store.take(layout.bytes);
    this.#clearHead(pointer, layout, capacity);
    const textRoom = columns.map(() => 0);
    this.#chunks.push({ pointer, capacity, layout, zones: zoneSet(columns.length), textRoom });
    const place = (control + this.#control.chunkPointers) >> 2;
    Atomics.store(this.#arena.views.u32, place + this.#chunks.length - 1, pointer);
  }

  /** Zeroes what is before the columns, the validity bitmaps and the first text offset. */
  #clearHead(pointer: number, layout: ChunkLayout, capacity: number): void {
    const { u8, u32 } = this.#arena.views;
    const { columns } = this.handle;
    u8.fill(0, pointer, pointer + layout.textPointers + aligned(columns.length * 4));
    u32[pointer >> 2] = capacity;
    columns.forEach(({ kind }, column) => {
      const { validity, values } = layout;
      if (validity[column] !== 0) u8.fill(0, pointer + validity[column], pointer + values[column]);
      if (kind === "bytes") u32[(pointer + values[column]) >> 2] = 0;
    });
  }

  /** Copies a chunk of `rows` rows into a larger block; readers may go on with the old one. */
  #growChunk(index: number, capacity: number, rows: number): void {
    const { columns, control } = this.handle;
    const chunk = this.#chunks[index];
    const { u8, u32 } = this.#arena.views;
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
    Atomics.store(u32, ((control + this.#control.chunkPointers) >> 2) + index, pointer);
  }

  /** Room for the piece's text behind the chunk's; a larger block takes over what is there. */
  #reserveText(chunk: ChunkBlock, column: number, row: number, piece: Piece): void {
    const { u8, u32 } = this.#arena.views;
    const { pointer, layout, textRoom } = chunk;
    const used = u32[((pointer + layout.values[column]) >> 2) + row];
    const needed = used + textBytesOf(piece);
    if (needed <= textRoom[column] && textRoom[column] > 0) return;
    const room = Math.max(textBytesMin, needed, Math.min(needed * 2, textRoom[column] * 2));
    const text = this.#store.take(room);
    const place = ((pointer + layout.textPointers) >> 2) + column;
    u8.copyWithin(text, u32[place], u32[place] + used);
    textRoom[column] = room;
    Atomics.store(u32, place, text);
  }

  /** Texts to ids, straight into the chunk: rows past rowsVisible are nobody's yet. */
  #internTexts(stage: Stage, piece: RowPiece): void {
    const { columns } = this.handle;
    const { pointer, layout } = this.#chunks[piece.chunk];
    assert(stage.memory === this.#arena.memory, "the stage lies in the segment's arena");
    for (let column = 0; column < columns.length; column++) {
      const dictionary = this.#dictionaries[column];
      if (dictionary === null) continue;
      const cells = this.#pieceOf(stage, piece, column);
      const ids = pointer + layout.values[column] + piece.row * 4;
      internStage(dictionary, this.#arena, this.#kernels, this.#store, cells, ids);
    }
  }

  /** Everything that cannot fail: values, validity, zones. */
  #take(stage: Stage, row: RowPiece): void {
    const { columns } = this.handle;
    const chunk = this.#chunks[row.chunk];
    for (let column = 0; column < columns.length; column++) {
      if (columns[column].kind === "constant") continue;
      this.#takeColumn(chunk, columns[column], column, this.#pieceOf(stage, row, column));
    }
  }

  #takeColumn(
    chunk: ChunkBlock,
    { kind, width, columnId }: MutableColumn,
    column: number,
    piece: Piece,
  ): void {
    const { u8, i32, u32, f64 } = this.#arena.views;
    const { zones } = chunk;
    const values = chunk.pointer + chunk.layout.values[column];
    const validity = chunk.pointer + chunk.layout.validity[column];
    if (columnId < 0) {
      for (let row = piece.row; row < piece.row + piece.rows; row++)
        u8[validity + (row >> 3)] |= 1 << (row & 7);
      appendOffsets(piece, i32, values, zones, column);
      return;
    }
    const nulls = kind === "ids" ? countNulls(piece) : appendValidity(piece, u8, validity);
    zones.words[(column * zoneBytes + 16) >> 2] += nulls;
    if (kind === "doubles") appendDoubles(piece, f64, values, zones, column);
    else if (kind === "bytes") {
      const text = u32[((chunk.pointer + chunk.layout.textPointers) >> 2) + column];
      appendText(piece, u8, u32, values, text);
    } else if (kind === "ints") {
      if (width === 8) appendInts64(piece, i32, values, zones, column);
      else if (width === 4) appendInts32(piece, u32, values, zones, column);
      else appendBooleans(piece, u8, values, zones, column);
    }
  }
}

/** Rows from … from + rows − 1 of a stage, for rows from `row` of chunk `chunk`. */
interface RowPiece {
  readonly chunk: number;
  readonly row: number;
  readonly from: number;
  readonly rows: number;
}

function countNulls({ source, tags, from, rows }: Piece): number {
  let nulls = 0;
  for (let at = tags + from; at < tags + from + rows; at++) nulls += +(source.u8[at] === 0);
  return nulls;
}

/** Counts and remembers the blocks of one segment. */
class BlockStore implements Store {
  bytes = 0;
  readonly #arena: Arena;
  readonly #blocks = new Map<number, number>();
  constructor(arena: Arena) {
    this.#arena = arena;
  }
  take(bytes: number): number {
    const pointer = this.#arena.allocate(bytes, "mutable");
    this.#blocks.set(pointer, bytes);
    this.bytes += bytes;
    return pointer;
  }
  zeroed(bytes: number): number {
    const pointer = this.take(bytes);
    this.#arena.views.u8.fill(0, pointer, pointer + bytes);
    return pointer;
  }
  give(pointer: number): void {
    this.bytes -= this.#blocks.get(pointer) ?? 0;
    this.#blocks.delete(pointer);
    this.#arena.free(pointer);
  }
  giveAll(): void {
    for (const pointer of this.#blocks.keys()) this.#arena.free(pointer);
    this.#blocks.clear();
    this.bytes = 0;
  }
}

/** A new mutable segment, empty and published as such. */
export const createMutable = (options: MutableOptions): MutableSegment => new MutableSegment(options);
