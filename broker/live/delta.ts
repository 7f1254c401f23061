/**
 * The difference of two results of one subscription, row by row at the same place. A delta never carries more
 * than the new rows do; where columns, gaps or completeness changed the whole result is sent instead (null).
 */
import type { LiveResult } from "#schemas/api/live";
import type { Cell } from "#schemas/api/query";

type Row = readonly Cell[];

export interface RowChanges {
  readonly at: readonly number[];
  readonly rows: readonly Row[];
  readonly rowCount: number;
}

const sameList = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  left.length === right.length && left.every((item, index) => Object.is(item, right[index]));

/** Rows of `to` that differ from `from`. */
export function changedRows(from: readonly Row[], to: readonly Row[]): RowChanges {
  const at: number[] = [];
  const rows: Row[] = [];
  for (let row = 0; row < to.length; row++) {
    const known = from[row];
    if (known !== undefined && sameList(known, to[row]!)) continue;
    at.push(row);
    rows.push(to[row]!);
  }
  return { at, rows, rowCount: to.length };
}

/** True when one result's shape fits the other's, so that a delta says everything. */
function sameShape(from: LiveResult, to: LiveResult): boolean {
  return (
    sameList(from.columnNames, to.columnNames) &&
    sameList(from.columnTypes, to.columnTypes) &&
    from.partial === to.partial &&
    sameList(from.reasons ?? [], to.reasons ?? []) &&
    from.gaps.length === to.gaps.length
  );
}

/** What changed between two results; null when only the whole result can say it. */
export const differenceOf = (from: LiveResult, to: LiveResult): RowChanges | null =>
  sameShape(from, to) ? changedRows(from.rows, to.rows) : null;

/** True when nothing of the difference would be seen. */
export const isEmptyChange = (changes: RowChanges, rowsBefore: number): boolean =>
  changes.at.length === 0 && changes.rowCount === rowsBefore;
