/**
 * Zones as 32 bytes in memory: what a chunk of a column holds at least and at most. The writer of a mutable segment
 * gathers them in its own memory and copies them out when it publishes; readers decode them.
 *
 * Zone => min:8 bytes max:8 bytes nulls:u32 flags:u32 pad:8 bytes     (flags: 1 = has a value, 2 = has NaN)
 * min and max are int64 or float64 by the column's layout; text columns only count NULLs.
 */
import { layoutOf, type SqlType } from "#schemas/types";
import type { Zone } from "#server/segment/reader";

export const zoneHasValue = 1;
export const zoneHasNaN = 2;

/** Views over the zones of one chunk, gathered by the writer. */
export interface ZoneSet {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
}

export function zoneSet(columns: number): ZoneSet {
  const buffer = new ArrayBuffer(columns * 32);
  return {
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer),
    doubles: new Float64Array(buffer),
  };
}

/** Reads the zone at byte `at`, 8-aligned. */
export function readZone(buffer: ArrayBufferLike, at: number, type: SqlType): Zone {
  const view = new DataView(buffer, at, 32);
  const nulls = view.getUint32(16, true);
  const flags = view.getUint32(20, true);
  const hasNaN = (flags & zoneHasNaN) !== 0;
  if ((flags & zoneHasValue) === 0) return { min: null, max: null, nulls, hasNaN };
  if (layoutOf(type) === "double") {
    return { min: view.getFloat64(0, true), max: view.getFloat64(8, true), nulls, hasNaN };
  }
  return { min: view.getBigInt64(0, true), max: view.getBigInt64(8, true), nulls, hasNaN };
}

const emptyZone: Zone = { min: null, max: null, nulls: 0, hasNaN: false };

/** The zone of several zones' rows together. */
export function zoneOver(zones: Iterable<Zone>): Zone {
  let { min, max, nulls, hasNaN } = emptyZone;
  for (const zone of zones) {
    if (zone.min !== null && (min === null || zone.min < min)) min = zone.min;
    if (zone.max !== null && (max === null || zone.max > max)) max = zone.max;
    nulls += zone.nulls;
    hasNaN ||= zone.hasNaN;
  }
  return { min, max, nulls, hasNaN };
}
