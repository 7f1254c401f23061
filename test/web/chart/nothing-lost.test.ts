/** Every value of every result is in the picture, or a note says how many are not: for every kind and every shape. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChartKind, ChartSettings } from "#schemas/api/dashboards";
import type { Cell } from "#schemas/api/query";
import { appLimits } from "#schemas/limits";
import type { SqlType } from "#schemas/types";
import { contextOf, startMs } from "#test/web/chart/cases";
import type { ChartResult } from "../../../web/chart/context.ts";
import { oneNumberOf } from "../../../web/chart/number.ts";
import { chartOf, charts } from "../../../web/chart/registry.ts";
import { suggestChart } from "../../../web/chart/suggest.ts";
import { HeldBounds } from "../../../web/chart/value-axis.ts";
import { numberOfCell } from "../../../web/format.ts";

const hour = 3_600_000;
const kinds = (Object.keys(charts) as ChartKind[]).filter((kind) => chartOf(kind).body === "canvas");

const name = fc.constantFrom<Cell>("Fruit", "Green", "NULL", "", "a\nb", "__proto__", "1", null);
const time = fc.oneof(
  fc.nat(40).map((hours) => startMs + hours * hour),
  fc.nat(9).map((hours) => `2026-11-20 0${hours}:00:00.0`),
  fc.constantFrom<Cell>(null, "not a time"),
);
const measure = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom<Cell>(
    null,
    "NaN",
    "Infinity",
    "-Infinity",
    "9223372036854775807",
    "-9007199254740993",
    0,
    "x",
  ),
);

interface Column {
  readonly type: SqlType;
  readonly cells: fc.Arbitrary<Cell>;
}
const dimension: fc.Arbitrary<Column> = fc.constantFrom<Column>(
  { type: "STRING", cells: name },
  { type: "TIMESTAMP", cells: time },
  { type: "LONG", cells: time },
  { type: "INT", cells: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(null)) },
  { type: "BOOLEAN", cells: fc.constantFrom<Cell>(true, false, null) },
  { type: "DOUBLE", cells: measure },
);

/** One to three dimensions and one to three measures, rows in any order and with any number of duplicates. */
const results = fc
  .tuple(fc.array(dimension, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 3 }))
  .chain(([dimensions, measures]) => {
    const columns: Column[] = [
      ...dimensions,
      ...Array.from({ length: measures }, () => ({ type: "DOUBLE" as const, cells: measure })),
    ];
    return fc.record({
      columns: fc.constant(columns),
      measures: fc.constant(measures),
      rows: fc.array(fc.tuple(...columns.map(({ cells }) => cells)), { maxLength: 60 }),
    });
  })
  .map(({ columns, measures, rows }) => ({
    result: {
      columnNames: columns.map((_, at) => `c${at}`),
      columnTypes: columns.map(({ type }) => type),
      rows: rows as Cell[][],
    },
    measures: columns.map((_, at) => `c${at}`).slice(-measures),
    dimensions: columns.length - measures,
  }));

type Item = number | null | string | readonly unknown[] | { readonly value?: unknown };
interface DrawnSeries {
  readonly id: string;
  readonly data: readonly Item[];
}

const numberAt = (item: Item): unknown => {
  const value = typeof item === "object" && item !== null && "value" in item ? item.value : item;
  return Array.isArray(value) ? value[1] : value;
};

/** Finite numbers of an option, each position of a series once, whatever stretches it is drawn in. */
function drawnValues(option: unknown): readonly number[] {
  const { series } = option as { readonly series: readonly DrawnSeries[] };
  const byPosition = new Map<string, number>();
  for (const { id, data } of series) {
    const whole = id.replace(/ (cut|closed|open)$/, "");
    data.forEach((item, at) => {
      const value = numberAt(item);
      if (typeof value === "number") byPosition.set(`${whole} ${at}`, value);
    });
  }
  return [...byPosition.values()];
}

function account(result: ChartResult, settings: ChartSettings) {
  const chart = chartOf(settings.kind);
  if (chart.body !== "canvas") throw new Error("only canvases draw");
  const picture = chart.draw(result, settings, "UTC");
  const context = contextOf({ range: null });
  const bounds = new HeldBounds().next(picture.extent(context), { fromZero: picture.fromZero });
  const drawn = drawnValues(picture.option({ ...context, bounds }));
  const noted = picture.notes.reduce((so, { values }) => so + values, 0);
  return { drawn, noted, bounds, picture };
}

const sorted = (values: readonly number[]) => values.toSorted((left, right) => left - right);

describe.each(kinds)("%s", (kind) => {
  test("draws or notes every value, and nothing that is not there", () => {
    fc.assert(
      fc.property(
        results,
        fc.boolean(),
        fc.boolean(),
        ({ result, measures, dimensions }, hasSeries, hasBuckets) => {
          const settings: ChartSettings = {
            kind,
            x: "c0",
            y: measures,
            ...(hasSeries && dimensions > 1 ? { series: "c1" } : {}),
            ...(hasBuckets ? { bucketMs: hour } : {}),
          };
          const { drawn, noted, bounds } = account(result, settings);
          const cells = result.rows.flatMap((row) => row.slice(dimensions).map((cell) => numberOfCell(cell)));
          expect(drawn.length + noted).toBe(cells.length);
          expect(drawn.every(Number.isFinite)).toBe(true);
          const finite = sorted(
            cells.filter((value): value is number => value !== null && Number.isFinite(value)),
          );
          const left = [...finite];
          for (const value of sorted(drawn)) {
            const at = left.indexOf(value);
            expect(at, `${value} is no value of the result`).toBeGreaterThanOrEqual(0);
            left.splice(at, 1);
          }
          if (bounds !== null && drawn.length > 0 && kind !== "stackedBar") {
            expect(Math.min(...drawn)).toBeGreaterThanOrEqual(bounds.min);
            expect(Math.max(...drawn)).toBeLessThanOrEqual(bounds.max);
          }
        },
      ),
    );
  });

  test("says what it cannot hold of a large result, and does not break", () => {
    const rows = Array.from({ length: 150_000 }, (_, at): Cell[] => [
      startMs + at * 1000,
      `s${at % 3000}`,
      1 + (at % 7),
    ]);
    const result = {
      columnNames: ["t", "s", "v"],
      columnTypes: ["TIMESTAMP", "STRING", "LONG"] as const,
      rows,
    };
    for (const series of [{}, { series: "s" }]) {
      const { drawn, noted, picture } = account(result, { kind, x: "t", y: ["v"], ...series });
      const others = kind === "pie"; // slices are summed in one
      if (!others) expect(drawn.length + noted).toBe(rows.length);
      expect(drawn.length).toBeLessThanOrEqual(appLimits.chartCells);
      expect(picture.legend.length).toBeLessThanOrEqual(appLimits.chartSeries);
      expect(picture.notes.length).toBeGreaterThan(0);
    }
    expect(suggestChart(result)).not.toBeNull();
  });
});

test("a big number says that it shows one of several rows", () => {
  const result = {
    columnNames: ["k", "v"],
    columnTypes: ["STRING", "LONG"] as const,
    rows: [
      ["a", 1],
      ["b", 2],
    ],
  };
  expect(oneNumberOf(result, { kind: "bigNumber" })).toMatchObject({ cell: 1, notes: [{ values: 1 }] });
  expect(oneNumberOf({ ...result, rows: [["a", 1]] }, { kind: "bigNumber", y: ["v"] }).notes).toEqual([]);
});

test("two dimensions and an average are all drawn, split by the second, though nobody named it", () => {
  const rows = ["a", "b"].flatMap((one): Cell[][] => ["x", "y", "z"].map((two, at) => [one, two, at + 0.5]));
  const result = {
    columnNames: ["one", "two", "average"],
    columnTypes: ["STRING", "STRING", "DOUBLE"] as const,
    rows,
  };
  for (const kind of kinds) {
    const { picture, drawn } = account(result, { kind, x: "one", y: ["average"] });
    expect(picture.notes).toEqual([]);
    expect(drawn).toHaveLength(6);
    if (kind !== "pie") expect(picture.legend.map((entry) => entry.name)).toEqual(["x", "y", "z"]);
  }
  expect(suggestChart(result)).toMatchObject({ kind: "bar", x: "one", series: "two" });
});

test("a column that is not there is said", () => {
  const result = { columnNames: ["k", "v"], columnTypes: ["STRING", "LONG"] as const, rows: [["a", 1]] };
  const { picture, drawn } = account(result, { kind: "bar", x: "gone", y: ["v", "away"], series: "no" });
  expect(picture.notes.map(({ text }) => text).join(" ")).toMatch(/away.*|gone.*/);
  expect(picture.notes).toHaveLength(3);
  expect(drawn).toEqual([1]);
});
