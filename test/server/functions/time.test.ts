/** Times as Pinot's clients ask for them. */
import { describe, expect, test } from "vitest";
import { runExample } from "#test/server/functions/example";

const moment = "TIMESTAMP '2026-03-29 14:05:06.789'";
const ms = "1774793106789";

const cases: readonly (readonly [string, string])[] = [
  [`dateTrunc('HOUR', ${ms})`, "1774792800000"],
  [`date_trunc('month', ${moment})`, "TIMESTAMP '2026-03-01 00:00:00'"],
  [`DATETRUNC('DAY', ${moment}, 'MILLISECONDS', 'Europe/Berlin')`, "TIMESTAMP '2026-03-28 23:00:00'"],
  [`DATE_TRUNC('day', ${moment}, 'America/New_York')`, "TIMESTAMP '2026-03-29 04:00:00'"],
  [`DATETRUNC('MINUTE', ${moment}, 'MILLISECONDS', 'UTC', 'SECONDS')`, "1774793100"],
  ["dateTrunc('week', -1)", "-259200000"],
  [`DATETIMECONVERT(${ms}, '1:MILLISECONDS:EPOCH', '1:HOURS:EPOCH', '1:HOURS')`, "492998"],
  [
    "dateTimeConvert('20260329', '1:DAYS:SIMPLE_DATE_FORMAT:yyyyMMdd', '1:MILLISECONDS:EPOCH', '1:DAYS')",
    "1774742400000",
  ],
  [`dateTimeConvert(${ms}, 'EPOCH|MILLISECONDS|1', 'TIMESTAMP', 'DAYS')`, "TIMESTAMP '2026-03-29 00:00:00'"],
  [
    `dateTimeConvert(${moment}, '1:SECONDS:TIMESTAMP', '1:MILLISECONDS:EPOCH', '15:SECONDS')`,
    "1774793100000",
  ],
  [
    `dateTimeConvert(${ms}, 'EPOCH', 'SIMPLE_DATE_FORMAT|yyyy-MM-dd HH:mm|Europe/Berlin', '5:MINUTES')`,
    "'2026-03-29 16:05'",
  ],
  ["dateTimeConvert(5, '5:MINUTES:EPOCH', '1:MILLISECONDS:EPOCH', '1:MILLISECONDS')", "1500000"],
  [
    `dateTimeConvert(${ms}, '1:MILLISECONDS:EPOCH', '1:DAYS:SIMPLE_DATE_FORMAT:yyyy-MM-dd tz(Asia/Tokyo)', '1:DAYS')`,
    "'2026-03-29'",
  ],
  [`extract('DOW', ${moment})`, "7"],
  [`extract('EPOCH', ${moment})`, "1774793106.789"],
  [`extract('hour', ${moment}, 'Asia/Kolkata')`, "19"],
  [`year(${ms})`, "2026"],
  [`day_of_year(${moment})`, "88"],
  [`hour(${moment}, 'Europe/Berlin')`, "16"],
  ["timestampAdd('MONTH', -1, TIMESTAMP '2026-03-31 10:00:00')", "TIMESTAMP '2026-02-28 10:00:00'"],
  ["dateAdd('DAY', 3, 0)", "259200000"],
  ["timestampDiff('MONTH', TIMESTAMP '2026-01-31 00:00:00', TIMESTAMP '2026-02-28 00:00:00')", "1"],
  ["dateDiff('YEAR', TIMESTAMP '2026-01-01 00:00:00', TIMESTAMP '2024-01-02 00:00:00')", "-1"],
  ["timestampDiff('HOUR', 0, 7199999)", "1"],
  ["toDateTime(0, 'yyyy-MM-dd''T''HH:mm:ssZZ', 'America/New_York')", "'1969-12-31T19:00:00-05:00'"],
  ["fromDateTime('soon', 'yyyy', 'UTC', -1)", "-1"],
  ["ago('1h')", `${Date.UTC(2026, 10, 20, 11)}`],
  ["ago('P1DT12H')", `${Date.UTC(2026, 10, 19)}`],
  ["now()", `${Date.UTC(2026, 10, 20, 12)}`],
  ["timeConvert(1500, 'MILLISECONDS', 'SECONDS')", "1"],
  ["toTimestamp('2026-01-01 00:00:00')", "TIMESTAMP '2026-01-01 00:00:00'"],
  ["minus(TIMESTAMP '2026-01-01 00:00:00', 1000)", "TIMESTAMP '2025-12-31 23:59:59'"],
  ["greaterThan(TIMESTAMP '2026-01-01 00:00:00', 1767225599999)", "true"],
  ["atTimeZone(TIMESTAMP '2026-07-01 00:00:00', 'America/New_York')", "TIMESTAMP '2026-06-30 20:00:00'"],
  [
    "dateBin('PT10M', TIMESTAMP '2026-01-01 00:07:00', TIMESTAMP '2026-01-01 00:05:00')",
    "TIMESTAMP '2026-01-01 00:05:00'",
  ],
];

test.each(cases)("%s", (text, result) => {
  expect(runExample(text)).toBe(result);
});

describe("what has no answer", () => {
  const faults: readonly (readonly [string, string])[] = [
    ["dateTrunc('fortnight', 0)", "FUNCTION_ARGUMENTS"],
    ["dateTrunc('day', 0, 'MILLISECONDS', 'Mars/Olympus')", "VALUE_SYNTAX"],
    ["dateTimeConvert(0, 'EPOCHS', 'EPOCH', '1:DAYS')", "FUNCTION_ARGUMENTS"],
    ["dateTimeConvert('x', 'SIMPLE_DATE_FORMAT|yyyy', 'EPOCH', '1:DAYS')", "VALUE_SYNTAX"],
    ["ago('soon')", "VALUE_SYNTAX"],
    ["extract('MOOD', 0)", "FUNCTION_ARGUMENTS"],
    ["year(9000000000000000)", "VALUE_RANGE"],
    ["toEpochDaysRounded(0, 0)", "VALUE_RANGE"],
    ["fromDateTime('x', 'yyyy')", "VALUE_SYNTAX"],
  ];
  test.each(faults)("%s is %s", (text, code) => {
    expect(() => runExample(text)).toThrow(expect.objectContaining({ code }));
  });
});
