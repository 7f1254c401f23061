/** Chart kinds that are drawn on a canvas, each a pure function (result, settings, context) → ECharts option. */

import type { EChartsCoreOption } from "echarts/core";
import type { ChartKind, ChartSettings } from "#schemas/api/dashboards";
import { barOption } from "./bar.ts";
import type { ChartContext, ChartResult } from "./context.ts";
import { lineOption } from "./line.ts";
import { pieOption, slicesOf } from "./pie.ts";
import { pivotOf } from "./series.ts";

export type OptionOf = (
  result: ChartResult,
  settings: ChartSettings,
  context: ChartContext,
) => EChartsCoreOption;

export const chartOptions: Partial<Readonly<Record<ChartKind, OptionOf>>> = {
  line: lineOption,
  area: lineOption,
  bar: barOption,
  stackedBar: barOption,
  pie: pieOption,
};

export interface LegendEntry {
  readonly name: string;
  readonly label: string;
}

/** What a legend lists; nothing when there is one series only. */
export function legendOf(result: ChartResult, settings: ChartSettings): readonly LegendEntry[] {
  const entries =
    settings.kind === "pie"
      ? slicesOf(result, settings).map(({ name }) => ({ name, label: settings.labels?.[name] ?? name }))
      : pivotOf(result, settings).series.map(({ name, label }) => ({ name, label }));
  return entries.length > 1 ? entries : [];
}
