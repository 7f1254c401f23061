/** Reads one block of a segment file into an arena, checks it and decodes it. Every failure is SEGMENT_CORRUPT or I/O. */
import { crc32 } from "@node-rs/crc32";
import { StoreError } from "#schemas/errors";
import type { ReadFile } from "#schemas/world";
import type { Arena, Purpose } from "#server/arena/arena";
import { ByteReader } from "#server/encode/byte-reader";
import { decompress, readCompressedHead } from "#server/encode/compress";
import { decodeDoubles } from "#server/encode/doubles";
import { decodeEntries, readEntriesHead } from "#server/encode/front-coding";
import { decodeInts, readIntsHead } from "#server/encode/integers";
import { decodeTexts, readTextsHead } from "#server/encode/text";
import { decodeUnsigned } from "#server/encode/unsigned";
import { decodeValidity, validityBytes } from "#server/encode/validity";
import type { Kernels } from "#server/kernels/kernels";
import type { Block, DictionaryBlock, FooterColumn } from "#server/segment/format";
import { aligned } from "#server/segment/mutable-layout";
import type { Forward } from "#server/segment/reader";

/** Plain bytes of one block may not pass this. */
const plainBytesMax = 2 ** 31 - 1;

export interface LoadContext {
  readonly file: ReadFile;
  readonly arena: Arena;
  readonly kernels: Pick<Kernels, "unpackBits" | "decodeAlp" | "hashTexts">;
  /** Arena memory, after making room if need be. */
  readonly allocate: (bytes: number, purpose: Purpose) => number;
}

/** Lends a reader over the block's plain bytes, which lie in the arena while `use` runs; it must read them to the end. */
export function withBlock<T>(
  context: LoadContext,
  block: Block,
  what: string,
  use: (from: ByteReader, scratch: (bytes: number) => number) => T,
): T {
  const { file, arena, allocate } = context;
  const { u8 } = arena.views;
  const lent: number[] = [];
  const scratch = (bytes: number): number => {
    const pointer = allocate(bytes, "scratch");
    lent.push(pointer);
    return pointer;
  };
  const where = `segment file ${file.path}, ${what}`;
  try {
    const at = scratch(block.bytes + 64);
    const bytes = u8.subarray(at, at + block.bytes);
    readBytes(file, bytes, block, where);
    let from = new ByteReader(u8, where, at, at + block.bytes);
    const head = readCompressedHead(from, plainBytesMax);
    if (head.compressed) {
      const to = scratch(head.plainBytes + 64); // first, so that the arena bounds what decompressing may take
      const plain = decompress(from, head.plainBytes);
      u8.set(plain, to);
      from = new ByteReader(u8, where, to, to + plain.length);
    }
    return use(from, scratch);
  } finally {
    for (const pointer of lent) arena.free(pointer);
  }
}

/** Fills `bytes` from the file and compares the checksum. */
export function readBytes(file: ReadFile, bytes: Uint8Array, block: Block, where: string): void {
  file.readInto(bytes, block.offset);
  const crc = crc32(bytes);
  if (crc === block.crc) return;
  throw new StoreError(
    "SEGMENT_CORRUPT",
    `${where}: expected checksum ${block.crc.toString(16)} but found ${crc.toString(16)} over ${block.bytes} bytes at ${block.offset}`,
    { at: where },
  );
}

/** A decoded chunk and the memory to free. */
export interface LoadedChunk {
  readonly forward: Forward;
  readonly pointer: number;
  readonly bytes: number;
}

const rounded = (rows: number): number => Math.ceil(rows / 128) * 128;

/** Loads chunk `chunk` of a column: `rows` rows, of which the footer says `nulls` are NULL. */
export function loadChunk(
  context: LoadContext,
  column: FooterColumn,
  chunk: number,
  rows: number,
): LoadedChunk {
  const what = `column ${column.name} (${column.id}), chunk ${chunk}`;
  return withBlock(context, column.chunks[chunk], what, (from, scratch) => {
    if (column.kind === "ids") return loadIds(context, column, rows, from);
    const { nulls } = column.zones[chunk];
    switch (column.kind) {
      case "ints":
        return loadInts(context, rows, nulls, from);
      case "doubles":
        return loadDoubles(context, rows, nulls, from, scratch);
      case "bytes":
        return loadTexts(context, rows, nulls, from);
    }
  });
}

/** Takes the chunk's memory, lets `fill` decode all that is left into it, and gives it back when that fails. */
function filled(
  context: LoadContext,
  from: ByteReader,
  bytes: number,
  fill: (pointer: number) => Forward,
): LoadedChunk {
  const pointer = context.allocate(bytes, "sealed");
  try {
    const forward = fill(pointer);
    from.done();
    return { forward, pointer, bytes };
  } catch (error) {
    context.arena.free(pointer);
    throw error;
  }
}

/** Bytes of an id of a dictionary with this many entries. */
const widthOf = (entries: number): 1 | 2 | 4 => (entries < 256 ? 1 : entries < 65_536 ? 2 : 4);

function loadIds(context: LoadContext, column: FooterColumn, rows: number, from: ByteReader): LoadedChunk {
  const { views } = context.arena;
  const entries = column.dictionary?.entries ?? 0;
  const width = widthOf(entries);
  return filled(context, from, rounded(rows) * width, (pointer) => {
    const view = width === 1 ? views.u8 : width === 2 ? views.u16 : views.u32;
    decodeUnsigned(from, rows, { view, width, pointer }, context.kernels);
    const start = pointer / width;
    let largest = 0;
    for (let at = start; at < start + rows; at++) if (view[at] > largest) largest = view[at];
    from.check(largest <= entries, `ids of ${entries} entries`, largest);
    return { kind: "ids", width, pointer, validity: 0 };
  });
}

/** Decodes validity to `pointer`; 0 when every row has a value. Its count must be the footer's. */
function loadValidity(
  context: LoadContext,
  rows: number,
  nulls: number,
  from: ByteReader,
  pointer: number,
): number {
  const found = decodeValidity(from, rows, context.arena.views.u8, pointer);
  from.check(found === nulls, `${nulls} NULL rows`, found);
  return nulls === 0 ? 0 : pointer;
}

function loadInts(context: LoadContext, rows: number, nulls: number, from: ByteReader): LoadedChunk {
  const bits = aligned(validityBytes(rows));
  const { arena, kernels } = context;
  const validityAt = context.allocate(bits, "scratch");
  try {
    const validity = loadValidity(context, rows, nulls, from, validityAt);
    const head = readIntsHead(from);
    const { width, base } = head;
    const kept = validity === 0 ? 0 : bits;
    return filled(context, from, kept + rounded(rows) * width, (block) => {
      const pointer = block + kept;
      decodeInts(from, head, rows, arena.views, pointer, kernels);
      if (kept > 0) arena.views.u8.copyWithin(block, validityAt, validityAt + bits);
      if (kept > 0 && width === 8) zeroNulls(arena, block, rows, pointer);
      return { kind: "ints", width, base, pointer, validity: kept > 0 ? block : 0 };
    });
  } finally {
    arena.free(validityAt);
  }
}

/** NULL rows of 8-byte values read as 0. */
function zeroNulls(arena: Arena, validity: number, rows: number, pointer: number): void {
  const { u8, u32 } = arena.views;
  for (let row = 0; row < rows; row++) {
    if (((u8[validity + (row >> 3)] >> (row & 7)) & 1) === 1) continue;
    u32[(pointer >> 2) + row * 2] = 0;
    u32[(pointer >> 2) + row * 2 + 1] = 0;
  }
}

function loadDoubles(
  context: LoadContext,
  rows: number,
  nulls: number,
  from: ByteReader,
  scratch: (bytes: number) => number,
): LoadedChunk {
  const { arena, kernels } = context;
  const bits = nulls === 0 ? 0 : aligned(validityBytes(rows));
  return filled(context, from, bits + rounded(rows) * 8, (block) => {
    const validity = loadValidity(
      context,
      rows,
      nulls,
      from,
      bits === 0 ? scratch(validityBytes(rows)) : block,
    );
    const pointer = block + bits;
    decodeDoubles(from, rows, arena.views, pointer, scratch, kernels);
    if (validity !== 0) zeroNulls(arena, validity, rows, pointer);
    return { kind: "doubles", pointer, validity };
  });
}

function loadTexts(context: LoadContext, rows: number, nulls: number, from: ByteReader): LoadedChunk {
  const { u8, u32 } = context.arena.views;
  const bits = aligned(validityBytes(rows));
  const offsetBytes = aligned((rows + 1) * 4);
  // The bytes of text are what the block holds at most, so this needs no second look.
  const textBytes = from.left();
  return filled(context, from, bits + offsetBytes + textBytes, (block) => {
    const validity = loadValidity(context, rows, nulls, from, block);
    const offsets = block + bits;
    const pointer = offsets + offsetBytes;
    decodeTexts(from, rows, readTextsHead(from), { u8, u32, offsets, pointer });
    return { kind: "bytes", offsets, pointer, validity };
  });
}

/** A decoded dictionary, all in one block of memory at `offsets`. */
export interface LoadedDictionary {
  readonly offsets: number;
  readonly text: number;
  readonly hashes: number;
  readonly bytes: number;
}

/** Loads a dictionary: offsets, bytes and hashes, indexed by id with NULL at 0. */
export function loadDictionary(
  context: LoadContext,
  column: FooterColumn,
  block: DictionaryBlock,
): LoadedDictionary {
  const { arena, kernels } = context;
  const { entries, entryBytes } = block;
  const what = `dictionary of column ${column.name} (${column.id})`;
  return withBlock(context, block, what, (from) => {
    const head = readEntriesHead(from, entries, entryBytes);
    from.check(head.textBytes === entryBytes, `${entryBytes} bytes of entries`, head.textBytes);
    const offsetBytes = aligned((entries + 2) * 4);
    const hashBytes = aligned((entries + 1) * 8);
    const bytes = offsetBytes + hashBytes + entryBytes;
    const offsets = context.allocate(bytes, "dictionary");
    const hashes = offsets + offsetBytes;
    const text = hashes + hashBytes;
    try {
      const { u8, u32 } = arena.views;
      decodeEntries(from, head, { u8, u32, offsets, bytes: text }, column.type !== "BIG_DECIMAL");
      from.done();
      u8.fill(0, hashes, hashes + 8);
      kernels.hashTexts(text, offsets + 4, entries, hashes + 8);
      return { offsets, text, hashes, bytes };
    } catch (error) {
      arena.free(offsets);
      throw error;
    }
  });
}
