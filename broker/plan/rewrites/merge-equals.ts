/** x = 1 OR x = 2 OR x IN (3, 2) is x IN (1, 2, 3): one look-up of the row's value instead of three comparisons. */

import { callOf, mapPlan } from "#broker/plan/expressions";
import type { Expression } from "#schemas/plan/expression";
import { expressionKey } from "#schemas/plan/key";
import type { Plan } from "#schemas/plan/plan";
import { mapExpression } from "#schemas/plan/walk";

/** The choices of `x = literal` or `x IN (literals)`. */
function choicesOf(
  condition: Expression,
): { readonly value: Expression; readonly choices: readonly Expression[] } | null {
  if (condition.kind !== "call" || (condition.name !== "equals" && condition.name !== "in")) return null;
  const [value, ...choices] = condition.args;
  if (value.kind === "literal" || choices.some((choice) => choice.kind !== "literal")) return null;
  return { value, choices };
}

function membership(value: Expression, choices: readonly Expression[]): Expression {
  const distinct = new Map(choices.map((choice) => [expressionKey(choice), choice]));
  const args = [...distinct.values()];
  return args.length === 1 ? callOf("equals", [value, args[0]]) : callOf("in", [value, ...args]);
}

function merge(expression: Expression): Expression {
  const alone = choicesOf(expression);
  if (alone !== null) return membership(alone.value, alone.choices);
  if (expression.kind !== "call" || expression.name !== "or") return expression;
  const groups = new Map<string, { value: Expression; choices: Expression[] }>();
  const order: (string | Expression)[] = [];
  for (const arg of expression.args) {
    const found = choicesOf(arg);
    if (found === null) {
      order.push(arg);
      continue;
    }
    const key = `${expressionKey(found.value)} ${found.choices[0].type}`;
    const group = groups.get(key) ?? { value: found.value, choices: [] };
    if (group.choices.length === 0) order.push(key);
    group.choices.push(...found.choices);
    groups.set(key, group);
  }
  const args = order.map((one) => {
    const group = typeof one === "string" ? groups.get(one) : undefined;
    return group === undefined ? (one as Expression) : membership(group.value, group.choices);
  });
  return args.length === 1 ? args[0] : callOf("or", args);
}

export const mergeEquals = (plan: Plan): Plan =>
  mapPlan(plan, (expression) => mapExpression(expression, merge));
