/** Functions on times: truncation, periods, arithmetic, zones. Times are milliseconds, computed as doubles. */
import { StoreError } from "#schemas/errors";
import { addLocal, nextBoundary, truncateTime } from "#schemas/functions/bucket";
import { dayMs } from "#schemas/functions/calendar";
import { formatIso, parseTimestamp } from "#schemas/functions/timestamp";
import { type TimeUnit, unitMs, unitNamed } from "#schemas/functions/units";
import { utc, type Zone, zoneNamed } from "#schemas/functions/zone";
import { castVector } from "#server/execute/functions/cast";
import {
  type Call,
  constantOf,
  constantText,
  type Kernel,
  optionalText,
} from "#server/execute/functions/operand";
import { scalar } from "#server/execute/functions/scalar";
import {
  checkTime,
  fixedUnitMs,
  mapTimes,
  outside,
  scale,
  timesOf,
  unitAt,
  zoneAt,
} from "#server/execute/functions/time-vectors";
import { integersOf, isNullAt, retyped } from "#server/execute/functions/vectors";

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

const periodShape = /^([+-])?P?(?:(\d+)W)?(?:(\d+)D)?(?:T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;

/** Milliseconds of 'PT1H30M', 'P1D', '90m', '1h', '7d', '15 minutes'. */
function periodMs(text: string): number {
  const trimmed = text.trim();
  const short = /^([+-]?\d+)\s*([A-Za-z]+)$/.exec(trimmed);
  if (short !== null && unitNamed(short[2]) !== null) return Number(short[1]) * fixedUnitMs(short[2]);
  const match = trimmed === "" || /^[+-]?PT?$/i.test(trimmed) ? null : periodShape.exec(trimmed);
  if (match === null)
    throw new StoreError("VALUE_SYNTAX", `expected a period such as PT1H30M, 15m or 7d, found "${text}"`, {
      expected: "PT1H30M, 15m, 7d",
      found: text,
    });
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
  now: moment((call) => call.context.nowMs),
  ago: moment((call) => call.context.nowMs - periodMs(constantText(call, 0))),
  dateTrunc,
  dateBin,
  timeConvert,
  toTimestamp: (call) => castVector(call.args[0].vector, "TIMESTAMP"),
  fromTimestamp: identity,
  toIso8601: scalar((ms: number) => formatIso(checkTime(ms))),
  fromIso8601: scalar(fromIso8601),
  timestampAdd,
  timestampDiff,
  atTimeZone,
  timezoneHour: moment((call) => Math.trunc(zoneOffsetMs(call) / 3_600_000)),
  timezoneMinute: moment((call) => Math.trunc(zoneOffsetMs(call) / 60_000) % 60),
};
