/** HOP(table, time column, slide, size): its arguments as milliseconds. */
import type { ExpressionBinder } from "#broker/bind/expression";
import { intervalOf } from "#broker/bind/interval";
import { type Scope, windowColumns } from "#broker/bind/scope";
import { brokerBounds } from "#schemas/limits";
import type { Hop } from "#schemas/plan/plan";
import type { FromItem, SqlExpression } from "#schemas/sql/ast";

const windowsMax = brokerBounds.hopWindows;

const expected = "a duration such as INTERVAL '5' MINUTE, '5 minutes', 'PT5M' or milliseconds";

function durationMs(binder: ExpressionBinder, node: SqlExpression): bigint {
  let ms: bigint | null = null;
  if (node.kind === "integer") ms = BigInt(node.text);
  if (node.kind === "interval" || node.kind === "text") {
    const interval = intervalOf(node.kind === "interval" ? node : { ...node, kind: "interval", unit: null });
    ms = interval.months === 0 ? BigInt(interval.days) * 86_400_000n + BigInt(interval.ms) : null;
  }
  if (ms === null || ms <= 0n)
    throw binder.error("SQL_TYPE", node.span, `expected ${expected}`, { expected });
  return ms;
}

/** The bound table function. */
export function bindHop(
  binder: ExpressionBinder,
  scope: Scope,
  from: FromItem & { readonly kind: "hop" },
): Hop {
  const column = scope.column(from.time);
  if (column === undefined) throw scope.unknown(from.time);
  const bare = column.kind === "call" ? column.args[0] : column;
  if (bare.kind !== "column" || (bare.type !== "TIMESTAMP" && bare.type !== "LONG")) {
    const found = `${from.time.parts.join(".")} of type ${column.type}`;
    throw binder.error("SQL_TYPE", from.time.span, `HOP expects a TIMESTAMP column but found ${found}`);
  }
  const slideMs = durationMs(binder, from.slide);
  const sizeMs = durationMs(binder, from.size);
  if (sizeMs > slideMs * windowsMax) {
    const message = `HOP puts a row into at most ${windowsMax} windows but ${sizeMs} ms by ${slideMs} ms asks for more`;
    throw binder.error("SQL_TYPE", from.size.span, message);
  }
  const { start, end } = windowColumns;
  return { timeColumn: bare.column, slideMs, sizeMs, startColumn: start, endColumn: end };
}
