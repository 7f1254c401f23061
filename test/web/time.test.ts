import { describe, expect, test } from "vitest";
import {
  consoleSearch,
  dashboardSearch,
  parseSearch,
  stringifySearch,
  tableSearch,
} from "../../web/search.ts";
import {
  absoluteText,
  axisLabel,
  instantOf,
  offsetLabel,
  parseRange,
  quickRanges,
  rangeLabel,
  zoneOf,
} from "../../web/time.ts";

const now = Date.UTC(2026, 10, 20, 6, 30);
const hour = 3_600_000;

describe("ranges", () => {
  test.each(quickRanges)("$from is readable", (range) => {
    expect(parseRange(range, "UTC", now)).not.toBeNull();
    expect(rangeLabel(range, "UTC", now)).not.toContain("Unreadable");
  });

  test("relative, named, absolute", () => {
    expect(parseRange({ from: "now-24h", to: "now" }, "UTC", now)).toEqual({ kind: "last", ms: 24 * hour });
    expect(parseRange({ from: "today", to: "now" }, "UTC", now)).toEqual({ kind: "today" });
    expect(parseRange({ from: "now-2h", to: "now-1h" }, "UTC", now)).toEqual({
      kind: "between",
      fromMs: now - 2 * hour,
      toMs: now - hour,
    });
    const days = { from: "2026-11-19", to: "2026-11-20 12:30" };
    expect(parseRange(days, "Europe/Berlin", now)).toEqual({
      kind: "between",
      fromMs: Date.UTC(2026, 10, 18, 23),
      toMs: Date.UTC(2026, 10, 20, 11, 30),
    });
  });

  test.each([
    { from: "now", to: "now-1h" },
    { from: "now-0h", to: "now" },
    { from: "yesterday", to: "now" },
    { from: "2026-13-45", to: "now" },
    { from: "now-1h; DROP", to: "now" },
  ])("$from … $to is refused", (range) => {
    expect(parseRange(range, "UTC", now)).toBeNull();
  });

  test("what is written can be read again", () => {
    const range = { fromMs: now - hour, toMs: now };
    for (const zone of ["UTC", "Asia/Kolkata", "America/New_York"]) {
      expect(parseRange(absoluteText(range, zone), zone, now)).toEqual({ kind: "between", ...range });
    }
  });

  test("labels", () => {
    expect(rangeLabel({ from: "now-1h", to: "now" }, "UTC", now)).toBe("Last hour");
    expect(rangeLabel({ from: "now-12h", to: "now" }, "UTC", now)).toBe("Last 12 hours");
    expect(rangeLabel({ from: "2026-11-20T05:00:00", to: "2026-11-20T06:00:00" }, "UTC", now)).toBe(
      "20 Nov 05:00 – 20 Nov 06:00",
    );
    expect(axisLabel(Date.UTC(2026, 10, 20), 12 * hour)).toBe("20 Nov");
    expect(axisLabel(now, 12 * hour)).toBe("06:30");
    expect(axisLabel(now + 5000, 60_000)).toBe("06:30:05");
    expect(offsetLabel("Asia/Kolkata", now)).toBe("UTC+05:30");
    expect(offsetLabel("America/New_York", now)).toBe("UTC−05:00");
  });

  test("instants and zones", () => {
    expect(instantOf("2026-11-20T06:30:00Z", "Asia/Tokyo", now)).toBe(now);
    expect(instantOf(String(now), "UTC", 0)).toBe(now);
    expect(instantOf("2026-02-30", "UTC", now)).toBeNull();
    expect(zoneOf("Mars/Olympus")).toBe(zoneOf(undefined));
    expect(zoneOf("Asia/Tokyo")).toBe("Asia/Tokyo");
  });
});

describe("the address", () => {
  test("is readable and comes back as it went", () => {
    const search = { from: "2026-11-20T05:00:00", to: "now", tz: "Europe/Berlin", zoom: "sales" };
    const text = stringifySearch(search);
    expect(text).toBe("?from=2026-11-20T05:00:00&to=now&tz=Europe/Berlin&zoom=sales");
    expect(dashboardSearch(parseSearch(text))).toEqual(search);
  });

  test("drops what it does not know", () => {
    expect(dashboardSearch({ live: "maybe", x: "1", from: "" })).toEqual({});
    expect(consoleSearch({ sql: "SELECT 1 & 2", view: "drawing" })).toEqual({ sql: "SELECT 1 & 2" });
    expect(tableSearch({ view: "segments" })).toEqual({ view: "segments" });
    expect(stringifySearch({})).toBe("");
    expect(consoleSearch(parseSearch(stringifySearch({ sql: "SELECT 'a+b' & \"ü\"\n" })))).toEqual({
      sql: "SELECT 'a+b' & \"ü\"\n",
    });
  });
});
