/** Numbers, sizes and ages as the app writes them; axis, tooltip, table and export use the same functions. */
import type { NumberFormat } from "#schemas/api/dashboards";
import { instantOfWall } from "#schemas/api/live-range";
import type { Cell } from "#schemas/api/query";
import type { SqlType } from "#schemas/types";
import { formatWall, preciseText, wallOf } from "./time.ts";

const locale = "en-US";
const cache = new Map<string, Intl.NumberFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat(locale, options);
  cache.set(key, made);
  return made;
}

export const missing = "–";
const minus = (text: string) => text.replace("-", "−");

/** 1,234,567 */
export const formatCount = (value: number): string =>
  minus(numberFormat({ maximumFractionDigits: 0 }).format(value));

/** 1 row, 1,204 rows */
export const formatCounted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;

/** 1.2K, 9.8M */
export const formatCompact = (value: number): string =>
  minus(numberFormat({ notation: "compact", maximumFractionDigits: 1 }).format(value));

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** 1.5 MiB */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${numberFormat({ maximumFractionDigits: unit === 0 || value >= 100 ? 0 : 1 }).format(value)} ${byteUnits[unit]}`;
}

/** 0.4 s, 12 s, 3 min, 2 h, 5 d */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${formatCount(seconds / 86_400)} d`;
}

/** 640 µs, 1.2 ms, 3.4 s */
export function formatMicros(micros: number): string {
  if (micros < 1000) return `${Math.round(micros)} µs`;
  if (micros < 1_000_000) return `${(micros / 1000).toFixed(micros < 100_000 ? 1 : 0)} ms`;
  return `${(micros / 1_000_000).toFixed(1)} s`;
}

/** 1,200/s, 0.5/s */
export const formatRate = (perSecond: number): string =>
  `${numberFormat({ maximumFractionDigits: perSecond < 10 ? 1 : 0 }).format(perSecond)}/s`;

/** Without decimals of its own a number shows two, a small one three digits: 0.00012 is not 0. */
function digitsOf(value: number, format: NumberFormat): Intl.NumberFormatOptions {
  const size = Math.abs(value);
  if (format.compact && size >= 1000) {
    return { notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 };
  }
  if (format.decimals !== undefined)
    return { minimumFractionDigits: format.decimals, maximumFractionDigits: format.decimals };
  if (size >= 1e21 || (size > 0 && size < 1e-6)) return { notation: "scientific", maximumFractionDigits: 3 };
  if (size > 0 && size < 1) return { maximumSignificantDigits: 3 };
  return { maximumFractionDigits: 2 };
}

/** A number in a format's style with given digits; a text of digits keeps all of them. */
export function formatDigits(
  value: number | `${number}`,
  format: NumberFormat,
  digits: Intl.NumberFormatOptions,
): string {
  switch (format.kind) {
    case "currency": {
      const code = format.currency ?? "USD";
      if (!/^[A-Za-z]{3}$/.test(code)) return `${code} ${minus(numberFormat(digits).format(value))}`;
      const options = { ...digits, style: "currency", currency: code } as const;
      return minus(numberFormat(options).format(value));
    }
    case "percent":
      return minus(numberFormat({ ...digits, style: "percent" }).format(value));
    default:
      return minus(numberFormat(digits).format(value)) + (format.unit === undefined ? "" : ` ${format.unit}`);
  }
}

/** A number in a panel's format. */
export function formatNumber(
  value: number | null,
  format: NumberFormat = { kind: "number" },
  zone = "UTC",
): string {
  if (value === null || Number.isNaN(value)) return missing;
  switch (format.kind) {
    case "bytes":
      return formatBytes(value);
    case "duration":
      return formatMicros(value * 1000);
    case "time":
      return formatWall(wallOf(value, zone), "dayMinute");
    case "number":
    case "currency":
    case "percent":
      return formatDigits(value, format, digitsOf(value, format));
  }
}

const exactDigits = /^-?\d{16,}(\.\d+)?$|^-?\d+\.\d{16,}$/;

/** A cell in a format: digits that a double would lose are kept. */
export function formatValue(cell: Cell | undefined, format?: NumberFormat, zone = "UTC"): string {
  const value = numberOfCell(cell);
  const isShort = format?.compact === true || format?.kind === "bytes" || format?.kind === "duration";
  if (
    typeof cell !== "string" ||
    !exactDigits.test(cell) ||
    isShort ||
    format?.kind === "time" ||
    value === null
  )
    return formatNumber(value, format, zone);
  const base = format ?? { kind: "number" };
  return formatDigits(cell as `${number}`, base, digitsOf(value, base));
}

/** "+12.3 %", "−4 %" of a change; null without something to compare with. */
export function formatDelta(value: number | null, previous: number | null): string | null {
  if (value === null || previous === null || previous === 0) return null;
  const percent = ((value - previous) / Math.abs(previous)) * 100;
  const size = Math.abs(percent);
  const text = numberFormat({ maximumFractionDigits: size < 10 ? 1 : 0 }).format(size);
  return `${percent < 0 ? "−" : "+"}${text} %`;
}

const isNumeric = (type: SqlType): boolean =>
  type === "INT" || type === "LONG" || type === "FLOAT" || type === "DOUBLE" || type === "BIG_DECIMAL";

/** Numbers stand right, everything else left. */
export const alignOf = (type: SqlType): "left" | "right" => (isNumeric(type) ? "right" : "left");

/** A timestamp cell as milliseconds: Pinot writes "2026-11-20 09:30:00.0", or the number itself. */
export function instantOfCell(cell: Cell): number | null {
  if (typeof cell === "number") return cell;
  if (typeof cell !== "string") return null;
  if (/^-?\d+$/.test(cell)) return Number(cell);
  // A date alone is UTC to every browser; with a Z behind it only to some.
  if (/^\d{4}-\d\d-\d\d$/.test(cell)) return Date.parse(cell);
  const parsed = Date.parse(`${cell.replace(" ", "T")}${/Z|[+-]\d\d:?\d\d$/.test(cell) ? "" : "Z"}`);
  return Number.isNaN(parsed) ? null : parsed;
}

/** A time cell as milliseconds: a DATE is the beginning of its day in the zone. */
export function instantOfTime(cell: Cell, type: SqlType | undefined, zone: string): number | null {
  const instantMs = instantOfCell(cell);
  return type === "DATE" && instantMs !== null ? instantOfWall(instantMs, zone) : instantMs;
}

/** A number out of a cell, whatever way its type travels. */
export function numberOfCell(cell: Cell | undefined): number | null {
  if (typeof cell === "number") return cell;
  if (typeof cell === "boolean") return cell ? 1 : 0;
  if (typeof cell !== "string" || cell === "") return null;
  const value =
    cell === "Infinity"
      ? Number.POSITIVE_INFINITY
      : cell === "-Infinity"
        ? Number.NEGATIVE_INFINITY
        : Number(cell);
  return Number.isNaN(value) ? null : value;
}

/** Digits of a double that are no noise: the sixteenth and seventeenth of a sum tell how it was added up. */
const digitsMax = 15;

/** A cell as people read it: integers and decimals to the last digit, doubles to the fifteenth and with their point. */
export function formatCell(cell: Cell | undefined, type: SqlType): string {
  if (cell === null || cell === undefined) return "NULL";
  if (typeof cell !== "number" || !(type === "DOUBLE" || type === "FLOAT")) return String(cell);
  const value = Number(cell.toPrecision(digitsMax));
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value);
}

/** A column's least or greatest value: times and truths in words, everything else as it is. */
export function formatBound(text: string | null, type: SqlType, zone: string): string {
  if (text === null) return missing;
  if (type === "BOOLEAN") return text === "0" ? "false" : text === "1" ? "true" : text;
  return type === "TIMESTAMP" && /^-?\d+$/.test(text) ? preciseText(Number(text), zone) : text;
}
