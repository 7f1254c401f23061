/** Expressions by precedence climbing (Pratt): operators here, operands in primary.ts. */

import type { ArithmeticOperator, ComparisonOperator, SqlExpression } from "#schemas/sql/ast";
import type { Cursor } from "#schemas/sql/cursor";
import { parsePrimary, refuseSubquery } from "#schemas/sql/parse-primary";
import { arithmeticPrecedence, precedence } from "#schemas/sql/print";
import type { Stepwise } from "#schemas/turns";

const comparisons: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);
const isComparison = (text: string): text is ComparisonOperator => comparisons.has(text);
const isArithmetic = (text: string): text is ArithmeticOperator => text in arithmeticPrecedence;

/** The rule for expressions, reached through `cursor.expression`. */
export function* parseExpression(cursor: Cursor, least: number): Stepwise<SqlExpression> {
  let left = yield* parsePrefix(cursor);
  for (;;) {
    const next = yield* parseInfix(cursor, left, least);
    if (next === null) return left;
    left = next;
    if (cursor.count()) yield;
  }
}

function* parsePrefix(cursor: Cursor): Stepwise<SqlExpression> {
  if (cursor.isWord("NOT")) return yield* parseRun(cursor, "not", () => cursor.acceptWords("NOT"));
  if (cursor.isOperator("-")) return yield* parseRun(cursor, "negate", () => cursor.accept("-"));
  if (cursor.accept("+")) return yield* cursor.expression(precedence.negate);
  return yield* parsePrimary(cursor);
}

/** NOT NOT … x and - - … x, without recursion: nobody says how many there are. */
function* parseRun(cursor: Cursor, kind: "not" | "negate", accept: () => boolean): Stepwise<SqlExpression> {
  const starts: number[] = [];
  for (let { start } = cursor.peek().span; accept(); { start } = cursor.peek().span) {
    starts.push(start);
    if (cursor.count()) yield;
  }
  const operand = yield* cursor.expression(precedence[kind]);
  return starts.reduceRight<SqlExpression>(
    (inner, start) => ({ kind, operand: inner, span: cursor.since(start) }),
    operand,
  );
}

/** The operator that follows, with its right side; null when none may be taken. */
function* parseInfix(cursor: Cursor, left: SqlExpression, least: number): Stepwise<SqlExpression | null> {
  const token = cursor.peek();
  if (token.kind === "operator") return yield* parseSymbol(cursor, left, least);
  switch (token.upper) {
    case "AND":
    case "OR":
      return yield* parseLogical(cursor, left, least);
    case "IS":
      return least <= precedence.is ? yield* parseIs(cursor, left) : null;
    case "NOT":
    case "BETWEEN":
    case "IN":
    case "LIKE":
    case "ILIKE":
      return least <= precedence.match ? yield* parseMatch(cursor, left) : null;
    case "AT": {
      if (least > precedence.atTimeZone || !cursor.acceptWords("AT", "TIME", "ZONE")) return null;
      const zone = yield* cursor.expression(precedence.atTimeZone + 1);
      return { kind: "atTimeZone", operand: left, zone, span: cursor.since(left.span.start) };
    }
    default:
      return null;
  }
}

function* parseSymbol(cursor: Cursor, left: SqlExpression, least: number): Stepwise<SqlExpression | null> {
  const operator = cursor.peek().text;
  if (isComparison(operator)) {
    if (least > precedence.comparison) return null;
    cursor.next();
    const right = yield* cursor.expression(precedence.comparison + 1);
    if (isComparison(cursor.peek().text) && cursor.peek().kind === "operator") {
      throw cursor.unsupported(cursor.peek().span, "Comparisons do not chain; join them with AND");
    }
    return { kind: "comparison", operator, left, right, span: cursor.since(left.span.start) };
  }
  if (operator === "::") {
    throw cursor.unsupported(
      cursor.peek().span,
      'The operator "::" is not supported; write CAST(value AS type)',
    );
  }
  if (!isArithmetic(operator)) return null;
  const power = arithmeticPrecedence[operator];
  if (least > power) return null;
  cursor.next();
  const right = yield* cursor.expression(power + 1);
  return { kind: "arithmetic", operator, left, right, span: cursor.since(left.span.start) };
}

function* parseLogical(cursor: Cursor, left: SqlExpression, least: number): Stepwise<SqlExpression | null> {
  const word = cursor.peek().upper;
  const operator = word === "AND" ? "and" : "or";
  const power = precedence[operator];
  if (least > power) return null;
  const operands = [left];
  while (cursor.acceptWords(word)) operands.push(yield* cursor.expression(power + 1));
  return { kind: "logical", operator, operands, span: cursor.since(left.span.start) };
}

function* parseIs(cursor: Cursor, left: SqlExpression): Stepwise<SqlExpression> {
  const { start } = left.span;
  cursor.next();
  const negated = cursor.acceptWords("NOT");
  if (cursor.acceptWords("NULL") || cursor.acceptWords("UNKNOWN")) {
    return { kind: "isNull", operand: left, negated, span: cursor.since(start) };
  }
  if (cursor.isWord("TRUE") || cursor.isWord("FALSE")) {
    const value = cursor.next().upper === "TRUE";
    return { kind: "isTruth", operand: left, value, negated, span: cursor.since(start) };
  }
  if (cursor.acceptWords("DISTINCT", "FROM")) {
    const right = yield* cursor.expression(precedence.comparison);
    return { kind: "isDistinct", left, right, negated, span: cursor.since(start) };
  }
  throw cursor.expected("NULL, TRUE, FALSE or DISTINCT FROM after IS");
}

/** [NOT] BETWEEN, IN, LIKE, ILIKE. */
function* parseMatch(cursor: Cursor, operand: SqlExpression): Stepwise<SqlExpression | null> {
  const { start } = operand.span;
  const tight = precedence.match + 1; // they do not chain, and BETWEEN's AND is not the logical one
  const negated = cursor.acceptWords("NOT");
  if (cursor.acceptWords("BETWEEN")) {
    const low = yield* cursor.expression(tight);
    cursor.expectWord("AND");
    const high = yield* cursor.expression(tight);
    return { kind: "between", operand, low, high, negated, span: cursor.since(start) };
  }
  if (cursor.acceptWords("IN")) {
    cursor.expect("(");
    refuseSubquery(cursor);
    const list = yield* cursor.expressions("listItems");
    cursor.expect(")");
    return { kind: "in", operand, list, negated, span: cursor.since(start) };
  }
  if (cursor.isWord("LIKE") || cursor.isWord("ILIKE")) {
    const ignoreCase = cursor.next().upper === "ILIKE";
    const pattern = yield* cursor.expression(tight);
    const mark = cursor.acceptWords("ESCAPE") ? yield* cursor.expression(tight) : null;
    return { kind: "like", operand, pattern, escape: mark, ignoreCase, negated, span: cursor.since(start) };
  }
  throw cursor.expected("BETWEEN, IN, LIKE or ILIKE after NOT");
}
