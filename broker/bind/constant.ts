/** Values known while binding: literals, and calls over literals computed by the one evaluator. */

import { valueAt } from "#broker/vectors";
import { assert } from "#schemas/errors";
import type { Evaluate, EvaluateContext, EvaluateInput } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import type { SqlType, Value } from "#schemas/types";

export type Literal = Expression & { readonly kind: "literal" };

export const literal = (type: SqlType, value: Value): Literal => ({ kind: "literal", type, value });

const noColumns: EvaluateInput = {
  rows: 1,
  column() {
    assert(false, "a constant has no columns");
  },
};

/** Whether an expression is a call whose arguments are all literals. */
export const isConstantCall = (expression: Expression): boolean =>
  expression.kind === "call" && expression.args.every((arg) => arg.kind === "literal");

/** The value of an expression without columns. */
export function constantOf(expression: Expression, evaluate: Evaluate, context: EvaluateContext): Literal {
  if (expression.kind === "literal") return expression;
  return literal(expression.type, valueAt(evaluate(expression, noColumns, context), 0));
}
