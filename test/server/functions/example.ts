/**
 * Calls as the signature table writes its examples: name(argument, …) with literals and nested calls. Independent of
 * the SQL parser, so that the table can be run on its own.
 */
import { castTypeOf } from "#schemas/functions/coerce";
import { doubleText } from "#schemas/functions/number-text";
import { resolveFunction } from "#schemas/functions/resolve";
import type { Argument } from "#schemas/functions/signature";
import { formatDate, formatTimestamp, parseDate, parseTimestamp } from "#schemas/functions/timestamp";
import { utc } from "#schemas/functions/zone";
import type { EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import type { SqlType, Value } from "#schemas/types";
import { evaluateRow } from "#server/execute/functions/evaluate";

export const testContext: EvaluateContext = { timeZone: "UTC", nowMs: Date.UTC(2026, 10, 20, 12) };

const token =
  /\s*(?:(TIMESTAMP|DATE|DECIMAL|X)\s*'([^']*)'|'((?:[^']|'')*)'|(-?\d+\.\d+|-?\d+)|([A-Za-z_]\w*)|([(),]))/y;

export const literal = (type: SqlType, value: Value): Expression => ({ kind: "literal", type, value });

function typed(kind: string, text: string): Expression {
  if (kind === "TIMESTAMP") return literal("TIMESTAMP", BigInt(parseTimestamp(text, utc)!));
  if (kind === "DATE") return literal("DATE", BigInt(parseDate(text, utc)!));
  if (kind === "DECIMAL") return literal("BIG_DECIMAL", text);
  return literal(
    "BYTES",
    Uint8Array.from(text.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16)),
  );
}

/** A call with its casts, as the binder makes it. */
export function call(name: string, args: readonly Expression[]): Expression {
  const given = args.map(
    (arg): Argument => ({ type: arg.type, ...(arg.kind === "literal" ? { literal: arg.value } : {}) }),
  );
  const { name: canonical, type, coercions } = resolveFunction(name, given);
  const cast = args.map((arg, at): Expression => {
    const to = coercions[at];
    return to === null ? arg : { kind: "call", name: "cast", type: to, args: [arg] };
  });
  return { kind: "call", name: canonical, type, args: cast };
}

/** The expression behind an example's text. */
function parseExample(text: string): Expression {
  let at = 0;
  const next = (): RegExpExecArray => {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null) throw new Error(`cannot read "${text}" at ${at}`);
    at = token.lastIndex;
    return match;
  };
  const punctuation = (): string => next()[6];
  const expression = (): Expression => {
    const match = next();
    if (match[1] !== undefined) return typed(match[1], match[2]);
    if (match[3] !== undefined) return literal("STRING", match[3].replaceAll("''", "'"));
    if (match[4] !== undefined)
      return match[4].includes(".") ? literal("DOUBLE", Number(match[4])) : literal("LONG", BigInt(match[4]));
    const word = match[5];
    if (/^(true|false)$/i.test(word)) return literal("BOOLEAN", word.toLowerCase() === "true");
    if (/^null$/i.test(word)) return literal("UNKNOWN", null);
    punctuation();
    if (word === "CAST") {
      const value = expression();
      next();
      const type = castTypeOf(next()[5])!;
      punctuation();
      return { kind: "call", name: "cast", type, args: [value] };
    }
    const args: Expression[] = [];
    if (text[at] === ")") punctuation();
    else
      do args.push(expression());
      while (punctuation() === ",");
    return call(word, args);
  };
  return expression();
}

/** A value as the table writes results. */
function printValue(type: SqlType, value: Value): string {
  if (value === null) return "NULL";
  switch (type) {
    case "STRING":
    case "JSON":
      return `'${String(value).replaceAll("'", "''")}'`;
    case "BIG_DECIMAL":
      return `DECIMAL '${value}'`;
    case "FLOAT":
    case "DOUBLE":
      return doubleText(value as number);
    case "TIMESTAMP":
      return `TIMESTAMP '${formatTimestamp(value as bigint).replace(/\.0$/, "")}'`;
    case "DATE":
      return `DATE '${formatDate(Number(value))}'`;
    case "BYTES":
      return `X'${Array.from(value as Uint8Array, (byte) => byte.toString(16).padStart(2, "0")).join("")}'`;
    default:
      return String(value);
  }
}

/** The printed value of an expression without columns. */
export const run = (expression: Expression): string =>
  printValue(expression.type, evaluateRow(expression, new Map(), testContext));

/** The printed value of an example's text. */
export const runExample = (text: string): string => run(parseExample(text));
