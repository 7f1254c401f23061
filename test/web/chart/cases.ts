/** The charts that are kept as goldens: every kind, gaps, an open bucket, hidden series, another zone. */
import type { ChartSettings } from "#schemas/api/dashboards";
import { ColourPlaces } from "../../../web/chart/colours.ts";
import type { ChartContext, ChartResult } from "../../../web/chart/context.ts";
import { palettes } from "../../../web/theme.ts";

const hour = 3_600_000;
export const startMs = Date.UTC(2026, 10, 20, 6);

export interface ChartCase {
  readonly name: string;
  readonly result: ChartResult;
  readonly settings: ChartSettings;
  readonly context: ChartContext;
}

function placesOf(names: readonly string[]): ColourPlaces {
  const places = new ColourPlaces(palettes.light.series.length);
  places.learn("", names);
  return places;
}

export function contextOf(changes: Partial<ChartContext> = {}): ChartContext {
  const palette = changes.palette ?? palettes.light;
  return {
    palette,
    zone: "UTC",
    nowMs: startMs + 3.5 * hour,
    range: { fromMs: startMs, toMs: startMs + 4 * hour },
    colourOf: placesOf(["Fruit", "Green", "Nut", "NULL", "small", "large"]).colourOf("", palette.series),
    cuts: { start: true, end: true },
    bounds: null,
    hidden: new Set(),
    narrow: false,
    ...changes,
  };
}

const byHour: ChartResult = {
  columnNames: ["hour", "sales"],
  columnTypes: ["TIMESTAMP", "DOUBLE"],
  rows: [
    ["2026-11-20 06:00:00.0", 120.5],
    ["2026-11-20 07:00:00.0", 98.25],
    ["2026-11-20 09:00:00.0", 40],
  ],
};

const byCategory: ChartResult = {
  columnNames: ["hour", "category", "sales"],
  columnTypes: ["LONG", "STRING", "DOUBLE"],
  rows: [
    [startMs, "Fruit", 50],
    [startMs, "Green", 20],
    [startMs + hour, "Fruit", 60],
    [startMs + 3 * hour, "Green", 30],
    [startMs + 3 * hour, "Fruit", 10],
  ],
};

const shares: ChartResult = {
  columnNames: ["category", "count"],
  columnTypes: ["STRING", "LONG"],
  rows: [
    ["Fruit", 700],
    ["Green", 260],
    ["Nut", 30],
    [null, 10],
    ["Nothing", 0],
  ],
};

const currency = { kind: "currency", currency: "USD", decimals: 2 } as const;
const hourly = { x: "hour", y: ["sales"], bucketMs: hour, format: currency } as const;

/** Two dimensions and an average, as `GROUP BY category, size` answers them; settings name the first only. */
const twoDimensions: ChartResult = {
  columnNames: ["category", "size", "average"],
  columnTypes: ["STRING", "STRING", "DOUBLE"],
  rows: ["Fruit", "Green", "Nut", null, "NULL"].flatMap((category, at) => [
    [category, "small", 3 + at],
    [category, "large", 5 + at],
  ]),
};

/** Everything that has no place on a canvas: no number, no time, not finite; and two rows of one time. */
const odd: ChartResult = {
  columnNames: ["hour", "sales"],
  columnTypes: ["TIMESTAMP", "DOUBLE"],
  rows: [
    ["2026-11-20 09:00:00.0", 4],
    ["2026-11-20 06:00:00.0", "NaN"],
    ["2026-11-20 07:00:00.0", "Infinity"],
    [null, 3],
    ["2026-11-20 08:00:00.0", 2],
    ["2026-11-20 08:00:00.0", 6],
    ["2026-11-20 10:00:00.0", null],
  ],
};

const byPrice: ChartResult = {
  columnNames: ["price", "sold"],
  columnTypes: ["DOUBLE", "LONG"],
  rows: [
    [4.5, 10],
    [2.5, "9007199254740993"],
    [3, 20],
  ],
};

export const chartCases: readonly ChartCase[] = [
  { name: "line-with-gap", result: byHour, settings: { kind: "line", ...hourly }, context: contextOf() },
  {
    name: "area-cumulative-berlin",
    result: byHour,
    settings: { kind: "area", ...hourly, cumulative: true, labels: { sales: "Sales" } },
    context: contextOf({ zone: "Europe/Berlin", palette: palettes.dark }),
  },
  {
    name: "stacked-open-bucket",
    result: byCategory,
    settings: { kind: "stackedBar", ...hourly, series: "category" },
    context: contextOf(),
  },
  {
    name: "bar-categories-hidden",
    result: shares,
    settings: { kind: "bar", x: "category", y: ["count"] },
    context: contextOf({ hidden: new Set(["other"]), range: null }),
  },
  {
    name: "pie",
    result: shares,
    settings: { kind: "pie", x: "category", y: ["count"] },
    context: contextOf(),
  },
  {
    name: "bar-two-dimensions",
    result: twoDimensions,
    settings: { kind: "bar", x: "category", y: ["average"] },
    context: contextOf({ range: null }),
  },
  {
    name: "line-odd-values",
    result: odd,
    settings: { kind: "line", x: "hour", y: ["sales"] },
    context: contextOf(),
  },
  {
    name: "line-along-numbers",
    result: byPrice,
    settings: { kind: "line", x: "price", y: ["sold"] },
    context: contextOf({ range: null }),
  },
  {
    name: "line-along-names",
    result: shares,
    settings: { kind: "area", x: "category", y: ["count"] },
    context: contextOf({ range: null }),
  },
  {
    name: "bar-cut-at-start",
    result: byCategory,
    settings: { kind: "bar", ...hourly, series: "category" },
    context: contextOf({
      range: { fromMs: startMs + hour / 2, toMs: startMs + 3.5 * hour },
      bounds: { min: 0, max: 80, interval: 20 },
    }),
  },
  {
    name: "line-cut-at-both-ends",
    result: byHour,
    settings: { kind: "line", ...hourly },
    context: contextOf({
      nowMs: startMs + 24 * hour,
      range: { fromMs: startMs + hour / 2, toMs: startMs + 3.5 * hour },
      palette: palettes.dark,
    }),
  },
  {
    name: "line-without-rows",
    result: { ...byHour, rows: [] },
    settings: { kind: "line", ...hourly },
    context: contextOf(),
  },
];
