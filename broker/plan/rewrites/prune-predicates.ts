/** Filters that are always true go; filters that are never true become the literal false, which scans nothing. */
import { booleanLiteral, conjunction, conjuncts, literalValue } from "#broker/plan/expressions";
import type { Expression } from "#schemas/plan/expression";
import type { Plan } from "#schemas/plan/plan";

/** Without conditions that are true; false when one is false or NULL. */
function prune(condition: Expression | null): Expression | null {
  if (condition === null) return null;
  const all = conjuncts(condition);
  if (all.some((one) => literalValue(one) === false || literalValue(one) === null))
    return booleanLiteral(false);
  const kept = all.filter((one) => literalValue(one) !== true);
  return kept.length === 0 ? null : conjunction(kept);
}

export function prunePredicates(plan: Plan): Plan {
  const { fragment } = plan;
  const having = prune(plan.having);
  if (fragment === null) return { ...plan, having };
  const filter = prune(fragment.filter);
  if (fragment.kind === "rows") return { ...plan, having, fragment: { ...fragment, filter } };
  const aggregates = fragment.aggregates.map((call) => ({ ...call, filter: prune(call.filter) }));
  return { ...plan, having, fragment: { ...fragment, filter, aggregates } };
}
