/**
 * Lines and areas along time, a number, or names. Gaps stay gaps, a value between two gaps is a dot; the stretches to
 * buckets that are open or cut are dashed, because what they show is not all.
 */
import type { ChartSettings } from "#schemas/api/dashboards";
import { type Extent, extentOf } from "../extent.ts";
import { formatNumber } from "../format.ts";
import { wallOf } from "../time.ts";
import {
  bucketHeading,
  numberAxis,
  pivotTip,
  placeAxis,
  plotGrid,
  pointedAt,
  timeAxis,
  tooltip,
  valueAxis,
} from "./axis.ts";
import { type BucketState, bucketStates, cutAtStart, unfinishedFrom } from "./buckets.ts";
import type { ChartContext, ChartResult } from "./context.ts";
import { legendOf, type Picture } from "./picture.ts";
import { type Pivot, pivotOf, type Series } from "./series.ts";

const lineWidth = 1.75;
const areaOpacity = 0.14;
const dotSize = 5;

type Positions = readonly (number | string)[];

/** Points of a stretch [from, until); others are null, so all parts of a series keep the same positions. */
function stretch(positions: Positions, values: Series["values"], from: number, until: number) {
  return positions.map((x, at) => {
    const value = at >= from && at < until ? values[at]! : null;
    const isLone = value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null;
    return isLone ? { value: [x, value], symbol: "circle", symbolSize: dotSize } : [x, value];
  });
}

interface Parts {
  /** Positions of whole buckets: [from, until). */
  readonly from: number;
  readonly until: number;
}

function lineSeries(
  series: Series,
  positions: Positions,
  parts: Parts,
  settings: ChartSettings,
  colour: string,
) {
  const isArea = settings.kind === "area";
  const id = `${series.column} ${series.name}`;
  const part = (name: string, from: number, until: number, isWhole: boolean) => ({
    type: "line",
    name: series.label,
    symbol: "none",
    showSymbol: true,
    showAllSymbol: true,
    connectNulls: false,
    sampling: "lttb",
    emphasis: { disabled: true },
    itemStyle: { color: colour },
    id: `${id} ${name}`,
    lineStyle: { width: lineWidth, color: colour, ...(isWhole ? {} : { type: [3, 3] }) },
    data: stretch(positions, series.values, from, until),
    ...(isArea ? { areaStyle: { color: colour, opacity: isWhole ? areaOpacity : areaOpacity / 2 } } : {}),
  });
  const { from, until } = parts;
  const end = positions.length;
  return [
    // Neighbours share a point, so that the line goes on.
    ...(from > 0 ? [part("cut", 0, Math.min(from + 1, end), false)] : []),
    ...(until > from || end === 0 ? [part("closed", from, until, true)] : []),
    ...(until < end ? [part("open", Math.max(until - 1, 0), end, false)] : []),
  ];
}

/** Where whole buckets begin and end; a running total is whole from its first. */
function partsOf(pivot: Pivot, states: ReadonlyMap<number, BucketState>, settings: ChartSettings): Parts {
  const until = unfinishedFrom(pivot, states);
  return { from: settings.cumulative ? 0 : Math.min(cutAtStart(pivot, states), until), until };
}

function axisOf(pivot: Pivot, context: ChartContext) {
  switch (pivot.axis) {
    case "time":
      return timeAxis(context, pivot.xs as readonly number[]);
    case "number":
      return numberAxis(context);
    case "text":
      return { ...placeAxis(context, pivot.xs, false), boundaryGap: pivot.xs.length < 2 };
  }
}

function headingOf(pivot: Pivot, at: number, settings: ChartSettings, context: ChartContext): string {
  const x = pivot.xs[at]!;
  if (pivot.axis === "time") return bucketHeading(Number(x), context, settings.bucketMs);
  return pivot.axis === "number" ? formatNumber(Number(x)) : String(x);
}

function option(pivot: Pivot, result: ChartResult, settings: ChartSettings, context: ChartContext) {
  const shown = pivot.series.filter(({ name }) => !context.hidden.has(name));
  const isTime = pivot.axis === "time";
  const positions = isTime ? pivot.xs.map((x) => wallOf(Number(x), context.zone)) : pivot.xs;
  const parts = partsOf(pivot, bucketStates(pivot, settings, context), settings);
  return {
    animation: false,
    useUTC: true,
    grid: plotGrid,
    xAxis: axisOf(pivot, context),
    yAxis: valueAxis(context, settings.format, { fromZero: fromZeroOf(settings) }),
    tooltip: tooltip(context, "axis", (given) => {
      const at = pointedAt(given);
      if (at < 0 || at >= pivot.xs.length) return "";
      return pivotTip(headingOf(pivot, at, settings, context), {
        shown,
        at,
        result,
        settings,
        context,
        total: false,
      });
    }),
    series: shown.flatMap((series) =>
      lineSeries(series, positions, parts, settings, context.colourOf(series.name)),
    ),
  };
}

const fromZeroOf = (settings: ChartSettings): boolean =>
  settings.kind === "area" || settings.cumulative === true;

/** Values of whole buckets, and of others as far as they lead away from zero: they are still filling up. */
function* axisValues(shown: readonly Series[], { from, until }: Parts): Generator<number> {
  const wholeMin = extentOf(shown.flatMap(({ values }) => values.slice(from, until)));
  for (const { values } of shown) {
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? null;
      if (value === null) continue;
      if ((at >= from && at < until) || wholeMin === null) yield value;
      else yield value >= 0 ? Math.max(value, wholeMin.min) : Math.min(value, wholeMin.max);
    }
  }
}

export function drawLines(result: ChartResult, settings: ChartSettings, zone: string): Picture {
  const pivot = pivotOf(result, settings, { zone });
  return {
    group: pivot.group,
    legend: legendOf(pivot.series),
    notes: pivot.notes,
    isTime: pivot.axis === "time",
    places: null,
    fromZero: fromZeroOf(settings),
    extent: (context): Extent | null => {
      const shown = pivot.series.filter(({ name }) => !context.hidden.has(name));
      return extentOf(axisValues(shown, partsOf(pivot, bucketStates(pivot, settings, context), settings)));
    },
    option: (context) => option(pivot, result, settings, context),
  };
}
