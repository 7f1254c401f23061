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
import { BlockStore } from "#server/segment/block-store";
import {
  type DictionaryWriter,
  dictionaryWriter,
  entriesOf,
  freezeDictionary,
  internStage,
  publishDictionary,
} from "#server/segment/dictionary";
import { type ChunkBlock, ChunkBlocks } from "#server/segment/mutable-chunks";
import {
  type ControlLayout,
  controlLayout,
  dictionaryBytes,
  type MutableColumn,
  type MutableHandle,
  mutableColumns,
  zoneBytes,
} from "#server/segment/mutable-layout";
import { isDictionaryWaste, isStillUnique } from "#server/segment/near-unique";

export interface MutableOptions {
  readonly id: string;
  readonly table: Table;
  readonly partition: number;
  readonly startOffset: bigint;
  readonly arena: Arena;
  readonly kernels: Kernels;
  readonly limits: Pick<Limits, "chunkRows" | "segmentRows" | "stageRows">;
  /** `nearUniqueColumns` of the segment before: kept without a dictionary. */
  readonly rawColumnIds?: readonly number[];
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
  readonly #chunks: ChunkBlocks;
  #publishedChunk = 0;
  #source: { readonly memory: WebAssembly.Memory; readonly views: SourceViews } | null = null;
  #frozen = false;

  constructor(options: MutableOptions) {
    const { arena, limits, table, partition } = options;
    const columns = mutableColumns(table, partition, options.rawColumnIds ?? []);
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
    const { control, chunkRows } = this.handle;
    const pointers = control + this.#control.chunkPointers;
    this.#chunks = new ChunkBlocks(arena.views, this.#store, { columns, chunkRows, pointers });
    arena.views.i64[(control + 16) >> 3] = options.startOffset;
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
    const { blocks } = this.#chunks;
    Atomics.add(i32, control >> 2, 1);
    for (; this.#publishedChunk < blocks.length; this.#publishedChunk++) {
      const { pointer, layout, zones } = blocks[this.#publishedChunk];
      u8.set(zones.bytes, pointer + layout.zones);
    }
    this.#publishedChunk = Math.max(0, blocks.length - 1);
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

  /** Text columns that should be raw in the partition's next segment: their dictionary did not pay. */
  nearUniqueColumns(): number[] {
    const { views } = this.#arena;
    const [first] = this.#chunks.blocks;
    if (first === undefined) return [];
    const found = this.handle.columns.filter(({ kind }, column) => {
      const dictionary = this.#dictionaries[column];
      if (dictionary !== null) return isDictionaryWaste(entriesOf(dictionary, views.u32), this.rows);
      if (kind !== "bytes") return false;
      const text = views.u32[((first.pointer + first.layout.textPointers) >> 2) + column];
      const offsets = first.pointer + first.layout.values[column];
      return isStillUnique(views, Math.min(this.rows, this.handle.chunkRows), offsets, text);
    });
    return found.map(({ columnId }) => columnId);
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

  #reserve(stage: Stage, { chunk, row, from, rows }: RowPiece): void {
    this.#chunks.reserve(chunk, row, row + rows);
    this.handle.columns.forEach(({ kind }, column) => {
      if (kind !== "bytes") return;
      const cells = this.#pieceOf(stage, { chunk, row, from, rows }, column);
      this.#chunks.reserveText(chunk, column, row, textBytesOf(cells));
    });
  }

  /** Texts to ids, straight into the chunk: rows past rowsVisible are nobody's yet. */
  #internTexts(stage: Stage, piece: RowPiece): void {
    const { columns } = this.handle;
    const { pointer, layout } = this.#chunks.blocks[piece.chunk];
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
    const chunk = this.#chunks.blocks[row.chunk];
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

/** A new mutable segment, empty and published as such. */
export const createMutable = (options: MutableOptions): MutableSegment => new MutableSegment(options);
