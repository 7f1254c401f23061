/**
 * What zones say of a test without reading rows: true for every row ("always"), for none ("never"), or unknown.
 * Zones may be wider than the rows (they never lose one), so "always" and "never" are certain.
 */
import { layoutOf, type Value } from "#schemas/types";
import type { SegmentColumns } from "#server/execute/compile/segment-columns";
import type { Test } from "#server/execute/task";
import { bounds } from "#server/kernels/kernels";
import type { Zone } from "#server/segment/reader";

export type Verdict = "always" | "never" | "maybe";

/** Rows [from, until) of the segment and the zones of columns over them. */
export interface Extent {
  readonly from: number;
  readonly until: number;
  zone(place: number): Zone;
}

/** The whole segment as an extent. */
export const segmentExtent = (columns: SegmentColumns): Extent => ({
  from: 0,
  until: columns.segment.rows,
  zone: (place) => statsZone(columns, place),
});

export function chunkExtent(columns: SegmentColumns, chunk: number, firstRow: number): Extent {
  return {
    from: firstRow,
    until: firstRow + columns.segment.rowsOf(chunk),
    zone: (place) => columns.used[place].reader?.zone(chunk) ?? statsZone(columns, place),
  };
}

const numberOrNull = (value: Value): bigint | number | null =>
  typeof value === "bigint" || typeof value === "number"
    ? value
    : typeof value === "boolean"
      ? value
        ? 1n
        : 0n
      : null;

function statsZone(columns: SegmentColumns, place: number): Zone {
  const { reader, window, kind } = columns.used[place];
  if (kind === "docIds") {
    return { min: 0n, max: BigInt(columns.segment.rows - 1), nulls: 0, hasNaN: false };
  }
  if (window !== null) return { min: null, max: null, nulls: 1, hasNaN: false };
  if (reader === null) return { min: null, max: null, nulls: columns.segment.rows, hasNaN: false };
  const { min, max, nulls, hasNaN } = reader.stats;
  if (layoutOf(reader.type) === "text") return { min: null, max: null, nulls, hasNaN };
  return { min: numberOrNull(min), max: numberOrNull(max), nulls, hasNaN };
}

export function verdictOf(test: Test, extent: Extent): Verdict {
  const rows = extent.until - extent.from;
  switch (test.kind) {
    case "all":
      return "always";
    case "none":
      return "never";
    case "rows":
      if (test.until <= extent.from || test.from >= extent.until) return "never";
      return test.from <= extent.from && test.until >= extent.until ? "always" : "maybe";
    case "ints":
      return intVerdict(test, extent.zone(test.column), rows);
    case "doubles":
      return doubleVerdict(test, extent.zone(test.column), rows);
    case "present":
    case "absent": {
      const { nulls } = extent.zone(test.column);
      if (nulls === 0) return test.kind === "present" ? "always" : "never";
      if (nulls >= rows) return test.kind === "present" ? "never" : "always";
      return "maybe";
    }
    case "and":
      return combine(test.tests, extent, { absorbing: "never", neutral: "always" });
    case "or":
      return combine(test.tests, extent, { absorbing: "always", neutral: "never" });
    case "ids":
    case "idSet":
    case "entries":
      return extent.zone(test.column).nulls >= rows && test.kind !== "entries" ? "never" : "maybe";
    case "bitmaps":
    case "expression":
      return "maybe";
  }
}

function combine(
  tests: readonly Test[],
  extent: Extent,
  by: { readonly absorbing: Verdict; readonly neutral: Verdict },
): Verdict {
  let verdict = by.neutral;
  for (const test of tests) {
    const part = verdictOf(test, extent);
    if (part === by.absorbing) return part;
    if (part === "maybe") verdict = "maybe";
  }
  return verdict;
}

function intVerdict(test: Extract<Test, { kind: "ints" }>, zone: Zone, rows: number): Verdict {
  if (typeof zone.min !== "bigint" || typeof zone.max !== "bigint") {
    return zone.nulls >= rows ? "never" : "maybe";
  }
  if (zone.max < test.low || zone.min > test.high) return "never";
  return zone.nulls === 0 && zone.min >= test.low && zone.max <= test.high ? "always" : "maybe";
}

function doubleVerdict(test: Extract<Test, { kind: "doubles" }>, zone: Zone, rows: number): Verdict {
  const nanPasses = (test.flags & bounds.nanPasses) !== 0;
  if (zone.nulls >= rows) return "never";
  if (typeof zone.min !== "number" || typeof zone.max !== "number") {
    return zone.hasNaN && !nanPasses ? "never" : "maybe";
  }
  if (Number.isNaN(test.low)) return zone.hasNaN ? "maybe" : "never";
  const aboveLow = (value: number) =>
    (test.flags & bounds.lowExclusive) !== 0 ? value > test.low : value >= test.low;
  const belowHigh = (value: number) =>
    (test.flags & bounds.highExclusive) !== 0 ? value < test.high : value <= test.high;
  if (!aboveLow(zone.max) || !belowHigh(zone.min)) return zone.hasNaN && nanPasses ? "maybe" : "never";
  const allNumbers = aboveLow(zone.min) && belowHigh(zone.max);
  return allNumbers && zone.nulls === 0 && (!zone.hasNaN || nanPasses) ? "always" : "maybe";
}

/** What is left of a test over an extent: parts that always hold go from an AND, parts that never do from an OR. */
export function simplify(test: Test, extent: Extent): Test {
  const verdict = verdictOf(test, extent);
  if (verdict === "always") return { kind: "all" };
  if (verdict === "never") return { kind: "none" };
  if (test.kind !== "and" && test.kind !== "or") return test;
  const tests = test.tests.map((part) => simplify(part, extent));
  const dropped = test.kind === "and" ? "all" : "none";
  const left = tests.filter((part) => part.kind !== dropped);
  return left.length === 1 ? left[0] : { kind: test.kind, tests: left };
}
