/**
 * Conditions in their plainest form: AND and OR flattened and rid of literals and repetitions, NOT moved into
 * comparisons, literals on the right. Three-valued throughout: NOT (a < b) and a >= b are NULL together.
 */

import { booleanLiteral, callOf, literalValue, mapPlan } from "#broker/plan/expressions";
import type { Expression } from "#schemas/plan/expression";
import { expressionKey } from "#schemas/plan/key";
import type { Plan } from "#schemas/plan/plan";
import { mapExpression } from "#schemas/plan/walk";

const opposite: Readonly<Record<string, string>> = {
  equals: "notEquals",
  notEquals: "equals",
  lessThan: "greaterThanOrEqual",
  lessThanOrEqual: "greaterThan",
  greaterThan: "lessThanOrEqual",
  greaterThanOrEqual: "lessThan",
  isNull: "isNotNull",
  isNotNull: "isNull",
  isTrue: "isNotTrue",
  isNotTrue: "isTrue",
  isFalse: "isNotFalse",
  isNotFalse: "isFalse",
  isDistinctFrom: "isNotDistinctFrom",
  isNotDistinctFrom: "isDistinctFrom",
};

const mirrored: Readonly<Record<string, string>> = {
  equals: "equals",
  notEquals: "notEquals",
  lessThan: "greaterThan",
  lessThanOrEqual: "greaterThanOrEqual",
  greaterThan: "lessThan",
  greaterThanOrEqual: "lessThanOrEqual",
};

/** NOT of a condition whose parts are simple already. */
function negated(condition: Expression): Expression {
  if (condition.kind === "literal") {
    return booleanLiteral(condition.value === null ? null : condition.value !== true);
  }
  if (condition.kind === "column") return callOf("not", [condition]);
  const { name, args } = condition;
  if (name === "not") return args[0];
  if (name === "and" || name === "or") return junction(name === "and" ? "or" : "and", args.map(negated));
  return opposite[name] === undefined ? callOf("not", [condition]) : callOf(opposite[name], args);
}

/** AND or OR of simple conditions. */
function junction(name: "and" | "or", args: readonly Expression[]): Expression {
  const decisive = name === "or"; // the value that decides alone
  const seen = new Set<string>();
  const kept: Expression[] = [];
  const flat = args.flatMap((arg) => (arg.kind === "call" && arg.name === name ? arg.args : [arg]));
  for (const arg of flat) {
    const value = literalValue(arg);
    if (value === decisive) return booleanLiteral(decisive);
    if (value === !decisive) continue;
    const key = expressionKey(arg);
    if (!seen.has(key)) kept.push(arg);
    seen.add(key);
  }
  if (kept.length === 0) return booleanLiteral(!decisive);
  return kept.length === 1 ? kept[0] : callOf(name, kept);
}

function simplify(expression: Expression): Expression {
  if (expression.kind !== "call") return expression;
  const { name, args } = expression;
  if (name === "and" || name === "or") return junction(name, args);
  if (name === "not") return negated(args[0]);
  if (mirrored[name] !== undefined && args[0].kind === "literal" && args[1].kind !== "literal") {
    return callOf(mirrored[name], [args[1], args[0]]);
  }
  return expression;
}

export const simplifyLogic = (plan: Plan): Plan =>
  mapPlan(plan, (expression) => mapExpression(expression, simplify));
