/**
 * A live range as two instants. Server and browser resolve it alike, so a panel's axis and its rows agree.
 * Invariant: fromMs ≤ toMs.
 */
import type { LiveRange } from "#schemas/api/live";

export interface ResolvedRange {
  readonly fromMs: number;
  readonly toMs: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function fieldsFormat(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formats.set(zone, made);
  return made;
}

/** Milliseconds that the zone's wall clock is ahead of UTC at an instant. */
export function zoneOffsetMs(atMs: number, zone: string): number {
  const fields: Record<string, number> = {};
  for (const part of fieldsFormat(zone).formatToParts(atMs)) fields[part.type] = Number(part.value);
  const wallMs = Date.UTC(
    fields["year"]!,
    fields["month"]! - 1,
    fields["day"]!,
    fields["hour"]!,
    fields["minute"]!,
    fields["second"]!,
  );
  return wallMs - Math.floor(atMs / 1000) * 1000;
}

/** The instant at which a zone's wall clock shows `wallMs` (read as if it were UTC). */
export function instantOfWall(wallMs: number, zone: string): number {
  const guess = wallMs - zoneOffsetMs(wallMs, zone);
  return wallMs - zoneOffsetMs(guess, zone); // the second look settles the hours around a transition
}

/** First instant of the day that `nowMs` lies in; days of 23 and 25 hours come out right. */
export function startOfDayMs(nowMs: number, zone: string): number {
  const wallMs = nowMs + zoneOffsetMs(nowMs, zone);
  return instantOfWall(Math.floor(wallMs / 86_400_000) * 86_400_000, zone);
}

/** True when this runtime knows the zone. */
export function isZone(zone: string): boolean {
  try {
    fieldsFormat(zone);
    return true;
  } catch {
    return false;
  }
}

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
