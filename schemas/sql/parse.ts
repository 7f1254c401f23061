/** SQL text → syntax tree: SET statements, EXPLAIN PLAN FOR, one SELECT, OPTION(…). */

import { StoreError } from "#schemas/errors";
import type { Select, Setting, SqlExpression, Statement } from "#schemas/sql/ast";
import { Cursor, type ParseLimits } from "#schemas/sql/cursor";
import { parseExpression } from "#schemas/sql/parse-expression";
import { parseSelect } from "#schemas/sql/parse-select";
import { atOnce, type Stepwise } from "#schemas/turns";

export type { ParseLimits } from "#schemas/sql/cursor";

/** The statement of a text; SQL_SYNTAX or SQL_UNSUPPORTED with a position when it is not one. */
export const parse = (sql: string, limits: ParseLimits): Statement => atOnce(parseSteps(sql, limits));

/** The same in steps, for threads that others wait for. */
export function* parseSteps(sql: string, limits: ParseLimits): Stepwise<Statement> {
  refuseLarge(sql, limits);
  const cursor = new Cursor(sql, limits, parseExpression);
  const { start } = cursor.peek().span;
  const settings = yield* parseSettings(cursor);
  if (settings.length > 0 && cursor.peek().kind === "end")
    return { ...nothing(limits), settings, span: cursor.since(start) };
  const explain = parseExplain(cursor);
  refuseStatement(cursor);
  const select = yield* parseSelect(cursor);
  const options = yield* parseOptions(cursor);
  while (cursor.accept(";"));
  if (cursor.peek().kind !== "end") throw cursor.expected(nextExpected(select));
  return { settings, explain, select, options, span: cursor.since(start) };
}

/** What SET alone answers: its options are checked, and there are no rows, under a column that clients can read. */
const nothing = (limits: ParseLimits): Statement => parse('SELECT 0 AS "set" LIMIT 0', limits);

/** One expression alone: live filters, tests. */
export function parseExpressionText(sql: string, limits: ParseLimits): SqlExpression {
  refuseLarge(sql, limits);
  const cursor = new Cursor(sql, limits, parseExpression);
  const node = atOnce(cursor.expression());
  if (cursor.peek().kind !== "end") throw cursor.expected("an operator or the end");
  return node;
}

function refuseLarge(sql: string, limits: ParseLimits): void {
  if (sql.length <= limits.sqlBytes) return;
  const expected = `at most ${limits.sqlBytes} characters of SQL (limit sqlBytes)`;
  const message = `expected ${expected} but found ${sql.length}`;
  throw new StoreError("SQL_SYNTAX", message, { expected, found: `${sql.length}` });
}

/** What may come after the last clause that is there. */
function nextExpected(select: Select): string {
  if (select.limit !== null || select.offset > 0) return "OPTION or the end";
  if (select.orderBy.length > 0) return '",", ASC, DESC, NULLS, LIMIT or the end';
  if (select.having !== null) return "an operator, ORDER BY, LIMIT or the end";
  if (select.groupBy.length > 0) return '",", an operator, HAVING, ORDER BY, LIMIT or the end';
  if (select.where !== null) return "an operator, GROUP BY, ORDER BY, LIMIT or the end";
  if (select.from !== null) return "WHERE, GROUP BY, ORDER BY, LIMIT or the end";
  return '",", an alias, FROM or the end';
}

function* parseSettings(cursor: Cursor): Stepwise<Setting[]> {
  const settings: Setting[] = [];
  for (;;) {
    if (cursor.count()) yield;
    while (cursor.accept(";"));
    if (!cursor.isWord("SET")) return settings;
    const { start } = cursor.next().span;
    settings.push(parsePair(cursor, start));
    const isLast = cursor.peek().kind === "end";
    if (!isLast && !cursor.isOperator(";")) throw cursor.expected('";" after SET');
  }
}

/** name = value; the value a text, a number, a word or TRUE/FALSE. */
function parsePair(cursor: Cursor, start: number): Setting {
  const nameToken = cursor.peek();
  if (nameToken.kind !== "word" && nameToken.kind !== "quoted" && nameToken.kind !== "text") {
    throw cursor.expected("an option's name");
  }
  cursor.next();
  cursor.expect("=");
  const sign = cursor.accept("-") ? "-" : "";
  const token = cursor.peek();
  const scalar = ["text", "integer", "decimal", "word", "quoted"].includes(token.kind);
  if (!scalar || (sign === "-" && token.kind !== "integer" && token.kind !== "decimal")) {
    throw cursor.expected(`a value for ${nameToken.text}`);
  }
  cursor.next();
  return { name: nameToken.text, value: sign + token.text, span: cursor.since(start) };
}

function* parseOptions(cursor: Cursor): Stepwise<Setting[]> {
  const options: Setting[] = [];
  while (cursor.isWord("OPTION")) {
    cursor.next();
    cursor.expect("(");
    do {
      options.push(parsePair(cursor, cursor.peek().span.start));
      if (cursor.count()) yield;
    } while (cursor.accept(","));
    cursor.expect(")");
  }
  return options;
}

function parseExplain(cursor: Cursor): boolean {
  if (!cursor.isWord("EXPLAIN")) return false;
  cursor.next();
  cursor.acceptWords("IMPLEMENTATION");
  if (cursor.acceptWords("PLAN")) {
    if (!cursor.acceptWords("WITHOUT", "IMPLEMENTATION")) cursor.acceptWords("WITH", "IMPLEMENTATION");
    cursor.expectWord("FOR");
  }
  return true;
}

const otherStatements: ReadonlySet<string> = new Set(
  "INSERT UPDATE DELETE CREATE DROP ALTER SHOW DESCRIBE DESC TRUNCATE MERGE USE BEGIN COMMIT ROLLBACK GRANT REVOKE".split(
    " ",
  ),
);

const usualDoors = "rows come in through POST /ingest, tables through POST /tables";
const describeDoor = "GET /tables/{name}/schema answers a table's columns";
const otherDoors: ReadonlyMap<string, string> = new Map([
  ["SHOW", "GET /tables lists the tables"],
  ["DESCRIBE", describeDoor],
  ["DESC", describeDoor],
  ["DROP", "DELETE /tables/{name} drops a table"],
  ["ALTER", "PUT /schemas/{name} changes a table's columns, PUT /tables/{name} the rest"],
]);

/** Statements other than SELECT get a sentence of their own. */
function refuseStatement(cursor: Cursor): void {
  const token = cursor.peek();
  if (token.kind === "end") throw cursor.expected("SELECT");
  if (token.upper === "WITH") {
    throw cursor.unsupported(token.span, "WITH is not supported yet; write the query over one table");
  }
  if (token.upper === "VALUES" || cursor.isOperator("(")) {
    throw cursor.unsupported(token.span, "A statement must begin with SELECT");
  }
  if (otherStatements.has(token.upper)) {
    const message = `${token.upper} is not a query; ${otherDoors.get(token.upper) ?? usualDoors}`;
    throw cursor.unsupported(token.span, message);
  }
  if (!cursor.isWord("SELECT")) throw cursor.expected("SELECT");
}
