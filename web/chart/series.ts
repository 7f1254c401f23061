/**
 * Rows as series over x: one per measure, or one per value of the series column. Missing buckets become null,
 * so a gap
 * stays a gap; a running total carries on over them, because nothing happened there.
 */
import type { ChartSettings } from "#schemas/api/dashboards";
import type { Cell } from "#schemas/api/query";
import { instantOfTime, numberOfCell } from "../format.ts";
import { type ChartResult, columnAt } from "./context.ts";

export interface Series {
  /** What its colour is keyed by. */
  readonly name: string;
  readonly label: string;
  /** One value per position of `Pivot.xs`. */
  readonly values: readonly (number | null)[];
}

export interface Pivot {
  /** Milliseconds when x is a time, else texts. */
  readonly xs: readonly (number | string)[];
  readonly isTime: boolean;
  readonly series: readonly Series[];
}

const labelOf = (cell: Cell | undefined): string =>
  cell === null || cell === undefined ? "NULL" : String(cell);

/** True when a column holds instants: by type, or by a bucket width in the settings. */
function isTimeColumn(result: ChartResult, at: number, settings: ChartSettings): boolean {
  const type = result.columnTypes[at];
  if (type === "TIMESTAMP" || type === "DATE") return true;
  return settings.bucketMs !== undefined && (type === "LONG" || type === "STRING");
}

/** The buckets between the first and the last, with those that no row has. */
export function filledBuckets(
  known: readonly number[],
  bucketMs: number,
  bucketsMax = 20_000,
): readonly number[] {
  const [first] = known;
  if (first === undefined) return [];
  const filled: number[] = [first];
  for (const next of known.slice(1)) {
    // A day of 23 or 25 hours is one bucket: half a bucket of tolerance.
    while (filled.at(-1)! + bucketMs * 1.5 < next && filled.length < bucketsMax)
      filled.push(filled.at(-1)! + bucketMs);
    filled.push(next);
  }
  return filled;
}

function runningTotal(values: readonly (number | null)[]): (number | null)[] {
  let total = 0;
  return values.map((value) => (total += value ?? 0));
}

/** Columns that hold measures: those named, else every number that is not x or series. */
export function measuresOf(result: ChartResult, settings: ChartSettings): readonly string[] {
  if (settings.y !== undefined && settings.y.length > 0)
    return settings.y.filter((name) => columnAt(result, name) >= 0);
  const other = [columnAt(result, settings.x), columnAt(result, settings.series)];
  return result.columnNames.filter((_name, at) => {
    const type = result.columnTypes[at];
    return (
      !other.includes(at) && (type === "INT" || type === "LONG" || type === "FLOAT" || type === "DOUBLE")
    );
  });
}

export function pivotOf(result: ChartResult, settings: ChartSettings, zone = "UTC"): Pivot {
  const xAt = columnAt(result, settings.x);
  const seriesAt = columnAt(result, settings.series);
  const isTime = xAt >= 0 && isTimeColumn(result, xAt, settings);
  const keyOf = (row: readonly Cell[]) =>
    isTime ? instantOfTime(row[xAt]!, result.columnTypes[xAt], zone) : labelOf(row[xAt]);
  const groups = new Map<string, { label: string; values: Map<number | string, number | null> }>();
  const seen = new Set<number | string>();
  for (const row of result.rows) {
    const x = keyOf(row);
    if (x === null) continue;
    seen.add(x);
    for (const measure of measuresOf(result, settings)) {
      const name = seriesAt >= 0 ? labelOf(row[seriesAt]) : measure;
      const group = groups.get(name) ?? { label: settings.labels?.[name] ?? name, values: new Map() };
      group.values.set(x, numberOfCell(row[columnAt(result, measure)]));
      groups.set(name, group);
    }
  }
  let xs: readonly (number | string)[] = [...seen];
  if (isTime) {
    const sorted = (xs as readonly number[]).toSorted((left, right) => left - right);
    xs = settings.bucketMs === undefined ? sorted : filledBuckets(sorted, settings.bucketMs);
  }
  const series = [...groups].map(([name, { label, values }]) => {
    const aligned = xs.map((x) => values.get(x) ?? null);
    return { name, label, values: settings.cumulative ? runningTotal(aligned) : aligned };
  });
  return { xs, isTime, series: series.toSorted((left, right) => left.name.localeCompare(right.name, "en")) };
}

/** First position whose bucket has not ended; `xs.length` when all have. */
export function openFrom(pivot: Pivot, settings: ChartSettings, nowMs: number): number {
  const { bucketMs } = settings;
  if (!pivot.isTime || bucketMs === undefined) return pivot.xs.length;
  const at = (pivot.xs as readonly number[]).findIndex((startMs) => startMs + bucketMs > nowMs);
  return at === -1 ? pivot.xs.length : at;
}
