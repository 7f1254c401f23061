/** Axes, tooltip and grid that all charts share: few round ticks, thin dotted lines, units once. */
import type { NumberFormat } from "#schemas/api/dashboards";
import { formatNumber } from "../format.ts";
import { fonts, sizes, types } from "../theme.ts";
import { axisLabel, formatWall, wallOf } from "../time.ts";
import type { ChartContext } from "./context.ts";

const labelStyle = (context: ChartContext) => ({
  color: context.palette.textMuted,
  fontFamily: fonts.text,
  fontSize: types.tiny,
});

/** The plot fills its panel; labels lie inside the bounds. */
export const plotGrid = { left: 2, right: 10, top: 10, bottom: 2, containLabel: true } as const;

export function valueAxis(context: ChartContext, format: NumberFormat | undefined, fromZero: boolean) {
  const compact: NumberFormat = { ...(format ?? { kind: "number" }), compact: true };
  return {
    type: "value",
    scale: !fromZero,
    splitNumber: 4,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      ...labelStyle(context),
      formatter: (value: number) => formatNumber(value, { ...compact, decimals: 0 }),
    },
    splitLine: { lineStyle: { color: context.palette.grid, type: [2, 3], width: sizes.line } },
  };
}

/** The x axis of instants, in wall milliseconds of the zone. */
export function timeAxis(context: ChartContext, fallback: readonly number[]) {
  const fromMs = context.range?.fromMs ?? fallback[0] ?? 0;
  const toMs = context.range?.toMs ?? fallback.at(-1) ?? 0;
  const bounded = context.range !== null && fromMs > 0;
  const from = wallOf(bounded ? fromMs : (fallback[0] ?? fromMs), context.zone);
  const to = wallOf(Math.max(toMs, fallback.at(-1) ?? toMs), context.zone);
  return {
    type: "time",
    min: from,
    max: to,
    splitNumber: context.narrow ? 3 : 6,
    axisLine: { lineStyle: { color: context.palette.borderStrong } },
    axisTick: { show: false },
    axisLabel: {
      ...labelStyle(context),
      hideOverlap: true,
      showMinLabel: false,
      showMaxLabel: false,
      formatter: (value: number) => axisLabel(value, to - from),
    },
    splitLine: { show: false },
    axisPointer: pointer(context),
  };
}

const pointer = (context: ChartContext) => ({
  type: "line",
  label: { show: false },
  lineStyle: { color: context.palette.borderStrong, type: "solid", width: sizes.line },
});

/** How much time buckets span; one that begins with a minute needs no seconds. */
function spanOf([first = 0, ...more]: readonly number[]): number {
  const last = more.at(-1);
  if (last !== undefined) return last - first;
  return first % 60_000 === 0 ? 3_600_000 : 0;
}

/** The x axis of buckets or categories, one place each. */
export function placeAxis(context: ChartContext, xs: readonly (number | string)[], isTime: boolean) {
  const spanMs = isTime ? spanOf(xs.map(Number)) : 0;
  return {
    type: "category",
    z: 3, // over the bars, whose outlines would cut it
    data: xs.map((x) => (isTime ? wallOf(Number(x), context.zone) : x)),
    axisLine: { lineStyle: { color: context.palette.borderStrong } },
    axisTick: { show: false },
    axisLabel: {
      ...labelStyle(context),
      hideOverlap: true,
      formatter: (value: string) => (isTime ? axisLabel(Number(value), spanMs) : value),
    },
    axisPointer: pointer(context),
  };
}

const escaped: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (found) => escaped[found]!);

export interface TipRow {
  readonly label: string;
  readonly colour: string;
  readonly value: number | null;
}

/** A tooltip: its heading, rows from the largest value down, the total when it means something. */
export function tipHtml(
  heading: string,
  rows: readonly TipRow[],
  format: NumberFormat | undefined,
  total: boolean,
): string {
  const exact = format === undefined ? undefined : { ...format, compact: false };
  const sorted = rows
    .filter((row) => row.value !== null)
    .toSorted((left, right) => right.value! - left.value!);
  const lines = sorted.map(
    (row) =>
      `<tr><td><i style="background:${row.colour}"></i>${escapeHtml(row.label)}</td>` +
      `<td>${escapeHtml(formatNumber(row.value, exact))}</td></tr>`,
  );
  if (total && sorted.length > 1) {
    const sum = sorted.reduce((so, row) => so + row.value!, 0);
    lines.push(`<tr class="total"><td>Total</td><td>${escapeHtml(formatNumber(sum, exact))}</td></tr>`);
  }
  return `<b>${escapeHtml(heading)}</b><table>${lines.join("")}</table>`;
}

export const tooltip = (
  context: ChartContext,
  trigger: "axis" | "item",
  formatter: (given: unknown) => string,
) => ({
  trigger,
  formatter,
  className: "chart-tip",
  confine: true,
  transitionDuration: 0,
  backgroundColor: context.palette.raised,
  borderColor: context.palette.borderStrong,
  borderWidth: sizes.line,
  padding: [8, 12],
  textStyle: { color: context.palette.text, fontFamily: fonts.text, fontSize: types.small },
  extraCssText: `box-shadow: ${context.palette.shadow}`,
  axisPointer: { type: "line", animation: false },
});

/** "20 Nov 09:00 – 10:00 · in progress" */
export function bucketHeading(startMs: number, context: ChartContext, bucketMs: number | undefined): string {
  const start = wallOf(startMs, context.zone);
  if (bucketMs === undefined) return formatWall(start, "dayMinute");
  if (bucketMs >= 86_400_000) return formatWall(start, "day");
  const end = formatWall(start + bucketMs, "minute");
  const text = `${formatWall(start, "dayMinute")} – ${end}`;
  return startMs + bucketMs > context.nowMs ? `${text} · in progress` : text;
}

/** Position within the data of what an axis tooltip points at. */
export function pointedAt(given: unknown): number {
  const [first] = (Array.isArray(given) ? given : [given]) as readonly { readonly dataIndex?: number }[];
  return first?.dataIndex ?? -1;
}
