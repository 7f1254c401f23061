/**
 * Functions on times. A time is a TIMESTAMP, a LONG of milliseconds since 1970, or a DATE. Zones are IANA names;
 * without one the query's time zone is used (SQL.md has the rule). Weeks begin on Monday.
 */
import { isInteger } from "#schemas/functions/coerce";
import { type Argument, type SignatureEntry, signaturesOf } from "#schemas/functions/signature";
import { unitNamed } from "#schemas/functions/units";
import { isCalendarUnit } from "#schemas/functions/wall-clock";
import type { SqlType } from "#schemas/types";

const time = (
  name: string,
  parameters: string,
  result: SignatureEntry["result"],
  doc: string,
  examples: SignatureEntry["examples"],
  more: Partial<SignatureEntry> = {},
): SignatureEntry => ({ name, parameters, result, doc, examples, ...more });

/** As the argument at a place: TIMESTAMP stays one, a DATE is the moment that it begins, integers are LONG. */
const like =
  (at: number) =>
  (args: readonly Argument[]): SqlType =>
    isInteger(args[at].type) ? "LONG" : "TIMESTAMP";

/** As `like`, but a DATE moved or cut by days, weeks, months … stays one. */
const dated =
  (at: number) =>
  (args: readonly Argument[]): SqlType => {
    const unit = unitNamed(String(args[0].literal));
    return args[at].type === "DATE" && unit !== null && isCalendarUnit(unit) ? "DATE" : like(at)(args);
  };

/** An output unit means a LONG in it; so does an input unit other than the TIMESTAMP's own. */
function truncated(args: readonly Argument[]): SqlType {
  if (args.length === 5) return "LONG";
  const unit = args.length > 2 ? unitNamed(String(args[2].literal)) : null;
  return unit !== null && unit !== "MILLISECOND" ? "LONG" : dated(1)(args);
}

function converted(args: readonly Argument[]): SqlType {
  const format = String(args[2].literal).toUpperCase();
  if (format.includes("SIMPLE_DATE_FORMAT")) return "STRING";
  return format.includes("TIMESTAMP") ? "TIMESTAMP" : "LONG";
}

const moment = "TIMESTAMP '2026-03-29 14:05:06.789'";

const field = (name: string, doc: string, result: string, aliases: readonly string[] = []): SignatureEntry =>
  time(name, "time: time, zone?: text!", "INT", doc, [[`${name}(${moment})`, result]], { aliases });

const entries: readonly SignatureEntry[] = [
  time(
    "now",
    "",
    "LONG",
    "The query's moment: the same in all of its parts.",
    [["equals(now(), now())", "true"]],
    { deterministic: false, aliases: ["currentTimestamp"] },
  ),
  time(
    "ago",
    "period: text!",
    "LONG",
    "The query's moment less a period: 'PT1H', 'P1DT12H', or '30m', '1h', '7d'. Days and months go by the wall clock.",
    [["minus(now(), ago('PT1H30M'))", "5400000"]],
    { deterministic: false },
  ),
  time(
    "dateTrunc",
    "unit: text!, time: time, inputUnit?: text!, zone?: text!, outputUnit?: text!",
    truncated,
    "The start of the unit (millisecond … year) that holds the time, in a zone. Numbers may be in another unit, " +
      "and so may the result. DATE_TRUNC(unit, time, zone) is understood too.",
    [
      [`dateTrunc('hour', ${moment})`, "TIMESTAMP '2026-03-29 14:00:00'"],
      [`dateTrunc('week', ${moment})`, "TIMESTAMP '2026-03-23 00:00:00'"],
      ["dateTrunc('day', 1774793106, 'SECONDS', 'Europe/Berlin', 'SECONDS')", "1774738800"],
    ],
  ),
  time(
    "dateTimeConvert",
    "time: any, inputFormat: text!, outputFormat: text!, granularity: text!, zone?: text!",
    converted,
    "From one format to another, rounded down to a granularity such as '15:MINUTES'. Formats: '1:MILLISECONDS:EPOCH', " +
      "'EPOCH|SECONDS|10', 'TIMESTAMP', '1:DAYS:SIMPLE_DATE_FORMAT:yyyyMMdd', 'SIMPLE_DATE_FORMAT|yyyy-MM-dd|Europe/Berlin'.",
    [
      [
        "dateTimeConvert(1774793106789, '1:MILLISECONDS:EPOCH', '1:SECONDS:EPOCH', '15:MINUTES')",
        "1774792800",
      ],
      [
        "dateTimeConvert(1774793106, '1:SECONDS:EPOCH', '1:DAYS:SIMPLE_DATE_FORMAT:yyyy-MM-dd', '1:DAYS')",
        "'2026-03-29'",
      ],
    ],
  ),
  time(
    "timeConvert",
    "value: integer, from: text!, to: text!",
    "LONG",
    "A number of one unit as whole ones of another.",
    [["timeConvert(7200, 'SECONDS', 'HOURS')", "2"]],
  ),
  time(
    "dateBin",
    "stride: text!, time: time, origin?: time",
    like(1),
    "The start of the stride ('15 minutes', 'PT15M', '15m', '1 day', '3 months') that holds the time, counted from an " +
      "origin (1970; for weeks its first Monday). Strides of days, weeks or months step on the wall clock.",
    [
      [`dateBin('15 minutes', ${moment})`, "TIMESTAMP '2026-03-29 14:00:00'"],
      [`dateBin('3 months', ${moment})`, "TIMESTAMP '2026-01-01 00:00:00'"],
    ],
  ),
  time(
    "extract",
    "unit: text!, time: time, zone?: text!",
    (args) => (String(args[0].literal).toUpperCase() === "EPOCH" ? "DOUBLE" : "INT"),
    "A field of the time: YEAR, QUARTER, MONTH, WEEK, DAY, DOW (1 is Monday), ISODOW, DOY, HOUR, MINUTE, SECOND, MILLISECOND, EPOCH …",
    [[`extract('QUARTER', ${moment})`, "1"]],
    { syntax: "EXTRACT(unit FROM time)", aliases: ["datePart"] },
  ),
  field("year", "Year.", "2026"),
  field("yearOfWeek", "Year of the ISO week.", "2026", ["yow"]),
  field("quarter", "Quarter, 1 to 4.", "1"),
  field("month", "Month, 1 to 12.", "3", ["monthOfYear"]),
  field("week", "ISO week of the year, 1 to 53.", "13", ["weekOfYear"]),
  field("day", "Day of the month, 1 to 31.", "29", ["dayOfMonth"]),
  field("dayOfWeek", "Day of the week, 1 (Monday) to 7.", "7", ["dow"]),
  field("dayOfYear", "Day of the year, 1 to 366.", "88", ["doy"]),
  field("hour", "Hour, 0 to 23.", "14"),
  field("minute", "Minute, 0 to 59.", "5"),
  field("second", "Second, 0 to 59.", "6"),
  field("millisecond", "Millisecond, 0 to 999.", "789"),
  ...(["Seconds", "Minutes", "Hours", "Days"] as const).flatMap((unit, at): readonly SignatureEntry[] => {
    const size = [1000, 60_000, 3_600_000, 86_400_000][at];
    const value = Math.floor(1_774_793_106_789 / size);
    const plural = unit.toLowerCase();
    const ofClock = unit === "Days" ? ", as the wall clock counts them" : "";
    return [
      time(`toEpoch${unit}`, "time: time", "LONG", `Whole ${plural} since 1970${ofClock}.`, [
        [`toEpoch${unit}(${moment})`, `${value}`],
      ]),
      time(
        `toEpoch${unit}Rounded`,
        "time: time, size: integer",
        "LONG",
        `Whole ${plural} since 1970, rounded down to a multiple of size.`,
        [[`toEpoch${unit}Rounded(${moment}, 10)`, `${Math.floor(value / 10) * 10}`]],
      ),
      time(
        `toEpoch${unit}Bucket`,
        "time: time, size: integer",
        "LONG",
        `How many times size ${plural} since 1970.`,
        [[`toEpoch${unit}Bucket(${moment}, 10)`, `${Math.floor(value / 10)}`]],
      ),
      time(`fromEpoch${unit}`, "value: integer", "LONG", `Milliseconds of a number of ${plural}.`, [
        [`fromEpoch${unit}(2)`, `${2 * size}`],
      ]),
      time(
        `fromEpoch${unit}Bucket`,
        "value: integer, size: integer",
        "LONG",
        `Milliseconds of a number of buckets of size ${plural}.`,
        [[`fromEpoch${unit}Bucket(2, 10)`, `${20 * size}`]],
      ),
    ];
  }),
  time(
    "toDateTime",
    "time: time, pattern: text!, zone?: text!",
    "STRING",
    "The time written by a pattern.",
    [[`toDateTime(${moment}, 'yyyy-MM-dd''T''HH:mm')`, "'2026-03-29T14:05'"]],
    { aliases: ["dateFormat"] },
  ),
  time(
    "fromDateTime",
    "text: text, pattern: text!, zone?: text!, otherwise?: integer!",
    "LONG",
    "Milliseconds of a time read by a pattern; `otherwise` (or an error) when the text does not fit.",
    [["fromDateTime('29.03.2026', 'dd.MM.yyyy')", "1774742400000"]],
  ),
  time(
    "toTimestamp",
    "value: any",
    "TIMESTAMP",
    "Milliseconds, or text such as '2026-01-01 00:00:00', as TIMESTAMP.",
    [["toTimestamp(0)", "TIMESTAMP '1970-01-01 00:00:00'"]],
  ),
  time(
    "date",
    "value: any",
    "DATE",
    "The day that the wall clock shows at a time, or that a text such as '2026-01-01' names: CAST(value AS DATE).",
    [["CAST(date('2026-01-01') AS STRING)", "'2026-01-01'"]],
    { aliases: ["toDate"] },
  ),
  time("fromTimestamp", "time: time", "LONG", "Milliseconds since 1970.", [
    ["fromTimestamp(toTimestamp(7))", "7"],
  ]),
  time("toIso8601", "time: time", "STRING", "The time as ISO 8601 in UTC.", [
    [`toIso8601(${moment})`, "'2026-03-29T14:05:06.789Z'"],
  ]),
  time("fromIso8601", "text: text", "LONG", "Milliseconds of an ISO 8601 time.", [
    ["fromIso8601('1970-01-01T00:00:01Z')", "1000"],
  ]),
  time(
    "timestampAdd",
    "unit: text!, count: integer, time: time",
    dated(2),
    "The time moved by a number of units; months keep the day where it exists. A DATE moved by days or more is one.",
    [
      ["timestampAdd('MONTH', 1, TIMESTAMP '2026-01-31 00:00:00')", "TIMESTAMP '2026-02-28 00:00:00'"],
      ["CAST(timestampAdd('MONTH', 1, CAST('2026-01-31' AS DATE)) AS STRING)", "'2026-02-28'"],
    ],
    { aliases: ["dateAdd"] },
  ),
  time(
    "timestampDiff",
    "unit: text!, from: time, to: time",
    "LONG",
    "Whole units from one time to another.",
    [["timestampDiff('DAY', TIMESTAMP '2026-01-01 00:00:00', TIMESTAMP '2026-03-01 00:00:00')", "59"]],
    { aliases: ["dateDiff"] },
  ),
  time(
    "atTimeZone",
    "time: time, zone: text!",
    "TIMESTAMP",
    "The time at which the query's wall clock shows what the zone's shows at that time.",
    [[`atTimeZone(${moment}, 'Europe/Berlin')`, "TIMESTAMP '2026-03-29 16:05:06.789'"]],
    { syntax: "time AT TIME ZONE zone" },
  ),
  time(
    "timezoneHour",
    "zone: text!",
    "INT",
    "Hours that a zone is ahead of UTC at the query's moment.",
    [["timezoneHour('UTC')", "0"]],
    { deterministic: false },
  ),
  time(
    "timezoneMinute",
    "zone: text!",
    "INT",
    "Minutes of the hour that a zone is ahead of UTC.",
    [["timezoneMinute('Asia/Kolkata')", "30"]],
    { deterministic: false },
  ),
];

export const timeSignatures = signaturesOf("time", entries);
