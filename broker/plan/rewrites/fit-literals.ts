/**
 * A whole-number column compared with a fraction compares with the next whole number instead of casting every row:
 * quantity < 2.5 is quantity <= 2. Only for columns without dangerous casts: INT, and LONG within ±2⁵³.
 */
import { callOf, mapConditions, mapExpression } from "#broker/plan/expressions";
import type { Expression } from "#schemas/plan/expression";
import type { Plan } from "#schemas/plan/plan";

const mirrored: Readonly<Record<string, string>> = {
  lessThan: "greaterThan",
  lessThanOrEqual: "greaterThanOrEqual",
  greaterThan: "lessThan",
  greaterThanOrEqual: "lessThanOrEqual",
  equals: "equals",
  notEquals: "notEquals",
};

/** The INT expression behind a cast to DOUBLE. */
function wholeBehind(expression: Expression): Expression | null {
  if (expression.kind !== "call" || expression.name !== "cast" || expression.type !== "DOUBLE") return null;
  // A LONG past 2^53 rounds in its cast, so comparing exactly could answer otherwise.
  return expression.args[0].type === "INT" ? expression.args[0] : null;
}

function fitted(name: string, whole: Expression, bound: number): Expression | null {
  if (!Number.isFinite(bound) || Math.abs(bound) > 2 ** 52) return null;
  const literal = (value: number): Expression => ({ kind: "literal", type: "INT", value: BigInt(value) });
  const inInt = (value: number) => value >= -(2 ** 31) && value < 2 ** 31;
  const down = Math.floor(bound);
  const up = Math.ceil(bound);
  if (!inInt(down) || !inInt(up)) return null;
  switch (name) {
    case "lessThan":
      return callOf("lessThan", [whole, literal(up)]);
    case "lessThanOrEqual":
      return callOf("lessThanOrEqual", [whole, literal(down)]);
    case "greaterThan":
      return callOf("greaterThan", [whole, literal(down)]);
    case "greaterThanOrEqual":
      return callOf("greaterThanOrEqual", [whole, literal(up)]);
    case "equals":
    case "notEquals":
      return down === up ? callOf(name, [whole, literal(down)]) : null;
    default:
      return null;
  }
}

function fit(expression: Expression): Expression {
  if (expression.kind !== "call" || mirrored[expression.name] === undefined) return expression;
  const [left, right] = expression.args;
  const [literal, other, name] =
    left.kind === "literal" ? [left, right, mirrored[expression.name]] : [right, left, expression.name];
  const whole = wholeBehind(other);
  if (whole === null || literal.kind !== "literal" || typeof literal.value !== "number") return expression;
  return fitted(name, whole, literal.value) ?? expression;
}

export const fitLiterals = (plan: Plan): Plan =>
  mapConditions(plan, (condition) => mapExpression(condition, fit));
