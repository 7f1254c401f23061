/**
 * A live range as two instants. Server and browser resolve it alike, so a panel's axis and its rows agree.
 * Invariant: fromMs ≤ toMs.
 */
import type { LiveRange } from "#schemas/api/live";
import { dayAt, startOfDay } from "#schemas/functions/wall-clock";
import { findZone, zoneNamed } from "#schemas/functions/zone";

export interface ResolvedRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Milliseconds that the zone's wall clock is ahead of UTC at an instant. */
export const zoneOffsetMs = (atMs: number, zone: string): number => zoneNamed(zone).offsetMs(atMs);

/** The instant at which a zone's wall clock shows `wallMs` (read as if it were UTC). */
export const instantOfWall = (wallMs: number, zone: string): number => zoneNamed(zone).utcOf(wallMs);

/** First instant of the day that `nowMs` lies in; days of 23 and 25 hours come out right. */
export function startOfDayMs(nowMs: number, zone: string): number {
  const known = zoneNamed(zone);
  return startOfDay(known, dayAt(known, nowMs));
}

/** True when there is such a zone. */
export const isZone = (zone: string): boolean => findZone(zone) !== null;

/** Where a range begins and ends now. */
export function resolveRange(range: LiveRange, zone: string, nowMs: number): ResolvedRange {
  switch (range.kind) {
    case "last":
      return { fromMs: nowMs - range.ms, toMs: nowMs };
    case "between":
      return { fromMs: range.fromMs, toMs: Math.max(range.fromMs, range.toMs) };
    case "today":
      return { fromMs: startOfDayMs(nowMs, zone), toMs: nowMs };
    case "all":
      return { fromMs: 0, toMs: nowMs };
  }
}
