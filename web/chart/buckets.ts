/** Time buckets that are not whole: the open one, and those that the range's edges cut. */
import type { ChartSettings } from "#schemas/api/dashboards";
import { instantOfWall } from "#schemas/api/live-range";
import { wallOf } from "../time.ts";
import type { ChartContext } from "./context.ts";
import type { Pivot } from "./series.ts";

export type BucketState = "whole" | "open" | "cutAtStart" | "cutAtEnd";

const dayMs = 86_400_000;

/** A bucket's end: days, months and years end by the zone's calendar, whatever they measure in hours. */
function bucketEnd(startMs: number, bucketMs: number, zone: string): number {
  if (bucketMs < dayMs) return startMs + bucketMs;
  const wallMs = wallOf(startMs, zone);
  const days = Math.round(bucketMs / dayMs);
  const months = days < 28 ? 0 : Math.round(days / 30.44);
  const date = new Date(wallMs);
  if (months === 0) date.setUTCDate(date.getUTCDate() + days);
  else date.setUTCMonth(date.getUTCMonth() + months);
  return instantOfWall(date.getTime(), zone);
}

/** How whole the bucket that begins at an instant is. */
export function bucketState(
  startMs: number,
  bucketMs: number,
  context: Pick<ChartContext, "nowMs" | "range" | "cuts" | "zone">,
): BucketState {
  const { range, cuts, nowMs, zone } = context;
  const endMs = bucketEnd(startMs, bucketMs, zone);
  if (endMs > nowMs) return "open";
  if (range === null || range.fromMs <= 0) return "whole";
  if (cuts.start && startMs < range.fromMs) return "cutAtStart";
  return cuts.end && endMs > range.toMs ? "cutAtEnd" : "whole";
}

/** Positions of a pivot that are not whole buckets; none when x has no buckets. */
export function bucketStates(
  pivot: Pivot,
  settings: ChartSettings,
  context: Pick<ChartContext, "nowMs" | "range" | "cuts" | "zone">,
): ReadonlyMap<number, BucketState> {
  const states = new Map<number, BucketState>();
  const { bucketMs } = settings;
  if (pivot.axis !== "time" || bucketMs === undefined) return states;
  pivot.xs.forEach((x, at) => {
    const state = bucketState(Number(x), bucketMs, context);
    if (state !== "whole") states.set(at, state);
  });
  return states;
}

/** First position from which all buckets are open or cut at the range's end; `xs.length` when the last is whole. */
export function unfinishedFrom(pivot: Pivot, states: ReadonlyMap<number, BucketState>): number {
  let at = pivot.xs.length;
  while (at > 0 && (states.get(at - 1) === "open" || states.get(at - 1) === "cutAtEnd")) at--;
  return at;
}

/** Number of positions at the beginning that the range's start cuts. */
export function cutAtStart(pivot: Pivot, states: ReadonlyMap<number, BucketState>): number {
  let at = 0;
  while (at < pivot.xs.length && states.get(at) === "cutAtStart") at++;
  return at;
}
