/**
 * Calls over literals become literals. A call that fails stays: it may stand in a branch of CASE that no row takes,
 * or in a query over no rows.
 */
import { constantOf, isConstantCall } from "#broker/bind/constant";
import { mapPlan } from "#broker/plan/expressions";
import type { RewriteTools } from "#broker/plan/rewrites/tools";
import { StoreError } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import type { Plan } from "#schemas/plan/plan";
import { mapExpression } from "#schemas/plan/walk";

export function foldConstants(plan: Plan, tools: RewriteTools): Plan {
  const fold = (expression: Expression): Expression => {
    if (!isConstantCall(expression)) return expression;
    try {
      return constantOf(expression, tools.evaluate, tools.context);
    } catch (error) {
      if (error instanceof StoreError) return expression;
      throw error;
    }
  };
  return mapPlan(plan, (expression) => mapExpression(expression, fold));
}
