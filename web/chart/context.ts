/** What a chart is drawn with apart from its rows: pure data, so an option depends on its arguments only. */

import type { ResolvedRange } from "#schemas/api/live-range";
import type { Cell } from "#schemas/api/query";
import type { SqlType } from "#schemas/types";
import type { Palette } from "../theme.ts";
import type { ValueBounds } from "./value-axis.ts";

/** The rows of an answer, whether pushed or fetched. */
export interface ChartResult {
  readonly columnNames: readonly string[];
  readonly columnTypes: readonly SqlType[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Cuts {
  readonly start: boolean;
  readonly end: boolean;
}

export interface ChartContext {
  readonly palette: Palette;
  readonly zone: string;
  /** Server time: a bucket that ends after it is still open. */
  readonly nowMs: number;
  readonly range: ResolvedRange | null;
  /** Edges of the range at which the statement takes a part of a bucket. */
  readonly cuts: Cuts;
  /** Bounds of the value axis, when they are kept from an earlier picture. */
  readonly bounds: ValueBounds | null;
  /** The colour of a category or measure: the same on every chart of a page. */
  readonly colourOf: (name: string) => string;
  /** Series switched off in the legend. */
  readonly hidden: ReadonlySet<string>;
  /** Little room: fewer ticks. */
  readonly narrow: boolean;
}

/** The result with names instead of one column's values; a value without a name stays as it is. */
export function withNames(result: ChartResult, column: string, names: ChartResult): ChartResult {
  const at = columnAt(result, column);
  if (at < 0) return result;
  const known = new Map(names.rows.map(([value, name]) => [value, name ?? null]));
  return {
    columnNames: result.columnNames,
    columnTypes: result.columnTypes.with(at, "STRING"),
    rows: result.rows.map((row) => row.with(at, known.get(row[at]!) ?? row[at]!)),
  };
}

/** Position of a column; −1 when the result has no such column. */
export function columnAt(result: ChartResult, name: string | undefined): number {
  if (name === undefined) return -1;
  const wanted = name.toLowerCase();
  return result.columnNames.findIndex((column) => column.toLowerCase() === wanted);
}
