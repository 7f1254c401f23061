/** DISTINCT over groups that shows every key has nothing to remove: groups differ in their keys. */
import type { Plan } from "#schemas/plan/plan";

export function dropDistinct(plan: Plan): Plan {
  const { fragment, project } = plan;
  if (!plan.distinct || fragment?.kind !== "aggregate") return plan;
  const shown = new Set(project.map((expression) => (expression.kind === "column" ? expression.column : -1)));
  return fragment.keys.every((_, index) => shown.has(index)) ? { ...plan, distinct: false } : plan;
}
