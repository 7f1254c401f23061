/**
 * Shares of a whole as a ring: slices from twelve o'clock, in the order of the rows, each with its share in words. More
 * slices than can be told apart are summed in one: parts of a whole add up.
 */
import type { ChartSettings } from "#schemas/api/dashboards";
import { appLimits } from "#schemas/limits";
import { formatCount, formatNumber } from "../format.ts";
import { fonts, readableOn, types, weights } from "../theme.ts";
import { preciseText } from "../time.ts";
import { escapeHtml, tooltip } from "./axis.ts";
import type { ChartContext, ChartResult } from "./context.ts";
import { NoteBook } from "./notes.ts";
import { legendOf, type Picture } from "./picture.ts";
import { barBounds, pivotOf } from "./series.ts";

interface Slice {
  readonly name: string;
  readonly label: string;
  readonly isMeasure: boolean;
  readonly value: number;
}

/** Slices are summed, not left out, so a ring takes more of them in than it draws. */
const ringBounds = { ...barBounds, places: appLimits.chartPoints, series: 1000 };

/** The largest slices in their order, the others as one. */
function withRest(slices: readonly Slice[], notes: NoteBook): readonly Slice[] {
  if (slices.length <= appLimits.chartSlices) return slices;
  const kept = new Set(
    slices.toSorted((left, right) => right.value - left.value).slice(0, appLimits.chartSlices - 1),
  );
  const rest = slices.filter((slice) => !kept.has(slice));
  const value = rest.reduce((so, slice) => so + slice.value, 0);
  const name = `${formatCount(rest.length)} others`;
  notes.say(0, `${name} are one slice: the ${kept.size} largest have their own.`);
  return [...slices.filter((slice) => kept.has(slice)), { name, label: name, isMeasure: false, value }];
}

/** The slices with something in them, hidden ones included, and what has none. */
function slicesOf(result: ChartResult, settings: ChartSettings, zone: string) {
  const { cumulative: _cumulative, bucketMs: _bucketMs, ...plain } = settings;
  const pivot = pivotOf(result, plain, { zone, bounds: ringBounds });
  const notes = new NoteBook();
  const nameOf = (x: number | string) => (pivot.axis === "time" ? preciseText(Number(x), zone) : String(x));
  const hasNames = settings.x !== undefined && !(pivot.series.length > 1 && pivot.xs.length === 1);
  const slices = pivot.xs.flatMap((x, at) =>
    pivot.series.flatMap((series): readonly Slice[] => {
      const value = series.values[at] ?? null;
      if (value === null) return [];
      if (value <= 0) {
        notes.count("noShare");
        return [];
      }
      const parts = [
        ...(hasNames || pivot.xs.length > 1 ? [nameOf(x)] : []),
        ...(pivot.series.length > 1 || !hasNames ? [series.name] : []),
      ];
      const name = parts.join(" · ");
      return [{ name, label: settings.labels?.[name] ?? name, isMeasure: false, value }];
    }),
  );
  const shown = withRest(slices, notes);
  const group = [...(hasNames ? [settings.x] : []), ...(pivot.group === "" ? [] : [pivot.group])].join(" · ");
  return { group, slices: shown, notes: [...pivot.notes, ...notes.notes()] };
}

const smallestLabelled = 0.06;

const share = (value: number, total: number): string =>
  formatNumber(value / total, { kind: "percent", decimals: 0 });

function ring(slices: readonly Slice[], total: number, context: ChartContext) {
  return {
    type: "pie",
    id: "ring",
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
      formatter: ({ value, percent }: { readonly value: number; readonly percent?: number }) =>
        percent === undefined
          ? share(value, total)
          : formatNumber(percent / 100, { kind: "percent", decimals: 0 }),
    },
    labelLine: { show: false },
    data: slices.map(({ name, label: text, value }) => {
      const color = context.colourOf(name);
      const label = { show: value / total >= smallestLabelled, color: readableOn(color) };
      return { name: text, value, itemStyle: { color }, label };
    }),
  };
}

function option(all: readonly Slice[], settings: ChartSettings, context: ChartContext) {
  const slices = all.filter((slice) => !context.hidden.has(slice.name));
  const total = slices.reduce((so, slice) => so + slice.value, 0);
  const { palette } = context;
  return {
    animation: false,
    tooltip: tooltip(context, "item", (given) => {
      const { dataIndex, color } = given as { readonly dataIndex: number; readonly color: string };
      const slice = slices[dataIndex];
      if (slice === undefined) return "";
      const { label: name, value } = slice;
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

export function drawRing(result: ChartResult, settings: ChartSettings, zone: string): Picture {
  const { group, slices, notes } = slicesOf(result, settings, zone);
  return {
    group,
    legend: legendOf(slices),
    notes,
    isTime: false,
    places: null,
    fromZero: true,
    extent: () => null,
    option: (context) => option(slices, settings, context),
  };
}
