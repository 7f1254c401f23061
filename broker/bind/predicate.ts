/** Conditions and the other operators with a grammar of their own: each becomes calls of canonical functions. */
import { literal } from "#broker/bind/constant";
import type { Place } from "#broker/bind/place";
import { type Span, unreachable } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import type { SqlExpression } from "#schemas/sql/ast";

/** What this file needs of the expression binder. */
export interface Binder {
  bind(node: SqlExpression, place: Place): Expression;
  condition(node: SqlExpression, place: Place): Expression;
  call(name: string, args: readonly Expression[], span: Span): Expression;
  text(value: string, span: Span): Expression;
}

type OperatorKind =
  | "not"
  | "logical"
  | "comparison"
  | "between"
  | "in"
  | "like"
  | "isNull"
  | "isTruth"
  | "isDistinct"
  | "extract"
  | "atTimeZone";

export type OperatorNode = SqlExpression & { readonly kind: OperatorKind };

interface Standing {
  readonly place: Place;
  readonly dialect: "native" | "pinot";
}

const comparisonNames = {
  "=": "equals",
  "<>": "notEquals",
  "<": "lessThan",
  "<=": "lessThanOrEqual",
  ">": "greaterThan",
  ">=": "greaterThanOrEqual",
} as const;

function bindLike(
  binder: Binder,
  node: SqlExpression & { readonly kind: "like" },
  { place, dialect }: Standing,
): Expression {
  const ignoreCase = node.ignoreCase || dialect === "pinot";
  const args = [
    binder.bind(node.operand, place),
    binder.bind(node.pattern, place),
    literal("BOOLEAN", ignoreCase),
  ];
  if (node.escape !== null) args.push(binder.bind(node.escape, place));
  return binder.call("like", args, node.span);
}

function bindBetween(
  binder: Binder,
  node: SqlExpression & { readonly kind: "between" },
  place: Place,
): Expression {
  const value = binder.bind(node.operand, place);
  const low = binder.call("greaterThanOrEqual", [value, binder.bind(node.low, place)], node.span);
  const high = binder.call("lessThanOrEqual", [value, binder.bind(node.high, place)], node.span);
  return binder.call("and", [low, high], node.span);
}

/** The bound form of an operator. */
export function bindPredicate(binder: Binder, node: OperatorNode, standing: Standing): Expression {
  const { span } = node;
  const { place } = standing;
  const each = (...nodes: readonly SqlExpression[]) => nodes.map((one) => binder.bind(one, place));
  const maybeNot = (bound: Expression, negated: boolean) =>
    negated ? binder.call("not", [bound], span) : bound;
  switch (node.kind) {
    case "not":
      return binder.call("not", [binder.condition(node.operand, place)], span);
    case "logical": {
      const operands = node.operands.map((one) => binder.condition(one, place));
      return binder.call(node.operator, operands, span);
    }
    case "comparison":
      return binder.call(comparisonNames[node.operator], each(node.left, node.right), span);
    case "between":
      return maybeNot(bindBetween(binder, node, place), node.negated);
    case "in":
      return maybeNot(binder.call("in", each(node.operand, ...node.list), span), node.negated);
    case "like":
      return maybeNot(bindLike(binder, node, standing), node.negated);
    case "isNull":
      return binder.call(node.negated ? "isNotNull" : "isNull", each(node.operand), span);
    case "isTruth": {
      const name = `is${node.negated ? "Not" : ""}${node.value ? "True" : "False"}`;
      return binder.call(name, [binder.condition(node.operand, place)], span);
    }
    case "isDistinct": {
      const name = node.negated ? "isNotDistinctFrom" : "isDistinctFrom";
      return binder.call(name, each(node.left, node.right), span);
    }
    case "extract":
      return binder.call("extract", [binder.text(node.unit, node.unitSpan), ...each(node.operand)], span);
    case "atTimeZone":
      return binder.call("atTimeZone", each(node.operand, node.zone), span);
    default:
      return unreachable(node);
  }
}
