/**
 * A segment file, format version 1, little-endian. One file a segment, written once. The footer is last, so that
 * a file without one is not a segment; it names everything needed to rebuild the catalog. Every block has a CRC32 in
 * the footer and the footer has one in the trailer; nothing is decoded before its bytes are checked.
 *
 * File     => magic:u8[8] "FRESHET1" block* footer:Compressed trailer
 *             blocks begin at multiples of 8, zeros between
 * block    => Compressed(content), encode/compress.ts
 * trailer  => footerOffset:u64 footerBytes:u32 footerCrc:u32 version:u32 magic:u32 "FSEG"
 *
 * footer   => table:text tableVersion:u32 segment:text rows:u32 chunkRows:u32 contentHash:u64
 *             sortedColumn:i32 (0: none) hasTimes:u8 [timeMinMs:i64 timeMaxMs:i64]
 *             ranges:u32 (partition:i32 start:i64 end:i64)* lineage:u32 text* columns:u32 column*
 * column   => id:i32 type:u8 name:text kind:u8 (0 ids, 1 ints, 2 doubles, 3 bytes) sorted:u8
 *             [ids: entries:u32 entryBytes:u32 longest:u32 entries:Block]
 *             (zone:Zone chunk:Block)[ceil(rows / chunkRows)]
 *             optional:u32 (tag:u32 Block)*                     readers pass over tags that they do not know
 *             rows ≤ 2^26, 1 ≤ chunkRows ≤ 2^20
 * Block    => offset:u64 bytes:u32 crc:u32
 * text     => bytes:u32 u8[bytes] UTF-8
 *
 * Content of blocks
 * entries  => Entries, encode/front-coding.ts; sorted, so ids are ranks + 1. Hashes are computed when it is loaded:
 *             8 bytes an entry would be most of a large dictionary, and the kernel hashes faster than a disk reads
 * chunk    => ids:     Unsigned(ids), 0 = NULL, each ≤ entries
 *             ints:    Validity Ints
 *             doubles: Validity Doubles
 *             bytes:   Validity Texts
 * optional => tag 1: Inverted, index/inverted.ts, of ids
 *             tag 2: Ranked, index/ranked.ts, of ints
 *
 * The bytes depend on the table's definition, the rows and the segment's name only: no clock, no chance.
 */
import { StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import type { SourceRange } from "#schemas/segment";
import { layoutOf, type SqlType, sqlTypes } from "#schemas/types";
import { ByteReader } from "#server/encode/byte-reader";
import { ByteWriter } from "#server/encode/byte-writer";
import { readZoneEntry, writeZone, type ZoneEntry } from "#server/index/zone-map";

const formatVersion = 1;
export const fileMagic = new TextEncoder().encode("FRESHET1");
export const trailerBytes = 24;
const trailerMagic = 0x47455346; // "FSEG"
export const footerBytesMax = serverBounds.footerBytes;
export const optionalTags = { inverted: 1, ranked: 2 } as const;

const rowsMax = serverBounds.segmentFileRows;
const chunkRowsMax = serverBounds.chunkFileRows;

/** Where a block lies. */
export interface Block {
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
}

type ColumnKind = "ids" | "ints" | "doubles" | "bytes";
const kinds: readonly ColumnKind[] = ["ids", "ints", "doubles", "bytes"];

export interface DictionaryBlock extends Block {
  readonly entries: number;
  /** Bytes of all entries together, decoded. */
  readonly entryBytes: number;
  readonly longest: number;
}

export interface FooterColumn {
  readonly id: number;
  readonly type: SqlType;
  readonly name: string;
  readonly kind: ColumnKind;
  readonly sorted: boolean;
  /** For kind ids. */
  readonly dictionary: DictionaryBlock | null;
  readonly zones: readonly ZoneEntry[];
  readonly chunks: readonly Block[];
  readonly optional: readonly (Block & { readonly tag: number })[];
}

export interface Footer {
  readonly table: string;
  readonly tableVersion: number;
  readonly segment: string;
  readonly rows: number;
  readonly chunkRows: number;
  readonly contentHash: bigint;
  readonly sortedColumn: number;
  readonly times: { readonly minMs: bigint; readonly maxMs: bigint } | null;
  readonly ranges: readonly SourceRange[];
  readonly lineage: readonly string[];
  readonly columns: readonly FooterColumn[];
}

/** The block of the column's inverted index, if it has one. */
export function invertedBlock({ kind, optional }: FooterColumn): Block | null {
  const wanted = kind === "ids" ? optionalTags.inverted : kind === "ints" ? optionalTags.ranked : 0;
  return optional.find(({ tag }) => tag === wanted) ?? null;
}

/** Chunks of a column. */
export const chunksOf = ({ rows, chunkRows }: Pick<Footer, "rows" | "chunkRows">): number =>
  Math.ceil(rows / chunkRows);

const typeByTag = new Map<number, SqlType>(
  (Object.keys(sqlTypes) as SqlType[]).map((type) => [sqlTypes[type].tag, type] as const),
);

/** The footer's content. */
export function writeFooter(footer: Footer): Uint8Array {
  const to = new ByteWriter(4096);
  to.text(footer.table);
  to.u32(footer.tableVersion);
  to.text(footer.segment);
  to.u32(footer.rows);
  to.u32(footer.chunkRows);
  to.i64(BigInt.asIntN(64, footer.contentHash));
  to.i32(footer.sortedColumn);
  to.u8(footer.times === null ? 0 : 1);
  if (footer.times !== null) {
    to.i64(footer.times.minMs);
    to.i64(footer.times.maxMs);
  }
  to.u32(footer.ranges.length);
  for (const { partition, start, end } of footer.ranges) {
    to.i32(partition);
    to.i64(start);
    to.i64(end);
  }
  to.u32(footer.lineage.length);
  for (const id of footer.lineage) to.text(id);
  to.u32(footer.columns.length);
  for (const column of footer.columns) writeColumn(to, column);
  return to.bytes();
}

function writeColumn(to: ByteWriter, column: FooterColumn): void {
  to.i32(column.id);
  to.u8(sqlTypes[column.type].tag);
  to.text(column.name);
  to.u8(kinds.indexOf(column.kind));
  to.u8(column.sorted ? 1 : 0);
  if (column.dictionary !== null) {
    const { entries, entryBytes, longest } = column.dictionary;
    for (const value of [entries, entryBytes, longest]) to.u32(value);
    writeBlock(to, column.dictionary);
  }
  column.chunks.forEach((chunk, at) => {
    writeZone(to, column.zones[at], layoutOf(column.type));
    writeBlock(to, chunk);
  });
  to.u32(column.optional.length);
  for (const block of column.optional) {
    to.u32(block.tag);
    writeBlock(to, block);
  }
}

function writeBlock(to: ByteWriter, { offset, bytes, crc }: Block): void {
  to.i64(BigInt(offset));
  to.u32(bytes);
  to.u32(crc);
}

/** Reads and checks a footer; `bodyBytes` is where the blocks end. */
export function readFooter(content: Uint8Array, where: string, bodyBytes: number): Footer {
  const from = new ByteReader(content, where);
  const table = from.text("table");
  const tableVersion = from.u32();
  const segment = from.text("segment");
  const rows = from.u32AtMost(rowsMax, "rows");
  const chunkRows = from.u32AtMost(chunkRowsMax, "rows of a chunk");
  from.check(chunkRows > 0, "rows in a chunk", 0);
  const contentHash = BigInt.asUintN(64, from.i64());
  const sortedColumn = from.i32();
  const times = from.u8AtMost(1, "times flag") === 0 ? null : { minMs: from.i64(), maxMs: from.i64() };
  const ranges = listOf(from, 20, "source ranges", () => ({
    partition: from.i32(),
    start: from.i64(),
    end: from.i64(),
  }));
  const lineage = listOf(from, 4, "lineage", () => from.text("lineage"));
  // Of no rows a column is 12 bytes and its name.
  const columns = listOf(from, 12, "columns", () => readColumn(from, rows, chunkRows, bodyBytes));
  from.done();
  return {
    table,
    tableVersion,
    segment,
    rows,
    chunkRows,
    contentHash,
    sortedColumn,
    times,
    ranges,
    lineage,
    columns,
  };
}

/** A counted list whose items take at least `bytesMin` each, so a wrong count allocates nothing. */
function listOf<T>(from: ByteReader, bytesMin: number, what: string, read: () => T): T[] {
  const count = from.u32AtMost(Math.floor(from.left() / bytesMin), what);
  return Array.from({ length: count }, read);
}

function readColumn(from: ByteReader, rows: number, chunkRows: number, bodyBytes: number): FooterColumn {
  const id = from.i32();
  const tag = from.u8();
  const type = typeByTag.get(tag) ?? from.fail("a type's tag", tag);
  const name = from.text("column name");
  const kind = kinds[from.u8AtMost(kinds.length - 1, "kind of column")];
  const layout = layoutOf(type);
  const fits = layout === "text" ? kind === "ids" || kind === "bytes" : kind === `${layout}s`;
  from.check(fits, `a column that holds ${type}`, kind);
  const sorted = from.u8AtMost(1, "sorted flag") === 1;
  const dictionary = kind === "ids" ? readDictionaryBlock(from, rows, bodyBytes) : null;
  const zones: ZoneEntry[] = [];
  const chunks: Block[] = [];
  for (let row = 0; row < rows; row += chunkRows) {
    zones.push(readZoneEntry(from, layout, Math.min(chunkRows, rows - row)));
    chunks.push(readBlock(from, bodyBytes));
  }
  const optional = listOf(from, 20, "optional blocks", () => ({
    tag: from.u32(),
    ...readBlock(from, bodyBytes),
  }));
  return { id, type, name, kind, sorted, dictionary, zones, chunks, optional };
}

function readDictionaryBlock(from: ByteReader, rows: number, bodyBytes: number): DictionaryBlock {
  const entries = from.u32AtMost(rows, "dictionary entries");
  const entryBytes = from.u32();
  const longest = from.u32AtMost(entryBytes, "bytes of the longest entry");
  return { entries, entryBytes, longest, ...readBlock(from, bodyBytes) };
}

function readBlock(from: ByteReader, bodyBytes: number): Block {
  const offset = Number(from.i64());
  const bytes = from.u32();
  from.check(
    offset >= fileMagic.length && offset + bytes <= bodyBytes,
    "a block within the file",
    offset + bytes,
  );
  return { offset, bytes, crc: from.u32() };
}

export interface Trailer {
  readonly footerOffset: number;
  readonly footerBytes: number;
  readonly footerCrc: number;
}

export function writeTrailer({ footerOffset, footerBytes, footerCrc }: Trailer): Uint8Array {
  const to = new ByteWriter(trailerBytes);
  to.i64(BigInt(footerOffset));
  to.u32(footerBytes);
  to.u32(footerCrc);
  to.u32(formatVersion);
  to.u32(trailerMagic);
  return to.bytes();
}

/** Reads the last bytes of a file of `fileBytes` bytes. */
export function readTrailer(bytes: Uint8Array, where: string, fileBytes: number): Trailer {
  const from = new ByteReader(bytes, where);
  const footerOffset = Number(from.i64());
  const footerBytes = from.u32AtMost(footerBytesMax, "bytes of the footer");
  const footerCrc = from.u32();
  const version = from.u32();
  from.check(from.u32() === trailerMagic, "a segment file's last bytes", "others: cut off, or no segment");
  if (version !== formatVersion) {
    throw new StoreError(
      "SEGMENT_CORRUPT",
      `${where}: expected format version ${formatVersion} but found ${version}: written by a newer Freshet?`,
      { at: where },
    );
  }
  from.check(
    footerOffset >= fileMagic.length && footerOffset + footerBytes + trailerBytes === fileBytes,
    "the footer right before the trailer",
    `${footerOffset} + ${footerBytes} of ${fileBytes}`,
  );
  return { footerOffset, footerBytes, footerCrc };
}
