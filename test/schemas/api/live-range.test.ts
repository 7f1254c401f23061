import { expect, test } from "vitest";
import { instantOfWall, isZone, resolveRange, startOfDayMs, zoneOffsetMs } from "#schemas/api/live-range";
import { readLiveRequest } from "#schemas/api/live-request";

const hour = 3_600_000;

test("days begin at the zone's midnight, also when they are 23 or 25 hours long", () => {
  const spring = Date.UTC(2026, 2, 29, 12);
  const autumn = Date.UTC(2026, 9, 25, 12);
  expect(startOfDayMs(spring, "Europe/Berlin")).toBe(Date.UTC(2026, 2, 28, 23));
  expect(startOfDayMs(spring + 24 * hour, "Europe/Berlin") - startOfDayMs(spring, "Europe/Berlin")).toBe(
    23 * hour,
  );
  expect(startOfDayMs(autumn + 24 * hour, "Europe/Berlin") - startOfDayMs(autumn, "Europe/Berlin")).toBe(
    25 * hour,
  );
  expect(startOfDayMs(spring, "UTC")).toBe(Date.UTC(2026, 2, 29));
});

test("wall time and instants are inverse", () => {
  for (const zone of ["UTC", "Asia/Kolkata", "America/New_York", "Pacific/Chatham"]) {
    const at = Date.UTC(2026, 10, 20, 6, 30, 15);
    expect(instantOfWall(at + zoneOffsetMs(at, zone), zone)).toBe(at);
  }
});

test("ranges resolve", () => {
  const now = Date.UTC(2026, 10, 20, 6);
  expect(resolveRange({ kind: "last", ms: hour }, "UTC", now)).toEqual({ fromMs: now - hour, toMs: now });
  expect(resolveRange({ kind: "today" }, "Europe/Berlin", now).fromMs).toBe(Date.UTC(2026, 10, 19, 23));
  expect(resolveRange({ kind: "between", fromMs: 5, toMs: 1 }, "UTC", now)).toEqual({ fromMs: 5, toMs: 5 });
  expect(resolveRange({ kind: "all" }, "UTC", now)).toEqual({ fromMs: 0, toMs: now });
  expect([isZone("Europe/Berlin"), isZone("Mars/Olympus")]).toEqual([true, false]);
});

test("live requests are checked, and the fault names its place", () => {
  expect(readLiveRequest('{"kind":"pause"}')).toEqual({ kind: "request", request: { kind: "pause" } });
  expect(readLiveRequest("{")).toMatchObject({ kind: "fault", id: "", error: { code: "BODY_SYNTAX" } });
  const subscribe = {
    kind: "subscribe",
    id: "p",
    sql: "SELECT 1",
    zone: "UTC",
    range: { kind: "last", ms: -1 },
  };
  const fault = readLiveRequest(JSON.stringify(subscribe));
  expect(fault).toMatchObject({ id: "p", error: { code: "BODY_SYNTAX", detail: { at: "range.ms" } } });
  expect(readLiveRequest('{"kind":"drop"}')).toMatchObject({
    kind: "fault",
    error: { detail: { at: "kind" } },
  });
});
