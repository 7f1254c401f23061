/** Shares of a whole as a ring: slices from twelve o'clock, in the order of the rows, each with its share in words. */

import type { EChartsCoreOption } from "echarts/core";
import type { ChartSettings } from "#schemas/api/dashboards";
import { formatNumber, numberOfCell } from "../format.ts";
import { fonts, readableOn, types, weights } from "../theme.ts";
import { escapeHtml, tooltip } from "./axis.ts";
import { type ChartContext, type ChartResult, columnAt } from "./context.ts";
import { measuresOf } from "./series.ts";

export interface Slice {
  readonly name: string;
  readonly value: number;
}

/** The slices with something in them, hidden ones included. */
export function slicesOf(result: ChartResult, settings: ChartSettings): readonly Slice[] {
  const nameAt = columnAt(result, settings.x);
  const valueAt = columnAt(result, measuresOf(result, settings)[0]);
  return result.rows
    .map((row) => ({ name: String(row[nameAt] ?? "NULL"), value: numberOfCell(row[valueAt]) ?? 0 }))
    .filter((slice) => slice.value > 0);
}

const smallestLabelled = 0.06;

const share = (value: number, total: number): string =>
  formatNumber(value / total, { kind: "percent", decimals: 0 });

function ring(slices: readonly Slice[], total: number, context: ChartContext) {
  return {
    type: "pie",
    radius: ["50%", "88%"],
    center: ["50%", "50%"],
    startAngle: 90,
    avoidLabelOverlap: false,
    emphasis: { scale: false },
    itemStyle: { borderColor: context.palette.panel, borderWidth: 2 },
    label: {
      position: "inside",
      fontFamily: fonts.text,
      fontSize: types.small,
      fontWeight: weights.strong,
      formatter: ({ value }: { readonly value: number }) => share(value, total),
    },
    labelLine: { show: false },
    data: slices.map(({ name, value }) => {
      const color = context.colourOf(name);
      const label = { show: value / total >= smallestLabelled, color: readableOn(color) };
      return { name, value, itemStyle: { color }, label };
    }),
  };
}

export function pieOption(
  result: ChartResult,
  settings: ChartSettings,
  context: ChartContext,
): EChartsCoreOption {
  const slices = slicesOf(result, settings).filter((slice) => !context.hidden.has(slice.name));
  const total = slices.reduce((so, slice) => so + slice.value, 0);
  const { palette } = context;
  return {
    animation: false,
    tooltip: tooltip(context, "item", (given) => {
      const { name, value, color } = given as {
        readonly name: string;
        readonly value: number;
        readonly color: string;
      };
      const text = `${formatNumber(value, settings.format)} · ${share(value, total)}`;
      return `<table><tr><td><i style="background:${color}"></i>${escapeHtml(name)}</td><td>${escapeHtml(text)}</td></tr></table>`;
    }),
    title: {
      text: formatNumber(total, { ...(settings.format ?? { kind: "number" }), compact: true }),
      left: "center",
      top: "middle",
      textStyle: {
        color: palette.text,
        fontFamily: fonts.text,
        fontSize: types.title,
        fontWeight: weights.strong,
      },
    },
    series: [ring(slices, total, context)],
  };
}
