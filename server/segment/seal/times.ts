/** A table's main time column in milliseconds, whatever unit the column has. */
import type { Column } from "#schemas/table";
import type { ZoneEntry } from "#server/index/zone-map";

/** Milliseconds of a value of the column; null where the column has no unit (patterns, text). */
function msOf(column: Column, value: bigint): bigint | null {
  if (column.type === "TIMESTAMP") return value;
  if (column.timeFormat === undefined || column.timeFormat.kind === "timestamp") return value;
  if (column.timeFormat.kind !== "epoch") return null;
  const { unitMs, size, micros } = column.timeFormat;
  return micros ? floorDivide(value, 1000n) : value * BigInt(unitMs * size);
}

/** The smallest value of the column that is not before this time. */
export function boundOfMs(column: Column, ms: bigint): bigint {
  if (column.type === "TIMESTAMP" || column.timeFormat?.kind !== "epoch") return ms;
  const { unitMs, size, micros } = column.timeFormat;
  return micros ? ms * 1000n : -floorDivide(-ms, BigInt(unitMs * size));
}

const floorDivide = (value: bigint, by: bigint): bigint =>
  value >= 0n ? value / by : -((-value + by - 1n) / by);

/** First and last time of a segment. */
export function timesOf(
  column: Column | undefined,
  stats: Pick<ZoneEntry, "min" | "max"> | undefined,
): { readonly minMs: bigint; readonly maxMs: bigint } | null {
  if (column === undefined || typeof stats?.min !== "bigint" || typeof stats.max !== "bigint") return null;
  const minMs = msOf(column, stats.min);
  const maxMs = msOf(column, stats.max);
  return minMs === null || maxMs === null ? null : { minMs, maxMs };
}
