/**
 * Timestamps as text, the way java.sql.Timestamp writes them: "2026-01-02 03:04:05.0", and dates: "2026-01-02". What is
 * written is UTC, unless the caller adds a zone's offset first.
 */
import {
  dayMs,
  dayOfPacked,
  daysInMonth,
  daysOf,
  monthOfPacked,
  packedDateOf,
  timeMsMax,
  yearOfPacked,
} from "#schemas/functions/calendar";
import type { Zone } from "#schemas/functions/zone";

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);

/** A year as four digits at least. */
export const yearText = (year: number): string =>
  year < 0 ? `-${String(-year).padStart(4, "0")}` : String(year).padStart(4, "0");

/** "2026-01-02" of a day counted from 1970-01-01. */
export function formatDate(days: number): string {
  const packed = packedDateOf(days);
  return `${yearText(yearOfPacked(packed))}-${two(monthOfPacked(packed))}-${two(dayOfPacked(packed))}`;
}

function clockText(msOfDay: number): string {
  const seconds = Math.floor(msOfDay / 1000);
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const fractionTexts: string[] = Array.from({ length: 1000 }, (_, ms) =>
  ms === 0 ? "0" : String(ms).padStart(3, "0").replace(/0+$/, ""),
);

/** "2026-01-02 03:04:05.0"; the fraction has no trailing zeros. */
export function formatTimestamp(value: bigint | number): string {
  const ms = Number(value);
  const days = Math.floor(ms / dayMs);
  const msOfDay = ms - days * dayMs;
  return `${formatDate(days)} ${clockText(msOfDay)}.${fractionTexts[msOfDay % 1000]}`;
}

/** "2026-01-02T03:04:05.678Z". */
export function formatIso(value: bigint | number): string {
  const ms = Number(value);
  const days = Math.floor(ms / dayMs);
  const msOfDay = ms - days * dayMs;
  return `${formatDate(days)}T${clockText(msOfDay)}.${String(msOfDay % 1000).padStart(3, "0")}Z`;
}

const shape =
  /^\s*([+-]?\d{4,6})-(\d{1,2})-(\d{1,2})(?:[ tT](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(z|Z|utc|UTC|[+-]\d{2}(?::?\d{2})?)?\s*$/;

function zoneOffset(text: string): number {
  if (/^(z|utc)$/i.test(text)) return 0;
  const sign = text[0] === "-" ? -1 : 1;
  return sign * (Number(text.slice(1, 3)) * 60 + Number(text.slice(3).replace(":", "") || 0)) * 60_000;
}

/** A text's parts: a day and what the clock shows, and how far that is ahead of UTC if the text says so. */
interface WrittenTime {
  readonly day: number;
  /** Null when the text is a date alone. */
  readonly clockMs: number | null;
  readonly offsetMs: number | null;
}

function readWritten(text: string): WrittenTime | null {
  const match = shape.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const ms = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  return {
    day: daysOf(year, month, day),
    clockMs: match[4] === undefined ? null : ((hour * 60 + minute) * 60 + second) * 1000 + ms,
    offsetMs: match[8] === undefined ? null : zoneOffset(match[8]),
  };
}

/**
 * Milliseconds of "2026-01-02", "2026-01-02 03:04[:05[.678]]", with "T" and "Z" or an offset behind it, or of a whole
 * number of milliseconds; null for anything else. Without an offset the text is what the zone's wall clock shows, and a
 * date alone is the first moment of the day.
 */
export function parseTimestamp(text: string, zone: Zone): number | null {
  const written = readWritten(text);
  if (written === null) return parseMillis(text);
  const { day, clockMs, offsetMs } = written;
  if (offsetMs !== null) return day * dayMs + (clockMs ?? 0) - offsetMs;
  return clockMs === null ? zone.firstOf(day * dayMs) : zone.utcOf(day * dayMs + clockMs);
}

/**
 * The day of "2026-01-02", counted from 1970-01-01. A time behind it is left out; with an offset, or as a number of
 * milliseconds, the text is a moment, and the day is what the zone's wall clock shows then. Null for anything else.
 */
export function parseDate(text: string, zone: Zone): number | null {
  const written = readWritten(text);
  if (written !== null && written.offsetMs === null) return written.day;
  const ms = parseTimestamp(text, zone);
  return ms === null || Math.abs(ms) > timeMsMax ? null : Math.floor((ms + zone.offsetMs(ms)) / dayMs);
}

/** Whether a text is a date alone. */
export const isDateText = (text: string): boolean => {
  const written = readWritten(text);
  return written !== null && written.clockMs === null && written.offsetMs === null;
};

function parseMillis(text: string): number | null {
  if (!/^\s*-?\d{1,16}\s*$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
