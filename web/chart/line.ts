/** Lines and areas over time. Gaps stay gaps; the stretch to the open bucket is dashed, because it will still move. */

import type { EChartsCoreOption } from "echarts/core";
import type { ChartSettings } from "#schemas/api/dashboards";
import { wallOf } from "../time.ts";
import { bucketHeading, plotGrid, pointedAt, timeAxis, tipHtml, tooltip, valueAxis } from "./axis.ts";
import type { ChartContext, ChartResult } from "./context.ts";
import { openFrom, pivotOf, type Series } from "./series.ts";

const lineWidth = 1.75;
const areaOpacity = 0.14;

/** Points of a stretch [from, until); others are null, so both parts of a series keep the same positions. */
function stretch(walls: readonly number[], values: readonly (number | null)[], from: number, until: number) {
  return walls.map((wall, at) => [wall, at >= from && at < until ? values[at]! : null]);
}

function lineSeries(
  series: Series,
  walls: readonly number[],
  open: number,
  settings: ChartSettings,
  context: ChartContext,
) {
  const colour = context.colourOf(series.name);
  const isArea = settings.kind === "area";
  const lonely = walls.length === 1;
  const shared = {
    type: "line",
    name: series.label,
    showSymbol: lonely,
    symbol: "circle",
    symbolSize: 5,
    connectNulls: false,
    sampling: "lttb",
    emphasis: { disabled: true },
    itemStyle: { color: colour },
  };
  const closed = {
    ...shared,
    id: `${series.name} closed`,
    lineStyle: { width: lineWidth, color: colour },
    data: stretch(walls, series.values, 0, open),
    ...(isArea ? { areaStyle: { color: colour, opacity: areaOpacity } } : {}),
  };
  const progress = {
    ...shared,
    id: `${series.name} open`,
    lineStyle: { width: lineWidth, color: colour, type: [3, 3] },
    data: stretch(walls, series.values, open - 1, walls.length),
    ...(isArea ? { areaStyle: { color: colour, opacity: areaOpacity / 2 } } : {}),
  };
  return open < walls.length ? [closed, progress] : [closed];
}

export function lineOption(
  result: ChartResult,
  settings: ChartSettings,
  context: ChartContext,
): EChartsCoreOption {
  const pivot = pivotOf(result, settings, context.zone);
  const shown = pivot.series.filter((series) => !context.hidden.has(series.name));
  const xs = pivot.xs.map(Number);
  const walls = xs.map((x) => wallOf(x, context.zone));
  const open = openFrom(pivot, settings, context.nowMs);
  return {
    animation: false,
    useUTC: true,
    grid: plotGrid,
    xAxis: timeAxis(context, xs),
    yAxis: valueAxis(context, settings.format, settings.kind === "area" || settings.cumulative === true),
    tooltip: tooltip(context, "axis", (given) => {
      const at = pointedAt(given);
      if (at < 0 || at >= xs.length) return "";
      const rows = shown.map((series) => ({
        label: series.label,
        colour: context.colourOf(series.name),
        value: series.values[at] ?? null,
      }));
      return tipHtml(bucketHeading(xs[at]!, context, settings.bucketMs), rows, settings.format, false);
    }),
    series: shown.flatMap((series) => lineSeries(series, walls, open, settings, context)),
  };
}
