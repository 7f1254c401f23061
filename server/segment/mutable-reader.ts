/**
 * Readers of a mutable segment, on any thread, from its handle. Taking a reader copies the published state (rows,
 * dictionaries, the last chunk's zones) between two equal readings of the sequence number; from then on it is fixed.
 */
import { AssertionError } from "#schemas/errors";
import type { SourceRange } from "#schemas/segment";
import type { Value } from "#schemas/types";
import type { Arena } from "#server/arena/arena";
import { hashBytes64 } from "#server/kernels/hash";
import { type DictionaryAddresses, mutableDictionary } from "#server/segment/dictionary";
import {
  type ChunkLayout,
  chunkLayout,
  controlLayout,
  dictionaryBytes,
  type MutableHandle,
  rangeOf,
  zoneBytes,
} from "#server/segment/mutable-layout";
import type {
  ColumnReader,
  DictionaryReader,
  Forward,
  InvertedReader,
  SegmentReader,
  Zone,
} from "#server/segment/reader";
import { readZone, zoneOver } from "#server/segment/zone";

/** A mutable segment as other threads see it. */
export interface MutableView {
  readonly handle: MutableHandle;
  /** A snapshot of what is published now. */
  reader(): SegmentReader;
  rowsVisible(): number;
}

/** What a snapshot copies. */
interface Published {
  readonly rows: number;
  readonly arrivalMs: number;
  readonly endOffset: bigint;
  readonly dictionaries: readonly DictionaryAddresses[];
  /** Zones of the chunk with the last visible row. */
  readonly lastZones: Uint8Array;
}

/** Opens a segment that another thread may be writing. `arena` is the one that the handle names. */
export function openMutable(handle: MutableHandle, arena: Arena): MutableView {
  return {
    handle,
    reader: () => new MutableReader(handle, arena, readPublished(handle, arena)),
    rowsVisible: () => Atomics.load(arena.views.i32, (handle.control + 4) >> 2),
  };
}

/** A publish takes microseconds: after this many tries its thread must be dead. */
const triesMax = 1 << 26;

function readPublished(handle: MutableHandle, arena: Arena): Published {
  const { i32 } = arena.views;
  for (let tries = 0; tries < triesMax; tries++) {
    const sequence = Atomics.load(i32, handle.control >> 2);
    if ((sequence & 1) === 1) continue;
    const published = copyPublished(handle, arena);
    // Read by an exchange that changes nothing: unlike a load it keeps the reads before it before it on every
    // processor.
    if (Atomics.or(i32, handle.control >> 2, 0) === sequence) return published;
  }
  throw new AssertionError(`the writer of segment ${handle.id} stopped while it was publishing`);
}

function copyPublished(handle: MutableHandle, arena: Arena): Published {
  const { u8, u32, i32, f64, i64 } = arena.views;
  const { control, columns, chunkRows, chunksMax } = handle;
  const layout = controlLayout(columns.length, chunksMax);
  const rows = Atomics.load(i32, (control + 4) >> 2);
  const dictionaries = columns.map((_, column) => {
    const at = (control + layout.dictionaries + column * dictionaryBytes) >> 2;
    return { count: u32[at], directory: u32[at + 1], hashes: u32[at + 2] };
  });
  let lastZones = new Uint8Array(0);
  if (rows > 0) {
    const last = Math.floor((rows - 1) / chunkRows);
    const chunk = Atomics.load(u32, ((control + layout.chunkPointers) >> 2) + last);
    lastZones = u8.slice(chunk + 64, chunk + 64 + columns.length * zoneBytes);
  }
  const arrivalMs = f64[(control + 8) >> 3];
  return { rows, arrivalMs, endOffset: i64[(control + 16) >> 3], dictionaries, lastZones };
}

/** A chunk's block and where its parts are. */
interface Block {
  readonly pointer: number;
  readonly layout: ChunkLayout;
}

class MutableReader implements SegmentReader {
  readonly id: string;
  readonly generation = 0;
  readonly state = "consuming";
  readonly arena: Arena;
  readonly rows: number;
  readonly chunks: number;
  readonly ranges: readonly SourceRange[];
  readonly freshnessMs: number;
  readonly handle: MutableHandle;
  readonly published: Published;
  readonly #columns = new Map<number, MutableColumnReader>();
  readonly #copies = new Map<number, number>();
  readonly #blocks = new Map<number, Block>();

  constructor(handle: MutableHandle, arena: Arena, published: Published) {
    this.handle = handle;
    this.arena = arena;
    this.published = published;
    this.id = handle.id;
    this.rows = published.rows;
    this.chunks = Math.ceil(published.rows / handle.chunkRows);
    this.ranges = [rangeOf(handle, published.endOffset)];
    this.freshnessMs = published.arrivalMs;
  }

  column(columnId: number): ColumnReader | null {
    const known = this.#columns.get(columnId);
    if (known !== undefined) return known;
    const index = this.handle.columns.findIndex((column) => column.columnId === columnId);
    if (index < 0) return null;
    const column = new MutableColumnReader(this, index);
    this.#columns.set(columnId, column);
    return column;
  }

  rowsOf(chunk: number): number {
    return Math.min(this.handle.chunkRows, this.rows - chunk * this.handle.chunkRows);
  }

  /** The chunk's block as it was when first asked for; its visible rows are the same in every block it ever had. */
  block(chunk: number): Block {
    const known = this.#blocks.get(chunk);
    if (known !== undefined) return known;
    const { u32 } = this.arena.views;
    const { control, columns, chunksMax } = this.handle;
    const place = (control + controlLayout(columns.length, chunksMax).chunkPointers) >> 2;
    const pointer = Atomics.load(u32, place + chunk);
    const block = { pointer, layout: chunkLayout(columns, u32[pointer >> 2]) };
    this.#blocks.set(chunk, block);
    return block;
  }

  /** A copy of validity bits with zeros after the visible rows: beyond them the writer goes on setting bits. */
  visibleValidity(chunk: number, validity: number): number {
    const rows = this.rowsOf(chunk);
    if (rows === this.handle.chunkRows && rows % 64 === 0) return validity;
    const known = this.#copies.get(validity);
    if (known !== undefined) return known;
    const bytes = Math.ceil(rows / 64) * 8;
    const copy = this.arena.allocate(bytes, "scratch");
    const { u8 } = this.arena.views;
    u8.fill(0, copy, copy + bytes);
    u8.copyWithin(copy, validity, validity + Math.ceil(rows / 8));
    if (rows % 8 !== 0) u8[copy + (rows >> 3)] &= (1 << (rows & 7)) - 1;
    this.#copies.set(validity, copy);
    return copy;
  }

  fork(): SegmentReader {
    return this;
  }

  rest(): void {}

  makeRoom(): boolean {
    return true;
  }

  /** Frees its copies. Nothing is pinned: the segment's owner keeps it until no snapshot can hold it. */
  release(): void {
    for (const copy of this.#copies.values()) this.arena.free(copy);
    this.#copies.clear();
  }
}

class MutableColumnReader implements ColumnReader {
  readonly columnId: number;
  readonly type: ColumnReader["type"];
  readonly dictionary: DictionaryReader | null;
  readonly inverted: InvertedReader | null = null;
  readonly sorted: boolean;
  readonly #reader: MutableReader;
  readonly #index: number;
  #stats: (Zone & { readonly min: Value; readonly max: Value }) | null = null;

  constructor(reader: MutableReader, index: number) {
    const column = reader.handle.columns[index];
    this.#reader = reader;
    this.#index = index;
    this.columnId = column.columnId;
    this.type = column.type;
    this.sorted = column.columnId < 0;
    this.dictionary =
      column.kind === "ids"
        ? mutableDictionary(reader.arena.views, reader.published.dictionaries[index], hashBytes64)
        : null;
  }

  get stats(): Zone & { readonly min: Value; readonly max: Value } {
    this.#stats ??= zoneOver(Array.from({ length: this.#reader.chunks }, (_, chunk) => this.zone(chunk)));
    return this.#stats;
  }

  zone(chunk: number): Zone {
    const { handle, published, chunks, arena } = this.#reader;
    const column = handle.columns[this.#index];
    if (column.kind === "constant") return { min: column.base, max: column.base, nulls: 0, hasNaN: false };
    if (chunk === chunks - 1)
      return readZone(published.lastZones.buffer, this.#index * zoneBytes, column.type);
    const { pointer, layout } = this.#reader.block(chunk);
    return readZone(arena.memory.buffer, pointer + layout.zones + this.#index * zoneBytes, column.type);
  }

  forward(chunk: number): Forward {
    const { handle, arena } = this.#reader;
    const { kind, width, base } = handle.columns[this.#index];
    if (kind === "constant") return { kind: "ints", width: 1, base, pointer: handle.zeros, validity: 0 };
    const { pointer: block, layout } = this.#reader.block(chunk);
    const pointer = block + layout.values[this.#index];
    if (kind === "ids") return { kind, width: 4, pointer, validity: 0 };
    const bits = block + layout.validity[this.#index];
    const validity = this.zone(chunk).nulls === 0 ? 0 : this.#reader.visibleValidity(chunk, bits);
    if (kind === "ints") return { kind, width, base, pointer, validity };
    if (kind === "doubles") return { kind, pointer, validity };
    const text = Atomics.load(arena.views.u32, ((block + layout.textPointers) >> 2) + this.#index);
    return { kind, offsets: pointer, pointer: text, validity };
  }
}
