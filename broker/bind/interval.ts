/** INTERVAL literals: '5' MINUTE, '1 day 3 hours', 'P1DT2H'. Months and milliseconds are kept apart. */
import { StoreError } from "#schemas/errors";
import { type TimeUnit, unitMs, unitNamed } from "#schemas/functions/units";
import type { SqlExpression } from "#schemas/sql/ast";

export interface Interval {
  readonly months: bigint;
  readonly ms: bigint;
}

const unitMonths: Readonly<Partial<Record<TimeUnit, number>>> = { MONTH: 1, QUARTER: 3, YEAR: 12 };

function part(count: string, unitName: string): Interval | null {
  const unit = unitNamed(unitName);
  const amount = Number(count);
  if (unit === null || !Number.isFinite(amount)) return null;
  const months = amount * (unitMonths[unit] ?? 0);
  const ms = Math.round(amount * (unitMs[unit] ?? 0));
  if (!Number.isInteger(months) || !Number.isSafeInteger(ms)) return null;
  return { months: BigInt(months), ms: BigInt(ms) };
}

/** ISO 8601: P1Y2M3W4DT5H6M7.5S. */
const isoPattern =
  /^P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/;
const isoUnits = ["YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"];

function parts(value: string, unit: string | null): (Interval | null)[] {
  if (unit !== null) return [/^\s*[+-]?\d+(\.\d+)?\s*$/.test(value) ? part(value, unit) : null];
  const iso = isoPattern.exec(value.trim().toUpperCase());
  if (iso !== null) {
    return isoUnits.flatMap((name, index) =>
      iso[index + 1] === undefined ? [] : [part(iso[index + 1], name)],
    );
  }
  const words = value.trim().match(/[+-]?\d+(?:\.\d+)?\s*[A-Za-z]+/g) ?? [];
  const whole = words.join("").replace(/\s+/g, "") === value.replace(/\s+/g, "");
  if (!whole) return [null];
  return words.map((word) => part(/^[+-]?[\d.]+/.exec(word)?.[0] ?? "", word.replace(/^[+-]?[\d.]+\s*/, "")));
}

/** Months and milliseconds of an interval literal. */
export function intervalOf(node: SqlExpression & { readonly kind: "interval" }): Interval {
  const found = parts(node.value, node.unit);
  const valid = found.filter((each) => each !== null);
  if (found.length === 0 || valid.length < found.length) {
    const expected = "an interval such as INTERVAL '5' MINUTE or INTERVAL '1 day 3 hours'";
    throw new StoreError("SQL_TYPE", `expected ${expected} but found '${node.value}'`, {
      position: node.span,
      expected,
      found: node.value,
    });
  }
  const months = valid.reduce((total, each) => total + each.months, 0n);
  return { months, ms: valid.reduce((total, each) => total + each.ms, 0n) };
}
