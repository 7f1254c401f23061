/**
 * Time ranges and zones as people and URLs write them. `now-24h` … `now`, `today`, and instants as ISO or
 * wall time in the page's zone. Wall milliseconds are "the zone's clock read as if it were UTC": charts tick
 * on those.
 */
import type { LiveRange } from "#schemas/api/live";
import {
  instantOfWall,
  isZone,
  type ResolvedRange,
  resolveRange,
  zoneOffsetMs,
} from "#schemas/api/live-range";

export interface RangeText {
  readonly from: string;
  readonly to: string;
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type Unit = keyof typeof unitMs;
const unitNames: Readonly<Record<Unit, string>> = {
  s: "second",
  m: "minute",
  h: "hour",
  d: "day",
  w: "week",
};

/** What the picker offers. */
export const quickRanges: readonly RangeText[] = [
  { from: "now-5m", to: "now" },
  { from: "now-15m", to: "now" },
  { from: "now-1h", to: "now" },
  { from: "now-3h", to: "now" },
  { from: "now-6h", to: "now" },
  { from: "now-12h", to: "now" },
  { from: "now-24h", to: "now" },
  { from: "now-2d", to: "now" },
  { from: "now-7d", to: "now" },
  { from: "now-30d", to: "now" },
  { from: "today", to: "now" },
  { from: "all", to: "now" },
];

const relative = /^now(?:-([0-9]{1,6})([smhdw]))?$/;
const wall = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/** The zone to use for what a URL says: the browser's for "browser" or an unknown one. */
export function zoneOf(text: string | undefined): string {
  if (text !== undefined && text !== "browser" && isZone(text)) return text;
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** An instant: `now-2h`, ISO with offset, or wall time in the zone; null when it is none of these. */
export function instantOf(text: string, zone: string, nowMs: number): number | null {
  const back = relative.exec(text);
  if (back !== null) return nowMs - (back[1] === undefined ? 0 : Number(back[1]) * unitMs[back[2] as Unit]);
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const fields = wall.exec(text.trim());
  if (fields !== null) {
    const [, year, month, day, hour, minute, second] = fields.map(Number) as number[];
    const wallMs = Date.UTC(year!, month! - 1, day!, hour || 0, minute || 0, second || 0);
    return new Date(wallMs).getUTCDate() === day ? instantOfWall(wallMs, zone) : null;
  }
  const parsed = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

/** A live range from its URL form; null when it cannot be read or ends before it begins. */
export function parseRange(text: RangeText, zone: string, nowMs: number): LiveRange | null {
  if (text.from === "today" && text.to === "now") return { kind: "today" };
  if (text.from === "all" && text.to === "now") return { kind: "all" };
  const back = relative.exec(text.from);
  if (back?.[1] !== undefined && text.to === "now") {
    const ms = Number(back[1]) * unitMs[back[2] as Unit];
    return ms > 0 ? { kind: "last", ms } : null;
  }
  const fromMs = instantOf(text.from, zone, nowMs);
  const toMs = instantOf(text.to, zone, nowMs);
  return fromMs === null || toMs === null || toMs <= fromMs ? null : { kind: "between", fromMs, toMs };
}

/** "Last 12 hours", "Today", "20 Nov 09:00 – 10:30". */
export function rangeLabel(text: RangeText, zone: string, nowMs: number): string {
  if (text.from === "today") return "Today";
  if (text.from === "all") return "All time";
  const back = relative.exec(text.from);
  if (back?.[1] !== undefined && text.to === "now") {
    const count = Number(back[1]);
    const unit = unitNames[back[2] as Unit];
    return count === 1 ? `Last ${unit}` : `Last ${count} ${unit}s`;
  }
  const range = parseRange(text, zone, nowMs);
  if (range === null) return "Unreadable range";
  const { fromMs, toMs } = resolveRange(range, zone, nowMs);
  return `${formatInstant(fromMs, zone, nowMs)} – ${formatInstant(toMs, zone, nowMs)}`;
}

/** Instants of an absolute range, as the URL writes them: wall time of the zone, to the second. */
export function absoluteText(range: ResolvedRange, zone: string): RangeText {
  return { from: wallText(range.fromMs, zone), to: wallText(range.toMs, zone) };
}

/** "2026-11-20T09:30:00" in the zone. */
function wallText(atMs: number, zone: string): string {
  return isDate(wallOf(atMs, zone)) ? new Date(wallOf(atMs, zone)).toISOString().slice(0, 19) : String(atMs);
}

/** "2026-11-20 09:30:05.123" in the zone. */
export function preciseText(atMs: number, zone: string): string {
  if (!isDate(wallOf(atMs, zone))) return String(atMs);
  return new Date(wallOf(atMs, zone)).toISOString().slice(0, 23).replace("T", " ");
}

/** Instants past this are no dates: 8.64 × 10¹⁵ ms from 1970. */
const dateMsMax = 8.64e15;
const isDate = (atMs: number): boolean => Math.abs(atMs) <= dateMsMax;

const slotMs = 900_000;
const slotsMax = 50_000;
/** Offsets by zone and quarter of an hour: zones change on quarters since 1970, and asking Intl takes microseconds. */
const offsets = new Map<string, Map<number, number>>();

function offsetOf(atMs: number, zone: string): number {
  if (zone === "UTC" || !isDate(atMs)) return 0;
  if (atMs < 0) return zoneOffsetMs(atMs, zone);
  const known = offsets.get(zone) ?? new Map<number, number>();
  if (known.size === 0 || known.size > slotsMax) {
    known.clear();
    offsets.set(zone, known);
  }
  const slot = Math.floor(atMs / slotMs);
  const offset = known.get(slot) ?? zoneOffsetMs(slot * slotMs, zone);
  known.set(slot, offset);
  return offset;
}

/** The zone's clock at an instant, read as if it were UTC. */
export const wallOf = (atMs: number, zone: string): number => atMs + offsetOf(atMs, zone);

const two = (value: number) => String(value).padStart(2, "0");
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** A wall instant, to the coarsest unit that says it: "20 Nov", "09:30", "09:30:05". */
export function formatWall(
  wallMs: number,
  precision: "day" | "minute" | "second" | "dayMinute" | "daySecond",
): string {
  if (!isDate(wallMs)) return String(wallMs);
  const date = new Date(wallMs);
  const day = `${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
  const minute = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  switch (precision) {
    case "day":
      return day;
    case "minute":
      return minute;
    case "second":
      return `${minute}:${two(date.getUTCSeconds())}`;
    case "dayMinute":
      return `${day} ${minute}`;
    case "daySecond":
      return `${day} ${minute}:${two(date.getUTCSeconds())}`;
  }
}

/** "20 Nov 09:30" in the zone; with the year when it is not `nowMs`'s. */
export function formatInstant(atMs: number, zone: string, nowMs: number = atMs): string {
  const year = new Date(wallOf(atMs, zone)).getUTCFullYear();
  const wall = wallOf(atMs, zone);
  if (year === new Date(wallOf(nowMs, zone)).getUTCFullYear()) return formatWall(wall, "dayMinute");
  return `${formatWall(wall, "day")} ${year} ${formatWall(wall, "minute")}`;
}

/** A time axis label: the day where a day begins, else the time. */
export function axisLabel(wallMs: number, spanMs: number): string {
  if (spanMs > 4 * unitMs.d || wallMs % unitMs.d === 0) return formatWall(wallMs, "day");
  return formatWall(wallMs, spanMs < 10 * unitMs.m ? "second" : "minute");
}

/** "UTC+01:00" at an instant. */
export function offsetLabel(zone: string, atMs: number): string {
  const minutes = Math.round(zoneOffsetMs(atMs, zone) / 60_000);
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "−" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Every zone the browser knows, UTC first. */
export function allZones(): readonly string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}
