/** Calendars and zones against Intl, and patterns read back. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketBoundaries, nextBoundary, truncateTime } from "#schemas/functions/bucket";
import {
  dayMs,
  dayOfPacked,
  daysOf,
  monthOfPacked,
  packedDateOf,
  weekdayOf,
  weekOf,
  weekYearOf,
  yearOfPacked,
} from "#schemas/functions/calendar";
import { parsePattern } from "#schemas/functions/pattern";
import { formatIso, formatTimestamp, parseTimestamp } from "#schemas/functions/timestamp";
import { type TimeUnit, timeUnits } from "#schemas/functions/units";
import { utc, zoneNamed } from "#schemas/functions/zone";

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/Havana",
  "America/New_York",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "America/Sao_Paulo",
  "Africa/Casablanca",
  "Pacific/Apia",
  "+05:45",
];
const zone = fc.constantFrom(...zones.slice(0, -1));
/** 1950 … 2090, in seconds, so that Intl's fields say all. */
const second = fc.integer({ min: -631_152_000, max: 3_786_912_000 }).map((value) => value * 1000);

/** The wall clock by Intl, as if it were UTC. */
function wallClock(name: string, utcMs: number): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    era: "short",
  });
  const part = Object.fromEntries(format.formatToParts(utcMs).map(({ type, value }) => [type, value]));
  return Date.UTC(
    Number(part.year),
    Number(part.month) - 1,
    Number(part.day),
    Number(part.hour),
    Number(part.minute),
    Number(part.second),
  );
}

describe("calendar", () => {
  test("days and dates as Date has them", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (days) => {
        const date = new Date(days * dayMs);
        const packed = packedDateOf(days);
        expect([yearOfPacked(packed), monthOfPacked(packed), dayOfPacked(packed)]).toEqual([
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
        ]);
        expect(daysOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(days);
        expect(weekdayOf(days)).toBe(date.getUTCDay() === 0 ? 7 : date.getUTCDay());
      }),
    );
  });

  test("ISO weeks at the turn of years", () => {
    const weeks = ["2020-12-31", "2021-01-03", "2021-01-04", "2026-01-01", "2024-12-30"].map((text) => {
      const days = Date.parse(`${text}T00:00:00Z`) / dayMs;
      return `${weekYearOf(days)}-${weekOf(days)}`;
    });
    expect(weeks).toEqual(["2020-53", "2020-53", "2021-1", "2026-1", "2025-1"]);
  });
});

describe("zones", () => {
  test("offsets are Intl's", () => {
    fc.assert(
      fc.property(zone, second, (name, utcMs) => {
        expect(utcMs + zoneNamed(name).offsetMs(utcMs)).toBe(wallClock(name, utcMs));
      }),
      { numRuns: 500 },
    );
  });

  test("a local time is found again where it exists", () => {
    fc.assert(
      fc.property(zone, second, (name, utcMs) => {
        const own = zoneNamed(name);
        const local = utcMs + own.offsetMs(utcMs);
        const back = own.utcOf(local);
        expect(back + own.offsetMs(back)).toBe(local);
        expect(back).toBeLessThanOrEqual(utcMs);
      }),
      { numRuns: 500 },
    );
  });

  test("far years use the same rules", () => {
    const berlin = zoneNamed("Europe/Berlin");
    expect(berlin.offsetMs(Date.UTC(2300, 6, 1))).toBe(7_200_000);
    expect(berlin.offsetMs(Date.UTC(9999, 0, 1))).toBe(3_600_000);
    expect(() => berlin.offsetMs(9e15)).toThrow("calendar");
    expect(() => zoneNamed("Europe/Atlantis")).toThrow("time zone");
    expect(zoneNamed("+05:45").fixedMs).toBe(20_700_000);
  });
});

describe("buckets", () => {
  /** The start of the unit on Intl's wall clock. */
  function wallStart(unit: TimeUnit, wallMs: number): number {
    const date = new Date(wallMs);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    switch (unit) {
      case "YEAR":
        return Date.UTC(year, 0, 1);
      case "QUARTER":
        return Date.UTC(year, month - (month % 3), 1);
      case "MONTH":
        return Date.UTC(year, month, 1);
      case "WEEK":
        return Date.UTC(year, month, day - ((date.getUTCDay() + 6) % 7));
      case "DAY":
        return Date.UTC(year, month, day);
      default:
        return wallMs;
    }
  }

  test.each(["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"] as const)(
    "%s begins where the wall clock says",
    (unit) => {
      fc.assert(
        fc.property(zone, second, (name, utcMs) => {
          const start = truncateTime(unit, zoneNamed(name), utcMs);
          const wanted = wallStart(unit, wallClock(name, utcMs));
          // A skipped midnight: the day begins when the clock goes on.
          const wall = wallClock(name, start);
          expect(wall === wanted || (wall > wanted && wallClock(name, start - 1000) < wanted)).toBe(true);
        }),
        { numRuns: 300 },
      );
    },
  );

  test.each(timeUnits.slice(2))("%s buckets join without gaps, and each is its own start", (unit) => {
    fc.assert(
      fc.property(zone, second, (name, utcMs) => {
        const own = zoneNamed(name);
        const start = truncateTime(unit, own, utcMs);
        const next = nextBoundary(unit, own, start);
        expect(start <= utcMs && utcMs < next).toBe(true);
        expect(truncateTime(unit, own, start)).toBe(start);
        expect(truncateTime(unit, own, next - 1)).toBe(start);
        expect(truncateTime(unit, own, next)).toBe(next);
      }),
      { numRuns: 300 },
    );
  });

  test("days of 23 and 25 hours", () => {
    const hours = (from: string, to: string) => {
      const starts = bucketBoundaries("DAY", "Europe/Berlin", Date.parse(from), Date.parse(to));
      return Array.from(starts.subarray(1), (start, at) => Number(start - starts[at]) / 3_600_000);
    };
    expect(hours("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z")).toEqual([24, 23, 24]);
    expect(hours("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z")).toEqual([24, 25, 24]);
  });

  test("a day whose midnight comes twice is one, and begins with the first", () => {
    const havana = zoneNamed("America/Havana");
    for (const time of ["04:00", "04:59", "05:00", "05:30", "20:00"])
      expect(truncateTime("DAY", havana, Date.parse(`2026-11-01T${time}:00Z`))).toBe(
        Date.parse("2026-11-01T04:00:00Z"),
      );
    const second = Date.parse("2026-11-01T05:00:00Z");
    expect(truncateTime("HOUR", havana, second + 60_000)).toBe(second);
  });
});

describe("timestamps", () => {
  test("written and read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 }), (ms) => {
        expect(parseTimestamp(formatTimestamp(ms), utc)).toBe(ms);
        expect(parseTimestamp(formatIso(ms), utc)).toBe(ms);
        expect(formatIso(ms)).toBe(new Date(ms).toISOString());
      }),
    );
  });
});

describe("patterns", () => {
  const patterns = [
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyyMMddHHmmssSSS",
    "EEE, dd MMM yyyy hh:mm:ss.SSS a ZZ",
    "yyyy/D HH:mm:ss.SSS",
    "xxxx-'W'ww-e HH:mm:ss.SSS",
    "MMMM d, yyyy 'at' k:mm:ss.SSS",
    "dd.MM.yyyy KK:mm:ss.SSSSSS a",
    "yyyy-MM-dd'T'HH:mm:ss.SSSX",
  ];
  test.each(patterns)("%s is read back", (text) => {
    fc.assert(
      fc.property(
        fc.integer({ min: -30_000_000_000_000, max: 250_000_000_000_000 }),
        fc.constantFrom("UTC", "+05:30"),
        (ms, name) => {
          const pattern = parsePattern(text, name);
          expect(pattern.parseMs(pattern.format(ms))).toBe(ms);
        },
      ),
    );
  });

  test("what does not fit is refused", () => {
    const pattern = parsePattern("yyyy-MM-dd", "UTC");
    expect(
      ["2026-02-30", "2026-13-01", "2026-1-", "x2026-01-01", "2026-01-01 ", ""].map((text) =>
        pattern.parse(text),
      ),
    ).toEqual([null, null, null, null, null, null]);
    expect(pattern.parse("2026-1-2")).toBe(BigInt(Date.UTC(2026, 0, 2)));
    expect(() => parsePattern("yyyy-bb", "UTC")).toThrow('no letter "b"');
    expect(() => parsePattern("yyyy'T", "UTC")).toThrow("unclosed quote");
  });

  test("zones and fractions in the text", () => {
    expect(parsePattern("yyyy-MM-dd HH:mm:ss.SSSSSS", "UTC").parseMs("2026-01-01 00:00:00.123456")).toBe(
      Date.UTC(2026, 0, 1) + 123,
    );
    expect(parsePattern("yyyy-MM-dd HH:mm z", "UTC").parseMs("2026-07-01 12:00 Europe/Berlin")).toBe(
      Date.UTC(2026, 6, 1, 10),
    );
    expect(parsePattern("yyyy-MM-dd HH:mmZ", "UTC").parseMs("2026-07-01 12:00-0230")).toBe(
      Date.UTC(2026, 6, 1, 14, 30),
    );
  });
});
