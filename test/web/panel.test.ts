import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chartCases, contextOf } from "#test/web/chart/cases";
import { chartOf } from "../../web/chart/registry.ts";
import { cutsOf } from "../../web/panel/cuts.ts";
import { optionChange } from "../../web/panel/option-change.ts";

describe("where a statement cuts buckets", () => {
  test("at the bare edges of its range, not at rounded or shifted ones", () => {
    expect(cutsOf("SELECT 1 FROM t WHERE at >= :from AND at < :to")).toEqual({ start: true, end: true });
    expect(cutsOf("… WHERE at >= DATETRUNC('hour', :from) AND at < :to")).toEqual({
      start: false,
      end: true,
    });
    expect(cutsOf("… WHERE at BETWEEN :from AND :to")).toEqual({ start: true, end: true });
    expect(cutsOf("… WHERE at >= :to - 600000 AND at < :to + 1")).toEqual({ start: false, end: false });
    expect(cutsOf("… WHERE a = '>= :from' -- at >= :from\n AND b > 1")).toEqual({ start: false, end: false });
    expect(cutsOf("SELECT 1")).toEqual({ start: false, end: false });
  });
});

const apply = (shown: Record<string, unknown>, parts: Record<string, unknown>) => {
  const series = (shown["series"] as { id: string }[]).map((known) => ({
    ...known,
    ...(parts["series"] as { id: string }[] | undefined)?.find(({ id }) => id === known.id),
  }));
  return { ...shown, ...parts, series };
};

const size = { width: 800, height: 200 };

describe("a chart is told what changed", () => {
  const bars = (value: number) => ({
    yAxis: { type: "value", min: 0, max: 4000 },
    series: [{ id: "a", type: "bar", data: [100, { value, itemStyle: { opacity: 0.5 } }, null] }],
  });
  const line = (value: number) => ({
    yAxis: { type: "value", min: 0, max: 4000 },
    series: [
      {
        id: "a",
        type: "line",
        data: [
          [1, 100],
          [2, value],
        ],
      },
    ],
  });
  const ring = (value: number) => ({
    series: [
      {
        id: "r",
        type: "pie",
        data: [
          { name: "x", value },
          { name: "y", value: 1e6 },
        ],
      },
    ],
  });

  test("nothing, while no value moved by what one can see; and what moved since it was drawn adds up", () => {
    for (const option of [bars, line]) {
      expect(optionChange(option(500), option(504), size).kind).toBe("nothing");
      expect(optionChange(option(500), option(506), size).kind).toBe("parts");
    }
    expect(optionChange(ring(1e6), ring(1e6 + 100), size).kind).toBe("nothing");
    expect(optionChange(ring(1e6), ring(1e6 + 5000), size).kind).toBe("parts");
    const moved = {
      ...line(500),
      series: [
        {
          id: "a",
          type: "line",
          data: [
            [1, 100],
            [2.1, 500],
          ],
        },
      ],
    };
    expect(optionChange(line(500), moved, size).kind).toBe("parts");
    const gone = {
      ...bars(500),
      series: [{ id: "a", type: "bar", data: [null, { value: 500, itemStyle: { opacity: 0.5 } }, null] }],
    };
    expect(optionChange(bars(500), gone, size).kind).toBe("parts");
    expect(optionChange(bars(500), bars(501), { width: 0, height: 0 }).kind).toBe("parts");
  });

  const optionOf = (at: number, shift: number, nowMs?: number) => {
    const { result, settings, context } = chartCases[at]!;
    const chart = chartOf(settings.kind);
    if (chart.body !== "canvas") throw new Error("not on a canvas");
    const rows = result.rows.map((row) =>
      row.with(-1, typeof row.at(-1) === "number" ? Number(row.at(-1)) + shift : row.at(-1)!),
    );
    const picture = chart.draw({ ...result, rows }, settings, "UTC");
    return picture.option({ ...context, nowMs: nowMs ?? context.nowMs }) as Record<string, unknown>;
  };

  test("nothing, when the same is drawn again", () => {
    for (const at of chartCases.keys())
      expect(optionChange(optionOf(at, 0), optionOf(at, 0), size).kind).toBe("nothing");
  });

  test("everything, when it shows nothing yet, or a series comes", () => {
    expect(optionChange(null, optionOf(0, 0), size).kind).toBe("everything");
    const fewer = { ...optionOf(2, 0), series: (optionOf(2, 0)["series"] as unknown[]).slice(1) };
    expect(optionChange(fewer, optionOf(2, 0), size).kind).toBe("everything");
  });

  test("no more than the parts that moved, which make the new option of the old one", () => {
    const at = fc.integer({ min: 0, max: chartCases.length - 1 });
    fc.assert(
      fc.property(at, fc.constantFrom(0, 1, 250), fc.nat(5), (which, shift, hours) => {
        const shown = optionOf(which, 0);
        const next = optionOf(which, shift, contextOf().nowMs + hours * 3_600_000);
        const change = optionChange(shown, next, size);
        if (change.kind === "everything") return;
        const merged =
          change.kind === "nothing" ? shown : apply(shown, change.option as Record<string, unknown>);
        expect(JSON.stringify(merged)).toBe(JSON.stringify(next));
      }),
    );
  });
});
