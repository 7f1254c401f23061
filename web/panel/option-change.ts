/**
 * What of an option differs from the one that a chart shows. Most pushes move the last point only: a chart that is told
 * no more than that draws in a fraction of the time, and one that is told nothing does not draw at all.
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

export function optionChange(shown: EChartsCoreOption | null, next: EChartsCoreOption): OptionChange {
  if (shown === null || Object.keys(shown).join() !== Object.keys(next).join()) return { kind: "everything" };
  const series = changedSeries(shown, next);
  if (series === null) return { kind: "everything" };
  const parts: Record<string, unknown> = {};
  for (const name of Object.keys(next)) {
    if (name === "series" || isEqual(shown[name], next[name])) continue;
    if (!isAlike(shown[name], next[name])) return { kind: "everything" };
    parts[name] = next[name];
  }
  if (series.length > 0) parts["series"] = series;
  if (Object.keys(parts).length === 0) return { kind: "nothing" };
  // What it says of a point is computed from the rows it was made with.
  return { kind: "parts", option: { ...parts, ...("tooltip" in next ? { tooltip: next["tooltip"] } : {}) } };
}
