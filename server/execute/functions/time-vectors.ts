/** Times in vectors: read as doubles, checked against the calendar's ends, mapped, and their units and zones by name. */
import { StoreError } from "#schemas/errors";
import { dayMs, timeMsMax } from "#schemas/functions/calendar";
import { type TimeUnit, timeUnits, unitMs, unitNamed } from "#schemas/functions/units";
import { countOfMoment, momentOfCount, startOfDay } from "#schemas/functions/wall-clock";
import { type Zone, zoneNamed } from "#schemas/functions/zone";
import { didYouMean } from "#schemas/suggest";
import { type Call, intsOf, type Operand, optionalText } from "#server/execute/functions/operand";
import { exactDoubles, type IntVector, integersOf, isNullAt } from "#server/execute/functions/vectors";

export function outside(ms: number): never {
  throw new StoreError("VALUE_RANGE", `${ms} ms is outside the years that have a calendar`);
}

/** Times as doubles; one past the calendar is VALUE_RANGE. */
export function timesOf(operand: Operand): Float64Array {
  const { values } = intsOf(operand);
  const doubles =
    exactDoubles(values) ?? outside(Number(values.find((value) => value > 2n ** 53n) ?? values[0]));
  return doubles;
}

export const isDate = (operand: Operand): boolean => operand.vector.type === "DATE";

/** Times of an argument as moments: a DATE is the first one of its day in the query's zone. */
export function momentsOf(call: Call, at: number): Float64Array {
  const operand = call.args[at];
  const times = timesOf(operand);
  if (!isDate(operand)) return times;
  const zone = zoneNamed(call.context.timeZone);
  return times.map((day) => startOfDay(zone, checkTime(day * dayMs) / dayMs));
}

/** What the wall clock of a zone shows at the times of an argument; a DATE has its own. */
export function localsOf(call: Call, at: number, zone: Zone): Float64Array {
  const operand = call.args[at];
  const times = timesOf(operand);
  if (isDate(operand)) return times.map((day) => checkTime(day * dayMs));
  if (zone.fixedMs === 0) return times.map(checkTime);
  return times.map((ms) => ms + zone.offsetMs(checkTime(ms)));
}

export const checkTime = (ms: number): number => (Math.abs(ms) <= timeMsMax ? ms : outside(ms));

/** Runs a function of whole doubles over one operand. */
export function mapTimes(
  call: Call,
  times: Float64Array,
  mask: number,
  compute: (ms: number) => number,
): IntVector {
  const { rows, type, nulls } = call;
  const results = new Float64Array(rows);
  if (nulls === null) for (let row = 0; row < rows; row++) results[row] = compute(times[row & mask]);
  else
    for (let row = 0; row < rows; row++) if (!isNullAt(nulls, row)) results[row] = compute(times[row & mask]);
  return { kind: "int", type, rows, values: integersOf(results), nulls };
}

export function unitAt(name: string): TimeUnit {
  const unit = unitNamed(name);
  if (unit === null) {
    const hint = didYouMean(name, timeUnits);
    throw new StoreError(
      "FUNCTION_ARGUMENTS",
      `there is no time unit "${name}"; expected millisecond … year${hint && `.${hint}`}`,
      {
        expected: "MILLISECOND, SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER or YEAR",
        found: name,
      },
    );
  }
  return unit;
}

/** Milliseconds of a unit that always has the same length. */
export function fixedUnitMs(name: string): number {
  if (/^micro(second)?s?$/i.test(name)) return 0.001;
  if (/^nano(second)?s?$/i.test(name)) return 0.000_001;
  const size = unitMs[unitAt(name)];
  if (size === undefined)
    throw new StoreError("FUNCTION_ARGUMENTS", `${name} has no fixed length; expected milliseconds … weeks`);
  return size;
}

/** The zone named by the optional argument at a place, or the query's. */
export const zoneAt = (call: Call, at: number): Zone =>
  zoneNamed(optionalText(call, at) ?? call.context.timeZone);

/** A product that stays whole where it can: divisions by powers of ten are exact, products with them are not. */
export const scale = (value: number, factor: number): number =>
  factor < 1 ? value / Math.round(1 / factor) : value * factor;

/** The moment of a number of units, which may be shorter than a millisecond. */
export const momentOf = (zone: Zone, count: number, lengthMs: number): number =>
  lengthMs < 1 ? scale(count, lengthMs) : momentOfCount(zone, count, lengthMs);

/** Whole units since 1970 at a moment; units may be shorter than a millisecond. */
export const countOf = (zone: Zone, ms: number, lengthMs: number): number =>
  lengthMs < 1 ? Math.floor(scale(ms, 1 / lengthMs)) : countOfMoment(zone, ms, lengthMs);
