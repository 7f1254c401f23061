/**
 * Which column of a result plays which part: x, the measures, and what splits rows into series. A column that nobody
 * named but that keeps rows apart splits them too; else one of them would be drawn over the other.
 */
import type { ChartSettings } from "#schemas/api/dashboards";
import type { Cell } from "#schemas/api/query";
import type { SqlType } from "#schemas/types";
import { type ChartResult, columnAt } from "./context.ts";
import type { NoteBook } from "./notes.ts";

export const isNumberType = (type: SqlType | undefined): boolean =>
  type === "INT" || type === "LONG" || type === "FLOAT" || type === "DOUBLE" || type === "BIG_DECIMAL";

export type AxisKind = "time" | "number" | "text";

export interface Roles {
  /** −1: the result has no such column, so its rows are numbered. */
  readonly x: number;
  readonly axis: AxisKind;
  readonly measures: readonly number[];
  readonly splits: readonly number[];
}

/** A cell as a name: NULL, the text NULL and an empty text are three. */
export function nameOfCell(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return "NULL";
  return cell === "" || cell === "NULL" ? `'${cell}'` : String(cell);
}

/** One name out of the cells of several columns. */
export const nameOfCells = (row: readonly Cell[], columns: readonly number[]): string =>
  columns.map((at) => nameOfCell(row[at])).join(" · ");

/** By type, or by a bucket width in the settings. */
function axisOf(result: ChartResult, at: number, settings: ChartSettings): AxisKind {
  const type = result.columnTypes[at];
  if (at < 0) return "number";
  if (type === "TIMESTAMP" || type === "DATE") return "time";
  if (settings.bucketMs !== undefined && (type === "LONG" || type === "STRING")) return "time";
  return isNumberType(type) ? "number" : "text";
}

/** Columns that hold measures: those named, else every number that is not x or series. */
function measuresOf(result: ChartResult, settings: ChartSettings, notes: NoteBook): readonly number[] {
  if (settings.y !== undefined && settings.y.length > 0) {
    const missing = settings.y.filter((name) => columnAt(result, name) < 0);
    for (const name of missing) notes.say(0, `The result has no column ${name}.`);
    return [...new Set(settings.y.map((name) => columnAt(result, name)).filter((at) => at >= 0))];
  }
  const other = [columnAt(result, settings.x), columnAt(result, settings.series)];
  return [...result.columnNames.keys()].filter(
    (at) => !other.includes(at) && isNumberType(result.columnTypes[at]),
  );
}

/** True when no two rows agree in all of these columns; stops at the first that do. */
function keepApart(result: ChartResult, columns: readonly number[]): boolean {
  const seen = new Set<string>();
  for (const row of result.rows) {
    const key = JSON.stringify(columns.map((at) => row[at] ?? null));
    if (seen.has(key)) return false;
    seen.add(key);
  }
  return true;
}

const distinctOf = (result: ChartResult, columns: readonly number[]): number =>
  new Set(result.rows.map((row) => nameOfCells(row, columns))).size;

/** Names first, then numbers: a number is rather a measure that is not drawn. */
function splitCandidates(result: ChartResult, taken: readonly number[]): readonly number[] {
  const free = [...result.columnNames.keys()].filter((at) => !taken.includes(at));
  const isMeasureLike = (at: number) => Number(isNumberType(result.columnTypes[at]));
  return free.toSorted((left, right) => isMeasureLike(left) - isMeasureLike(right));
}

/** The series column, and those that are needed to keep rows of one x apart, while they make few enough series. */
function splitsOf(
  result: ChartResult,
  roles: Omit<Roles, "splits" | "axis">,
  settings: ChartSettings,
  seriesMax: number,
): readonly number[] {
  const seriesAt = columnAt(result, settings.series);
  const named = seriesAt < 0 || seriesAt === roles.x ? [] : [seriesAt];
  if (roles.x < 0 || keepApart(result, [roles.x, ...named])) return named;
  const splits = [...named];
  for (const at of splitCandidates(result, [roles.x, ...named, ...roles.measures])) {
    if (distinctOf(result, [...splits, at]) > seriesMax) continue;
    splits.push(at);
    if (keepApart(result, [roles.x, ...splits])) return splits;
  }
  // Nothing keeps all rows apart: those of one x stand side by side, under the series that was asked for.
  return splits.length > named.length && distinctOf(result, splits) > distinctOf(result, named)
    ? splits
    : named;
}

/** Parts of a result's columns; what the settings name and the result lacks is noted. */
export function rolesOf(
  result: ChartResult,
  settings: ChartSettings,
  notes: NoteBook,
  { series: seriesMax, numbersAlongX }: { readonly series: number; readonly numbersAlongX: boolean },
): Roles {
  const x = columnAt(result, settings.x);
  if (settings.x !== undefined && x < 0)
    notes.say(0, `The result has no column ${settings.x}: rows are numbered.`);
  if (settings.series !== undefined && columnAt(result, settings.series) < 0) {
    notes.say(0, `The result has no column ${settings.series} to split by.`);
  }
  const measures = measuresOf(result, settings, notes);
  const splits = splitsOf(result, { x, measures }, settings, seriesMax);
  const axis = axisOf(result, x, settings);
  return { x, axis: axis === "number" && !numbersAlongX ? "text" : axis, measures, splits };
}
