import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ChartSettings } from "#schemas/api/dashboards";
import { chartCases, contextOf, startMs } from "#test/web/chart/cases";
import { placeAxis } from "../../../web/chart/axis.ts";
import type { ChartContext, ChartResult } from "../../../web/chart/context.ts";
import { chartOf } from "../../../web/chart/registry.ts";

const folder = new URL("../../golden/charts/", import.meta.url);

function pictureOf(result: ChartResult, settings: ChartSettings) {
  const chart = chartOf(settings.kind);
  if (chart.body !== "canvas") throw new Error(`${settings.kind} is not drawn on a canvas`);
  return chart.draw(result, settings, "UTC");
}
const optionOf = (result: ChartResult, settings: ChartSettings, context: ChartContext) =>
  pictureOf(result, settings).option(context);

/** An option as a golden file holds it: numbers rounded, functions named. */
function goldenText(option: unknown): string {
  return `${JSON.stringify(
    option,
    (_key, value: unknown) => {
      if (typeof value === "function") return "[function]";
      if (typeof value === "number" && !Number.isInteger(value)) return Math.round(value * 1000) / 1000;
      return value;
    },
    2,
  )}\n`;
}

describe("options are what they were", () => {
  test.each(chartCases)("$name", ({ name, result, settings, context }) => {
    const text = goldenText({
      ...optionOf(result, settings, context),
      notes: pictureOf(result, settings).notes,
    });
    const file = new URL(`${name}.json`, folder);
    if (process.env["UPDATE_GOLDEN"] === "1") {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file), "missing golden: run with UPDATE_GOLDEN=1 and look at it").toBe(true);
    expect(text).toBe(readFileSync(file, "utf8"));
  });
});

test("a lone bucket is called by its hour, without seconds", () => {
  const label = (startsMs: readonly number[]) =>
    placeAxis(contextOf(), startsMs, true).axisLabel.formatter(String(startsMs[0]));
  const hourMs = startMs - (startMs % 3_600_000);
  expect(label([hourMs])).toMatch(/^\d\d:00$/);
  expect(label([hourMs + 5000])).toMatch(/^\d\d:00:05$/);
});

interface Tipped {
  readonly tooltip: { readonly formatter: (given: unknown) => string };
}

const named = (name: string) => chartCases.find((one) => one.name === name)!;

describe("tooltips", () => {
  test("name the bucket, sort by value, total stacks, say what is in progress", () => {
    const { result, settings, context } = named("stacked-open-bucket");
    const { tooltip } = optionOf(result, settings, context) as unknown as Tipped;
    const open = tooltip.formatter([{ dataIndex: 3 }]);
    expect(open).toContain("20 Nov 09:00 – 10:00 · in progress");
    expect(open.indexOf("Green")).toBeLessThan(open.indexOf("Fruit"));
    expect(open).toContain('<tr class="total"><td>Total</td><td>$40.00</td></tr>');
    expect(tooltip.formatter([{ dataIndex: 1 }])).not.toContain("in progress");
  });

  test("markup in data stays text", () => {
    const result = {
      columnNames: ["k", "v"],
      columnTypes: ["STRING", "LONG"] as const,
      rows: [["<img src=x>", 1]],
    };
    const { tooltip } = optionOf(result, { kind: "pie", x: "k", y: ["v"] }, contextOf()) as unknown as Tipped;
    expect(tooltip.formatter({ dataIndex: 0, color: "red" })).toContain("&lt;img src=x&gt;");
  });
});

test("a legend lists a measure, or values in their order; a pie its slices", () => {
  const legend = (name: string) => pictureOf(named(name).result, named(name).settings).legend;
  expect(legend("line-with-gap")).toEqual([{ name: "sales", label: "sales", isMeasure: true }]);
  expect(legend("bar-two-dimensions").map(({ name }) => name)).toEqual(["large", "small"]);
  expect(legend("pie").map(({ name }) => name)).toEqual(["Fruit", "Green", "Nut", "NULL"]);
});

test("a range far from the rows does not move them", () => {
  const { result, settings } = named("line-with-gap");
  const context = contextOf({ range: { fromMs: startMs - 86_400_000, toMs: startMs + 86_400_000 } });
  const option = optionOf(result, settings, context) as { xAxis: { min: number; max: number } };
  expect([option.xAxis.min, option.xAxis.max]).toEqual([startMs - 86_400_000, startMs + 86_400_000]);
});

test("a tooltip keeps digits that a double loses, and says which bucket is cut", () => {
  const tip = (name: string, at: number) => {
    const { result, settings, context } = named(name);
    const { tooltip } = optionOf(result, settings, context) as unknown as Tipped;
    return tooltip.formatter([{ dataIndex: at }]);
  };
  expect(tip("line-along-numbers", 0)).toContain("9,007,199,254,740,993");
  expect(tip("bar-cut-at-start", 0)).toContain("06:00 – 07:00 · cut at the range's start");
  expect(tip("bar-cut-at-start", 3)).toContain("in progress");
  expect(tip("line-cut-at-both-ends", 3)).toContain("cut at the range's end");
  expect(tip("line-cut-at-both-ends", 1)).not.toContain("cut");
});
