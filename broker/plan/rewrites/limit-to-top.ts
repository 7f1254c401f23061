/**
 * Servers keep only the rows that can be in the answer: the first LIMIT + OFFSET in order, or one more than a result
 * may have. Groups are cut by a server only when it holds all rows and nothing removes groups afterwards.
 */
import type { RewriteTools } from "#broker/plan/rewrites/tools";
import type { Plan } from "#schemas/plan/plan";
import { mapExpression } from "#schemas/plan/walk";

export function limitToTop(plan: Plan, tools: RewriteTools): Plan {
  const { fragment, limit, offset } = plan;
  const order = plan.order.filter(({ expression }) => expression.kind !== "literal");
  if (fragment === null) return plan;
  const wanted = Math.min(limit ?? Number.POSITIVE_INFINITY, tools.resultRows + 1);
  const rows = Math.min(wanted + offset, 0x7fff_ffff);
  if (fragment.kind === "rows") {
    if (plan.distinct) return plan;
    const overTable = order.map((key) => ({
      ...key,
      expression: mapExpression(key.expression, (one) =>
        one.kind === "column" ? fragment.project[one.column] : one,
      ),
    }));
    return { ...plan, fragment: { ...fragment, order: overTable, rows } };
  }
  if (limit === null || plan.having !== null || plan.distinct || fragment.keys.length === 0) return plan;
  return { ...plan, fragment: { ...fragment, top: { order, rows } } };
}
