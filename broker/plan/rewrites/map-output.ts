/** What the broker does with a fragment's output, over other columns. */

import type { Expression } from "#schemas/plan/expression";
import type { Plan } from "#schemas/plan/plan";
import { mapExpression } from "#schemas/plan/walk";

type Column = Extract<Expression, { kind: "column" }>;

/** HAVING, projection and order with each column of the output replaced. */
export function mapOutput(plan: Plan, replace: (column: Column) => Expression): Plan {
  const changed = (expression: Expression): Expression =>
    mapExpression(expression, (one) => (one.kind === "column" ? replace(one) : one));
  return {
    ...plan,
    having: plan.having === null ? null : changed(plan.having),
    project: plan.project.map(changed),
    order: plan.order.map((key) => ({ ...key, expression: changed(key.expression) })),
  };
}
