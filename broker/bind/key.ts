/** Equality of bound expressions. */
import type { Expression } from "#schemas/plan/expression";
import type { Value } from "#schemas/types";

const keys = new WeakMap<Expression, string>();

function valueKey(value: Value): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Uint8Array) return `x${value.join(".")}`;
  return JSON.stringify(value);
}

/** Equal for expressions that are the same tree over the same columns. */
export function expressionKey(expression: Expression): string {
  const known = keys.get(expression);
  if (known !== undefined) return known;
  let key: string;
  switch (expression.kind) {
    case "column":
      key = `#${expression.column}`;
      break;
    case "literal":
      key = `${expression.type}:${valueKey(expression.value)}`;
      break;
    case "call":
      key = `${expression.name}:${expression.type}(${expression.args.map(expressionKey).join(",")})`;
      break;
  }
  keys.set(expression, key);
  return key;
}
