/** Operands of expressions: literals, names, calls and the forms with a grammar of their own. */

import type { CallNode, SqlExpression } from "#schemas/sql/ast";
import type { Cursor } from "#schemas/sql/cursor";
import { reservedWords } from "#schemas/sql/keywords";
import type { Token } from "#schemas/sql/lexer";
import type { Stepwise } from "#schemas/turns";

/** A SELECT in parentheses is for a later version. */
export function refuseSubquery(cursor: Cursor): void {
  if (!cursor.isWord("SELECT") && !cursor.isWord("WITH")) return;
  throw cursor.unsupported(
    cursor.peek().span,
    "Subqueries are not supported yet; run the inner query by itself",
  );
}

/** One operand. */
export function* parsePrimary(cursor: Cursor): Stepwise<SqlExpression> {
  const token = cursor.peek();
  const { span } = token;
  switch (token.kind) {
    case "integer":
    case "decimal":
      cursor.next();
      return { kind: token.kind, text: token.text, span };
    case "text":
      cursor.next();
      return { kind: "text", value: token.text, span };
    case "bytes":
      cursor.next();
      return { kind: "bytes", hex: token.text, span };
    case "quoted":
      return parseName(cursor);
    case "operator":
      return yield* parseSymbol(cursor);
    case "word":
      return yield* parseWord(cursor, token);
    case "end":
      throw cursor.expected("an expression");
  }
}

function* parseSymbol(cursor: Cursor): Stepwise<SqlExpression> {
  const { start } = cursor.peek().span;
  if (cursor.accept("(")) {
    refuseSubquery(cursor);
    const inner = yield* cursor.expression();
    if (cursor.isOperator(",")) {
      throw cursor.unsupported(
        cursor.peek().span,
        "Row values such as (a, b) are not supported; compare them one by one",
      );
    }
    cursor.expect(")");
    return inner;
  }
  if (cursor.accept("*")) return { kind: "star", qualifier: null, span: cursor.since(start) };
  throw cursor.expected("an expression");
}

function* parseWord(cursor: Cursor, token: Token): Stepwise<SqlExpression> {
  const { span } = token;
  switch (token.upper) {
    case "TRUE":
    case "FALSE":
      cursor.next();
      return { kind: "boolean", value: token.upper === "TRUE", span };
    case "NULL":
      cursor.next();
      return { kind: "null", span };
    case "CASE":
      return yield* parseCase(cursor);
    case "CURRENT_TIMESTAMP":
    case "LOCALTIMESTAMP":
    case "CURRENT_DATE":
      return parseCurrent(cursor, token);
    case "EXISTS":
      if (cursor.isOperator("(", 1)) throw cursor.unsupported(span, "EXISTS is not supported yet");
      break;
    case "ARRAY":
      if (cursor.isOperator("[", 1)) throw cursor.unsupported(span, "Arrays are not supported yet");
      break;
  }
  const typed = parseTyped(cursor, token);
  if (typed !== null) return typed;
  if (cursor.isOperator("(", 1)) return yield* parseCall(cursor, token);
  return parseName(cursor);
}

/** CURRENT_TIMESTAMP reads as CAST(now() AS TIMESTAMP), CURRENT_DATE as CAST(now() AS DATE). */
function parseCurrent(cursor: Cursor, token: Token): SqlExpression {
  const { span } = cursor.next();
  if (cursor.accept("(")) cursor.expect(")");
  const type = token.upper === "CURRENT_DATE" ? "DATE" : "TIMESTAMP";
  return { kind: "cast", operand: call("now", [], token, cursor), type, typeSpan: span, span };
}

/** TIMESTAMP '…', DATE '…', DECIMAL '…', INTERVAL '…' [unit], INTERVAL n unit; null when the word is a name. */
function parseTyped(cursor: Cursor, token: Token): SqlExpression | null {
  const follower = cursor.peek(1);
  const { start } = token.span;
  if (token.upper === "TIMESTAMP" || token.upper === "DATE") {
    if (follower.kind !== "text") return null;
    cursor.next();
    cursor.next();
    const type = token.upper === "DATE" ? "date" : "timestamp";
    return { kind: "time", type, value: follower.text, span: cursor.since(start) };
  }
  if (token.upper === "DECIMAL" && follower.kind === "text") {
    cursor.next();
    cursor.next();
    const operand: SqlExpression = { kind: "text", value: follower.text, span: follower.span };
    return { kind: "cast", operand, type: "DECIMAL", typeSpan: token.span, span: cursor.since(start) };
  }
  if (token.upper !== "INTERVAL" || (follower.kind !== "text" && follower.kind !== "integer")) return null;
  cursor.next();
  cursor.next();
  const next = cursor.peek();
  const hasUnit = next.kind === "word" && intervalUnits.has(next.upper);
  if (follower.kind === "integer" && !hasUnit) throw cursor.expected("a unit such as DAY or HOUR");
  const unit = hasUnit ? cursor.next().text.toLowerCase() : null;
  return { kind: "interval", value: follower.text, unit, span: cursor.since(start) };
}

const intervalUnits: ReadonlySet<string> = new Set(
  "MILLISECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR"
    .split(" ")
    .flatMap((unit) => [unit, `${unit}S`]),
);

function* parseCase(cursor: Cursor): Stepwise<SqlExpression> {
  const { start } = cursor.next().span;
  const operand = cursor.isWord("WHEN") ? null : yield* cursor.expression();
  const branches: { when: SqlExpression; result: SqlExpression }[] = [];
  while (cursor.acceptWords("WHEN")) {
    const when = yield* cursor.expression();
    cursor.expectWord("THEN");
    branches.push({ when, result: yield* cursor.expression() });
  }
  if (branches.length === 0) throw cursor.expected("WHEN");
  const otherwise = cursor.acceptWords("ELSE") ? yield* cursor.expression() : null;
  cursor.expectWord("END");
  return { kind: "case", operand, branches, otherwise, span: cursor.since(start) };
}

/** `a`, `a.b`, `a.*`. */
function parseName(cursor: Cursor): SqlExpression {
  const { start } = cursor.peek().span;
  const parts: string[] = [];
  do {
    if (parts.length > 0 && cursor.accept("*")) {
      return { kind: "star", qualifier: parts[parts.length - 1], span: cursor.since(start) };
    }
    parts.push(nameToken(cursor, parts.length === 0 ? "an expression" : "a name"));
  } while (cursor.accept("."));
  return { kind: "name", parts, span: cursor.since(start) };
}

/** A bare or quoted name; a reserved word must be quoted. */
export function nameToken(cursor: Cursor, expected: string): string {
  const token = cursor.peek();
  const bare = token.kind === "word" && !reservedWords.has(token.upper);
  if (!bare && token.kind !== "quoted") throw cursor.expected(expected);
  return cursor.next().text;
}

function call(name: string, args: readonly SqlExpression[], token: Token, cursor: Cursor): CallNode {
  const span = cursor.since(token.span.start);
  return { kind: "call", name, nameSpan: token.span, args, distinct: false, filter: null, span };
}

/** Functions, those with keywords between their arguments first. */
function* parseCall(cursor: Cursor, token: Token): Stepwise<SqlExpression> {
  const functionLike = !reservedWords.has(token.upper) || token.upper === "LEFT" || token.upper === "RIGHT";
  if (!functionLike) throw cursor.expected("an expression");
  cursor.next();
  cursor.expect("(");
  switch (token.upper) {
    case "CAST":
    case "TRY_CAST":
      return yield* parseCast(cursor, token);
    case "EXTRACT":
      return yield* parseExtract(cursor, token);
    case "TRIM":
      if (["BOTH", "LEADING", "TRAILING"].includes(cursor.peek().upper))
        return yield* parseTrim(cursor, token);
      break;
  }
  return yield* parseArguments(cursor, token);
}

/** Grafana's plugin quotes whatever it counts: `COUNT("*")`. */
const unquotedStar = (node: SqlExpression): SqlExpression =>
  node.kind === "name" && node.parts.length === 1 && node.parts[0] === "*"
    ? { kind: "star", qualifier: null, span: node.span }
    : node;

function* parseArguments(cursor: Cursor, token: Token): Stepwise<SqlExpression> {
  const distinct = cursor.acceptWords("DISTINCT");
  if (!distinct) cursor.acceptWords("ALL");
  refuseSubquery(cursor);
  const args = !distinct && cursor.isOperator(")") ? [] : yield* cursor.expressions();
  if (token.upper === "COUNT" && args.length === 1) args[0] = unquotedStar(args[0]);
  if (cursor.isWord("FROM") && ["SUBSTRING", "SUBSTR"].includes(token.upper)) {
    cursor.next();
    args.push(yield* cursor.expression());
    if (cursor.acceptWords("FOR")) args.push(yield* cursor.expression());
  }
  if (cursor.isWord("ORDER")) {
    throw cursor.unsupported(cursor.peek().span, "ORDER BY inside an aggregate is not supported yet");
  }
  cursor.expect(")");
  if (cursor.isWord("WITHIN")) {
    throw cursor.unsupported(cursor.peek().span, "WITHIN GROUP is not supported yet; use PERCENTILE(x, p)");
  }
  let filter: SqlExpression | null = null;
  if (cursor.isWord("FILTER") && cursor.isOperator("(", 1)) {
    cursor.next();
    cursor.next();
    cursor.expectWord("WHERE");
    filter = yield* cursor.expression();
    cursor.expect(")");
  }
  if (cursor.isWord("OVER")) {
    throw cursor.unsupported(cursor.peek().span, "Window functions (OVER) are not supported yet");
  }
  return { ...call(token.text, args, token, cursor), distinct, filter };
}

function* parseCast(cursor: Cursor, token: Token): Stepwise<SqlExpression> {
  if (token.upper === "TRY_CAST") throw cursor.unsupported(token.span, "TRY_CAST is not supported; use CAST");
  const operand = yield* cursor.expression();
  cursor.expectWord("AS");
  const typeToken = cursor.peek();
  if (typeToken.kind !== "word") throw cursor.expected("a type such as LONG or TIMESTAMP");
  cursor.next();
  let type = typeToken.upper;
  if (type === "DOUBLE") cursor.acceptWords("PRECISION");
  if (type === "CHARACTER" && cursor.acceptWords("VARYING")) type = "VARCHAR";
  if (cursor.accept("(")) {
    do {
      if (cursor.peek().kind !== "integer") throw cursor.expected("a whole number");
      cursor.next();
    } while (cursor.accept(","));
    cursor.expect(")");
  }
  const typeSpan = cursor.since(typeToken.span.start);
  if (type === "TIMESTAMP" && (cursor.isWord("WITHOUT") || cursor.isWord("WITH"))) {
    cursor.next();
    cursor.expectWord("TIME");
    cursor.expectWord("ZONE");
  }
  cursor.expect(")");
  return { kind: "cast", operand, type, typeSpan, span: cursor.since(token.span.start) };
}

function* parseExtract(cursor: Cursor, token: Token): Stepwise<SqlExpression> {
  const unit = cursor.peek();
  if (unit.kind !== "word" && unit.kind !== "text") throw cursor.expected("a unit such as YEAR or HOUR");
  cursor.next();
  cursor.expectWord("FROM");
  const operand = yield* cursor.expression();
  cursor.expect(")");
  const span = cursor.since(token.span.start);
  return { kind: "extract", unit: unit.text.toLowerCase(), unitSpan: unit.span, operand, span };
}

/** TRIM(BOTH ' ' FROM x) reads as trim(x, ' '), LEADING as ltrim, TRAILING as rtrim. */
function* parseTrim(cursor: Cursor, token: Token): Stepwise<SqlExpression> {
  const name = { BOTH: "trim", LEADING: "ltrim", TRAILING: "rtrim" }[cursor.next().upper] ?? "trim";
  const characters = cursor.isWord("FROM") ? null : yield* cursor.expression();
  cursor.expectWord("FROM");
  const args = [yield* cursor.expression()];
  if (characters !== null) args.push(characters);
  cursor.expect(")");
  return call(name, args, token, cursor);
}
