/** Operators between values: arithmetic, || and times moved by an INTERVAL. */
import { ask, askAll, type Binding } from "#broker/bind/ask";
import { literal } from "#broker/bind/constant";
import { intervalOf } from "#broker/bind/interval";
import type { Place } from "#broker/bind/place";
import type { Span } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import type { SqlExpression } from "#schemas/sql/ast";
import type { SqlType } from "#schemas/types";

type ArithmeticNode = SqlExpression & { readonly kind: "arithmetic" };

/** What this file needs of the expression binder. */
interface ArithmeticBinder {
  call(name: string, args: readonly Expression[], span: Span): Expression;
  cast(value: Expression, type: SqlType, span: Span): Expression;
  /** A value whose type stays as it is written. */
  keepType(value: Expression): Expression;
}

const arithmeticNames = {
  "+": "plus",
  "-": "minus",
  "*": "times",
  "/": "divide",
  "%": "mod",
  "||": "concatenate",
} as const;

export function* bindArithmetic(binder: ArithmeticBinder, node: ArithmeticNode, place: Place): Binding {
  const { operator, left, right, span } = node;
  if (operator === "||") return binder.call("concatenate", yield* askAll(joined(node), place), span);
  if (right.kind === "interval" && (operator === "+" || operator === "-")) {
    const time = yield* ask(left, place);
    return binder.keepType(shifted(binder, time, right, { span, back: operator === "-" }));
  }
  if (left.kind === "interval" && operator === "+") {
    return binder.keepType(shifted(binder, yield* ask(right, place), left, { span, back: false }));
  }
  return binder.call(arithmeticNames[operator], yield* askAll([left, right], place), span);
}

/** A time moved by an interval: months and days on the wall clock, the rest by milliseconds. */
function shifted(
  binder: ArithmeticBinder,
  time: Expression,
  node: SqlExpression & { readonly kind: "interval" },
  { span, back }: { readonly span: Span; readonly back: boolean },
): Expression {
  const { months, days, ms } = intervalOf(node);
  let moved = time.type === "STRING" ? binder.cast(time, "TIMESTAMP", span) : time;
  const signed = (amount: number): Expression => literal("LONG", BigInt(back ? -amount : amount));
  const move = (unit: string, amount: number): Expression =>
    binder.call("timestampAdd", [literal("STRING", unit), signed(amount), moved], span);
  if (months !== 0) moved = move("MONTH", months);
  if (days !== 0 || (months === 0 && ms === 0)) moved = move("DAY", days);
  if (ms === 0) return moved;
  return moved.type === "DATE" ? move("MILLISECOND", ms) : binder.call("plus", [moved, signed(ms)], span);
}

/** The texts that a chain of || joins: one call of many, or each would copy what those before it joined. */
function joined(node: ArithmeticNode): readonly SqlExpression[] {
  const texts: SqlExpression[] = [];
  let left: SqlExpression = node;
  for (; left.kind === "arithmetic" && left.operator === "||"; left = left.left) texts.push(left.right);
  return [left, ...texts.reverse()];
}
