/** Going over the expressions of a plan. */
import type { AggregateCall, Expression } from "#schemas/plan/expression";
import type { Fragment, Plan } from "#schemas/plan/plan";
import type { Value } from "#schemas/types";

const maybe = (expression: Expression | null, change: (one: Expression) => Expression): Expression | null =>
  expression === null ? null : change(expression);

function mapAggregate(call: AggregateCall, change: (one: Expression) => Expression): AggregateCall {
  return { ...call, args: call.args.map(change), filter: maybe(call.filter, change) };
}

function mapFragment(fragment: Fragment, change: (one: Expression) => Expression): Fragment {
  const filter = maybe(fragment.filter, change);
  switch (fragment.kind) {
    case "aggregate": {
      const { keys, aggregates } = fragment;
      const calls = aggregates.map((call) => mapAggregate(call, change));
      return { ...fragment, filter, keys: keys.map(change), aggregates: calls };
    }
    case "rows":
      return {
        ...fragment,
        filter,
        project: fragment.project.map(change),
        order: fragment.order.map((key) => ({ ...key, expression: change(key.expression) })),
      };
  }
}

/** Every expression of the plan changed; each whole expression once. */
export function mapPlan(plan: Plan, change: (one: Expression) => Expression): Plan {
  return {
    ...plan,
    fragment: plan.fragment === null ? null : mapFragment(plan.fragment, change),
    having: maybe(plan.having, change),
    project: plan.project.map(change),
    order: plan.order.map((key) => ({ ...key, expression: change(key.expression) })),
  };
}

/** The conditions changed: where a NULL counts as false. */
export function mapConditions(plan: Plan, change: (one: Expression) => Expression): Plan {
  const { fragment, having } = plan;
  if (fragment === null) return { ...plan, having: maybe(having, change) };
  const filter = maybe(fragment.filter, change);
  if (fragment.kind === "rows")
    return { ...plan, fragment: { ...fragment, filter }, having: maybe(having, change) };
  const aggregates = fragment.aggregates.map((call) => ({ ...call, filter: maybe(call.filter, change) }));
  return { ...plan, fragment: { ...fragment, filter, aggregates }, having: maybe(having, change) };
}

export const callOf = (name: string, args: readonly Expression[]): Expression => ({
  kind: "call",
  type: "BOOLEAN",
  name,
  args,
});

export const booleanLiteral = (value: boolean | null): Expression => ({
  kind: "literal",
  type: "BOOLEAN",
  value,
});

/** The literal's value; undefined for anything else. */
export const literalValue = (expression: Expression): Value | undefined =>
  expression.kind === "literal" ? expression.value : undefined;

/** The conditions that all must hold. */
export const conjuncts = (condition: Expression): readonly Expression[] =>
  condition.kind === "call" && condition.name === "and" ? condition.args.flatMap(conjuncts) : [condition];

/** One condition of many; true for none. */
export function conjunction(conditions: readonly Expression[]): Expression {
  if (conditions.length === 0) return booleanLiteral(true);
  return conditions.length === 1 ? conditions[0] : callOf("and", conditions);
}
