/**
 * The types of Pinot's answers, where they are not ours: a truncated time is a number there, an exact sum a text. Only
 * what leaves the query changes its type, in the select list or written as text; inside, the engine has one semantics,
 * so that `DATETRUNC('day', t) = '2026-03-29'` and `HAVING SUMPRECISION(x) > 5` mean the same in both dialects.
 */
import { aggregateBase } from "#broker/bind/aggregate";
import { functionNamed } from "#schemas/functions/resolve";
import type { AggregateCall, Expression } from "#schemas/plan/expression";
import type { SqlType } from "#schemas/types";

/** Functions that answer a time in Pinot too; all others answer its milliseconds as a number. */
const timeFunctions: ReadonlySet<string> = new Set([
  "cast",
  "toTimestamp",
  "date",
  "dateTimeConvert",
  "dateBin",
  "atTimeZone",
]);

export interface PinotTyping {
  /** The query's aggregates; columns from `aggregateBase` on are theirs. */
  readonly calls: readonly AggregateCall[];
  /** Values whose type is written in the query: by CAST, or as a time moved by an INTERVAL. */
  readonly written: WeakSet<Expression>;
}

const isTime = (type: SqlType): boolean => type === "TIMESTAMP" || type === "DATE";

/** The type that Pinot's answer has; a DATE, which Pinot has not, is the TIMESTAMP that it begins with. */
export function pinotTypeOf(expression: Expression, typing: PinotTyping): SqlType {
  const { type } = expression;
  const own = type === "DATE" ? "TIMESTAMP" : type;
  if (typing.written.has(expression)) return own;
  if (expression.kind === "column" && expression.column >= aggregateBase)
    return aggregateType(typing.calls[expression.column - aggregateBase], typing);
  if (expression.kind !== "call") return own;
  const choices = choicesOf(expression);
  if (choices === null) return isTime(type) ? timeType(expression) : type;
  const types = choices
    .filter((choice) => choice.type !== "UNKNOWN")
    .map((choice) => pinotTypeOf(choice, typing));
  if (isTime(type)) return types.every(isTime) ? "TIMESTAMP" : "LONG";
  return types.includes("STRING") ? "STRING" : type;
}

const timeType = (call: Expression & { readonly kind: "call" }): SqlType =>
  timeFunctions.has(call.name) ? "TIMESTAMP" : "LONG";

/** The arguments that a call answers one of, or null. */
function choicesOf({ name, args }: Expression & { readonly kind: "call" }): readonly Expression[] | null {
  if (name === "case") return args.filter((_, at) => at % 2 === 1 || at === args.length - 1);
  if (name === "nullIf") return args.slice(0, 1);
  return functionNamed(name)?.result === "common" ? args : null;
}

function aggregateType(call: AggregateCall, typing: PinotTyping): SqlType {
  switch (call.name) {
    case "sumPrecision":
      return "STRING";
    case "distinctCount":
      return "INT";
    case "min":
    case "max":
      return isTime(call.type) || call.type === "BOOLEAN" ? "DOUBLE" : call.type;
    case "anyValue":
      return pinotTypeOf(call.args[0], typing);
    default:
      return call.type === "DATE" ? "TIMESTAMP" : call.type;
  }
}

/** Aggregates over numbers, which in Pinot a BOOLEAN (0 and 1) and a TIMESTAMP (its milliseconds) are. */
const numeric: ReadonlySet<string> = new Set(["sum", "avg", "percentile", "sumPrecision", "minMaxRange"]);

/** The type that an aggregate takes its first argument as; null: as it is. */
export function pinotArgumentType(aggregate: string, type: SqlType): SqlType | null {
  if (!numeric.has(aggregate)) return null;
  if (type === "BOOLEAN") return "INT";
  // A LONG sum of milliseconds would be full after some five million rows.
  if (type === "TIMESTAMP") return aggregate === "sum" ? "DOUBLE" : "LONG";
  return null;
}

/** The casts from one of our types to Pinot's, in order: none goes from a DATE to a number at once. */
export function pinotCasts(from: SqlType, to: SqlType): readonly SqlType[] {
  if (from === to) return [];
  return isTime(from) && to !== "TIMESTAMP" ? ["TIMESTAMP", "LONG", to] : [to];
}
