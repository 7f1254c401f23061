/** Fields of times, and times as whole units since 1970. */
import type { Vector } from "#schemas/batch";
import { StoreError } from "#schemas/errors";
import {
  dayMs,
  dayOfPacked,
  dayOfYearOf,
  monthOfPacked,
  packedDateOf,
  weekdayOf,
  weekOf,
  weekYearOf,
  yearOfDays,
} from "#schemas/functions/calendar";
import { unitNamed } from "#schemas/functions/units";
import { countOfMoment, momentOfCount } from "#schemas/functions/wall-clock";
import { utc, type Zone, zoneNamed } from "#schemas/functions/zone";
import { didYouMean } from "#schemas/suggest";
import { type Call, constantText, type Kernel, numbersOf } from "#server/execute/functions/operand";
import {
  checkTime,
  isDate,
  mapTimes,
  momentsOf,
  outside,
  timesOf,
  zoneAt,
} from "#server/execute/functions/time-vectors";
import { integersOf, isNullAt } from "#server/execute/functions/vectors";

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
  const known = [...Object.keys(fields), "EPOCH"];
  const hint = didYouMean(name, known);
  throw new StoreError(
    "FUNCTION_ARGUMENTS",
    `a time has no field "${name}"; expected YEAR … EPOCH${hint && `.${hint}`}`,
    {
      expected: known.join(", "),
      found: name,
    },
  );
}

function runField(call: Call, field: Field, zone: Zone, at: number): Vector {
  const times = timesOf(call.args[at]);
  const { mask } = call.args[at];
  if (isDate(call.args[at])) return mapTimes(call, times, mask, (day) => field(checkTime(day * dayMs)));
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
  const times = isDate(call.args[1]) ? momentsOf(call, 1) : numbersOf(call.args[1]);
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
    (
      read: (call: Call) => Float64Array,
      compute: (value: number, size: number, zone: Zone) => number,
    ): Kernel =>
    (call) => {
      const values = read(call);
      const zone = zoneNamed(call.context.timeZone);
      const size = call.args.length > 1 ? sized(call) : () => 1;
      const results = new Float64Array(call.rows);
      for (let row = 0; row < call.rows; row++) {
        if (isNullAt(call.nulls, row)) continue;
        const value = compute(values[row & call.args[0].mask], size(row), zone);
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
  const counts = (call: Call): Float64Array => timesOf(call.args[0]);
  const units = { Seconds: 1000, Minutes: 60_000, Hours: 3_600_000, Days: dayMs };
  for (const [name, unit] of Object.entries(units)) {
    const isDays = unit === dayMs;
    // A DATE is its own count of days.
    const read = (call: Call): Float64Array =>
      isDays && isDate(call.args[0]) ? counts(call).map((day) => day * dayMs) : momentsOf(call, 0);
    const back = (count: number, zone: Zone): number => momentOfCount(zone, count, unit);
    const to = (call: Call, compute: (count: number, size: number) => number): Vector =>
      run(read, (ms, size, zone) => {
        const own = isDays && isDate(call.args[0]) ? utc : zone;
        return compute(countOfMoment(own, ms, unit), size);
      })(call);
    made[`toEpoch${name}`] = (call) => to(call, (count) => count);
    made[`toEpoch${name}Rounded`] = (call) => to(call, (count, size) => Math.floor(count / size) * size);
    made[`toEpoch${name}Bucket`] = (call) => to(call, (count, size) => Math.floor(count / size));
    made[`fromEpoch${name}`] = run(counts, (count, _size, zone) => back(count, zone));
    made[`fromEpoch${name}Bucket`] = run(counts, (count, size, zone) => back(count * size, zone));
  }
  return made;
}

export const timeFieldKernels: Readonly<Record<string, Kernel>> = {
  ...epochKernels(),
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
};
