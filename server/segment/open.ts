/**
 * A sealed segment, opened from its file: the footer is checked at once, each block when it is first needed. Chunks,
 * dictionaries and indexes are decoded into the arena on demand, pinned by the readers that use them and otherwise kept
 * by the cache as long as it has room.
 */
import { assert, StoreError } from "#schemas/errors";
import type { SourceRange } from "#schemas/segment";
import type { Value } from "#schemas/types";
import type { Disk, ReadFile } from "#schemas/world";
import type { Arena } from "#server/arena/arena";
import { ByteReader } from "#server/encode/byte-reader";
import { compareBytes, compareDecimals } from "#server/encode/bytes";
import { decompress, readCompressedHead } from "#server/encode/compress";
import { type Inverted, readInverted } from "#server/index/inverted";
import { hashBytes64 } from "#server/kernels/hash";
import type { Kernels } from "#server/kernels/kernels";
import type { Cache, CacheItem } from "#server/segment/cache";
import {
  chunksOf,
  type DictionaryBlock,
  type Footer,
  type FooterColumn,
  fileMagic,
  footerBytesMax,
  optionalTags,
  readFooter,
  readTrailer,
  trailerBytes,
} from "#server/segment/format";
import { type LoadContext, loadChunk, loadDictionary, readBytes, withBlock } from "#server/segment/load";
import type {
  ColumnReader,
  DictionaryReader,
  Forward,
  InvertedReader,
  SegmentReader,
  Zone,
} from "#server/segment/reader";
import { zoneOver } from "#server/segment/zone";

export interface OpenOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly arena: Arena;
  readonly kernels: Pick<Kernels, "unpackBits" | "decodeAlp" | "hashTexts">;
  readonly cache: Cache;
}

export interface SealedSegment {
  readonly id: string;
  readonly rows: number;
  readonly bytes: number;
  readonly footer: Footer;
  readonly arena: Arena;
  /** What it pins is unpinned by its `release`. */
  reader(): SegmentReader;
  /** Frees everything and closes the file. No reader may be in use. */
  close(): void;
}

/** Opens a segment file. Throws SEGMENT_CORRUPT naming the file, or what the disk throws. */
export function openSegment(options: OpenOptions): SealedSegment {
  const file = options.disk.openRead(options.path);
  try {
    return new OpenSegment(file, readFileFooter(file), options);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Reads and checks a file's trailer and footer. */
export function readFileFooter(file: ReadFile): Footer {
  const where = `segment file ${file.path}, footer`;
  if (file.bytes < fileMagic.length + trailerBytes) {
    throw new StoreError(
      "SEGMENT_CORRUPT",
      `${where}: expected a segment but found only ${file.bytes} bytes`,
      {
        at: file.path,
      },
    );
  }
  const trailerAt = file.bytes - trailerBytes;
  const tail = new Uint8Array(trailerBytes);
  file.readInto(tail, trailerAt);
  const trailer = readTrailer(tail, where, file.bytes);
  const magic = new Uint8Array(fileMagic.length);
  file.readInto(magic, 0);
  const bytes = new Uint8Array(trailer.footerBytes);
  readBytes(
    file,
    bytes,
    { offset: trailer.footerOffset, bytes: bytes.length, crc: trailer.footerCrc },
    where,
  );
  const from = new ByteReader(bytes, where);
  from.check(Buffer.compare(magic, fileMagic) === 0, "a segment file's first bytes", "others");
  const { compressed, plainBytes } = readCompressedHead(from, footerBytesMax);
  const content = compressed ? decompress(from, plainBytes) : from.raw(from.left());
  return readFooter(content, where, trailer.footerOffset);
}

/** Something loaded, or not. */
interface Slot<T> {
  readonly value: T;
  readonly item: CacheItem;
}

/** What one column has loaded. */
interface Loaded {
  readonly column: FooterColumn;
  readonly chunks: (Slot<Forward> | null)[];
  dictionary: Slot<DictionaryPlaces> | null;
  inverted: Slot<Inverted> | null;
}

interface DictionaryPlaces {
  readonly offsets: number;
  readonly text: number;
  readonly hashes: number;
}

class OpenSegment implements SealedSegment {
  readonly id: string;
  readonly rows: number;
  readonly bytes: number;
  readonly footer: Footer;
  readonly arena: Arena;
  readonly cache: Cache;
  readonly #file: ReadFile;
  readonly #context: LoadContext;
  readonly #columns: ReadonlyMap<number, Loaded>;
  #closed = false;

  constructor(file: ReadFile, footer: Footer, { arena, kernels, cache }: OpenOptions) {
    this.#file = file;
    this.id = footer.segment;
    this.rows = footer.rows;
    this.bytes = file.bytes;
    this.footer = footer;
    this.arena = arena;
    this.cache = cache;
    this.#context = {
      file,
      arena,
      kernels,
      allocate: (bytes, purpose) => cache.allocate(arena, bytes, purpose),
    };
    this.#columns = new Map(
      footer.columns.map((column) => [
        column.id,
        { column, chunks: column.chunks.map(() => null), dictionary: null, inverted: null },
      ]),
    );
  }

  reader(): SegmentReader {
    assert(!this.#closed, "a closed segment is not read");
    return new SealedReader(this);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { chunks, dictionary, inverted } of this.#columns.values()) {
      for (const slot of [...chunks, dictionary, inverted]) if (slot !== null) this.cache.remove(slot.item);
    }
    this.#file.close();
  }

  loaded(columnId: number): Loaded | null {
    return this.#columns.get(columnId) ?? null;
  }

  rowsOf(chunk: number): number {
    const { chunkRows } = this.footer;
    return Math.min(chunkRows, this.rows - chunk * chunkRows);
  }

  /** The chunk, loaded if need be, and pinned once more. */
  chunk(of: Loaded, chunk: number): Slot<Forward> {
    const known = of.chunks[chunk];
    if (known !== null) return this.#pinned(known);
    const { forward, pointer, bytes } = loadChunk(this.#context, of.column, chunk, this.rowsOf(chunk));
    const item = this.cache.add(this.arena, bytes, () => {
      of.chunks[chunk] = null;
      this.arena.free(pointer);
    });
    return (of.chunks[chunk] = { value: forward, item });
  }

  dictionary(of: Loaded, block: DictionaryBlock): Slot<DictionaryPlaces> {
    if (of.dictionary !== null) return this.#pinned(of.dictionary);
    const { offsets, text, hashes, bytes } = loadDictionary(this.#context, of.column, block);
    const item = this.cache.add(this.arena, bytes, () => {
      of.dictionary = null;
      this.arena.free(offsets);
    });
    return (of.dictionary = { value: { offsets, text, hashes }, item });
  }

  inverted(of: Loaded): Slot<Inverted> {
    if (of.inverted !== null) return this.#pinned(of.inverted);
    const { column } = of;
    const block = column.optional.find(({ tag }) => tag === optionalTags.inverted);
    assert(block !== undefined, "the column has an inverted index");
    const what = `inverted index of column ${column.name} (${column.id})`;
    const value = withBlock(this.#context, block, what, (from) =>
      readInverted(from, this.rows, column.dictionary?.entries ?? 0),
    );
    const item = this.cache.add(this.arena, value.bytes, () => {
      of.inverted = null;
    });
    return (of.inverted = { value, item });
  }

  #pinned<T>(slot: Slot<T>): Slot<T> {
    this.cache.pin(slot.item);
    return slot;
  }
}

class SealedReader implements SegmentReader {
  readonly generation = 0;
  readonly state = "sealed";
  readonly freshnessMs = 0;
  readonly segment: OpenSegment;
  readonly #columns = new Map<number, SealedColumnReader>();
  readonly #pins = new Set<CacheItem>();
  /** How often it was released: addresses taken before are then stale. */
  releases = 0;

  constructor(segment: OpenSegment) {
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

  /** Keeps what the segment pinned, once a reader. */
  keep<T>({ value, item }: Slot<T>): T {
    if (this.#pins.has(item)) this.segment.cache.unpin(item);
    else this.#pins.add(item);
    return value;
  }

  release(): void {
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
    this.inverted = column.optional.some(({ tag }) => tag === optionalTags.inverted)
      ? invertedReader(reader, loaded)
      : null;
  }

  zone(chunk: number): Zone {
    return this.#loaded.column.zones[chunk];
  }

  forward(chunk: number): Forward {
    return this.#reader.keep(this.#reader.segment.chunk(this.#loaded, chunk));
  }

  coldBytes(chunk: number): number {
    return this.#loaded.chunks[chunk] === null ? this.#loaded.column.chunks[chunk].bytes : 0;
  }
}

/** Loads the index when it is first asked for something. */
function invertedReader(reader: SealedReader, loaded: Loaded): InvertedReader {
  const { segment } = reader;
  const index = (): Inverted => reader.keep(segment.inverted(loaded));
  return {
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
