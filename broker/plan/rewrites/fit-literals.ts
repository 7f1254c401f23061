/**
 * Comparisons of a cast column with a literal become comparisons of the column itself, so that dictionaries, zone
 * maps and indexes serve them: quantity < 2.5 is quantity < 3. Only where both mean the same for every value, NULL
 * included: a LONG past ±2^53 rounds when it is cast to DOUBLE, so LONG columns stay cast there.
 */
import { callOf, mapPlan } from "#broker/plan/expressions";
import type { Expression } from "#schemas/plan/expression";
import type { Plan } from "#schemas/plan/plan";
import { mapExpression } from "#schemas/plan/walk";
import { type SqlType, sqlTypes } from "#schemas/types";

const mirrored: Readonly<Record<string, string>> = {
  lessThan: "greaterThan",
  lessThanOrEqual: "greaterThanOrEqual",
  greaterThan: "lessThan",
  greaterThanOrEqual: "lessThanOrEqual",
  equals: "equals",
  notEquals: "notEquals",
};

type Literal = Expression & { readonly kind: "literal" };

const [intLeast, intMost] = sqlTypes.INT.range;
const intLiteral = (value: bigint): Literal => ({ kind: "literal", type: "INT", value });

/** Casts to these keep an integer's value; one to DATE or FLOAT makes another of it. */
const keeping: ReadonlySet<SqlType> = new Set(["LONG", "DOUBLE", "TIMESTAMP"]);

/** What a cast that keeps values was put around; null for anything else. */
function behindCast(expression: Expression): Expression | null {
  const isKept = expression.kind === "call" && expression.name === "cast" && keeping.has(expression.type);
  return isKept && expression.args[0].type !== "DATE" ? expression.args[0] : null;
}

/** The literal as the column's own type has it, when that is exactly the same value. */
function sameValue(literal: Literal, column: Expression): Literal | null {
  const { value, type } = literal;
  if (value === null) return null;
  switch (`${column.type} ${type}`) {
    case "INT LONG":
    case "INT TIMESTAMP":
      return typeof value === "bigint" && value >= intLeast && value <= intMost ? intLiteral(value) : null;
    case "LONG TIMESTAMP":
      return { kind: "literal", type: "LONG", value };
    case "FLOAT DOUBLE":
      return typeof value === "number" && Object.is(Math.fround(value), value)
        ? { kind: "literal", type: "FLOAT", value }
        : null;
    case "INT DOUBLE":
      return typeof value === "number" && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31
        ? intLiteral(BigInt(value))
        : null;
    default:
      return null;
  }
}

/** An INT column beside a number that no INT is: compared with the nearest bound that divides them alike. */
function beside(name: string, column: Expression, value: bigint | number): Expression | null {
  if (column.type !== "INT" || Number.isNaN(value)) return null;
  const above = value > intMost;
  const below = value < intLeast;
  const never = callOf("greaterThan", [column, intLiteral(intMost)]);
  const always = callOf("lessThanOrEqual", [column, intLiteral(intMost)]);
  if (name === "equals") return never;
  if (name === "notEquals") return always;
  if (above || below) return name.startsWith("less") === above ? always : never;
  if (typeof value === "bigint") return null;
  return name.startsWith("less")
    ? callOf("lessThanOrEqual", [column, intLiteral(BigInt(Math.floor(value)))])
    : callOf("greaterThanOrEqual", [column, intLiteral(BigInt(Math.ceil(value)))]);
}

function fitComparison(expression: Expression & { readonly kind: "call" }): Expression {
  const [left, right] = expression.args;
  const [literal, cast, name] =
    left.kind === "literal" ? [left, right, mirrored[expression.name]] : [right, left, expression.name];
  const column = behindCast(cast);
  if (column === null || literal.kind !== "literal") return expression;
  const same = sameValue(literal, column);
  if (same !== null) return callOf(name, [column, same]);
  const { value } = literal;
  const number = typeof value === "bigint" || typeof value === "number";
  return (number ? beside(name, column, value) : null) ?? expression;
}

/** Choices that no value of the column's type equals go; NULL among them stays. */
function fitChoices(expression: Expression & { readonly kind: "call" }): Expression {
  const [cast, ...choices] = expression.args;
  const column = behindCast(cast);
  if (column === null || !["INT", "LONG"].includes(column.type) || cast.type === "DOUBLE") return expression;
  const fitted = choices.map((choice) => {
    if (choice.kind !== "literal") return null;
    return choice.value === null ? choice : sameValue(choice, column);
  });
  const known = fitted.filter((choice) => choice !== null);
  const outside = choices.every((choice) => choice.kind === "literal");
  return outside && known.length > 0 ? callOf("in", [column, ...known]) : expression;
}

function fit(expression: Expression): Expression {
  if (expression.kind !== "call") return expression;
  if (expression.name === "in") return fitChoices(expression);
  return mirrored[expression.name] === undefined ? expression : fitComparison(expression);
}

export const fitLiterals = (plan: Plan): Plan =>
  mapPlan(plan, (expression) => mapExpression(expression, fit));
