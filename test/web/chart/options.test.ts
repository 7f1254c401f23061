import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chartCases, contextOf, startMs } from "#test/web/chart/cases";
import { placeAxis } from "../../../web/chart/axis.ts";
import { chartOptions, legendOf } from "../../../web/chart/registry.ts";

const folder = new URL("../../golden/charts/", import.meta.url);

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
    const text = goldenText(chartOptions[settings.kind]!(result, settings, context));
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
    const { tooltip } = chartOptions.stackedBar!(result, settings, context) as unknown as Tipped;
    const open = tooltip.formatter([{ dataIndex: 3 }]);
    expect(open).toContain("20 Nov 09:00 – 10:00 · in progress");
    expect(open.indexOf("Green")).toBeLessThan(open.indexOf("Fruit"));
    expect(open).toContain('<tr class="total"><td>Total</td><td>$40.00</td></tr>');
    expect(tooltip.formatter([{ dataIndex: 1 }])).not.toContain("in progress");
  });

  test("markup in data stays text", () => {
    const result = { columnNames: ["k", "v"], columnTypes: ["STRING", "LONG"] as const, rows: [["<b>", 1]] };
    const { tooltip } = chartOptions.pie!(
      result,
      { kind: "pie", x: "k", y: ["v"] },
      contextOf(),
    ) as unknown as Tipped;
    expect(tooltip.formatter({ name: "<img src=x>", value: 1, color: "red" })).toContain("&lt;img src=x&gt;");
  });
});

test("one series needs no legend; a pie lists its slices", () => {
  expect(legendOf(named("line-with-gap").result, named("line-with-gap").settings)).toEqual([]);
  expect(legendOf(named("pie").result, named("pie").settings).map(({ name }) => name)).toEqual([
    "Fruit",
    "Green",
    "Nut",
    "NULL",
  ]);
});

test("a range far from the rows does not move them", () => {
  const { result, settings } = named("line-with-gap");
  const context = contextOf({ range: { fromMs: startMs - 86_400_000, toMs: startMs + 86_400_000 } });
  const option = chartOptions.line!(result, settings, context) as { xAxis: { min: number; max: number } };
  expect([option.xAxis.min, option.xAxis.max]).toEqual([startMs - 86_400_000, startMs + 86_400_000]);
});
