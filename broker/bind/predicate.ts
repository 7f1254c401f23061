/** Conditions and the other operators with a grammar of their own: each becomes calls of canonical functions. */
import { type Ask, ask, askAll, type Binding } from "#broker/bind/ask";
import { bindIn, type CallSpans } from "#broker/bind/choices";
import { literal } from "#broker/bind/constant";
import type { Place } from "#broker/bind/place";
import { type Span, unreachable } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import type { SqlExpression } from "#schemas/sql/ast";

/** What this file needs of the expression binder. */
export interface Binder {
  askCondition(node: SqlExpression, place: Place): Binding;
  call(name: string, args: readonly Expression[], span: Span): Expression;
  callSteps(
    name: string,
    args: readonly Expression[],
    at: CallSpans,
  ): Generator<Ask | null, Expression, Expression>;
  text(value: string, span: Span): Expression;
  decimal(text: string): Expression;
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

function* bindLike(
  binder: Binder,
  node: SqlExpression & { readonly kind: "like" },
  { place, dialect }: Standing,
): Binding {
  const ignoreCase = node.ignoreCase || dialect === "pinot";
  const args = yield* askAll([node.operand, node.pattern], place);
  args.push(literal("BOOLEAN", ignoreCase));
  if (node.escape !== null) args.push(yield* ask(node.escape, place));
  return binder.call("like", args, node.span);
}

function* bindBetween(
  binder: Binder,
  node: SqlExpression & { readonly kind: "between" },
  place: Place,
): Binding {
  const value = yield* ask(node.operand, place);
  const low = binder.call("greaterThanOrEqual", [value, yield* ask(node.low, place)], node.span);
  // Asked for again: what stands twice in the plan is counted twice.
  const again = value.kind === "call" ? yield* ask(node.operand, place) : value;
  const high = binder.call("lessThanOrEqual", [again, yield* ask(node.high, place)], node.span);
  return binder.call("and", [low, high], node.span);
}

/** The bound form of an operator. */
export function* bindPredicate(binder: Binder, node: OperatorNode, standing: Standing): Binding {
  const { span } = node;
  const { place } = standing;
  const each = (...nodes: readonly SqlExpression[]) => askAll(nodes, place);
  const maybeNot = (bound: Expression, negated: boolean) =>
    negated ? binder.call("not", [bound], span) : bound;
  switch (node.kind) {
    case "not":
      return binder.call("not", [yield* binder.askCondition(node.operand, place)], span);
    case "logical": {
      const operands: Expression[] = [];
      for (const one of node.operands) operands.push(yield* binder.askCondition(one, place));
      return binder.call(node.operator, operands, span);
    }
    case "comparison":
      return binder.call(comparisonNames[node.operator], yield* each(node.left, node.right), span);
    case "between":
      return maybeNot(yield* bindBetween(binder, node, place), node.negated);
    case "in":
      return maybeNot(yield* bindIn(binder, node, place), node.negated);
    case "like":
      return maybeNot(yield* bindLike(binder, node, standing), node.negated);
    case "isNull":
      return binder.call(node.negated ? "isNotNull" : "isNull", yield* each(node.operand), span);
    case "isTruth": {
      const name = `is${node.negated ? "Not" : ""}${node.value ? "True" : "False"}`;
      return binder.call(name, [yield* binder.askCondition(node.operand, place)], span);
    }
    case "isDistinct": {
      const name = node.negated ? "isNotDistinctFrom" : "isDistinctFrom";
      return binder.call(name, yield* each(node.left, node.right), span);
    }
    case "extract":
      return binder.call(
        "extract",
        [binder.text(node.unit, node.unitSpan), ...(yield* each(node.operand))],
        span,
      );
    case "atTimeZone":
      return binder.call("atTimeZone", yield* each(node.operand, node.zone), span);
    default:
      return unreachable(node);
  }
}
