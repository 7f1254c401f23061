/** Expressions over batches of any length, a step at a time. */

import type { Batch, Vector } from "#schemas/batch";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import { type Stepwise, stepItems } from "#schemas/turns";
import { compactEntries, joinVectors, rowsOf } from "#schemas/vector-rows";

export interface ComputeTools {
  readonly evaluate: Evaluate;
  readonly context: EvaluateContext;
}

/** Functions compute over entries, and a step must not pay for all of them. */
const usedAlone = (vector: Vector): Vector =>
  vector.kind === "text" && vector.entries.count > vector.rows * 2 ? compactEntries(vector) : vector;

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
    const column = (id: number) => usedAlone(rowsOf(batch.columns[id], from, end));
    parts.push(evaluate(expression, { rows: end - from, column }, context));
    yield;
  }
  return joinVectors(parts, expression.type);
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
