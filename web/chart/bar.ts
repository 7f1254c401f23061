/** Bars, side by side or stacked. They start at zero; the open bucket is hatched at half strength. */

import type { EChartsCoreOption } from "echarts/core";
import type { ChartSettings } from "#schemas/api/dashboards";
import { bucketHeading, placeAxis, plotGrid, pointedAt, tipHtml, tooltip, valueAxis } from "./axis.ts";
import type { ChartContext, ChartResult } from "./context.ts";
import { openFrom, pivotOf } from "./series.ts";

const barWidthMax = 56;
const openStyle = (colour: string, panel: string) => ({
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

export function barOption(
  result: ChartResult,
  settings: ChartSettings,
  context: ChartContext,
): EChartsCoreOption {
  const pivot = pivotOf(result, settings, context.zone);
  const shown = pivot.series.filter((series) => !context.hidden.has(series.name));
  const open = openFrom(pivot, settings, context.nowMs);
  const stacked = settings.kind === "stackedBar";
  return {
    animation: false,
    grid: plotGrid,
    xAxis: placeAxis(context, pivot.xs, pivot.isTime),
    yAxis: valueAxis(context, settings.format, true),
    tooltip: tooltip(context, "axis", (given) => {
      const at = pointedAt(given);
      const x = pivot.xs[at];
      if (x === undefined) return "";
      const heading = pivot.isTime ? bucketHeading(Number(x), context, settings.bucketMs) : String(x);
      const rows = shown.map((series) => ({
        label: series.label,
        colour: context.colourOf(series.name),
        value: series.values[at] ?? null,
      }));
      return tipHtml(heading, rows, settings.format, stacked);
    }),
    series: shown.map((series) => {
      const colour = context.colourOf(series.name);
      return {
        type: "bar",
        id: series.name,
        name: series.label,
        ...(stacked ? { stack: "all" } : {}),
        barMaxWidth: barWidthMax,
        barCategoryGap: "24%",
        emphasis: { disabled: true },
        itemStyle: { color: colour, borderColor: context.palette.panel, borderWidth: stacked ? 0.5 : 0 },
        data: series.values.map((value, at) =>
          at < open ? value : { value, itemStyle: openStyle(colour, context.palette.panel) },
        ),
      };
    }),
  };
}
