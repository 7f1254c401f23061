/** Readers of a sealed segment: its columns, dictionaries and indexes, loaded when they are first asked for. */
import type { SourceRange } from "#schemas/segment";
import type { Value } from "#schemas/types";
import type { Arena } from "#server/arena/arena";
import { compareBytes, compareDecimals } from "#server/encode/bytes";
import type { Inverted } from "#server/index/inverted";
import { hashBytes64 } from "#server/kernels/hash";
import type { Cache, CacheItem } from "#server/segment/cache";
import {
  chunksOf,
  type DictionaryBlock,
  type Footer,
  type FooterColumn,
  invertedBlock,
} from "#server/segment/format";
import type {
  ColumnReader,
  DictionaryReader,
  Forward,
  InvertedReader,
  SegmentReader,
  Zone,
} from "#server/segment/reader";
import { zoneOver } from "#server/segment/zone";

/** Of an arena, and at least: what scans need for scratch and states beside the chunks they look at. */
const scanShare = 1 / 8;
const scanBytesMin = 8 << 20;

/** Something loaded, or not. */
export interface Slot<T> {
  readonly value: T;
  readonly item: CacheItem;
}

/** What one column has loaded. */
export interface Loaded {
  readonly column: FooterColumn;
  readonly chunks: (Slot<Forward> | null)[];
  dictionary: Slot<DictionaryPlaces> | null;
  inverted: Slot<Inverted> | null;
}

/** Addresses of a dictionary. */
export interface DictionaryPlaces {
  readonly offsets: number;
  readonly text: number;
  readonly hashes: number;
}

/** What readers ask of an open segment. Each answer is pinned once more. */
export interface SegmentSource {
  readonly id: string;
  readonly rows: number;
  readonly footer: Footer;
  readonly arena: Arena;
  readonly cache: Cache;
  loaded(columnId: number): Loaded | null;
  rowsOf(chunk: number): number;
  chunk(of: Loaded, chunk: number): Slot<Forward>;
  dictionary(of: Loaded, block: DictionaryBlock): Slot<DictionaryPlaces>;
  inverted(of: Loaded): Slot<Inverted>;
}

/** One snapshot of a sealed segment: what it touches stays pinned until its release, chunks until it rests. */
export class SealedReader implements SegmentReader {
  readonly generation = 0;
  readonly state = "sealed";
  readonly freshnessMs = 0;
  readonly segment: SegmentSource;
  readonly #columns = new Map<number, SealedColumnReader>();
  readonly #pins = new Set<CacheItem>();
  readonly #chunks = new Set<CacheItem>();
  /** How often it was released: addresses taken before are then stale. */
  releases = 0;

  constructor(segment: SegmentSource) {
    this.segment = segment;
  }

  get id(): string {
    return this.segment.id;
  }
  get arena(): Arena {
    return this.segment.arena;
  }
  get rows(): number {
    return this.segment.rows;
  }
  get chunks(): number {
    return chunksOf(this.segment.footer);
  }
  get ranges(): readonly SourceRange[] {
    return this.segment.footer.ranges;
  }

  column(columnId: number): ColumnReader | null {
    const known = this.#columns.get(columnId);
    if (known !== undefined) return known;
    const loaded = this.segment.loaded(columnId);
    if (loaded === null) return null;
    const column = new SealedColumnReader(this, loaded);
    this.#columns.set(columnId, column);
    return column;
  }

  rowsOf(chunk: number): number {
    return this.segment.rowsOf(chunk);
  }

  makeRoom(): boolean {
    const { cache, arena } = this.segment;
    const { byteLength } = arena.memory.buffer;
    return cache.makeRoom(arena, Math.max(byteLength * scanShare, scanBytesMin));
  }

  fork(): SegmentReader {
    return new SealedReader(this.segment);
  }

  /** Keeps what the segment pinned, once a reader. */
  keep<T>(slot: Slot<T>): T {
    return this.#keepIn(this.#pins, slot);
  }

  /** Keeps a chunk until the reader rests. */
  keepChunk(slot: Slot<Forward>): Forward {
    return this.#keepIn(this.#chunks, slot);
  }

  #keepIn<T>(pins: Set<CacheItem>, { value, item }: Slot<T>): T {
    if (pins.has(item)) this.segment.cache.unpin(item);
    else pins.add(item);
    return value;
  }

  rest(): void {
    for (const item of this.#chunks) this.segment.cache.unpin(item);
    this.#chunks.clear();
  }

  release(): void {
    this.rest();
    for (const item of this.#pins) this.segment.cache.unpin(item);
    this.#pins.clear();
    this.releases++;
  }
}

class SealedColumnReader implements ColumnReader {
  readonly columnId: number;
  readonly type: ColumnReader["type"];
  readonly sorted: boolean;
  readonly dictionary: DictionaryReader | null;
  readonly inverted: InvertedReader | null;
  readonly stats: Zone & { readonly min: Value; readonly max: Value };
  readonly #reader: SealedReader;
  readonly #loaded: Loaded;

  constructor(reader: SealedReader, loaded: Loaded) {
    const { column } = loaded;
    this.#reader = reader;
    this.#loaded = loaded;
    this.columnId = column.id;
    this.type = column.type;
    this.sorted = column.sorted;
    this.stats = zoneOver(column.zones);
    this.dictionary =
      column.dictionary === null ? null : new SealedDictionary(reader, loaded, column.dictionary);
    this.inverted = invertedBlock(column) === null ? null : invertedReader(reader, loaded);
  }

  zone(chunk: number): Zone {
    return this.#loaded.column.zones[chunk];
  }

  forward(chunk: number): Forward {
    return this.#reader.keepChunk(this.#reader.segment.chunk(this.#loaded, chunk));
  }
}

/** Loads the index when it is first asked for something. */
function invertedReader(reader: SealedReader, loaded: Loaded): InvertedReader {
  const { segment } = reader;
  const index = (): Inverted => reader.keep(segment.inverted(loaded));
  return {
    idsOf: (low, high) => index().idsOf(low, high),
    count: (id) => index().count(id),
    union(ids, chunk, bitmap) {
      const from = chunk * segment.footer.chunkRows;
      const until = from + segment.rowsOf(chunk);
      const { u32 } = segment.arena.views;
      const at = bitmap >> 2;
      u32.fill(0, at, at + Math.ceil((until - from) / 64) * 2);
      return index().union(ids, { from, until, words: u32, at });
    },
  };
}

class SealedDictionary implements DictionaryReader {
  readonly count: number;
  readonly sorted = true;
  readonly #reader: SealedReader;
  readonly #loaded: Loaded;
  readonly #block: DictionaryBlock;
  #places: DictionaryPlaces | null = null;
  #placesOf = -1;

  constructor(reader: SealedReader, loaded: Loaded, block: DictionaryBlock) {
    this.#reader = reader;
    this.#loaded = loaded;
    this.#block = block;
    this.count = block.entries;
  }

  /** Loaded and pinned: until the reader's release the addresses stay true. */
  #at(): DictionaryPlaces {
    const reader = this.#reader;
    if (this.#places === null || this.#placesOf !== reader.releases) {
      this.#places = reader.keep(reader.segment.dictionary(this.#loaded, this.#block));
      this.#placesOf = reader.releases;
    }
    return this.#places;
  }

  get layout(): DictionaryReader["layout"] {
    const { offsets, text, hashes } = this.#at();
    return { kind: "packed", offsets, bytes: text, hashes };
  }

  entry(id: number): Uint8Array {
    const { offsets, text } = this.#at();
    const { u8, u32 } = this.#reader.arena.views;
    const at = (offsets >> 2) + id;
    return u8.subarray(text + u32[at], text + u32[at + 1]);
  }

  hash(id: number): bigint {
    return this.#reader.arena.views.i64[(this.#at().hashes >> 3) + id] & 0xffff_ffff_ffff_ffffn;
  }

  lowerBound(bytes: Uint8Array, { after }: { readonly after: boolean }): number {
    const { offsets, text } = this.#at();
    const { u8, u32 } = this.#reader.arena.views;
    const compare = this.#loaded.column.type === "BIG_DECIMAL" ? compareDecimals : compareBytes;
    let low = 1;
    let high = this.count + 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = u32[(offsets >> 2) + middle];
      const length = u32[(offsets >> 2) + middle + 1] - start;
      const order = compare(u8, text + start, length, bytes, 0, bytes.length);
      if (order < 0 || (after && order === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(bytes: Uint8Array): number {
    const id = this.lowerBound(bytes, { after: false });
    if (id > this.count || this.hash(id) !== hashBytes64(bytes)) return 0;
    return Buffer.compare(this.entry(id), bytes) === 0 ? id : 0;
  }
}
