/** Bars, side by side or stacked. They start at zero; a bucket that is open or cut is hatched at half strength. */
import type { ChartSettings } from "#schemas/api/dashboards";
import { type Extent, extentOf } from "../extent.ts";
import { bucketHeading, pivotTip, placeAxis, plotGrid, pointedAt, tooltip, valueAxis } from "./axis.ts";
import { bucketStates } from "./buckets.ts";
import type { ChartContext, ChartResult } from "./context.ts";
import { legendOf, type Picture } from "./picture.ts";
import { barBounds, type Pivot, pivotOf, type Series } from "./series.ts";

const barWidthMax = 56;
const unfinished = (colour: string, panel: string) => ({
  color: colour,
  opacity: 0.5,
  decal: {
    symbol: "rect",
    color: panel,
    dashArrayX: [1, 0],
    dashArrayY: [2, 4],
    rotation: Math.PI / 4,
    symbolSize: 1,
  },
});

const shownOf = (pivot: Pivot, hidden: ReadonlySet<string>): readonly Series[] =>
  pivot.series.filter(({ name }) => !hidden.has(name));

/** How far stacks reach up and down. */
function* stackEnds(pivot: Pivot, shown: readonly Series[]): Generator<number> {
  for (const at of pivot.xs.keys()) {
    let up = 0;
    let down = 0;
    for (const { values } of shown) {
      const value = values[at] ?? 0;
      if (value > 0) up += value;
      else down += value;
    }
    yield up;
    yield down;
  }
}

function option(pivot: Pivot, result: ChartResult, settings: ChartSettings, context: ChartContext) {
  const shown = shownOf(pivot, context.hidden);
  const isTime = pivot.axis === "time";
  const states = bucketStates(pivot, settings, context);
  const stacked = settings.kind === "stackedBar";
  return {
    animation: false,
    grid: plotGrid,
    xAxis: placeAxis(context, pivot.xs, isTime),
    yAxis: valueAxis(context, settings.format, { fromZero: true }),
    tooltip: tooltip(context, "axis", (given) => {
      const at = pointedAt(given);
      const x = pivot.xs[at];
      if (x === undefined) return "";
      const heading = isTime ? bucketHeading(Number(x), context, settings.bucketMs) : String(x);
      return pivotTip(heading, { shown, at, result, settings, context, total: stacked });
    }),
    series: shown.map((series) => {
      const colour = context.colourOf(series.name);
      return {
        type: "bar",
        id: `${series.column} ${series.name}`,
        name: series.label,
        ...(stacked ? { stack: "all" } : {}),
        barMaxWidth: barWidthMax,
        barCategoryGap: "24%",
        emphasis: { disabled: true },
        itemStyle: { color: colour, borderColor: context.palette.panel, borderWidth: stacked ? 0.5 : 0 },
        data: series.values.map((value, at) =>
          states.has(at) ? { value, itemStyle: unfinished(colour, context.palette.panel) } : value,
        ),
      };
    }),
  };
}

export function drawBars(result: ChartResult, settings: ChartSettings, zone: string): Picture {
  const pivot = pivotOf(result, settings, { zone, bounds: barBounds });
  const isTime = pivot.axis === "time";
  return {
    group: pivot.group,
    legend: legendOf(pivot.series),
    notes: pivot.notes,
    isTime,
    places: isTime ? (pivot.xs as readonly number[]) : null,
    fromZero: true,
    extent: ({ hidden }): Extent | null => {
      const shown = shownOf(pivot, hidden);
      if (settings.kind === "stackedBar") return extentOf(stackEnds(pivot, shown));
      return extentOf(shown.flatMap(({ values }) => values));
    },
    option: (context) => option(pivot, result, settings, context),
  };
}
