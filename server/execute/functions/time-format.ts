/**
 * DATETIMECONVERT's formats, and times by pattern.
 *
 * Format => size:UNIT:EPOCH | size:UNIT:TIMESTAMP | size:UNIT:SIMPLE_DATE_FORMAT:pattern[ tz(zone)]
 *         | EPOCH[|UNIT[|size]] | TIMESTAMP | SIMPLE_DATE_FORMAT[|pattern[|zone]]
 * Granularity => size:UNIT | UNIT[|size]
 */
import type { Vector } from "#schemas/batch";
import { StoreError } from "#schemas/errors";
import { dayMs } from "#schemas/functions/calendar";
import { parsePattern } from "#schemas/functions/pattern";
import { periodPart } from "#schemas/functions/period";
import { binner } from "#schemas/functions/wall-clock";
import { zoneNamed } from "#schemas/functions/zone";
import { castVector } from "#server/execute/functions/cast";
import {
  type Call,
  column,
  constantText,
  type Kernel,
  optionalText,
  stringsOf,
} from "#server/execute/functions/operand";
import { prepared, runScalar } from "#server/execute/functions/scalar";
import {
  checkTime,
  countOf,
  fixedUnitMs,
  isDate,
  mapTimes,
  momentOf,
  timesOf,
  unitAt,
} from "#server/execute/functions/time-vectors";
import { truncator } from "#server/execute/functions/times";

type DateTimeFormat =
  | { readonly kind: "epoch"; readonly unitMs: number }
  | { readonly kind: "timestamp" }
  /** Without a zone of its own a pattern is in the query's. */
  | { readonly kind: "pattern"; readonly pattern: string; readonly zone: string | null };

function refuse(format: string): StoreError {
  return new StoreError("FUNCTION_ARGUMENTS", `"${format}" is not a date-time format`, {
    expected: "1:MILLISECONDS:EPOCH, EPOCH|SECONDS, TIMESTAMP or SIMPLE_DATE_FORMAT|yyyy-MM-dd",
    found: format,
  });
}

const isoPattern = "yyyy-MM-dd'T'HH:mm:ss.SSSZZ";

function colonFormat(format: string): DateTimeFormat {
  const match = /^\s*(\d+):(\w+):(\w+)(?::(.*?)(?:\s+tz\(([^)]+)\))?)?\s*$/is.exec(format);
  if (match === null) throw refuse(format);
  const kind = match[3].toUpperCase();
  if (kind === "EPOCH") return { kind: "epoch", unitMs: Number(match[1]) * fixedUnitMs(match[2]) };
  if (kind === "TIMESTAMP") return { kind: "timestamp" };
  if (kind !== "SIMPLE_DATE_FORMAT") throw refuse(format);
  return { kind: "pattern", pattern: match[4] ?? isoPattern, zone: match[5] ?? null };
}

/** A format in either of Pinot's spellings. */
function parseDateTimeFormat(format: string): DateTimeFormat {
  const [kind, second, third] = format.trim().split("|");
  switch (kind.toUpperCase()) {
    case "EPOCH":
      return { kind: "epoch", unitMs: fixedUnitMs(second ?? "MILLISECONDS") * Number(third ?? 1) };
    case "TIMESTAMP":
      return { kind: "timestamp" };
    case "SIMPLE_DATE_FORMAT":
      return { kind: "pattern", pattern: second ?? isoPattern, zone: third ?? null };
    default:
      return colonFormat(format);
  }
}

/** Rounds a time down to the granularity, in its zone for units of a calendar. */
function rounder(granularity: string, zone: string): (ms: number) => number {
  const [left, right] = granularity.includes("|") ? granularity.split("|").reverse() : granularity.split(":");
  const [size, name] = right === undefined ? [1, left] : [Number(left), right];
  if (!(Number.isInteger(size) && size > 0))
    throw new StoreError("FUNCTION_ARGUMENTS", `"${granularity}" is not a granularity such as 15:MINUTES`);
  const unit = unitAt(name);
  const own = zoneNamed(zone);
  const stride = size === 1 ? null : periodPart(String(size), unit);
  return (stride === null ? null : binner(stride, own)) ?? truncator(unit, own);
}

/** The first argument as milliseconds, by its format. */
function readTimes(call: Call, format: DateTimeFormat): Vector {
  const { vector } = call.args[0];
  if (format.kind === "pattern") {
    const pattern = parsePattern(format.pattern, format.zone ?? call.context.timeZone);
    const text = castVector(vector, "STRING", call.context);
    const operand = { vector: text, mask: call.args[0].mask };
    const read = stringsOf(operand);
    return runScalar({ ...call, type: "LONG", args: [operand] }, (row) =>
      readByPattern(pattern.parseMs, read(row), format.pattern),
    );
  }
  const numbers = {
    vector: castVector(vector, format.kind === "timestamp" ? "TIMESTAMP" : "LONG", call.context),
    mask: call.args[0].mask,
  };
  const unit = format.kind === "epoch" ? format.unitMs : 1;
  const zone = zoneNamed(call.context.timeZone);
  return mapTimes({ ...call, type: "LONG" }, timesOf(numbers), numbers.mask, (value) =>
    checkTime(Math.floor(momentOf(zone, value, unit))),
  );
}

function readByPattern(parseMs: (text: string) => number, text: string, pattern: string): number {
  const ms = parseMs(text);
  if (Number.isNaN(ms))
    throw new StoreError("VALUE_SYNTAX", `"${text.slice(0, 64)}" does not fit the pattern ${pattern}`);
  return ms;
}

const dateTimeConvert: Kernel = (call) => {
  const input = parseDateTimeFormat(constantText(call, 1));
  const output = parseDateTimeFormat(constantText(call, 2));
  const { timeZone } = call.context;
  const zone = optionalText(call, 4) ?? (output.kind === "pattern" ? output.zone : null) ?? timeZone;
  const round = rounder(constantText(call, 3), zone);
  const times = column(readTimes(call, input));
  const moments = timesOf(times);
  if (output.kind === "pattern") {
    const pattern = parsePattern(output.pattern, output.zone ?? timeZone);
    // Few buckets and many rows: each bucket is written once.
    const texts = new Map<number, string>();
    const write = (ms: number): string => {
      let text = texts.get(ms);
      if (text === undefined) {
        text = pattern.format(ms);
        if (texts.size < 10_000) texts.set(ms, text);
      }
      return text;
    };
    return runScalar({ ...call, args: [times] }, (row) => write(round(moments[row])));
  }
  const unit = output.kind === "epoch" ? output.unitMs : 1;
  const own = zoneNamed(zone);
  return mapTimes(call, moments, -1, (ms) => countOf(own, round(ms), unit));
};

const toDateTime: Kernel = (call) => {
  const pattern = parsePattern(constantText(call, 1), optionalText(call, 2) ?? call.context.timeZone);
  const times = timesOf(call.args[0]);
  const write = isDate(call.args[0])
    ? (day: number) => pattern.formatDay(checkTime(day * dayMs) / dayMs)
    : (ms: number) => pattern.format(checkTime(ms));
  return runScalar(call, (row) => write(times[row & call.args[0].mask]));
};

const fromDateTime: Kernel = prepared((call) => {
  const name = constantText(call, 1);
  const pattern = parsePattern(name, optionalText(call, 2) ?? call.context.timeZone);
  return (text: string, _pattern: string, _zone?: string, otherwise?: number) => {
    const ms = pattern.parseMs(text);
    return Number.isNaN(ms) && otherwise !== undefined ? otherwise : readByPattern(() => ms, text, name);
  };
});

export const timeFormatKernels: Readonly<Record<string, Kernel>> = {
  dateTimeConvert,
  toDateTime,
  fromDateTime,
};
