/**
 * Periods as text: 'P1Y2M3DT4H5M6.7S', '1 day 3 hours', '15 minutes', '90m', '7d'. Months, days and milliseconds are
 * kept apart, because a day is not always 24 hours long.
 */
import { type TimeUnit, unitMs, unitNamed } from "#schemas/functions/units";

export interface Period {
  readonly months: number;
  readonly days: number;
  readonly ms: number;
  /** Written in weeks alone: its steps begin on Mondays. */
  readonly weeks: boolean;
}

const unitMonths: Readonly<Partial<Record<TimeUnit, number>>> = { MONTH: 1, QUARTER: 3, YEAR: 12 };
const unitDays: Readonly<Partial<Record<TimeUnit, number>>> = { DAY: 1, WEEK: 7 };

/** A number of one unit; null when it is none, or a fraction of a month. */
export function periodPart(count: string, unitName: string): Period | null {
  const unit = unitNamed(unitName);
  const amount = Number(count);
  if (unit === null || !/^\s*[+-]?\d+(\.\d+)?\s*$/.test(count)) return null;
  const months = unitMonths[unit];
  if (months !== undefined)
    return Number.isInteger(amount * months) && Math.abs(amount) <= 1e6
      ? { months: amount * months, days: 0, ms: 0, weeks: false }
      : null;
  const wholeDays = Math.trunc(amount * (unitDays[unit] ?? 0));
  const ms = Math.round(amount * unitMs[unit]! - wholeDays * unitMs.DAY!);
  if (!Number.isSafeInteger(ms) || Math.abs(wholeDays) > 1e9) return null;
  return { months: 0, days: wholeDays, ms, weeks: unit === "WEEK" };
}

const isoPattern =
  /^([+-]?)P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/;
const isoUnits = ["YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"];

function isoParts(match: RegExpExecArray): (Period | null)[] {
  return isoUnits.flatMap((name, at) =>
    match[at + 2] === undefined ? [] : [periodPart(match[1] + match[at + 2], name)],
  );
}

function wordParts(text: string): (Period | null)[] {
  const words = text.match(/[+-]?\d+(?:\.\d+)?\s*[A-Za-z]+/g) ?? [];
  if (words.join("").replace(/\s+/g, "") !== text.replace(/\s+/g, "")) return [null];
  return words.map((word) => {
    const count = /^[+-]?[\d.]+/.exec(word)![0];
    return periodPart(count, word.slice(count.length));
  });
}

/** The period that a text names, or null. */
export function periodOf(text: string): Period | null {
  const iso = isoPattern.exec(text.trim().toUpperCase());
  const parts = iso === null ? wordParts(text.trim()) : isoParts(iso);
  if (parts.length === 0) return null;
  let sum: Period = { months: 0, days: 0, ms: 0, weeks: true };
  for (const part of parts) {
    if (part === null) return null;
    sum = {
      months: sum.months + part.months,
      days: sum.days + part.days,
      ms: sum.ms + part.ms,
      weeks: sum.weeks && part.weeks,
    };
  }
  return { ...sum, weeks: sum.weeks && sum.ms === 0 };
}
