/** Functions on times: truncation, periods, arithmetic, zones. Times are milliseconds, computed as doubles. */
import { StoreError } from "#schemas/errors";
import { addLocal, nextBoundary, truncateLocal, truncateTime } from "#schemas/functions/bucket";
import { dayMs } from "#schemas/functions/calendar";
import { type Period, periodOf } from "#schemas/functions/period";
import { formatIso, parseTimestamp } from "#schemas/functions/timestamp";
import { type TimeUnit, unitMs, unitNamed } from "#schemas/functions/units";
import { addUnits, binner, isCalendarUnit, unitsBetween } from "#schemas/functions/wall-clock";
import { type Zone, zoneNamed } from "#schemas/functions/zone";
import { castVector } from "#server/execute/functions/cast";
import {
  type Call,
  constantOf,
  constantText,
  type Kernel,
  optionalText,
} from "#server/execute/functions/operand";
import { prepared, runScalar } from "#server/execute/functions/scalar";
import {
  checkTime,
  countOf,
  fixedUnitMs,
  localsOf,
  mapTimes,
  momentOf,
  momentsOf,
  outside,
  scale,
  timesOf,
  unitAt,
  zoneAt,
} from "#server/execute/functions/time-vectors";
import { integersOf, isNullAt } from "#server/execute/functions/vectors";

/** The start of the unit for runs of times: one that falls in the last bucket costs two comparisons. */
export function truncator(unit: TimeUnit, zone: Zone): (ms: number) => number {
  const size = unitMs[unit];
  if (zone.fixedMs !== null && size !== undefined && unit !== "WEEK") {
    const offset = zone.fixedMs;
    return (ms) => Math.floor((ms + offset) / size) * size - offset;
  }
  let [start, from, until] = [0, 0, 0];
  return (ms) => {
    if (ms >= from && ms < until) return start;
    start = truncateTime(unit, zone, checkTime(ms));
    // A clock set back over midnight shows the day before again: no run goes over a change.
    from = Math.max(start, zone.steadyFrom(ms));
    until = Math.min(nextBoundary(unit, zone, start), zone.steadyUntil(ms));
    return start;
  };
}

/** dateTrunc(unit, time[, inputUnit[, zone[, outputUnit]]]); a third argument that is no unit is the zone. */
const dateTrunc: Kernel = (call) => {
  const unit = unitAt(constantText(call, 0));
  const { mask } = call.args[1];
  if (call.type === "DATE")
    return mapTimes(call, timesOf(call.args[1]), mask, (day) =>
      Math.floor(truncateLocal(unit, checkTime(day * dayMs)) / dayMs),
    );
  const third = optionalText(call, 2);
  const isZone =
    third !== null && call.args.length === 3 && unitNamed(third) === null && !/^(micro|nano)/i.test(third);
  const inputMs = third === null || isZone ? 1 : fixedUnitMs(third);
  const outputMs = call.args.length > 4 ? fixedUnitMs(constantText(call, 4)) : inputMs;
  const zone = isZone ? zoneNamed(third) : zoneAt(call, 3);
  const truncate = truncator(unit, zone);
  const times = momentsOf(call, 1);
  if (inputMs === 1 && outputMs === 1) return mapTimes(call, times, mask, truncate);
  return mapTimes(call, times, mask, (value) =>
    countOf(zone, truncate(Math.floor(momentOf(zone, value, inputMs))), outputMs),
  );
};

function periodNamed(text: string): Period {
  const period = periodOf(text);
  if (period === null)
    throw new StoreError("VALUE_SYNTAX", `expected a period such as PT1H30M, 15m or 7d, found "${text}"`, {
      expected: "PT1H30M, 15m, 7d",
      found: text,
    });
  return period;
}

/** A moment less a period. */
function before(ms: number, { months, days, ms: rest }: Period, zone: Zone): number {
  let moment = ms;
  if (months !== 0) moment = addUnits("MONTH", zone, checkTime(moment), -months);
  if (days !== 0) moment = addUnits("DAY", zone, checkTime(moment), -days);
  return checkTime(moment - rest);
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
  const stride = periodNamed(constantText(call, 0));
  const { months, days, ms } = stride;
  if (Math.min(months, days, ms) < 0 || months + days + ms === 0)
    throw new StoreError("VALUE_RANGE", "dateBin takes a stride above 0");
  const origin = call.args.length > 2 ? momentsOf(call, 2)[0] : undefined;
  const bin = binner(stride, zoneNamed(call.context.timeZone), origin);
  if (bin === null)
    throw new StoreError("VALUE_RANGE", "dateBin takes months, or days and times, but not both together");
  return mapTimes(call, momentsOf(call, 1), call.args[1].mask, (time) => checkTime(bin(checkTime(time))));
};

const timestampAdd: Kernel = (call) => {
  const unit = unitAt(constantText(call, 0));
  const zone = zoneNamed(call.context.timeZone);
  const counts = timesOf(call.args[1]);
  const onDates = call.type === "DATE";
  const times = onDates ? timesOf(call.args[2]) : momentsOf(call, 2);
  const results = new Float64Array(call.rows);
  for (let row = 0; row < call.rows; row++) {
    if (isNullAt(call.nulls, row)) continue;
    const [count, time] = [counts[row & call.args[1].mask], times[row & call.args[2].mask]];
    results[row] = onDates
      ? checkTime(addLocal(unit, checkTime(time * dayMs), count)) / dayMs
      : checkTime(addUnits(unit, zone, checkTime(time), count));
  }
  return { kind: "int", type: call.type, rows: call.rows, values: integersOf(results), nulls: call.nulls };
};

const timestampDiff: Kernel = (call) => {
  const unit = unitAt(constantText(call, 0));
  const zone = zoneNamed(call.context.timeZone);
  const read = (at: number) => (isCalendarUnit(unit) ? localsOf(call, at, zone) : momentsOf(call, at));
  const [from, to] = [read(1), read(2)];
  const results = new Float64Array(call.rows);
  for (let row = 0; row < call.rows; row++)
    if (!isNullAt(call.nulls, row))
      results[row] = unitsBetween(unit, from[row & call.args[1].mask], to[row & call.args[2].mask]);
  return { kind: "int", type: call.type, rows: call.rows, values: integersOf(results), nulls: call.nulls };
};

const atTimeZone: Kernel = (call) => {
  const [zone, own] = [zoneAt(call, 1), zoneNamed(call.context.timeZone)];
  return mapTimes(call, momentsOf(call, 0), call.args[0].mask, (ms) =>
    own.utcOf(ms + zone.offsetMs(checkTime(ms))),
  );
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

const milliseconds: Kernel = (call) => mapTimes(call, momentsOf(call, 0), call.args[0].mask, (ms) => ms);

const toIso8601: Kernel = (call) => {
  const moments = momentsOf(call, 0);
  return runScalar(call, (row) => formatIso(checkTime(moments[row & call.args[0].mask])));
};

const fromIso8601: Kernel = prepared((call) => {
  const zone = zoneNamed(call.context.timeZone);
  return (text: string) => {
    const ms = parseTimestamp(text, zone);
    if (ms === null)
      throw new StoreError("VALUE_SYNTAX", `expected an ISO 8601 time, found "${text.slice(0, 64)}"`);
    return ms;
  };
});

export const timeKernels: Readonly<Record<string, Kernel>> = {
  now: moment((call) => call.context.nowMs),
  ago: moment((call) =>
    before(call.context.nowMs, periodNamed(constantText(call, 0)), zoneNamed(call.context.timeZone)),
  ),
  dateTrunc,
  dateBin,
  timeConvert,
  toTimestamp: (call) => castVector(call.args[0].vector, "TIMESTAMP", call.context),
  date: (call) => castVector(call.args[0].vector, "DATE", call.context),
  fromTimestamp: milliseconds,
  toIso8601,
  fromIso8601,
  timestampAdd,
  timestampDiff,
  atTimeZone,
  timezoneHour: moment((call) => Math.trunc(zoneOffsetMs(call) / 3_600_000)),
  timezoneMinute: moment((call) => Math.trunc(zoneOffsetMs(call) / 60_000) % 60),
};
