/** Literals of plans as EXPLAIN shows them. */
import { formatDate } from "#schemas/functions/timestamp";
import type { Expression } from "#schemas/plan/expression";

export function literalText({ type, value }: Extract<Expression, { kind: "literal" }>): string {
  if (type === "DATE" && value !== null) return `'${formatDate(Number(value))}'`;
  return typeof value === "string" ? `'${value}'` : String(value);
}
