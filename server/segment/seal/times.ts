/**
 * A table's main time column in milliseconds, whatever unit or pattern it has. Where values grow with time, the smallest
 * and largest say it all; patterns need not (20.01.2024 is before 03.02.2024), so theirs are read one by one.
 */
import { parsePattern } from "#schemas/functions/pattern";
import { parseTimestamp } from "#schemas/functions/timestamp";
import { zoneNamed } from "#schemas/functions/zone";
import { serverBounds } from "#schemas/limits";
import { type Column, columnNamed, type Table } from "#schemas/table";
import { layoutOf } from "#schemas/types";
import type { ZoneEntry } from "#server/index/zone-map";
import type { SegmentReader } from "#server/segment/reader";
import { type FlatNumbers, flatNumbers, flatTexts } from "#server/segment/seal/flat";

/** Distinct values that are remembered while a column is read: days, most often. */
const knownMax = serverBounds.sealedTimesKept;

/** First and last time of some rows. */
export interface TimeRange {
  readonly minMs: bigint;
  readonly maxMs: bigint;
}

export const timeColumnOf = (table: Table): Column | undefined =>
  table.timeColumn === null ? undefined : columnNamed(table, table.timeColumn);

/** Whether later is larger in this column, as its numbers stand. */
const growsWithTime = ({ type, timeFormat }: Column): boolean =>
  layoutOf(type) === "int" && (type === "TIMESTAMP" || timeFormat?.kind !== "pattern");

/** Milliseconds of a whole number of a column that grows with time. */
function msOf({ type, timeFormat }: Column, value: bigint): bigint {
  if (type === "TIMESTAMP" || timeFormat?.kind !== "epoch") return value;
  const { unitMs, size, micros } = timeFormat;
  return micros ? floorDivide(value, 1000n) : value * BigInt(unitMs * size);
}

/** The smallest value of the column that is not before this time. */
function boundOfMs({ type, timeFormat }: Column, ms: bigint): bigint {
  if (type === "TIMESTAMP" || timeFormat?.kind !== "epoch") return ms;
  const { unitMs, size, micros } = timeFormat;
  return micros ? ms * 1000n : -floorDivide(-ms, BigInt(unitMs * size));
}

const floorDivide = (value: bigint, by: bigint): bigint =>
  value >= 0n ? value / by : -((-value + by - 1n) / by);

/** Milliseconds of smallest and largest value, where these are first and last; null elsewhere. */
export function timesOf(
  column: Column | undefined,
  stats: Pick<ZoneEntry, "min" | "max"> | undefined,
): TimeRange | null {
  if (column === undefined || !growsWithTime(column)) return null;
  if (typeof stats?.min !== "bigint" || typeof stats.max !== "bigint") return null;
  return { minMs: msOf(column, stats.min), maxMs: msOf(column, stats.max) };
}

/** How the column's values are read as milliseconds; NaN: it is no time. */
function readerOf({ timeFormat }: Column): (text: string) => number {
  if (timeFormat?.kind === "pattern") return parsePattern(timeFormat.pattern, timeFormat.zone).parseMs;
  const utc = zoneNamed("UTC");
  const epoch = timeFormat?.kind === "epoch" ? timeFormat : { unitMs: 1, size: 1, micros: false };
  const countMs = epoch.micros ? 0.001 : epoch.unitMs * epoch.size;
  return (text) => {
    const count = text.trim() === "" ? Number.NaN : Number(text);
    return Number.isNaN(count) ? (parseTimestamp(text, utc) ?? Number.NaN) : Math.floor(count * countMs);
  };
}

/** Milliseconds row by row, NaN for none; null for a column whose values grow with time. */
export function momentsOf(readers: readonly SegmentReader[], column: Column): Float64Array | null {
  if (growsWithTime(column)) return null;
  const read = readerOf(column);
  if (layoutOf(column.type) === "text") return textMoments(readers, column, read);
  const flat = flatNumbers(readers, column.id, column.type);
  const moments = new Float64Array(readers.reduce((sum, reader) => sum + reader.rows, 0));
  // A number does not keep the zero of 01022024.
  const digits = column.timeFormat?.kind === "pattern" ? column.timeFormat.pattern.length : 0;
  const known = new Map<number, number>();
  for (let row = 0; row < moments.length; row++) {
    const value = isNull(flat, row) ? Number.NaN : numberAt(flat, row);
    const found =
      known.get(value) ?? (Number.isNaN(value) ? value : read(String(value).padStart(digits, "0")));
    if (known.size < knownMax) known.set(value, found);
    moments[row] = found;
  }
  return moments;
}

const isNull = ({ nulls }: FlatNumbers, row: number): boolean => nulls !== null && nulls[row] !== 0;

/** Exact to 2⁵³, which no time reaches. */
const numberAt = (flat: FlatNumbers, row: number): number =>
  flat.kind === "doubles" ? flat.values[row] : flat.words.high[row] * 2 ** 32 + (flat.words.low[row] >>> 0);

function textMoments(
  readers: readonly SegmentReader[],
  column: Column,
  read: (text: string) => number,
): Float64Array {
  const { entryOf, starts, lengths, parts } = flatTexts(readers, column.id);
  const moments = new Float64Array(starts.length).fill(Number.NaN);
  const decoder = new TextDecoder();
  let entry = 1;
  for (const { bytes, end } of parts) {
    for (; entry < end; entry++)
      moments[entry] = read(decoder.decode(bytes.slice(starts[entry], starts[entry] + lengths[entry])));
  }
  return Float64Array.from(entryOf, (one) => moments[one]);
}

/** Whether a row stays when those before a time go; rows without a time stay. */
export function isFrom(
  readers: readonly SegmentReader[],
  column: Column,
  moments: Float64Array | null,
  fromMs: bigint,
): (row: number) => boolean {
  if (moments !== null) return (row) => !(moments[row] < Number(fromMs));
  const flat = flatNumbers(readers, column.id, column.type);
  const from = Number(boundOfMs(column, fromMs));
  return (row) => isNull(flat, row) || numberAt(flat, row) >= from;
}

/** First and last of the rows that have a time. */
export function rangeOfMoments(moments: Float64Array, rows: Uint32Array): TimeRange | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const ms = moments[row];
    if (ms < min) min = ms;
    if (ms > max) max = ms;
  }
  return min > max ? null : { minMs: BigInt(min), maxMs: BigInt(max) };
}
