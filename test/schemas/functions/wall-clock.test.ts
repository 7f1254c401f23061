/** The rule of time zones beside Intl's own clock: days, their first moments, units on the wall clock. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayMs } from "#schemas/functions/calendar";
import { periodOf } from "#schemas/functions/period";
import { formatDate, formatTimestamp, parseDate, parseTimestamp } from "#schemas/functions/timestamp";
import {
  addUnits,
  binner,
  countOfMoment,
  dayAt,
  momentOfCount,
  startOfDay,
} from "#schemas/functions/wall-clock";
import { zoneNamed } from "#schemas/functions/zone";

const zones = [
  "UTC",
  "America/New_York",
  "Europe/Berlin",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Pacific/Apia",
  "Pacific/Kiritimati",
  "America/Havana",
  "America/Sao_Paulo",
  "America/St_Johns",
  "America/Toronto",
  "Africa/Cairo",
  "Africa/Casablanca",
  "America/Recife",
] as const;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What Intl's clock shows, as if it were UTC. */
function wallOf(zone: string, ms: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    const numeric = { year: "numeric", month: "numeric", day: "numeric" } as const;
    const clock = { hour: "numeric", minute: "numeric", second: "numeric" } as const;
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      calendar: "gregory",
      ...numeric,
      ...clock,
    });
    formats.set(zone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
  return Date.UTC(part["year"], part["month"] - 1, part["day"], part["hour"], part["minute"], part["second"]);
}

const zone = fc.constantFrom(...zones);
/** Anywhere since 1910, and around what is odd: a skipped day, clocks that change at or near midnight. */
const second = fc
  .oneof(
    fc.integer({ min: -1_893_456_000, max: 4_000_000_000 }),
    ...[
      "2011-12-30T10:00:00Z",
      "2010-11-07T02:31:00Z",
      "2018-11-04T03:00:00Z",
      "2018-02-18T02:00:00Z",
      "2026-03-08T05:00:00Z",
      "2026-11-01T05:00:00Z",
      "2024-04-25T22:00:00Z",
      "1919-03-31T04:30:00Z",
      "2026-04-04T15:00:00Z",
      "2000-10-08T03:00:00Z",
      "2000-10-15T02:00:00Z",
    ].map((text) =>
      fc.integer({ min: -100_000, max: 100_000 }).map((offset) => Date.parse(text) / 1000 + offset),
    ),
  )
  .map((seconds) => seconds * 1000);

describe("days and moments", () => {
  test("the day is the wall clock's", () => {
    fc.assert(
      fc.property(zone, second, (name, ms) => {
        expect(dayAt(zoneNamed(name), ms)).toBe(Math.floor(wallOf(name, ms) / dayMs));
      }),
      { numRuns: 3000 },
    );
  });

  test("a day begins with the first moment at which the wall clock shows it, or has gone past it", () => {
    fc.assert(
      fc.property(zone, second, (name, ms) => {
        const day = Math.floor(wallOf(name, ms) / dayMs);
        for (const each of [day - 1, day, day + 1]) {
          const start = startOfDay(zoneNamed(name), each);
          expect(wallOf(name, start)).toBeGreaterThanOrEqual(each * dayMs);
          expect(wallOf(name, start - 1000)).toBeLessThan(each * dayMs);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("text, casts, days since 1970 and one-day bins agree", () => {
    fc.assert(
      fc.property(zone, second, (name, ms) => {
        const own = zoneNamed(name);
        const day = dayAt(own, ms);
        const start = startOfDay(own, day);
        expect(parseDate(formatDate(day), own)).toBe(day);
        expect(parseTimestamp(formatDate(day), own)).toBe(start);
        expect(countOfMoment(own, ms, dayMs)).toBe(day);
        expect(momentOfCount(own, day, dayMs)).toBe(start);
        expect(binner(periodOf("1 day")!, own)!(ms)).toBe(start);
        expect(parseDate(`${formatTimestamp(ms)}Z`, own)).toBe(day);
      }),
      { numRuns: 2000 },
    );
  });

  test("a moment moved by days keeps its wall clock, unless the clock skips it", () => {
    fc.assert(
      fc.property(zone, second, fc.integer({ min: -400, max: 400 }), (name, ms, days) => {
        expect(addUnits("DAY", zoneNamed(name), ms, 0)).toBe(ms);
        const moved = addUnits("DAY", zoneNamed(name), ms, days);
        const wanted = wallOf(name, ms) + days * dayMs;
        const shown = wallOf(name, moved);
        if (shown === wanted) return;
        expect(shown).toBeGreaterThan(wanted);
        // Skipped: no moment nearby shows it.
        for (let at = moved - 2 * dayMs; at <= moved + dayMs; at += 900_000)
          expect(wallOf(name, at + ((wanted - wallOf(name, at)) % 900_000))).not.toBe(wanted);
      }),
      { numRuns: 1000 },
    );
  });
});

test("bins of days, weeks and months", () => {
  const newYork = zoneNamed("America/New_York");
  const bin = (stride: string, at: string, origin?: string) =>
    new Date(
      binner(periodOf(stride)!, newYork, origin === undefined ? undefined : Date.parse(origin))!(
        Date.parse(at),
      ),
    ).toISOString();
  expect(bin("1 day", "2026-03-09T03:59:00Z")).toBe("2026-03-08T05:00:00.000Z");
  expect(bin("1 day", "2026-03-09T04:00:00Z")).toBe("2026-03-09T04:00:00.000Z");
  expect(bin("1 week", "2026-03-09T03:59:00Z")).toBe("2026-03-02T05:00:00.000Z");
  expect(bin("P1M", "2026-03-09T03:59:00Z")).toBe("2026-03-01T05:00:00.000Z");
  expect(bin("1 year", "2026-03-09T03:59:00Z")).toBe("2026-01-01T05:00:00.000Z");
  expect(bin("6 hours", "2026-03-09T03:59:00Z")).toBe("2026-03-09T00:00:00.000Z");
  expect(bin("1 day", "2026-03-09T03:59:00Z", "2026-01-01T11:00:00Z")).toBe("2026-03-08T10:00:00.000Z");
  expect(binner(periodOf("P1M1D")!, newYork)).toBe(null);
});

test.each([
  ["P1Y2M3W4DT5H6M7.5S", { months: 14, days: 25, ms: 18_367_500 }],
  ["1 day 3 hours", { months: 0, days: 1, ms: 10_800_000 }],
  ["1.5 days", { months: 0, days: 1, ms: 43_200_000 }],
  ["-P1D", { months: 0, days: -1, ms: 0 }],
  ["90m", { months: 0, days: 0, ms: 5_400_000 }],
  ["2w", { months: 0, days: 14, ms: 0 }],
] as const)("the period %s", (text, period) => {
  expect(periodOf(text)).toMatchObject(period);
});

test.each(["", "P", "PT", "1", "day", "0.5 months", "1 fortnight", "1 day and"])("no period: %s", (text) => {
  expect(periodOf(text)).toBe(null);
});
