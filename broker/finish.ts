/**
 * Merged columns → the result: HAVING, DISTINCT, ORDER BY, OFFSET and LIMIT, the select list; within the limits of a
 * result, or a cut one where the caller takes that.
 */
import { groupRows } from "#broker/groups";
import { firstRows, type SortKey } from "#broker/order";
import { gather, isNullAt } from "#broker/vectors";
import type { Batch, Vector } from "#schemas/batch";
import { assert, StoreError } from "#schemas/errors";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import type { Plan } from "#schemas/plan/plan";

export interface FinishTools {
  readonly evaluate: Evaluate;
  readonly context: EvaluateContext;
  readonly limits: { readonly resultRows: number; readonly resultBytes: number };
}

export interface Finished {
  readonly batch: Batch;
  /** Rows were left out because of a limit of results. */
  readonly truncated: boolean;
}

/** An expression over the batch's columns. */
function compute(expression: Expression, batch: Batch, tools: FinishTools): Vector {
  if (expression.kind === "column") return batch.columns[expression.column];
  const input = { rows: batch.rows, column: (id: number) => batch.columns[id] };
  return tools.evaluate(expression, input, tools.context);
}

const allRows = (count: number): Uint32Array => {
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
};

/** Rows for which the condition is true. */
function passing(plan: Plan, batch: Batch, tools: FinishTools): Uint32Array {
  if (plan.having === null) return allRows(batch.rows);
  const condition = compute(plan.having, batch, tools);
  assert(condition.kind === "int", "a condition is a BOOLEAN");
  const rows = new Uint32Array(batch.rows);
  let count = 0;
  for (let row = 0; row < batch.rows; row++) {
    if (condition.values[row] !== 0n && !isNullAt(condition.nulls, row)) rows[count++] = row;
  }
  return rows.subarray(0, count);
}

const take = (batch: Batch, rows: Uint32Array): Batch =>
  rows.length === batch.rows && rows.every((row, index) => row === index)
    ? batch
    : { rows: rows.length, columns: batch.columns.map((column) => gather(column, rows)) };

function sortKeys(plan: Plan, batch: Batch, tools: FinishTools): SortKey[] {
  return plan.order
    .filter(({ expression }) => expression.kind !== "literal")
    .map(({ expression, descending, nullsFirst }) => ({
      vector: compute(expression, batch, tools),
      descending,
      nullsFirst,
    }));
}

/** The first row of each distinct result row. */
function distinctRows(plan: Plan, batch: Batch, tools: FinishTools): Batch {
  const shown = plan.project.map((expression) => compute(expression, batch, tools));
  return take(batch, groupRows(shown, batch.rows).firstRows);
}

/** How many rows the limits allow; RESULT_ROWS unless the caller takes a cut result. */
function rowsAllowed(plan: Plan, wanted: number, limits: FinishTools["limits"]): number {
  if (wanted <= limits.resultRows) return wanted;
  if (plan.options.truncate) return limits.resultRows;
  const expected = `at most ${limits.resultRows} rows (limit resultRows)`;
  const message = `expected a result of ${expected} but found more; add LIMIT, or SET truncate=true to take a cut result`;
  throw new StoreError("RESULT_ROWS", message, { expected, found: `at least ${wanted}` });
}

/** Bytes that a row adds to an answer, about: digits and punctuation, and its text. */
function rowBytes(columns: readonly Vector[], row: number): number {
  let bytes = 2;
  for (const column of columns) {
    bytes += 8;
    if (column.kind !== "text" || isNullAt(column.nulls, row)) continue;
    const { offsets } = column.entries;
    bytes += offsets[column.ids[row] + 1] - offsets[column.ids[row]];
  }
  return bytes;
}

/** How many of the rows fit; RESULT_BYTES unless the caller takes a cut result. */
function rowsFitting(plan: Plan, batch: Batch, limits: FinishTools["limits"]): number {
  const widest = batch.columns.reduce(
    (total, column) => total + 8 + (column.kind === "text" ? column.entries.bytes.length : 0),
    2,
  );
  if (widest * batch.rows <= limits.resultBytes) return batch.rows;
  let bytes = 0;
  for (let row = 0; row < batch.rows; row++) {
    bytes += rowBytes(batch.columns, row);
    if (bytes <= limits.resultBytes) continue;
    if (plan.options.truncate) return row;
    const expected = `at most ${limits.resultBytes} bytes (limit resultBytes)`;
    const message = `expected a result of ${expected} but its first ${row + 1} rows have more; select fewer columns or rows`;
    throw new StoreError("RESULT_BYTES", message, { expected, found: `${bytes} bytes` });
  }
  return batch.rows;
}

/** The result's rows. */
export function finish(plan: Plan, merged: Batch, tools: FinishTools): Finished {
  let batch = take(merged, passing(plan, merged, tools));
  if (plan.distinct) batch = distinctRows(plan, batch, tools);
  const available = Math.max(0, batch.rows - plan.offset);
  const wanted = Math.min(plan.limit ?? available, available);
  const allowed = rowsAllowed(plan, wanted, tools.limits);
  const ordered = firstRows(allRows(batch.rows), sortKeys(plan, batch, tools), plan.offset + allowed);
  const kept = take(batch, ordered.subarray(plan.offset));
  const project = plan.project.map((expression) => compute(expression, kept, tools));
  const fitting = rowsFitting(plan, { rows: kept.rows, columns: project }, tools.limits);
  const shown: Batch = { rows: kept.rows, columns: project };
  const result = fitting < shown.rows ? take(shown, allRows(fitting)) : shown;
  return { batch: result, truncated: result.rows < wanted };
}
