import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contextOf, startMs } from "#test/web/chart/cases";
import { drawLines } from "../../../web/chart/line.ts";
import { HeldBounds, tickLabel } from "../../../web/chart/value-axis.ts";

const extent = fc
  .tuple(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), fc.double({ noNaN: true, min: 0, max: 1e12 }))
  .map(([min, width]) => ({ min, max: min + width }));

describe("the value axis", () => {
  test("holds every value in few round steps", () => {
    fc.assert(
      fc.property(extent, fc.boolean(), (given, fromZero) => {
        const bounds = new HeldBounds().next(given, { fromZero })!;
        expect(bounds.min).toBeLessThanOrEqual(given.min);
        expect(bounds.max).toBeGreaterThanOrEqual(given.max);
        expect(bounds.max).toBeGreaterThan(bounds.min);
        const steps = (bounds.max - bounds.min) / bounds.interval;
        expect(steps).toBeGreaterThan(0.99);
        expect(steps).toBeLessThan(8);
        if (fromZero) expect(bounds.min <= 0 && bounds.max >= 0).toBe(true);
      }),
    );
  });

  test("neighbouring ticks have labels that differ", () => {
    for (const [min, max] of [
      [0, 1],
      [0, 0.004],
      [990, 1010],
      [1_000_000, 1_000_004],
      [0, 47_000],
      [1200, 1350],
      [-3, 8],
    ]) {
      const {
        min: low,
        max: high,
        interval,
      } = new HeldBounds().next({ min: min!, max: max! }, { fromZero: false })!;
      const labels: string[] = [];
      for (let at = 0; low + at * interval <= high * (1 + 1e-12); at++)
        labels.push(tickLabel(low + at * interval, interval, { kind: "number" }));
      expect(new Set(labels).size, labels.join(" ")).toBe(labels.length);
    }
    expect(tickLabel(250_000, 250_000, { kind: "currency", currency: "USD" })).toBe("$250K");
    expect(tickLabel(0.5, 0.25, { kind: "percent" })).toBe("50%");
  });

  test("stays while an open minute fills and closes, minute after minute", () => {
    const held = new HeldBounds();
    const closed = Array.from({ length: 30 }, (_, at) => 900 + ((at * 37) % 100));
    const seen = new Set<string>();
    for (let minute = 0; minute < 5; minute++) {
      for (let second = 1; second <= 60; second += 2) {
        const values = [...closed.slice(minute), ...closed.slice(0, minute), (950 * second) / 60];
        const rows = values.map((value, at) => [startMs + (at + minute) * 60_000, value]);
        const nowMs = startMs + (values.length - 1 + minute) * 60_000 + second * 1000;
        const result = { columnNames: ["t", "v"], columnTypes: ["TIMESTAMP", "DOUBLE"] as const, rows };
        const settings = { kind: "line", x: "t", y: ["v"], bucketMs: 60_000 } as const;
        const bounds = held.next(
          drawLines(result, settings, "UTC").extent(contextOf({ nowMs, range: null })),
          {
            fromZero: false,
          },
        );
        seen.add(JSON.stringify(bounds));
      }
    }
    expect([...seen]).toHaveLength(1);
    expect(JSON.parse([...seen][0]!).min).toBeGreaterThan(0);
  });

  test("grows at once, shrinks only when it is mostly empty", () => {
    const held = new HeldBounds();
    const topOf = (max: number) => held.next({ min: 0, max }, { fromZero: true })?.max;
    expect([95, 80, 70, 120, 100, 65].map(topOf)).toEqual([100, 100, 100, 150, 150, 80]);
    expect(held.next(null, { fromZero: true })?.max).toBe(80);
  });
});
