/**
 * Merged columns → the result: HAVING, DISTINCT, ORDER BY, OFFSET and LIMIT, the select list; within the limits of a
 * result, or a cut one where the caller takes that.
 */

import { type ComputeTools, compute, computeAll } from "#broker/compute";
import { groupRows } from "#broker/groups";
import { isNull } from "#schemas/aggregates/vectors";
import type { Batch, Vector } from "#schemas/batch";
import { assert, StoreError } from "#schemas/errors";
import type { Plan } from "#schemas/plan/plan";
import { firstInOrder, type SortKey, sequence } from "#schemas/row-order";
import { type Stepwise, stepItems } from "#schemas/turns";
import { pickRows } from "#schemas/vector-rows";

export interface FinishTools extends ComputeTools {
  readonly limits: { readonly resultRows: number; readonly resultBytes: number };
}

export interface Finished {
  readonly batch: Batch;
  /** Rows were left out because of a limit of results. */
  readonly truncated: boolean;
}

/** Rows for which the condition is true; null: all. */
function* passing(plan: Plan, batch: Batch, tools: FinishTools): Stepwise<Uint32Array | null> {
  if (plan.having === null) return null;
  const condition = yield* compute(plan.having, batch, tools);
  assert(condition.kind === "int", "a condition is a BOOLEAN");
  const rows = new Uint32Array(batch.rows);
  let count = 0;
  for (let row = 0; row < batch.rows; row++) {
    if (condition.values[row] !== 0n && !isNull(condition.nulls, row)) rows[count++] = row;
  }
  return rows.subarray(0, count);
}

function* take(batch: Batch, rows: Uint32Array): Stepwise<Batch> {
  if (rows.length === batch.rows && rows.every((row, index) => row === index)) return batch;
  const columns: Vector[] = [];
  for (const column of batch.columns) {
    columns.push(pickRows(column, rows));
    yield;
  }
  return { rows: rows.length, columns };
}

function* sortKeys(plan: Plan, batch: Batch, tools: FinishTools): Stepwise<SortKey[]> {
  const keys: SortKey[] = [];
  for (const { expression, descending, nullsFirst } of plan.order) {
    if (expression.kind === "literal") continue;
    keys.push({ vector: yield* compute(expression, batch, tools), descending, nullsFirst });
  }
  return keys;
}

/** The first row of each distinct result row. */
function* distinctRows(plan: Plan, batch: Batch, tools: FinishTools): Stepwise<Batch> {
  const shown = yield* computeAll(plan.project, batch, tools);
  const { firstRows } = yield* groupRows(shown, batch.rows);
  return yield* take(batch, firstRows);
}

/** How many rows the limits allow; RESULT_ROWS unless the caller takes a cut result. */
function rowsAllowed(plan: Plan, wanted: number, limits: FinishTools["limits"]): number {
  const most = Math.min(limits.resultRows, plan.options.resultRows);
  if (wanted <= most) return wanted;
  if (plan.options.truncate) return most;
  const expected = `at most ${most} rows (limit resultRows)`;
  const message = `expected a result of ${expected} but found more; add LIMIT, or SET truncate=true to take a cut result`;
  throw new StoreError("RESULT_ROWS", message, { expected, found: `at least ${wanted}` });
}

/** Bytes that a row adds to an answer, about: digits and punctuation, and its text. */
function rowBytes(columns: readonly Vector[], row: number): number {
  let bytes = 2;
  for (const column of columns) {
    bytes += 8;
    if (column.kind !== "text" || isNull(column.nulls, row)) continue;
    const { offsets } = column.entries;
    bytes += offsets[column.ids[row] + 1] - offsets[column.ids[row]];
  }
  return bytes;
}

/** How many of the rows fit; RESULT_BYTES unless the caller takes a cut result. */
function* rowsFitting(plan: Plan, batch: Batch, limits: FinishTools["limits"]): Stepwise<number> {
  const widest = batch.columns.reduce(
    (total, column) => total + 8 + (column.kind === "text" ? column.entries.bytes.length : 0),
    2,
  );
  const most = Math.min(limits.resultBytes, plan.options.resultBytes);
  if (widest * batch.rows <= most) return batch.rows;
  let bytes = 0;
  for (let row = 0; row < batch.rows; row++) {
    bytes += rowBytes(batch.columns, row);
    if (row % stepItems === 0) yield;
    if (bytes <= most) continue;
    if (plan.options.truncate) return row;
    const expected = `at most ${most} bytes (limit resultBytes)`;
    const message = `expected a result of ${expected} but its first ${row + 1} rows have more; select fewer columns or rows`;
    throw new StoreError("RESULT_BYTES", message, { expected, found: `${bytes} bytes` });
  }
  return batch.rows;
}

/** The result's rows. */
export function* finish(plan: Plan, merged: Batch, tools: FinishTools): Stepwise<Finished> {
  const passed = yield* passing(plan, merged, tools);
  let batch = passed === null ? merged : yield* take(merged, passed);
  if (plan.distinct) batch = yield* distinctRows(plan, batch, tools);
  const available = Math.max(0, batch.rows - plan.offset);
  const wanted = Math.min(plan.limit ?? available, available);
  const allowed = rowsAllowed(plan, wanted, tools.limits);
  const keys = yield* sortKeys(plan, batch, tools);
  const ordered = yield* firstInOrder(batch.rows, keys, plan.offset + allowed);
  const kept = yield* take(batch, ordered.subarray(plan.offset));
  const shown: Batch = { rows: kept.rows, columns: yield* computeAll(plan.project, kept, tools) };
  const fitting = yield* rowsFitting(plan, shown, tools.limits);
  const result = fitting < shown.rows ? yield* take(shown, sequence(fitting)) : shown;
  return { batch: result, truncated: result.rows < wanted };
}
