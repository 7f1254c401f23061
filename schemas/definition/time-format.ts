/** Pinot's date-time formats: `EPOCH|SECONDS|10`, `1:MILLISECONDS:EPOCH`, `TIMESTAMP`, `SIMPLE_DATE_FORMAT|pattern|zone`. */
import { definitionError } from "#schemas/definition/check";
import { didYouMean } from "#schemas/suggest";
import type { TimeFormat } from "#schemas/table";

const unitMs: Readonly<Record<string, number>> = {
  NANOSECONDS: 1e-6,
  MICROSECONDS: 1e-3,
  MILLISECONDS: 1,
  SECONDS: 1000,
  MINUTES: 60_000,
  HOURS: 3_600_000,
  DAYS: 86_400_000,
};

const kinds = ["EPOCH", "TIMESTAMP", "SIMPLE_DATE_FORMAT"];

function epoch(unit: string, size: string, path: string): TimeFormat {
  const ms = unitMs[unit.toUpperCase()];
  if (ms === undefined) {
    const units = Object.keys(unitMs);
    throw definitionError(
      path,
      `expected a time unit (${units.join(", ")}) but found "${unit}".${didYouMean(unit, units)}`,
    );
  }
  const count = Number(size);
  if (!Number.isInteger(count) || count < 1)
    throw definitionError(path, `expected a positive size but found "${size}".`);
  return { kind: "epoch", unitMs: ms, size: count, micros: unit.toUpperCase() === "MICROSECONDS" };
}

/** Checks that Intl knows the zone; Pinot writes the pattern and zone in one field after a blank in colon formats. */
function pattern(text: string, zone: string | undefined, path: string): TimeFormat {
  const [, inner, named] = /^(.*?)(?:\s+tz\((.+)\))?$/.exec(text) ?? [];
  const wanted = zone ?? named ?? "UTC";
  try {
    new Intl.DateTimeFormat("en", { timeZone: wanted });
  } catch {
    throw definitionError(path, `expected an IANA time zone such as "Europe/Berlin" but found "${wanted}".`);
  }
  if (inner === undefined || inner === "")
    throw definitionError(path, "SIMPLE_DATE_FORMAT needs a pattern such as yyyy-MM-dd.");
  return { kind: "pattern", pattern: inner, zone: wanted };
}

/** Reads a `format` in either of Pinot's spellings. */
export function timeFormatOf(format: string, path: string): TimeFormat {
  if (format.includes("|") || kinds.includes(format)) {
    const [kind, first, ...rest] = format.split("|");
    if (kind === "EPOCH") return epoch(first ?? "MILLISECONDS", rest[0] ?? "1", path);
    if (kind === "TIMESTAMP") return { kind: "timestamp" };
    if (kind === "SIMPLE_DATE_FORMAT") return pattern(first ?? "", rest[0], path);
  }
  const parts = format.split(":");
  if (parts.length >= 3) {
    const [size, unit, kind] = parts as [string, string, string];
    if (kind === "EPOCH") return epoch(unit, size, path);
    if (kind === "TIMESTAMP") return { kind: "timestamp" };
    if (kind === "SIMPLE_DATE_FORMAT") return pattern(parts.slice(3).join(":"), undefined, path);
  }
  throw definitionError(
    path,
    `expected EPOCH|unit|size, TIMESTAMP, SIMPLE_DATE_FORMAT|pattern|zone or size:unit:kind[:pattern] but found "${format}".`,
  );
}
