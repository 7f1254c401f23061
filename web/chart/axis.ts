/** Axes, tooltip and grid that all charts share: few round ticks, thin dotted lines, units once. */
import type { ChartSettings, NumberFormat } from "#schemas/api/dashboards";
import { formatNumber, formatValue } from "../format.ts";
import { fonts, sizes, types } from "../theme.ts";
import { axisLabel, formatWall, wallOf } from "../time.ts";
import { type BucketState, bucketState } from "./buckets.ts";
import type { ChartContext, ChartResult } from "./context.ts";
import type { Series } from "./series.ts";
import { tickLabel } from "./value-axis.ts";

const labelStyle = (context: ChartContext) => ({
  color: context.palette.textMuted,
  fontFamily: fonts.text,
  fontSize: types.tiny,
});

/** The plot fills its panel; labels lie inside the bounds. */
export const plotGrid = { left: 2, right: 10, top: 10, bottom: 2, containLabel: true } as const;

export function valueAxis(
  context: ChartContext,
  format: NumberFormat | undefined,
  options: { readonly fromZero: boolean },
) {
  const { bounds } = context;
  return {
    type: "value",
    scale: !options.fromZero,
    splitNumber: 4,
    ...(bounds === null ? {} : { min: bounds.min, max: bounds.max, interval: bounds.interval }),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      ...labelStyle(context),
      formatter: (value: number) => tickLabel(value, bounds?.interval ?? Math.abs(value), format),
    },
    splitLine: { lineStyle: { color: context.palette.grid, type: [2, 3], width: sizes.line } },
  };
}

/** Steps in which a time axis moves while its range slides: about a pixel, so that most pushes leave it alone. */
function stepOf(spanMs: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, spanMs / 1000)));
  return ([5, 2, 1].find((candidate) => candidate * power * 1000 <= spanMs) ?? 1) * power;
}

/** From where to where time is drawn: the range, and rows that lie outside of it. */
function spanOfTime({ range }: ChartContext, instants: readonly number[]) {
  const first = instants[0];
  const last = instants.at(-1);
  const isBounded = range !== null && range.fromMs > 0;
  const fromMs = isBounded ? Math.min(range.fromMs, first ?? range.fromMs) : (first ?? range?.fromMs ?? 0);
  const toMs = Math.max(range?.toMs ?? last ?? 0, last ?? range?.toMs ?? 0);
  const step = stepOf(toMs - fromMs);
  return { fromMs: Math.floor(fromMs / step) * step, toMs: Math.ceil(toMs / step) * step };
}

/** The x axis of instants, in wall milliseconds of the zone. */
export function timeAxis(context: ChartContext, instants: readonly number[]) {
  const { fromMs, toMs } = spanOfTime(context, instants);
  const from = wallOf(fromMs, context.zone);
  const to = wallOf(toMs, context.zone);
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

/** The x axis of numbers. */
export const numberAxis = (context: ChartContext) => ({
  type: "value",
  scale: true,
  splitNumber: context.narrow ? 3 : 6,
  axisLine: { lineStyle: { color: context.palette.borderStrong } },
  axisTick: { show: false },
  axisLabel: {
    ...labelStyle(context),
    hideOverlap: true,
    formatter: (value: number) => formatNumber(value),
  },
  splitLine: { show: false },
  axisPointer: pointer(context),
});

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

interface TipRow {
  readonly label: string;
  readonly colour: string;
  /** What rows are sorted and summed by. */
  readonly value: number | null;
  /** What is said of it, when that is more than the number. */
  readonly text?: string;
}

/** A tooltip: its heading, rows from the largest value down, the total when it means something. */
function tipHtml(
  heading: string,
  rows: readonly TipRow[],
  format: NumberFormat | undefined,
  total: boolean,
): string {
  const exact = format === undefined ? undefined : { ...format, compact: false };
  const sorted = rows
    .filter((row) => row.value !== null)
    .toSorted((left, right) => right.value! - left.value!);
  const lines = sorted
    .slice(0, tipRowsMax)
    .map(
      (row) =>
        `<tr><td><i style="background:${row.colour}"></i>${escapeHtml(row.label)}</td>` +
        `<td>${escapeHtml(row.text ?? formatNumber(row.value, exact))}</td></tr>`,
    );
  if (sorted.length > tipRowsMax) lines.push(`<tr><td>${sorted.length - tipRowsMax} more</td><td></td></tr>`);
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

interface PivotTip {
  readonly shown: readonly Series[];
  readonly at: number;
  readonly result: ChartResult;
  readonly settings: ChartSettings;
  readonly context: ChartContext;
  readonly total: boolean;
}

/** Tooltip rows shown before the others are counted. */
const tipRowsMax = 20;

/** The tooltip of a position: what each series has there, in the result's own digits. */
export function pivotTip(heading: string, { shown, at, result, settings, context, total }: PivotTip): string {
  const { format, cumulative } = settings;
  const exact = format === undefined ? undefined : { ...format, compact: false };
  const rows = shown.map(({ label, name, values, rows: known, column }): TipRow => {
    const cell = result.rows[known[at] ?? -1]?.[column];
    const text = cumulative || cell === undefined ? {} : { text: formatValue(cell, exact, context.zone) };
    return { label, colour: context.colourOf(name), value: values[at] ?? null, ...text };
  });
  return tipHtml(heading, rows, format, total);
}

const stateWords = {
  whole: "",
  open: " · in progress",
  cutAtStart: " · cut at the range's start",
  cutAtEnd: " · cut at the range's end",
} as const satisfies Record<BucketState, string>;

/** "20 Nov 09:00 – 10:00 · in progress" */
export function bucketHeading(startMs: number, context: ChartContext, bucketMs: number | undefined): string {
  const start = wallOf(startMs, context.zone);
  if (bucketMs === undefined) return formatWall(start, start % 60_000 === 0 ? "dayMinute" : "daySecond");
  const state = stateWords[bucketState(startMs, bucketMs, context)];
  if (bucketMs >= 86_400_000) return formatWall(start, "day") + state;
  const precision = bucketMs < 60_000 ? "second" : "minute";
  const end = formatWall(wallOf(startMs + bucketMs, context.zone), precision);
  return `${formatWall(start, bucketMs < 60_000 ? "daySecond" : "dayMinute")} – ${end}${state}`;
}

/** Position within the data of what an axis tooltip points at. */
export function pointedAt(given: unknown): number {
  const [first] = (Array.isArray(given) ? given : [given]) as readonly { readonly dataIndex?: number }[];
  return first?.dataIndex ?? -1;
}
