/** Writes one column's blocks: gathers each output chunk's rows in their new order and encodes them. */
import type { Column } from "#schemas/table";
import { ByteWriter } from "#server/encode/byte-writer";
import { writeDoubles } from "#server/encode/doubles";
import { writeEntries } from "#server/encode/front-coding";
import { bigintOf, type Words, wordsFor, writeInts } from "#server/encode/integers";
import { writeTexts } from "#server/encode/text";
import { writeUnsigned } from "#server/encode/unsigned";
import { writeValidity } from "#server/encode/validity";
import { buildInverted } from "#server/index/inverted";
import { buildRanked } from "#server/index/ranked";
import { type ZoneEntry, zoneOfDoubles } from "#server/index/zone-map";
import { type Block, type FooterColumn, optionalTags } from "#server/segment/format";
import type { FlatNumbers } from "#server/segment/seal/flat";
import type { BuiltDictionary, TextColumn } from "#server/segment/seal/text-column";
import { gains, type SegmentFile } from "#server/segment/write";

/** Where columns are written, in which order of the inputs' rows. */
export interface ColumnTarget {
  readonly file: SegmentFile;
  readonly order: Uint32Array;
  readonly chunkRows: number;
}

type ColumnHead = Pick<Column, "id" | "type" | "name">;

/** Calls `write` for each output chunk with its rows [from, until) of the order. */
function eachChunk(target: ColumnTarget, write: (from: number, until: number) => void): void {
  const { order, chunkRows } = target;
  for (let from = 0; from < order.length; from += chunkRows)
    write(from, Math.min(order.length, from + chunkRows));
}

/** A chunk's NULL flags in the new order, or null without any. */
function gatherNulls(
  nulls: Uint8Array | null,
  order: Uint32Array,
  from: number,
  until: number,
): Uint8Array | null {
  if (nulls === null) return null;
  const chunk = new Uint8Array(until - from);
  let any = 0;
  for (let at = from; at < until; at++) any |= chunk[at - from] = nulls[order[at]];
  return any === 0 ? null : chunk;
}

const nullsIn = (nulls: Uint8Array | null): number => {
  let count = 0;
  if (nulls !== null) for (let row = 0; row < nulls.length; row++) count += +(nulls[row] !== 0);
  return count;
};

/** Ints and doubles. Ints have an inverted index when asked and they have few distinct values. */
export function writeNumberColumn(
  target: ColumnTarget,
  column: ColumnHead,
  flat: FlatNumbers,
  options: { readonly sorted: boolean; readonly inverted: boolean },
): FooterColumn {
  const zones: ZoneEntry[] = [];
  const chunks: Block[] = [];
  const { file, order, chunkRows } = target;
  const rowsMost = Math.min(chunkRows, order.length);
  const words = wordsFor(flat.kind === "ints" ? rowsMost : 0);
  const values = new Float64Array(flat.kind === "doubles" ? rowsMost : 0);
  eachChunk(target, (from, until) => {
    const nulls = gatherNulls(flat.nulls, order, from, until);
    const to = new ByteWriter((until - from) * 8);
    writeValidity(to, nulls, until - from);
    if (flat.kind === "ints") zones.push(writeIntChunk(to, flat.words, words, order, { from, until, nulls }));
    else {
      for (let at = from; at < until; at++) values[at - from] = flat.values[order[at]];
      const chunk = values.subarray(0, until - from);
      writeDoubles(to, chunk, until - from, nulls);
      zones.push(zoneOfDoubles(chunk, until - from, nulls));
    }
    chunks.push(file.add(to.bytes(), gains.packed));
  });
  const { sorted, inverted } = options;
  const index = inverted && flat.kind === "ints" ? buildRanked({ ...flat, order, sorted }) : null;
  const optional = index === null ? [] : [{ tag: optionalTags.ranked, ...file.add(index, gains.packed) }];
  return { ...headOf(column), kind: flat.kind, sorted, dictionary: null, zones, chunks, optional };
}

const headOf = ({ id, type, name }: ColumnHead): ColumnHead => ({ id, type, name });

function writeIntChunk(
  to: ByteWriter,
  from: Words,
  chunk: Words,
  order: Uint32Array,
  rows: { readonly from: number; readonly until: number; readonly nulls: Uint8Array | null },
): ZoneEntry {
  const count = rows.until - rows.from;
  for (let at = 0; at < count; at++) {
    const row = order[rows.from + at];
    chunk.low[at] = from.low[row];
    chunk.high[at] = from.high[row];
  }
  const range = writeInts(to, chunk, count, rows.nulls);
  const nulls = nullsIn(rows.nulls);
  if (range === null) return { min: null, max: null, nulls, hasNaN: false };
  return {
    min: bigintOf(range.minLow, range.minHigh),
    max: bigintOf(range.maxLow, range.maxHigh),
    nulls,
    hasNaN: false,
  };
}

/** Text behind a sorted dictionary, with an inverted index when asked. */
export function writeDictionaryColumn(
  target: ColumnTarget,
  column: ColumnHead,
  text: TextColumn,
  built: BuiltDictionary,
  options: { readonly sorted: boolean; readonly inverted: boolean },
): FooterColumn {
  const { file, order } = target;
  const { entries, longest, idOf } = built;
  const entryWriter = new ByteWriter(entries.bytes.length + entries.count * 2);
  writeEntries(entryWriter, entries);
  const entryBlock = file.add(entryWriter.bytes(), gains.text);
  const dictionary = { ...entryBlock, entries: entries.count, entryBytes: entries.bytes.length, longest };
  const ids = new Uint32Array(order.length);
  for (let at = 0; at < order.length; at++) ids[at] = idOf[text.entryOf[order[at]]];
  const zones: ZoneEntry[] = [];
  const chunks: Block[] = [];
  eachChunk(target, (from, until) => {
    const to = new ByteWriter((until - from) * 2);
    const chunk = ids.subarray(from, until);
    writeUnsigned(to, chunk, chunk.length);
    chunks.push(file.add(to.bytes(), gains.packed));
    let nulls = 0;
    for (let at = 0; at < chunk.length; at++) nulls += +(chunk[at] === 0);
    zones.push({ min: null, max: null, nulls, hasNaN: false });
  });
  const optional: (Block & { readonly tag: number })[] = [];
  if (options.inverted || options.sorted) {
    const index = buildInverted(ids, ids.length, entries.count, options.sorted);
    optional.push({ tag: optionalTags.inverted, ...file.add(index, gains.packed) });
  }
  return { ...headOf(column), kind: "ids", sorted: options.sorted, dictionary, zones, chunks, optional };
}

/** Text as it is, compressed chunk by chunk. */
export function writeRawColumn(target: ColumnTarget, column: ColumnHead, text: TextColumn): FooterColumn {
  const { file, order } = target;
  const { entryOf, poolOf, pool } = text;
  const zones: ZoneEntry[] = [];
  const chunks: Block[] = [];
  eachChunk(target, (from, until) => {
    const rows = until - from;
    const lengths = new Uint32Array(rows);
    const nulls = new Uint8Array(rows);
    for (let at = 0; at < rows; at++) {
      const entry = entryOf[order[from + at]];
      nulls[at] = entry === 0 ? 1 : 0;
      lengths[at] = entry === 0 ? 0 : pool.lengths[poolOf[entry]];
    }
    const to = new ByteWriter(rows * 16);
    writeValidity(to, nulls, rows);
    writeTexts(to, lengths, rows, (bytes) => {
      for (let at = 0, end = 0; at < rows; at++) {
        const start = pool.starts[poolOf[entryOf[order[from + at]]]];
        for (let byte = 0; byte < lengths[at]; byte++) bytes[end++] = pool.bytes[start + byte];
      }
    });
    chunks.push(file.add(to.bytes(), gains.text));
    zones.push({ min: null, max: null, nulls: nullsIn(nulls), hasNaN: false });
  });
  return { ...headOf(column), kind: "bytes", sorted: false, dictionary: null, zones, chunks, optional: [] };
}
