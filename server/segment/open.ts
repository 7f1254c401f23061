/**
 * A sealed segment, opened from its file: the footer is checked at once, each block when it is first needed.
 * Chunks, dictionaries and indexes are decoded into the arena on demand, pinned by the readers that use them
 * and otherwise kept by the cache as long as it has room.
 */
import { assert, StoreError } from "#schemas/errors";
import type { Disk, ReadFile } from "#schemas/world";
import type { Arena } from "#server/arena/arena";
import { ByteReader } from "#server/encode/byte-reader";
import { decompress, readCompressedHead } from "#server/encode/compress";
import { type Inverted, readInverted } from "#server/index/inverted";
import { readRanked } from "#server/index/ranked";
import type { Kernels } from "#server/kernels/kernels";
import type { Cache } from "#server/segment/cache";
import {
  type DictionaryBlock,
  type Footer,
  fileMagic,
  footerBytesMax,
  invertedBlock,
  readFooter,
  readTrailer,
  trailerBytes,
} from "#server/segment/format";
import { type LoadContext, loadChunk, loadDictionary, readBytes, withBlock } from "#server/segment/load";
import type { Forward, SegmentReader } from "#server/segment/reader";
import {
  type DictionaryPlaces,
  type Loaded,
  SealedReader,
  type SegmentSource,
  type Slot,
} from "#server/segment/sealed-reader";

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
  /** Bytes of what is decoded now. */
  residentBytes(): number;
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

class OpenSegment implements SealedSegment, SegmentSource {
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
    for (const { item } of this.#slots()) this.cache.remove(item);
    this.#file.close();
  }

  residentBytes(): number {
    return this.#slots().reduce((sum, { item }) => sum + item.bytes, 0);
  }

  #slots(): Slot<unknown>[] {
    return [...this.#columns.values()].flatMap(({ chunks, dictionary, inverted }) =>
      [...chunks, dictionary, inverted].filter((slot) => slot !== null),
    );
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
    const block = invertedBlock(column);
    assert(block !== null, "the column has an inverted index");
    const what = `inverted index of column ${column.name} (${column.id})`;
    const value = withBlock(this.#context, block, what, (from) =>
      column.dictionary === null
        ? readRanked(from, this.rows)
        : readInverted(from, this.rows, column.dictionary.entries),
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
