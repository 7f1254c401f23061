/**
 * The inverted index of a dictionary column: the rows of each id, 0 (NULL) included. Ids with many rows have
 * a Roaring bitmap each; the rows of all others lie one after another in one packed list, so a million ids
 * cost little more than their rows. In the column that the segment is sorted by, counts alone say everything
 * (sorted.ts).
 *
 * Inverted => kind:u8 (0 lists and bitmaps, 1 sorted) Unsigned(rows of id 0 … entries) body
 * body     => 0: Unsigned(rows of ids with ≤ sparseRows rows, by id, then row) Unsigned(bytes of each bitmap)
 * bitmap[…]
 *             1: nothing
 */
import roaring from "roaring";
import type { ByteReader } from "#server/encode/byte-reader";
import { ByteWriter } from "#server/encode/byte-writer";
import { readUnsigned, writeUnsigned } from "#server/encode/unsigned";
import { checkRoaring, type RowWindow, setRoaring, setRow, setRows } from "#server/index/roaring-bits";
import { sortedStarts } from "#server/index/sorted";

/** Ids with at most this many rows are in the list. */
const sparseRows = 256;
const kinds = { lists: 0, sorted: 1 } as const;

/** Counts the rows of ids 0 … entries. */
function countIds(ids: Uint32Array, rows: number, entries: number): Uint32Array {
  const counts = new Uint32Array(entries + 1);
  for (let row = 0; row < rows; row++) counts[ids[row]]++;
  return counts;
}

/** The index of `rows` ids, each ≤ entries. `sorted`: they ascend, with id 0 last. */
export function buildInverted(ids: Uint32Array, rows: number, entries: number, sorted: boolean): Uint8Array {
  const to = new ByteWriter(rows);
  writeInverted(to, ids.subarray(0, rows), entries, sorted);
  return to.bytes();
}

/** Writes the index of `ids`, as `buildInverted` does. */
export function writeInverted(to: ByteWriter, ids: Uint32Array, entries: number, sorted: boolean): void {
  const rows = ids.length;
  const counts = countIds(ids, rows, entries);
  to.u8(sorted ? kinds.sorted : kinds.lists);
  writeUnsigned(to, counts, entries + 1);
  if (sorted) return;
  const starts = new Uint32Array(entries + 2);
  for (let id = 0; id <= entries; id++) starts[id + 1] = starts[id] + counts[id];
  const places = starts.slice();
  const rowsById = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) rowsById[places[ids[row]]++] = row;
  writeLists(to, counts, starts, rowsById);
}

function writeLists(to: ByteWriter, counts: Uint32Array, starts: Uint32Array, rowsById: Uint32Array): void {
  const sparse = new Uint32Array(rowsById.length);
  let sparseCount = 0;
  const bitmaps: Uint8Array[] = [];
  for (let id = 0; id < counts.length; id++) {
    const rows = rowsById.subarray(starts[id], starts[id + 1]);
    if (counts[id] > sparseRows) {
      const bitmap = roaring.RoaringBitmap32.from(rows);
      bitmap.runOptimize();
      bitmaps.push(bitmap.serialize("portable"));
      continue;
    }
    sparse.set(rows, sparseCount);
    sparseCount += rows.length;
  }
  writeUnsigned(to, sparse, sparseCount);
  writeUnsigned(
    to,
    Uint32Array.from(bitmaps, (bitmap) => bitmap.length),
    bitmaps.length,
  );
  for (const bitmap of bitmaps) to.raw(bitmap);
}

/** Ids first … last; none when last < first. */
interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** What a dictionary column holds are ids. */
const sameIds = (low: bigint, high: bigint): IdRange => ({ first: Number(low), last: Number(high) });

/** An index in memory. */
export interface Inverted {
  /** Bytes it holds. */
  readonly bytes: number;
  count(id: number): number;
  /** See InvertedReader. */
  idsOf(low: bigint, high: bigint): IdRange;
  /** Sets the window's bits of all rows with one of the distinct ids; returns how many. The window starts clear. */
  union(ids: readonly number[], window: RowWindow): number;
}

/** Reads and checks an index over `rows` rows and ids 0 … entries. */
export function readInverted(from: ByteReader, rows: number, entries: number): Inverted {
  const kind = from.u8AtMost(kinds.sorted, "kind of inverted index");
  const counts = readUnsigned(from, entries + 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  from.check(total === rows, `${rows} rows`, total);
  const inverted = kind === kinds.sorted ? sortedInverted(counts) : listInverted(from, counts, rows);
  from.done();
  return inverted;
}

function sortedInverted(counts: Uint32Array): Inverted {
  const starts = sortedStarts(counts);
  return {
    bytes: counts.byteLength + starts.byteLength,
    count: (id) => counts[id],
    idsOf: sameIds,
    union(ids, window) {
      let population = 0;
      for (const id of ids) population += setRows(window, starts[id], starts[id] + counts[id]);
      return population;
    },
  };
}

function listInverted(from: ByteReader, counts: Uint32Array, rows: number): Inverted {
  let sparseCount = 0;
  let bitmapCount = 0;
  const places = new Uint32Array(counts.length);
  for (let id = 0; id < counts.length; id++) {
    if (counts[id] > sparseRows) places[id] = bitmapCount++;
    else {
      places[id] = sparseCount;
      sparseCount += counts[id];
    }
  }
  const sparse = readUnsigned(from, sparseCount);
  for (const row of sparse) if (row >= rows) from.fail(`a row below ${rows}`, row);
  const sizes = readUnsigned(from, bitmapCount);
  const bitmaps = from.source.slice(from.at, from.end);
  const before = from.at;
  for (let id = 0, bitmap = 0; id < counts.length; id++) {
    if (counts[id] <= sparseRows) continue;
    const start = from.at - before;
    checkRoaring(from, sizes[bitmap++], counts[id], rows);
    places[id] = start;
  }
  return {
    bytes: counts.byteLength + places.byteLength + sparse.byteLength + bitmaps.length,
    count: (id) => counts[id],
    idsOf: sameIds,
    union(ids, window) {
      let population = 0;
      for (const id of ids) {
        const place = places[id];
        if (counts[id] > sparseRows) population += setRoaring(bitmaps, place, window);
        else for (let at = place; at < place + counts[id]; at++) population += setRow(window, sparse[at]);
      }
      return population;
    },
  };
}
