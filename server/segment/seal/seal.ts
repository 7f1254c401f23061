/**
 * From readers of any state to one segment file: a mutable segment is sealed, several sealed ones are merged,
 * by the same steps. The rows are sorted by the table's sort column (else its time column), then partition
 * and offset; columns are the table's as it is now, so dropped ones go and widened ones are written wide. The
 * bytes depend on definition, rows and name only.
 */
import type { SegmentRecord, SourceRange } from "#schemas/segment";
import { type Column, columnNamed, offsetColumn, partitionColumn, type Table } from "#schemas/table";
import { layoutOf } from "#schemas/types";
import type { Footer, FooterColumn } from "#server/segment/format";
import type { SegmentReader } from "#server/segment/reader";
import {
  contentHash,
  hashNumbers,
  hashTexts,
  type RowHashes,
  rowHashes,
} from "#server/segment/seal/content-hash";
import { type FlatNumbers, flatNumbers, flatTexts } from "#server/segment/seal/flat";
import { keptRows, type SortKey, sortKey, sortKeyOfIds, sortRows } from "#server/segment/seal/order";
import {
  type BuiltDictionary,
  buildDictionary,
  isNearUnique,
  type TextColumn,
  textColumn,
} from "#server/segment/seal/text-column";
import {
  isFrom,
  momentsOf,
  rangeOfMoments,
  type TimeRange,
  timeColumnOf,
  timesOf,
} from "#server/segment/seal/times";
import {
  type ColumnTarget,
  writeDictionaryColumn,
  writeNumberColumn,
  writeRawColumn,
} from "#server/segment/seal/write-column";
import { SegmentFile } from "#server/segment/write";
import { zoneOver } from "#server/segment/zone";

export interface SealOptions {
  readonly id: string;
  readonly table: Table;
  readonly path: string;
  readonly chunkRows: number;
  /** The offsets the segment stands for; the inputs' by default. */
  readonly ranges?: readonly SourceRange[];
  /** Segments it is merged from. */
  readonly lineage: readonly string[];
  /** Rows before this time are left out; null keeps all. */
  readonly keepFromMs: bigint | null;
  readonly createdMs: number;
}

export interface EncodedSegment {
  readonly record: SegmentRecord;
  /** The file, in pieces. */
  readonly chunks: readonly Uint8Array[];
}

/** What all columns of one seal share. */
interface Work extends ColumnTarget {
  readonly readers: readonly SegmentReader[];
  readonly options: SealOptions;
  readonly sortColumn: Column | null;
  readonly hashes: RowHashes;
  /** Of a time column whose smallest and largest values are not its first and last. */
  readonly times: TimeRange | null;
}

/** The readers' rows as one segment file. It has the readers to itself, and releases what they hold as it goes. */
export function encodeSegment(readers: readonly SegmentReader[], options: SealOptions): EncodedSegment {
  const { table } = options;
  const rows = readers.reduce((sum, reader) => sum + reader.rows, 0);
  const offsets = flatNumbers(readers, offsetColumn.id, offsetColumn.type);
  const partitions = flatNumbers(readers, partitionColumn.id, partitionColumn.type);
  release(readers);
  const { order, times } = rowsToKeep(readers, rows, options);
  const sortColumn = sortColumnOf(readers, table);
  const sortBy = sortColumn === null ? null : prepare(readers, order, sortColumn);
  sortRows(order, sortBy === null ? null : keyOf(sortBy, sortColumn!), partitions, offsets);
  const file = new SegmentFile();
  const hashes = rowHashes(rows);
  const work: Work = {
    readers,
    options,
    file,
    order,
    chunkRows: options.chunkRows,
    sortColumn,
    hashes,
    times,
  };
  const columns: FooterColumn[] = [];
  for (const column of table.columns) {
    if (readers.every((reader) => reader.column(column.id) === null)) continue;
    columns.push(
      writeColumn(work, column, column === sortColumn ? sortBy! : prepare(readers, order, column)),
    );
  }
  const partitionCount = new Set(rangesOf(readers, options).map(({ partition }) => partition)).size;
  const byOffset = { sorted: sortColumn === null && partitionCount <= 1, inverted: false };
  columns.push(writeNumberColumn(work, offsetColumn, offsets, byOffset));
  const byPartition = { sorted: partitionCount <= 1, inverted: false };
  columns.push(writeNumberColumn(work, partitionColumn, partitions, byPartition));
  return finish(work, columns, contentHash(hashes, order, offsets, partitions));
}

/** The rows that retention leaves, and first and last of their times where statistics will not say. */
function rowsToKeep(
  readers: readonly SegmentReader[],
  rows: number,
  { table, keepFromMs }: SealOptions,
): { readonly order: Uint32Array; readonly times: TimeRange | null } {
  const time = timeColumnOf(table);
  if (time === undefined) return { order: keptRows(rows, null), times: null };
  const moments = momentsOf(readers, time);
  const order = keptRows(rows, keepFromMs === null ? null : isFrom(readers, time, moments, keepFromMs));
  release(readers);
  return { order, times: moments === null ? null : rangeOfMoments(moments, order) };
}

function sortColumnOf(readers: readonly SegmentReader[], table: Table): Column | null {
  const name = table.sortedColumn ?? table.timeColumn;
  const column = name === null ? undefined : columnNamed(table, name);
  if (column === undefined || readers.every((reader) => reader.column(column.id) === null)) return null;
  return column;
}

/** A column's rows, laid end to end. */
type Prepared =
  | { readonly kind: "numbers"; readonly flat: FlatNumbers }
  | { readonly kind: "texts"; readonly text: TextColumn; dictionary: BuiltDictionary | null };

function prepare(readers: readonly SegmentReader[], kept: Uint32Array, { id, type }: Column): Prepared {
  try {
    if (layoutOf(type) !== "text") return { kind: "numbers", flat: flatNumbers(readers, id, type) };
    return { kind: "texts", text: textColumn(flatTexts(readers, id), kept), dictionary: null };
  } finally {
    release(readers);
  }
}

/** One column of all inputs is copied; the next needs the room. */
function release(readers: readonly SegmentReader[]): void {
  for (const reader of readers) reader.release();
}

/** How rows order by this column; a text column gets its dictionary now. */
function keyOf(prepared: Prepared, column: Column): SortKey {
  if (prepared.kind === "numbers") return sortKey(prepared.flat);
  prepared.dictionary ??= buildDictionary(prepared.text, column.type);
  return sortKeyOfIds(prepared.text.entryOf, prepared.dictionary.idOf);
}

function writeColumn(work: Work, column: Column, prepared: Prepared): FooterColumn {
  const { sortColumn, hashes } = work;
  const sorted = column === sortColumn;
  const { table } = work.options;
  const inverted = named(table.invertedColumns, column);
  if (prepared.kind === "numbers") {
    hashNumbers(hashes, column.id, prepared.flat);
    return writeNumberColumn(work, column, prepared.flat, { sorted, inverted });
  }
  const { text } = prepared;
  hashTexts(hashes, column.id, text.entryOf, text.poolOf, text.hashes);
  const raw = named(table.rawColumns, column) || isNearUnique(text);
  if (raw && !sorted && !inverted) return writeRawColumn(work, column, text);
  const built = prepared.dictionary ?? buildDictionary(text, column.type);
  return writeDictionaryColumn(work, column, text, built, { sorted, inverted });
}

const named = (names: readonly string[], column: Column): boolean =>
  names.some((name) => name.toLowerCase() === column.name.toLowerCase());

const rangesOf = (readers: readonly SegmentReader[], options: SealOptions): readonly SourceRange[] =>
  options.ranges ?? readers.flatMap((reader) => reader.ranges);

/** Ranges in order, those that meet made one. */
function joinedRanges(ranges: readonly SourceRange[]): SourceRange[] {
  const sorted = [...ranges].sort(
    (a, b) => a.partition - b.partition || (a.start < b.start ? -1 : a.start > b.start ? 1 : 0),
  );
  const joined: SourceRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && last.partition === range.partition && range.start <= last.end) {
      joined[joined.length - 1] = { ...last, end: range.end > last.end ? range.end : last.end };
    } else joined.push(range);
  }
  return joined;
}

function finish(work: Work, columns: readonly FooterColumn[], hash: bigint): EncodedSegment {
  const { readers, options, file, order, sortColumn } = work;
  const { table, id, path, lineage, createdMs } = options;
  const time = timeColumnOf(table);
  const timeColumn = columns.find((column) => column.id === time?.id);
  const times =
    work.times ?? timesOf(time, timeColumn === undefined ? undefined : zoneOver(timeColumn.zones));
  const ranges = joinedRanges(rangesOf(readers, options));
  const footer: Footer = {
    table: table.name,
    tableVersion: table.version,
    segment: id,
    rows: order.length,
    chunkRows: options.chunkRows,
    contentHash: hash,
    sortedColumn: sortColumn?.id ?? 0,
    times,
    ranges,
    lineage,
    columns,
  };
  const { chunks, bytes } = file.finish(footer);
  return { record: recordOf(footer, { path, bytes, createdMs }), chunks };
}

/** The catalog's record of a segment, from its footer: also how a lost catalog is rebuilt. */
export function recordOf(
  footer: Footer,
  file: { readonly path: string; readonly bytes: number; readonly createdMs: number },
): SegmentRecord {
  return {
    id: footer.segment,
    table: footer.table,
    tableVersion: footer.tableVersion,
    rows: footer.rows,
    bytes: file.bytes,
    path: file.path,
    ranges: footer.ranges,
    lineage: footer.lineage,
    contentHash: footer.contentHash.toString(16).padStart(16, "0"),
    timeMinMs: footer.times?.minMs ?? null,
    timeMaxMs: footer.times?.maxMs ?? null,
    createdMs: file.createdMs,
  };
}
