/**
 * Columns of several readers laid end to end as flat arrays, in the order of the readers and their rows. A reader
 * without the column gives NULLs; ints become doubles where the table has widened the column.
 */
import { assert } from "#schemas/errors";
import { layoutOf, type SqlType } from "#schemas/types";
import { type Words, wordsFor } from "#server/encode/integers";
import type { ColumnReader, Forward, SegmentReader } from "#server/segment/reader";

export type FlatNumbers =
  | { readonly kind: "ints"; readonly words: Words; readonly nulls: Uint8Array | null }
  | { readonly kind: "doubles"; readonly values: Float64Array; readonly nulls: Uint8Array | null };

/** All rows of a number column; `nulls` has a nonzero byte for each NULL row, or is null without any. */
export function flatNumbers(readers: readonly SegmentReader[], columnId: number, type: SqlType): FlatNumbers {
  const rows = readers.reduce((sum, reader) => sum + reader.rows, 0);
  const nulls = new Uint8Array(rows);
  const doubles = layoutOf(type) === "double";
  const words = wordsFor(doubles ? 0 : rows);
  const values = new Float64Array(doubles ? rows : 0);
  let anyNull = false;
  let at = 0;
  for (const reader of readers) {
    const column = reader.column(columnId);
    if (column === null) {
      nulls.fill(1, at, at + reader.rows);
      anyNull ||= reader.rows > 0;
      at += reader.rows;
      continue;
    }
    for (let chunk = 0; chunk < reader.chunks; chunk++) {
      const count = reader.rowsOf(chunk);
      const forward = column.forward(chunk);
      if (markNulls(reader, forward, nulls, at, count)) anyNull = true;
      if (doubles) copyDoubles(reader, forward, values, at, count);
      else copyInts(reader, forward, words, at, count);
      at += count;
    }
  }
  const kept = anyNull ? nulls : null;
  return doubles ? { kind: "doubles", values, nulls: kept } : { kind: "ints", words, nulls: kept };
}

function markNulls(
  reader: SegmentReader,
  { validity }: Forward,
  nulls: Uint8Array,
  at: number,
  rows: number,
): boolean {
  if (validity === 0) return false;
  const { u8 } = reader.arena.views;
  for (let row = 0; row < rows; row++) nulls[at + row] = ((u8[validity + (row >> 3)] >> (row & 7)) & 1) ^ 1;
  return true;
}

function copyInts(
  reader: SegmentReader,
  forward: Forward,
  { low, high }: Words,
  at: number,
  rows: number,
): void {
  assert(forward.kind === "ints", "an integer column holds ints");
  const { u8, u16, u32, i32 } = reader.arena.views;
  const { width, pointer, base } = forward;
  if (width === 8) {
    for (let row = 0, from = pointer >> 2; row < rows; row++, from += 2) {
      low[at + row] = u32[from];
      high[at + row] = i32[from + 1];
    }
    return;
  }
  const baseLow = Number(BigInt.asUintN(32, base));
  const baseHigh = Number(BigInt.asIntN(32, base >> 32n));
  const view = width === 1 ? u8 : width === 2 ? u16 : u32;
  const from = pointer / width;
  for (let row = 0; row < rows; row++) {
    const sum = (view[from + row] + baseLow) >>> 0;
    low[at + row] = sum;
    high[at + row] = baseHigh + (sum < baseLow ? 1 : 0);
  }
}

function copyDoubles(
  reader: SegmentReader,
  forward: Forward,
  values: Float64Array,
  at: number,
  rows: number,
): void {
  if (forward.kind === "doubles") {
    const from = forward.pointer >> 3;
    values.set(reader.arena.views.f64.subarray(from, from + rows), at);
    return;
  }
  const words = wordsFor(rows);
  copyInts(reader, forward, words, 0, rows);
  for (let row = 0; row < rows; row++) values[at + row] = words.high[row] * 4_294_967_296 + words.low[row];
}

/** Where texts lie: entry e ≥ 1 is bytes[starts[e] … starts[e] + lengths[e]) of `sources[source[e]]`. */
export interface FlatTexts {
  /** Per row: its entry, 0 for NULL. */
  readonly entryOf: Uint32Array;
  readonly entries: number;
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
  /** Entries of part p are partEnds[p − 1] … partEnds[p] − 1; their bytes are in part p's arena. */
  readonly parts: readonly { readonly bytes: Uint8Array; readonly end: number }[];
  /** All rows come from one sorted dictionary. */
  readonly sorted: boolean;
}

/** All rows of a text column. Rows of a dictionary share entries; a raw row is an entry of its own. */
export function flatTexts(readers: readonly SegmentReader[], columnId: number): FlatTexts {
  const columns = readers.map((reader) => ({ reader, column: reader.column(columnId) }));
  const rows = readers.reduce((sum, reader) => sum + reader.rows, 0);
  const entries = columns.reduce((sum, { reader, column }) => sum + entriesOf(reader, column), 1);
  const entryOf = new Uint32Array(rows);
  const starts = new Uint32Array(entries);
  const lengths = new Uint32Array(entries);
  const parts: { bytes: Uint8Array; end: number }[] = [];
  let row = 0;
  let entry = 1;
  for (const { reader, column } of columns) {
    if (column !== null) {
      const target = { entryOf, starts, lengths, row, entry };
      if (column.dictionary !== null) flatDictionary(reader, column, target);
      else flatRaw(reader, column, target);
      entry += entriesOf(reader, column);
    }
    row += reader.rows;
    parts.push({ bytes: reader.arena.views.u8, end: entry });
  }
  const used = columns.filter(({ column }) => column !== null);
  const sorted = used.length === 1 && used[0].column?.dictionary?.sorted === true;
  return { entryOf, entries, starts, lengths, parts, sorted };
}

const entriesOf = (reader: SegmentReader, column: ColumnReader | null): number =>
  column === null ? 0 : (column.dictionary?.count ?? reader.rows);

interface FlatTarget {
  readonly entryOf: Uint32Array;
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
  readonly row: number;
  readonly entry: number;
}

function flatDictionary(reader: SegmentReader, column: ColumnReader, target: FlatTarget): void {
  const { entryOf, starts, lengths, entry } = target;
  const { u8, u16, u32 } = reader.arena.views;
  const dictionary = column.dictionary!;
  const { layout, count } = dictionary;
  for (let id = 1; id <= count; id++) {
    const at = entry + id - 1;
    if (layout.kind === "packed") {
      const place = (layout.offsets >> 2) + id;
      starts[at] = layout.bytes + u32[place];
      lengths[at] = u32[place + 1] - u32[place];
    } else {
      const place = (layout.directory >> 2) + id * 2;
      starts[at] = u32[place];
      lengths[at] = u32[place + 1];
    }
  }
  let row = target.row;
  for (let chunk = 0; chunk < reader.chunks; chunk++) {
    const rows = reader.rowsOf(chunk);
    const forward = column.forward(chunk);
    assert(forward.kind === "ids", "a dictionary column holds ids");
    const { width, pointer } = forward;
    const view = width === 1 ? u8 : width === 2 ? u16 : u32;
    const from = pointer / width;
    for (let at = 0; at < rows; at++) {
      const id = view[from + at];
      entryOf[row + at] = id === 0 ? 0 : entry + id - 1;
    }
    row += rows;
  }
}

function flatRaw(reader: SegmentReader, column: ColumnReader, target: FlatTarget): void {
  const { entryOf, starts, lengths } = target;
  const { u8, u32 } = reader.arena.views;
  let { row, entry } = target;
  for (let chunk = 0; chunk < reader.chunks; chunk++) {
    const rows = reader.rowsOf(chunk);
    const forward = column.forward(chunk);
    assert(forward.kind === "bytes", "a text column without a dictionary holds bytes");
    const { offsets, pointer, validity } = forward;
    for (let at = 0; at < rows; at++, entry++) {
      const start = u32[(offsets >> 2) + at];
      starts[entry] = pointer + start;
      lengths[entry] = u32[(offsets >> 2) + at + 1] - start;
      const present = validity === 0 || ((u8[validity + (at >> 3)] >> (at & 7)) & 1) === 1;
      entryOf[row + at] = present ? entry : 0;
    }
    row += rows;
  }
}
