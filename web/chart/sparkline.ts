/** The small line behind a big number, as SVG paths in a box of 100 × 100. */
import type { ChartSettings } from "#schemas/api/dashboards";
import { extentOf } from "../extent.ts";
import type { ChartResult } from "./context.ts";
import { pivotOf } from "./series.ts";

const box = 100;
const headroom = 6;

export interface Sparkline {
  readonly line: string;
  readonly area: string;
}

/** At most this many points: a course, not every jitter. */
const pointsMax = 40;

/** Means of equal stretches. */
export function coarsened(values: readonly (number | null)[]): readonly (number | null)[] {
  const width = Math.ceil(values.length / pointsMax);
  if (width <= 1) return values;
  const coarse: (number | null)[] = [];
  for (let from = 0; from < values.length; from += width) {
    const known = values.slice(from, from + width).filter((value): value is number => value !== null);
    coarse.push(known.length === 0 ? null : known.reduce((so, value) => so + value, 0) / known.length);
  }
  return coarse;
}

/** Null when there are fewer than two points to join. */
export function sparklineOf(
  given: readonly (number | null)[],
  options: { readonly fromZero: boolean } = { fromZero: false },
): Sparkline | null {
  const values = coarsened(given);
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length < 2) return null;
  const extent = extentOf(known);
  if (extent === null) return null;
  const low = options.fromZero ? Math.min(0, extent.min) : extent.min;
  const high = extent.max;
  const scale = high === low ? 0 : (box - 2 * headroom) / (high - low);
  const step = box / (values.length - 1);
  const flat = options.fromZero ? box - headroom : box / 2;
  const y = (value: number) => (high === low ? flat : box - headroom - (value - low) * scale);
  const points = values.flatMap((value, at) =>
    value === null || !Number.isFinite(value) ? [] : [`${round(at * step)},${round(y(value))}`],
  );
  const line = `M${points.join("L")}`;
  return { line, area: `${line}L${box},${box}L0,${box}Z` };
}

/** The course of a trend's first measure: without the bucket that the range cuts and the one that is still open. */
export function courseOf(trend: ChartResult, settings: ChartSettings, fromMs: number): Sparkline | null {
  const { xs, series } = pivotOf(trend, settings, { zone: "UTC" }); // places along it do not depend on the zone
  const isCut = fromMs > 0 && typeof xs[0] === "number" && xs[0] < fromMs;
  return sparklineOf(series[0]?.values.slice(isCut ? 1 : 0, -1) ?? []);
}

const round = (value: number): number => Math.round(value * 100) / 100;
