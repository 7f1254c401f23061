/**
 * Rows as series over x: one per measure and per value of what splits them. Every value of the result is in a series or
 * in a note. Missing buckets become null, so a gap stays a gap; a running total carries on over them, because nothing
 * happened there.
 */
import type { ChartSettings } from "#schemas/api/dashboards";
import type { Cell } from "#schemas/api/query";
import { appLimits } from "#schemas/limits";
import { formatCount, instantOfTime, numberOfCell } from "../format.ts";
import { type AxisKind, nameOfCell, nameOfCells, type Roles, rolesOf } from "./columns.ts";
import type { ChartResult } from "./context.ts";
import { type Note, NoteBook, type Reason } from "./notes.ts";

export interface Series {
  /** What its colour is keyed by. */
  readonly name: string;
  readonly label: string;
  /** Named by a column, not by a value in one. */
  readonly isMeasure: boolean;
  /** Column of the result that its values are from. */
  readonly column: number;
  /** One value per position of `Pivot.xs`. */
  readonly values: readonly (number | null)[];
  /** The result's row of each position; −1: none. */
  readonly rows: readonly number[];
}

export interface Pivot {
  /** Milliseconds when x is a time, numbers or texts else; one x may have several places. */
  readonly xs: readonly (number | string)[];
  readonly axis: AxisKind;
  /** The columns that split rows into series, as one name. */
  readonly group: string;
  readonly series: readonly Series[];
  readonly notes: readonly Note[];
}

/** How much a kind of chart can draw. */
export interface PivotBounds {
  readonly places: number;
  readonly cells: number;
  readonly series: number;
  /** Numbers are measured along x; else each is a place of its own, in the order of the rows. */
  readonly numbersAlongX: boolean;
}

const pointBounds: PivotBounds = {
  places: appLimits.chartPoints,
  cells: appLimits.chartCells,
  series: appLimits.chartSeries,
  numbersAlongX: true,
};
export const barBounds: PivotBounds = { ...pointBounds, places: appLimits.chartBars, numbersAlongX: false };

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

/** A cell's value, or why it has none. */
function plotted(cell: Cell | undefined): number | Reason {
  if (cell === null || cell === undefined) return "null";
  const value = numberOfCell(cell);
  if (value === null) return cell === "NaN" || Number.isNaN(cell) ? "infinite" : "noNumber";
  return Number.isFinite(value) ? value : "infinite";
}

type X = number | string;

/** Places along x: as many of one x as some series has rows there. */
class Places {
  readonly xs: X[] = [];
  readonly #known = new Map<X, number[]>();

  /** The place of the nth row that a series has at x. */
  at(x: X, nth: number): number {
    const known = this.#known.get(x) ?? [];
    if (known.length === 0) this.#known.set(x, known);
    if (known.length === nth) known.push(this.xs.push(x) - 1);
    return known[nth]!;
  }
}

interface Point {
  readonly place: number;
  readonly value: number | null;
  readonly row: number;
}

interface Building extends Pick<Series, "name" | "label" | "isMeasure" | "column"> {
  readonly points: Point[];
  readonly rowsAt: Map<X, number>;
}

function xOf(result: ChartResult, roles: Roles, row: number, zone: string): X | null {
  const cell = result.rows[row]![roles.x];
  if (roles.axis === "text") return roles.x < 0 ? String(row + 1) : nameOfCell(cell);
  const at =
    roles.x < 0
      ? row + 1
      : roles.axis === "time"
        ? instantOfTime(cell ?? null, result.columnTypes[roles.x], zone)
        : numberOfCell(cell);
  return at === null || !Number.isFinite(at) ? null : at;
}

function nameOf(result: ChartResult, roles: Roles, row: number, column: number): string {
  const split = nameOfCells(result.rows[row]!, roles.splits);
  const measure = result.columnNames[column] ?? "";
  if (roles.splits.length === 0) return measure;
  return roles.measures.length > 1 ? `${split} · ${measure}` : split;
}

/** Every row into the series it belongs to, at its place. */
function gathered(
  result: ChartResult,
  roles: Roles,
  settings: ChartSettings,
  { zone, notes }: { readonly zone: string; readonly notes: NoteBook },
) {
  const places = new Places();
  const series = new Map<string, Building>();
  for (let row = 0; row < result.rows.length; row++) {
    const x = xOf(result, roles, row, zone);
    if (x === null) {
      notes.count("noPlace", roles.measures.length);
      continue;
    }
    for (const column of roles.measures) {
      const name = nameOf(result, roles, row, column);
      const key = `${column} ${name}`;
      const known: Building = series.get(key) ?? {
        name,
        label: settings.labels?.[name] ?? name,
        isMeasure: roles.splits.length === 0,
        column,
        points: [],
        rowsAt: new Map(),
      };
      series.set(key, known);
      const nth = known.rowsAt.get(x) ?? 0;
      known.rowsAt.set(x, nth + 1);
      const value = plotted(result.rows[row]![column]);
      if (typeof value === "string") notes.count(value);
      known.points.push({ place: places.at(x, nth), value: typeof value === "string" ? null : value, row });
    }
  }
  return { places, series: [...series.values()] };
}

const drawnOf = ({ points }: Building): number => points.filter(({ value }) => value !== null).length;
const weightOf = ({ points }: Building): number =>
  points.reduce((so, { value }) => so + Math.abs(value ?? 0), 0);

/** The largest series, when there are more than can be told apart. */
function fewEnough(all: readonly Building[], most: number, notes: NoteBook): readonly Building[] {
  if (all.length <= most) return all;
  const largest = all.toSorted((left, right) => weightOf(right) - weightOf(left));
  const left = largest.slice(most);
  const values = left.reduce((so, series) => so + drawnOf(series), 0);
  notes.say(
    values,
    `The ${most} largest of ${formatCount(all.length)} series are drawn; ${formatCount(values)} values are not.`,
  );
  return largest.slice(0, most);
}

/** Places in the order of the axis, and which of them are kept. */
function orderOf(
  places: Places,
  axis: AxisKind,
  bounds: PivotBounds,
  seriesCount: number,
): readonly number[] {
  const order = [...places.xs.keys()];
  if (axis === "time" || axis === "number") {
    const xs = places.xs as readonly number[];
    order.sort((left, right) => xs[left]! - xs[right]! || left - right); // rows of one x keep their order
  }
  const most = Math.max(1, Math.min(bounds.places, Math.floor(bounds.cells / Math.max(1, seriesCount))));
  if (order.length <= most) return order;
  return axis === "time" ? order.slice(-most) : order.slice(0, most);
}

/** The places with the buckets between them that no row has; −1 stands for such a bucket. */
function withGaps(order: readonly number[], xs: readonly X[], bucketMs: number, most: number) {
  const known = [...new Set(order.map((at) => xs[at] as number))];
  const filled = filledBuckets(known, bucketMs, most + 1);
  if (filled.length + order.length - known.length > most) return null;
  const placesOf = new Map<number, number[]>();
  for (const at of order) {
    const x = xs[at] as number;
    const places = placesOf.get(x);
    if (places === undefined) placesOf.set(x, [at]);
    else places.push(at);
  }
  return filled.flatMap((x) => (placesOf.get(x) ?? [-1]).map((at) => ({ x: x as X, at })));
}

function cutNote(
  places: Places,
  order: readonly number[],
  axis: AxisKind,
  series: readonly Building[],
  notes: NoteBook,
) {
  if (order.length === places.xs.length) return;
  const kept = new Set(order);
  const values = series.reduce(
    (so, { points }) => so + points.filter(({ place, value }) => value !== null && !kept.has(place)).length,
    0,
  );
  const which = axis === "time" ? "newest" : "first";
  notes.say(
    values,
    `The ${which} ${formatCount(order.length)} of ${formatCount(places.xs.length)} positions are drawn; ${formatCount(values)} values are not.`,
  );
}

/** Series sorted by name, so that legends and colours do not depend on the order of rows; measures as they are given. */
const inOrder = (left: Building, right: Building): number =>
  left.isMeasure && right.isMeasure ? 0 : left.name.localeCompare(right.name, "en", { numeric: true });

export function pivotOf(
  result: ChartResult,
  settings: ChartSettings,
  { zone, bounds = pointBounds }: { readonly zone: string; readonly bounds?: PivotBounds },
): Pivot {
  const notes = new NoteBook();
  const roles = rolesOf(result, settings, notes, bounds);
  const all = gathered(result, roles, settings, { zone, notes });
  const kept = fewEnough(all.series, bounds.series, notes).toSorted(inOrder);
  const order = orderOf(all.places, roles.axis, bounds, kept.length);
  cutNote(all.places, order, roles.axis, kept, notes);
  const { bucketMs } = settings;
  const plain = order.map((at) => ({ x: all.places.xs[at]!, at }));
  const filled =
    roles.axis !== "time" || bucketMs === undefined
      ? plain
      : withGaps(order, all.places.xs, bucketMs, bounds.places);
  if (filled === null) notes.say(0, "Too many empty buckets to draw: times without rows are left out.");
  const shown = filled ?? plain;
  const positionOf = new Map(shown.map(({ at }, position) => [at, position]));
  const group = roles.splits.map((at) => result.columnNames[at]).join(" · ");
  const series = kept.map(({ points, rowsAt: _rowsAt, ...about }): Series => {
    const values: (number | null)[] = new Array(shown.length).fill(null);
    const rows: number[] = new Array(shown.length).fill(-1);
    for (const { place, value, row } of points) {
      const position = positionOf.get(place);
      if (position === undefined) continue;
      values[position] = value;
      rows[position] = row;
    }
    return { ...about, values: settings.cumulative ? runningTotal(values) : values, rows };
  });
  return { xs: shown.map(({ x }) => x), axis: roles.axis, group, series, notes: notes.notes() };
}
