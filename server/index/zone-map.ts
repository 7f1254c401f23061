/**
 * Zone maps: the smallest and largest value of each chunk, by which a scan leaves chunks out.
 *
 * Zone => flags:u8 (1 = has a value, 2 = has NaN) nulls:u32 [min:8 bytes max:8 bytes when it has a value]
 * min and max are int64 or float64 by the column's layout. Text columns only count NULLs.
 */
import type { Layout } from "#schemas/types";
import type { ByteReader } from "#server/encode/byte-reader";
import type { ByteWriter } from "#server/encode/byte-writer";

/** As `Zone` of segment/reader.ts. */
export interface ZoneEntry {
  readonly min: bigint | number | null;
  readonly max: bigint | number | null;
  readonly nulls: number;
  readonly hasNaN: boolean;
}

const hasValue = 1;
const hasNaN = 2;

/** Of doubles; −0.0 and 0.0 are equal. */
export function zoneOfDoubles(values: Float64Array, rows: number, nulls: Uint8Array | null): ZoneEntry {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let nullCount = 0;
  let numbers = 0;
  for (let row = 0; row < rows; row++) {
    if (nulls !== null && nulls[row] !== 0) {
      nullCount++;
      continue;
    }
    const value = values[row];
    if (Number.isNaN(value)) continue;
    numbers++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const nan = rows - nullCount > numbers;
  if (numbers === 0) return { min: null, max: null, nulls: nullCount, hasNaN: nan };
  return { min, max, nulls: nullCount, hasNaN: nan };
}

export function writeZone(to: ByteWriter, zone: ZoneEntry, layout: Layout): void {
  const { min, max, nulls } = zone;
  to.u8((min !== null ? hasValue : 0) | (zone.hasNaN ? hasNaN : 0));
  to.u32(nulls);
  if (min === null || max === null) return;
  for (const bound of [min, max]) {
    if (layout === "double") to.f64(Number(bound));
    else to.i64(BigInt(bound));
  }
}

/** Reads a zone of `rows` rows. */
export function readZoneEntry(from: ByteReader, layout: Layout, rows: number): ZoneEntry {
  const flags = from.u8AtMost(hasValue | hasNaN, "zone flags");
  const nulls = from.u32AtMost(rows, "NULL rows of a zone");
  const nan = (flags & hasNaN) !== 0;
  if ((flags & hasValue) === 0) return { min: null, max: null, nulls, hasNaN: nan };
  const bound = (): bigint | number => (layout === "double" ? from.f64() : from.i64());
  const min = bound();
  const max = bound();
  from.check(min <= max, "a zone's min at most its max", `${min} and ${max}`);
  return { min, max, nulls, hasNaN: nan };
}
