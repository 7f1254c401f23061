/** Expressions over batches of any length, a step at a time. */
import { concatenate, entryAt, isNullAt, rowsOf } from "#broker/vectors";
import type { Batch, TextEntries, Vector } from "#schemas/batch";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import { type Stepwise, stepItems } from "#schemas/turns";

export interface ComputeTools {
  readonly evaluate: Evaluate;
  readonly context: EvaluateContext;
}

/** Only the entries that rows use: functions compute over entries, and a step must not pay for all of them. */
function usedEntries(vector: Vector): Vector {
  const { nulls, rows } = vector;
  if (vector.kind !== "text" || vector.entries.count <= rows * 2) return vector;
  const ids = new Uint32Array(rows);
  const places = new Map<number, number>();
  const used: number[] = [];
  for (let row = 0; row < rows; row++) {
    if (isNullAt(nulls, row)) continue;
    const id = vector.ids[row];
    let place = places.get(id);
    if (place === undefined) {
      place = used.push(id) - 1;
      places.set(id, place);
    }
    ids[row] = place;
  }
  return { ...vector, ids, entries: pickEntries(vector.entries, used) };
}

function pickEntries(entries: TextEntries, used: readonly number[]): TextEntries {
  const offsets = new Uint32Array(used.length + 1);
  for (const [at, id] of used.entries()) {
    offsets[at + 1] = offsets[at] + entries.offsets[id + 1] - entries.offsets[id];
  }
  const bytes = new Uint8Array(offsets[used.length]);
  for (const [at, id] of used.entries()) bytes.set(entryAt(entries, id), offsets[at]);
  return { count: used.length, offsets, bytes };
}

/** An expression over the batch's columns. */
export function* compute(expression: Expression, batch: Batch, tools: ComputeTools): Stepwise<Vector> {
  if (expression.kind === "column") return batch.columns[expression.column];
  const { evaluate, context } = tools;
  if (batch.rows <= stepItems) {
    const input = { rows: batch.rows, column: (id: number) => batch.columns[id] };
    return evaluate(expression, input, context);
  }
  const parts: Vector[] = [];
  for (let from = 0; from < batch.rows; from += stepItems) {
    const end = Math.min(from + stepItems, batch.rows);
    const column = (id: number) => usedEntries(rowsOf(batch.columns[id], from, end));
    parts.push(evaluate(expression, { rows: end - from, column }, context));
    yield;
  }
  return concatenate(parts);
}

/** Several of them. */
export function* computeAll(
  expressions: readonly Expression[],
  batch: Batch,
  tools: ComputeTools,
): Stepwise<Vector[]> {
  const columns: Vector[] = [];
  for (const expression of expressions) columns.push(yield* compute(expression, batch, tools));
  return columns;
}
