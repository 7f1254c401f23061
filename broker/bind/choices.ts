/** `value IN (choice, …)`: lists of a million literals are bound as fast as they are read. */
import { type Ask, ask, type Binding } from "#broker/bind/ask";
import { literal } from "#broker/bind/constant";
import { integerLiteral } from "#broker/bind/number";
import type { Place } from "#broker/bind/place";
import type { Span } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import type { SqlExpression } from "#schemas/sql/ast";

type InNode = SqlExpression & { readonly kind: "in" };

/** What this file needs of the expression binder. */
interface CallBinder {
  decimal(text: string): Expression;
  call(name: string, args: readonly Expression[], span: Span): Expression;
  /** The same; others have their turn between arguments. */
  callSteps(
    name: string,
    args: readonly Expression[],
    at: CallSpans,
  ): Generator<Ask | null, Expression, Expression>;
}

/** Where a call stands, and each of its arguments. */
export interface CallSpans {
  readonly span: Span;
  readonly of: (argument: number) => Span;
}

/** A literal by itself; null for anything that must be bound. */
function literalOf(binder: CallBinder, node: SqlExpression): Expression | null {
  switch (node.kind) {
    case "integer":
      return integerLiteral(BigInt(node.text));
    case "decimal":
      return binder.decimal(node.text);
    case "text":
      return literal("STRING", node.value);
    case "null":
      return literal("UNKNOWN", null);
    default:
      return null;
  }
}

/** Choices between two steps. */
const stepChoices = 2048;
/** Shorter lists are bound like the arguments of any call. */
const longMin = 64;

export function* bindIn(binder: CallBinder, node: InNode, place: Place): Binding {
  const args = [yield* ask(node.operand, place)];
  const isLong = node.list.length >= longMin;
  for (const choice of node.list) {
    const known = isLong ? literalOf(binder, choice) : null;
    args.push(known ?? (yield* ask(choice, place)));
    if (args.length % stepChoices === 0) yield null;
  }
  if (!isLong) return binder.call("in", args, node.span);
  const of = (argument: number): Span => (argument === 0 ? node.operand : node.list[argument - 1]).span;
  return yield* binder.callSteps("in", args, { span: node.span, of });
}
