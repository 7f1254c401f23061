/**
 * What of an option differs, to the eye, from the one that a chart shows. Most pushes move the last point, and by
 * less than anyone sees: a chart that is told no more than what changed draws in a fraction of the time, and one
 * that is told nothing does not draw at all. What it says of a point must come from the newest rows all the same.
 */
import type { EChartsCoreOption } from "echarts/core";

type Fields = Readonly<Record<string, unknown>>;
type SeriesOption = Fields & { readonly id: string; readonly type: string; readonly data: unknown };

export type OptionChange =
  | { readonly kind: "nothing" }
  | { readonly kind: "parts"; readonly option: EChartsCoreOption }
  /** Something was added or taken away. */
  | { readonly kind: "everything" };

/** Equal in all but functions, which follow from the data beside them. */
function isEqual(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left === "function" && typeof right === "function") return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, at) => isEqual(item, right[at]));
  }
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => name in right && isEqual((left as Fields)[name], (right as Fields)[name]));
}

/** The same fields at every depth but in lists: only then can the one be merged over the other. */
function isAlike(left: unknown, right: unknown): boolean {
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return true;
  if (Array.isArray(left) || Array.isArray(right)) return Array.isArray(left) && Array.isArray(right);
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => name in right && isAlike((left as Fields)[name], (right as Fields)[name]));
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Part of a pixel by which a value may move unseen. */
const unseenPixels = 0.25;

const numbersOf = (data: unknown): readonly number[] =>
  Array.isArray(data) ? data.map((item) => Number((item as { readonly value?: unknown })?.value) || 0) : [];

/** How far a value may be from the one that is drawn. */
function toleranceOf(option: EChartsCoreOption, { width, height }: Size): number {
  const { min, max } = (option["yAxis"] ?? {}) as { readonly min?: unknown; readonly max?: unknown };
  if (typeof min === "number" && typeof max === "number") {
    return height > 0 ? ((max - min) / height) * unseenPixels : 0;
  }
  const [ring] = seriesOf(option);
  if (ring?.type !== "pie") return 0;
  const around = Math.PI * Math.min(width, height);
  const total = numbersOf(ring.data).reduce((so, value) => so + value, 0);
  return around > 0 ? (total / around) * unseenPixels : 0;
}

/** Equal but for values that nobody can tell apart; places along x are exact. */
function isClose(left: unknown, right: unknown, tolerance: number): boolean {
  if (typeof left === "number" && typeof right === "number") return Math.abs(left - right) <= tolerance;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null)
    return left === right;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.length === 2 && isEqual(left[0], right[0]) && isClose(left[1], right[1], tolerance);
  }
  const { value: before, ...aboutBefore } = left as Fields;
  const { value: after, ...about } = right as Fields;
  return isEqual(aboutBefore, about) && isClose(before, after, tolerance);
}

function isCloseData(left: unknown, right: unknown, tolerance: number): boolean {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length)
    return isEqual(left, right);
  return left.every((item, at) => isClose(item, right[at], tolerance));
}

const seriesOf = (option: EChartsCoreOption) => (option["series"] ?? []) as readonly SeriesOption[];

/** Series whose data changed; null when another thing about them did. */
function changedSeries(shown: EChartsCoreOption, next: EChartsCoreOption): readonly Fields[] | null {
  const known = seriesOf(shown);
  const wanted = seriesOf(next);
  if (known.length !== wanted.length) return null;
  const changed: Fields[] = [];
  for (const [at, { data, ...about }] of wanted.entries()) {
    const { data: before, ...aboutBefore } = known[at]!;
    if (!isEqual(aboutBefore, about)) return null;
    if (!isEqual(before, data)) changed.push({ id: about.id, type: about.type, data });
  }
  return changed;
}

/** True when some value moved as far as one can see. */
function isSeen(shown: EChartsCoreOption, next: EChartsCoreOption, size: Size): boolean {
  const tolerance = toleranceOf(next, size);
  const known = seriesOf(shown);
  return seriesOf(next).some(({ data }, at) => !isCloseData(known[at]!.data, data, tolerance));
}

export function optionChange(
  shown: EChartsCoreOption | null,
  next: EChartsCoreOption,
  size: Size,
): OptionChange {
  if (shown === null || Object.keys(shown).join() !== Object.keys(next).join()) return { kind: "everything" };
  const series = changedSeries(shown, next);
  if (series === null) return { kind: "everything" };
  const parts: Record<string, unknown> = {};
  for (const name of Object.keys(next)) {
    if (name === "series" || isEqual(shown[name], next[name])) continue;
    if (!isAlike(shown[name], next[name])) return { kind: "everything" };
    parts[name] = next[name];
  }
  if (Object.keys(parts).length === 0 && !isSeen(shown, next, size)) return { kind: "nothing" };
  if (series.length > 0) parts["series"] = series;
  return { kind: "parts", option: parts };
}
