/**
 * The names of result columns that have no alias. In the pinot dialect they are Pinot's: `count(*)`, `sum(x)`,
 * `plus(a,b)`; in the native one the expression as SQL text.
 */
import { unreachable } from "#schemas/errors";
import type { SqlExpression } from "#schemas/sql/ast";
import { quoteText } from "#schemas/sql/keywords";
import { printExpression } from "#schemas/sql/print";
import { childrenOf, foldTree } from "#schemas/sql/walk";

const operatorNames = {
  "=": "equals",
  "<>": "not_equals",
  "<": "less_than",
  "<=": "less_than_or_equal",
  ">": "greater_than",
  ">=": "greater_than_or_equal",
  "+": "plus",
  "-": "minus",
  "*": "times",
  "/": "divide",
  "%": "mod",
  "||": "concat",
} as const;

/** Pinot's name of the operator or function at the root of a node; null for names and literals. */
function functionOf(node: SqlExpression): string | null {
  const not = "negated" in node && node.negated ? "not_" : "";
  switch (node.kind) {
    case "comparison":
    case "arithmetic":
      return operatorNames[node.operator];
    case "logical":
      return node.operator;
    case "negate":
      return "negate";
    case "between":
    case "in":
      return not + node.kind;
    case "like":
      return `${not}${node.ignoreCase ? "i" : ""}like`;
    case "isNull":
      return node.negated ? "is_not_null" : "is_null";
    case "isTruth":
      return `is_${not}${node.value}`;
    case "isDistinct":
      return `is_${not}distinct_from`;
    case "atTimeZone":
      return "attimezone";
    case "not":
    case "case":
    case "cast":
    case "extract":
      return node.kind;
    case "call":
      if (node.distinct) return `distinct${node.name.toLowerCase()}`;
      return node.name.toLowerCase();
    default:
      return null;
  }
}

function pinotArguments(node: SqlExpression, of: (child: SqlExpression) => string): readonly string[] {
  if (node.kind === "cast") return [of(node.operand), `'${node.type}'`];
  if (node.kind === "extract") return [`'${node.unit.toUpperCase()}'`, of(node.operand)];
  return (node.kind === "call" ? node.args : childrenOf(node)).map(of);
}

function pinotNode(node: SqlExpression, of: (child: SqlExpression) => string): string {
  const name = functionOf(node);
  if (name === null) return leafLabel(node);
  // Not by join: these texts grow into each other along a chain, and joining copies them.
  let call = `${name}(`;
  for (const [at, argument] of pinotArguments(node, of).entries()) {
    if (at > 0) call += ",";
    call += argument;
  }
  const filter = node.kind === "call" ? node.filter : null;
  return filter === null ? `${call})` : `${call}) FILTER(WHERE ${printExpression(filter)})`;
}

function leafLabel(node: SqlExpression): string {
  if (node.kind === "name") return node.parts[node.parts.length - 1];
  if (node.kind === "null") return "null";
  if (node.kind === "boolean") return String(node.value);
  return node.kind === "text" ? quoteText(node.value) : printExpression(node);
}

/** The label of a select item without an alias. */
export function labelOf(node: SqlExpression, dialect: "native" | "pinot"): string {
  if (node.kind === "name") return leafLabel(node);
  switch (dialect) {
    case "pinot":
      return foldTree(node, pinotNode);
    case "native":
      return printExpression(node);
    default:
      return unreachable(dialect);
  }
}
