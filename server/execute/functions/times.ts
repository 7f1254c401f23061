/** Functions on times: truncation, fields, epochs, arithmetic. Times are milliseconds, computed as doubles. */
import type { Vector } from "#schemas/batch";
import { StoreError } from "#schemas/errors";
import { addLocal, nextBoundary, truncateTime } from "#schemas/functions/bucket";
import {
  dayMs,
  dayOfPacked,
  dayOfYearOf,
  monthOfPacked,
  packedDateOf,
  timeMsMax,
  weekdayOf,
  weekOf,
  weekYearOf,
  yearOfDays,
} from "#schemas/functions/calendar";
import { formatIso, parseTimestamp } from "#schemas/functions/timestamp";
import { type TimeUnit, unitMs, unitNamed } from "#schemas/functions/units";
import { utc, type Zone, zoneNamed } from "#schemas/functions/zone";
import { castVector } from "#server/execute/functions/cast";
import {
  type Call,
  constantOf,
  constantText,
  intsOf,
  type Kernel,
  numbersOf,
  type Operand,
  optionalText,
} from "#server/execute/functions/operand";
import { prepared, scalar } from "#server/execute/functions/scalar";
import { exactDoubles, integersOf, isNullAt, retyped } from "#server/execute/functions/vectors";

function outside(ms: number): never {
  throw new StoreError("VALUE_RANGE", `${ms} ms is outside the years that have a calendar`);
}

/** Times as doubles; one past the calendar is VALUE_RANGE. */
export function timesOf(operand: Operand): Float64Array {
  const { values } = intsOf(operand);
  const doubles =
    exactDoubles(values) ?? outside(Number(values.find((value) => value > 2n ** 53n) ?? values[0]));
  return doubles;
}

export const checkTime = (ms: number): number => (Math.abs(ms) <= timeMsMax ? ms : outside(ms));

/** Runs a function of whole doubles over one operand. */
export function mapTimes(
  call: Call,
  times: Float64Array,
  mask: number,
  compute: (ms: number) => number,
): Vector {
  const { rows, type, nulls } = call;
  const results = new Float64Array(rows);
  if (nulls === null) for (let row = 0; row < rows; row++) results[row] = compute(times[row & mask]);
  else
    for (let row = 0; row < rows; row++) if (!isNullAt(nulls, row)) results[row] = compute(times[row & mask]);
  return { kind: "int", type, rows, values: integersOf(results), nulls };
}

export function unitAt(name: string): TimeUnit {
  const unit = unitNamed(name);
  if (unit === null)
    throw new StoreError(
      "FUNCTION_ARGUMENTS",
      `there is no time unit "${name}"; expected millisecond … year`,
      {
        expected: "MILLISECOND, SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER or YEAR",
        found: name,
      },
    );
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

const zoneAt = (call: Call, at: number): Zone => zoneNamed(optionalText(call, at) ?? call.context.timeZone);

/** The start of the unit for runs of times: one that falls in the last bucket costs two comparisons. */
export function truncator(unit: TimeUnit, zone: Zone): (ms: number) => number {
  const size = unitMs[unit];
  if (zone.fixedMs !== null && size !== undefined && unit !== "WEEK") {
    const offset = zone.fixedMs;
    return (ms) => Math.floor((ms + offset) / size) * size - offset;
  }
  let [from, until] = [0, 0];
  return (ms) => {
    if (ms >= from && ms < until) return from;
    from = truncateTime(unit, zone, checkTime(ms));
    until = nextBoundary(unit, zone, from);
    return from;
  };
}

/** dateTrunc(unit, time[, inputUnit[, zone[, outputUnit]]]); a third argument that is no unit is the zone. */
const dateTrunc: Kernel = (call) => {
  const unit = unitAt(constantText(call, 0));
  const third = optionalText(call, 2);
  const isZone =
    third !== null && call.args.length === 3 && unitNamed(third) === null && !/^(micro|nano)/i.test(third);
  const inputMs = third === null || isZone ? 1 : fixedUnitMs(third);
  const outputMs = call.args.length > 4 ? fixedUnitMs(constantText(call, 4)) : inputMs;
  const truncate = truncator(unit, isZone ? zoneNamed(third) : zoneAt(call, 3));
  const times = timesOf(call.args[1]);
  const { mask } = call.args[1];
  if (inputMs === 1 && outputMs === 1) return mapTimes(call, times, mask, truncate);
  return mapTimes(call, times, mask, (value) =>
    Math.floor(scale(truncate(Math.floor(scale(value, inputMs))), 1 / outputMs)),
  );
};

/** A product that stays whole where it can: divisions by powers of ten are exact, products with them are not. */
export const scale = (value: number, factor: number): number =>
  factor < 1 ? value / Math.round(1 / factor) : value * factor;

/** A field of the local time. */
type Field = (localMs: number) => number;

const daysAt = (localMs: number): number => Math.floor(localMs / dayMs);

const within =
  (size: number, count: number): Field =>
  (localMs) =>
    Math.floor(localMs / size) - Math.floor(localMs / (size * count)) * count;

/** A field of the day, computed once for a run of times of one day. */
function ofDay(compute: (days: number) => number): Field {
  let [knownDays, known] = [Number.NaN, 0];
  return (localMs) => {
    const days = daysAt(localMs);
    if (days !== knownDays) {
      knownDays = days;
      known = compute(days);
    }
    return known;
  };
}

const fields = {
  YEAR: ofDay(yearOfDays),
  ISOYEAR: ofDay(weekYearOf),
  QUARTER: ofDay((days) => Math.floor((monthOfPacked(packedDateOf(days)) + 2) / 3)),
  MONTH: ofDay((days) => monthOfPacked(packedDateOf(days))),
  WEEK: ofDay(weekOf),
  DAY: ofDay((days) => dayOfPacked(packedDateOf(days))),
  ISODOW: ofDay(weekdayOf),
  DOY: ofDay(dayOfYearOf),
  HOUR: within(3_600_000, 24),
  MINUTE: within(60_000, 60),
  SECOND: within(1000, 60),
  MILLISECOND: within(1, 1000),
  MICROSECOND: (localMs) => within(1, 1000)(localMs) * 1000,
  DECADE: ofDay((days) => Math.floor(yearOfDays(days) / 10)),
  CENTURY: ofDay((days) => Math.ceil(yearOfDays(days) / 100)),
} as const satisfies Record<string, Field>;

const fieldAliases: Readonly<Record<string, keyof typeof fields>> = {
  DOW: "ISODOW",
  DAYOFWEEK: "ISODOW",
  DAYOFMONTH: "DAY",
  DAYOFYEAR: "DOY",
  WEEKOFYEAR: "WEEK",
  YEAROFWEEK: "ISOYEAR",
  YOW: "ISOYEAR",
  MILLISECONDS: "MILLISECOND",
  MICROSECONDS: "MICROSECOND",
};

function fieldNamed(name: string): Field {
  const upper = name.trim().toUpperCase().replaceAll("_", "");
  const own = upper in fields ? (upper as keyof typeof fields) : fieldAliases[upper];
  if (own !== undefined) return fields[own];
  const unit = unitNamed(upper);
  if (unit !== null) return fields[unit];
  throw new StoreError("FUNCTION_ARGUMENTS", `a time has no field "${name}"`, {
    expected: `${Object.keys(fields).join(", ")} or EPOCH`,
    found: name,
  });
}

function runField(call: Call, field: Field, zone: Zone, at: number): Vector {
  const times = timesOf(call.args[at]);
  const { mask } = call.args[at];
  if (zone.fixedMs === 0) return mapTimes(call, times, mask, (ms) => field(checkTime(ms)));
  return mapTimes(call, times, mask, (ms) => field(ms + zone.offsetMs(checkTime(ms))));
}

const fieldKernel =
  (name: keyof typeof fields): Kernel =>
  (call) =>
    runField(call, fields[name], zoneAt(call, 1), 0);

const extract: Kernel = (call) => {
  const name = constantText(call, 0);
  if (name.toUpperCase() !== "EPOCH") return runField(call, fieldNamed(name), zoneAt(call, 2), 1);
  const { rows, type, nulls } = call;
  const times = numbersOf(call.args[1]);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) values[row] = times[row & call.args[1].mask] / 1000;
  return { kind: "double", type, rows, values, nulls };
};

/** toEpochX, its rounded and bucket forms, and the ways back. */
function epochKernels(): Record<string, Kernel> {
  const made: Record<string, Kernel> = {};
  const sized = (call: Call): ((row: number) => number) => {
    const sizes = numbersOf(call.args[1]);
    return (row) => {
      const size = sizes[row & call.args[1].mask];
      if (!(size > 0))
        throw new StoreError("VALUE_RANGE", `${call.name} takes a size above 0, found ${size}`);
      return size;
    };
  };
  const run =
    (compute: (value: number, size: number) => number): Kernel =>
    (call) => {
      const times = timesOf(call.args[0]);
      const size = call.args.length > 1 ? sized(call) : () => 1;
      const results = new Float64Array(call.rows);
      for (let row = 0; row < call.rows; row++) {
        if (isNullAt(call.nulls, row)) continue;
        const value = compute(times[row & call.args[0].mask], size(row));
        results[row] = Math.abs(value) <= 2 ** 53 ? value : outside(value);
      }
      return {
        kind: "int",
        type: call.type,
        rows: call.rows,
        values: integersOf(results),
        nulls: call.nulls,
      };
    };
  const units = { Seconds: 1000, Minutes: 60_000, Hours: 3_600_000, Days: dayMs };
  for (const [name, unit] of Object.entries(units)) {
    made[`toEpoch${name}`] = run((ms) => Math.floor(ms / unit));
    made[`toEpoch${name}Rounded`] = run((ms, size) => Math.floor(Math.floor(ms / unit) / size) * size);
    made[`toEpoch${name}Bucket`] = run((ms, size) => Math.floor(Math.floor(ms / unit) / size));
    made[`fromEpoch${name}`] = run((value) => value * unit);
    made[`fromEpoch${name}Bucket`] = run((value, size) => value * size * unit);
  }
  return made;
}

const periodShape = /^([+-])?P?(?:(\d+)W)?(?:(\d+)D)?(?:T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;

/** Milliseconds of 'PT1H30M', 'P1D', '90m', '1h', '7d', '15 minutes'. */
export function periodMs(text: string): number {
  const trimmed = text.trim();
  const short = /^([+-]?\d+)\s*([A-Za-z]+)$/.exec(trimmed);
  if (short !== null && unitNamed(short[2]) !== null) return Number(short[1]) * fixedUnitMs(short[2]);
  const match = trimmed === "" || /^[+-]?PT?$/i.test(trimmed) ? null : periodShape.exec(trimmed);
  if (match === null)
    throw new StoreError("VALUE_SYNTAX", `expected a period such as PT1H30M, 15m or 7d, found "${text}"`);
  const part = (at: number, size: number): number => Number(match[at] ?? 0) * size;
  const ms = part(2, 7 * dayMs) + part(3, dayMs) + part(4, 3_600_000) + part(5, 60_000) + part(6, 1000);
  return (match[1] === "-" ? -1 : 1) * Math.round(ms);
}

const moment =
  (compute: (call: Call) => number): Kernel =>
  (call) => ({
    kind: "int",
    type: call.type,
    rows: call.rows,
    values: new BigInt64Array(call.rows).fill(BigInt(Math.trunc(compute(call)))),
    nulls: call.nulls,
  });

const dateBin: Kernel = (call) => {
  const size = periodMs(constantText(call, 0));
  if (size <= 0) throw new StoreError("VALUE_RANGE", "dateBin takes a stride above 0");
  const origins = call.args.length > 2 ? timesOf(call.args[2]) : new Float64Array(1);
  const origin = origins[0];
  return mapTimes(
    call,
    timesOf(call.args[1]),
    call.args[1].mask,
    (ms) => Math.floor((ms - origin) / size) * size + origin,
  );
};

const timestampAdd: Kernel = (call) => {
  const unit = unitAt(constantText(call, 0));
  const zone = zoneNamed(call.context.timeZone);
  const counts = timesOf(call.args[1]);
  const times = timesOf(call.args[2]);
  const size = unitMs[unit];
  const isClock = size !== undefined && size < dayMs;
  const results = new Float64Array(call.rows);
  for (let row = 0; row < call.rows; row++) {
    if (isNullAt(call.nulls, row)) continue;
    const [count, ms] = [counts[row & call.args[1].mask], times[row & call.args[2].mask]];
    results[row] = isClock
      ? checkTime(ms + count * size)
      : checkTime(zone.utcOf(addLocal(unit, checkTime(ms) + zone.offsetMs(ms), count)));
  }
  return { kind: "int", type: call.type, rows: call.rows, values: integersOf(results), nulls: call.nulls };
};

/** Whole units between two local times. */
function unitsBetween(unit: TimeUnit, from: number, to: number): number {
  const size = unitMs[unit];
  if (size !== undefined) return Math.trunc((to - from) / size) + 0;
  const months = unit === "YEAR" ? 12 : unit === "QUARTER" ? 3 : 1;
  let whole = Math.trunc((to - from) / (28 * months * dayMs)) + Math.sign(to - from);
  while (whole !== 0 && (from <= to ? addLocal(unit, from, whole) > to : addLocal(unit, from, whole) < to))
    whole -= Math.sign(whole);
  return whole + 0;
}

const timestampDiff: Kernel = (call) => {
  const unit = unitAt(constantText(call, 0));
  const zone = zoneNamed(call.context.timeZone);
  const [from, to] = [timesOf(call.args[1]), timesOf(call.args[2])];
  const size = unitMs[unit];
  const isClock = size !== undefined && size < dayMs;
  const local = (ms: number): number => (isClock ? ms : checkTime(ms) + zone.offsetMs(ms));
  const results = new Float64Array(call.rows);
  for (let row = 0; row < call.rows; row++)
    if (!isNullAt(call.nulls, row))
      results[row] = unitsBetween(
        unit,
        local(from[row & call.args[1].mask]),
        local(to[row & call.args[2].mask]),
      );
  return { kind: "int", type: call.type, rows: call.rows, values: integersOf(results), nulls: call.nulls };
};

const atTimeZone: Kernel = (call) => {
  const zone = zoneAt(call, 1);
  return mapTimes(call, timesOf(call.args[0]), call.args[0].mask, (ms) => ms + zone.offsetMs(checkTime(ms)));
};

const timeConvert: Kernel = (call) => {
  const [from, to] = [fixedUnitMs(constantText(call, 1)), fixedUnitMs(constantText(call, 2))];
  return mapTimes(call, timesOf(call.args[0]), call.args[0].mask, (value) => {
    const result = Math.floor(scale(scale(value, from), 1 / to));
    return Math.abs(result) <= 2 ** 53 ? result : outside(result);
  });
};

const zoneOffsetMs = (call: Call): number =>
  zoneNamed(String(constantOf(call, 0))).offsetMs(call.context.nowMs);

const identity: Kernel = (call) => ({ ...retyped(call.args[0].vector, call.type), nulls: call.nulls });

function fromIso8601(text: string): number {
  const ms = parseTimestamp(text, utc);
  if (ms === null)
    throw new StoreError("VALUE_SYNTAX", `expected an ISO 8601 time, found "${text.slice(0, 64)}"`);
  return ms;
}

export const timeKernels: Readonly<Record<string, Kernel>> = {
  ...epochKernels(),
  now: moment((call) => call.context.nowMs),
  ago: moment((call) => call.context.nowMs - periodMs(constantText(call, 0))),
  dateTrunc,
  dateBin,
  timeConvert,
  extract,
  year: fieldKernel("YEAR"),
  yearOfWeek: fieldKernel("ISOYEAR"),
  quarter: fieldKernel("QUARTER"),
  month: fieldKernel("MONTH"),
  week: fieldKernel("WEEK"),
  day: fieldKernel("DAY"),
  dayOfWeek: fieldKernel("ISODOW"),
  dayOfYear: fieldKernel("DOY"),
  hour: fieldKernel("HOUR"),
  minute: fieldKernel("MINUTE"),
  second: fieldKernel("SECOND"),
  millisecond: fieldKernel("MILLISECOND"),
  toTimestamp: (call) => castVector(call.args[0].vector, "TIMESTAMP"),
  fromTimestamp: identity,
  toIso8601: scalar((ms: number) => formatIso(checkTime(ms))),
  fromIso8601: prepared(() => fromIso8601),
  timestampAdd,
  timestampDiff,
  atTimeZone,
  timezoneHour: moment((call) => Math.trunc(zoneOffsetMs(call) / 3_600_000)),
  timezoneMinute: moment((call) => Math.trunc(zoneOffsetMs(call) / 60_000) % 60),
};
