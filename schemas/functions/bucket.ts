/** Calendar buckets in a zone: where the unit that holds a moment starts, and the next one's start. */
import {
  dayMs,
  dayOfPacked,
  daysInMonth,
  daysOf,
  monthOfPacked,
  packedDateOf,
  weekdayOf,
  yearOfPacked,
} from "#schemas/functions/calendar";
import { type TimeUnit, unitMs } from "#schemas/functions/units";
import { utc, type Zone, zoneNamed } from "#schemas/functions/zone";

/** The start of the unit holding a local time, in local time. */
export function truncateLocal(unit: TimeUnit, localMs: number): number {
  const days = Math.floor(localMs / dayMs);
  switch (unit) {
    case "MILLISECOND":
      return Math.floor(localMs);
    case "SECOND":
    case "MINUTE":
    case "HOUR":
    case "DAY":
      return Math.floor(localMs / unitMs[unit]!) * unitMs[unit]!;
    case "WEEK":
      return (days - weekdayOf(days) + 1) * dayMs;
    case "MONTH":
      return (days - dayOfPacked(packedDateOf(days)) + 1) * dayMs;
    case "QUARTER": {
      const packed = packedDateOf(days);
      const month = Math.floor((monthOfPacked(packed) - 1) / 3) * 3 + 1;
      return daysOf(yearOfPacked(packed), month, 1) * dayMs;
    }
    case "YEAR":
      return daysOf(yearOfPacked(packedDateOf(days)), 1, 1) * dayMs;
  }
}

/** A local time moved by a number of units; months keep the day where the month has it. */
export function addLocal(unit: TimeUnit, localMs: number, count: number): number {
  const fixed = unitMs[unit];
  if (fixed !== undefined) return localMs + count * fixed;
  const months = unit === "YEAR" ? 12 * count : unit === "QUARTER" ? 3 * count : count;
  const days = Math.floor(localMs / dayMs);
  const packed = packedDateOf(days);
  const [year, month] = [yearOfPacked(packed), monthOfPacked(packed) + months];
  const day = Math.min(dayOfPacked(packed), daysInMonth(year, month));
  return daysOf(year, month, day) * dayMs + (localMs - days * dayMs);
}

/** The start of the unit that holds a moment. */
export function truncateTime(unit: TimeUnit, zone: Zone, utcMs: number): number {
  const offset = zone.offsetMs(utcMs);
  const local = truncateLocal(unit, utcMs + offset);
  const start = local - offset;
  if (zone.fixedMs !== null) return start;
  // Days whose midnight comes twice (the clock goes back to it) begin with the first; hours that come twice are two.
  const isClock = (unitMs[unit] ?? dayMs) < dayMs;
  if (isClock && zone.offsetMs(start) === offset) return start;
  return zone.firstOf(local);
}

/** The start of the unit after the one that starts at `startMs`. */
export function nextBoundary(unit: TimeUnit, zone: Zone, startMs: number): number {
  const fixed = unitMs[unit];
  if (fixed !== undefined && fixed < dayMs) {
    // A clock set back by less than the unit makes one longer.
    for (let next = startMs + fixed; ; next += fixed) {
      const start = truncateTime(unit, zone, next);
      if (start > startMs) return start;
    }
  }
  // A skipped midnight leaves the local start later than its unit's; a skipped day has no start of its own.
  let local = truncateLocal(unit, startMs + zone.offsetMs(startMs));
  for (;;) {
    local = addLocal(unit, local, 1);
    const next = zone.firstOf(local);
    if (next > startMs) return next;
  }
}

/**
 * Starts of all buckets that touch [fromMs, toMs], ascending, and one more that ends the last: bucket i is
 * [starts[i], starts[i + 1]). For the calendar bucketing kernel.
 */
export function bucketBoundaries(
  unit: TimeUnit,
  zoneName: string,
  fromMs: number | bigint,
  toMs: number | bigint,
): BigInt64Array {
  const zone = zoneName === "UTC" ? utc : zoneNamed(zoneName);
  const last = Number(toMs);
  const starts = [truncateTime(unit, zone, Number(fromMs))];
  while (starts[starts.length - 1] <= last) starts.push(nextBoundary(unit, zone, starts[starts.length - 1]));
  if (starts.length === 1) starts.push(nextBoundary(unit, zone, starts[0]));
  return BigInt64Array.from(starts, BigInt);
}
