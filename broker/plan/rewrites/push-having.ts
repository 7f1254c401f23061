/** Conditions of HAVING over group keys alone filter rows instead of groups: HAVING city = 'x' is WHERE city = 'x'. */
import { conjunction, conjuncts } from "#broker/plan/expressions";
import type { Expression } from "#schemas/plan/expression";
import type { Plan } from "#schemas/plan/plan";
import { mapExpression } from "#schemas/plan/walk";

export function pushHaving(plan: Plan): Plan {
  const { fragment, having } = plan;
  // Without keys there is one group even when no row passes: filtering its rows would not remove it.
  if (having === null || fragment?.kind !== "aggregate" || fragment.keys.length === 0) return plan;
  const { keys } = fragment;
  const pushed: Expression[] = [];
  const kept: Expression[] = [];
  for (const condition of conjuncts(having)) {
    let overKeys = true;
    const overRows = mapExpression(condition, (expression) => {
      if (expression.kind !== "column") return expression;
      overKeys &&= expression.column < keys.length;
      return keys[expression.column] ?? expression;
    });
    if (overKeys) pushed.push(overRows);
    else kept.push(condition);
  }
  if (pushed.length === 0) return plan;
  const filter = conjunction([...(fragment.filter === null ? [] : [fragment.filter]), ...pushed]);
  return {
    ...plan,
    fragment: { ...fragment, filter },
    having: kept.length === 0 ? null : conjunction(kept),
  };
}
