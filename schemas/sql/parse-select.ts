/** SELECT … FROM … and its clauses. */

import type { FromItem, NameNode, OrderItem, Select, SelectItem, SqlExpression } from "#schemas/sql/ast";
import type { Cursor } from "#schemas/sql/cursor";
import { clauseWords, reservedWords } from "#schemas/sql/keywords";
import { nameToken, refuseSubquery } from "#schemas/sql/parse-primary";
import type { Stepwise } from "#schemas/turns";

/** A SELECT; stands on its first word. */
export function* parseSelect(cursor: Cursor): Stepwise<Select> {
  const { start } = cursor.expectWord("SELECT").span;
  const distinct = cursor.acceptWords("DISTINCT");
  if (!distinct) cursor.acceptWords("ALL");
  if (distinct && cursor.isWord("ON") && cursor.isOperator("(", 1)) {
    throw cursor.unsupported(
      cursor.peek().span,
      "DISTINCT ON is not supported; use LASTWITHTIME or GROUP BY",
    );
  }
  const items = [yield* parseItem(cursor)];
  while (cursor.accept(",")) {
    cursor.checkItems("selectItems", items.length);
    items.push(yield* parseItem(cursor));
  }
  const from = cursor.acceptWords("FROM") ? yield* parseFrom(cursor) : null;
  if (from === null && looksLikeClause(cursor)) throw cursor.expected('FROM, "," or the end');
  const where = cursor.acceptWords("WHERE") ? yield* cursor.expression() : null;
  const groupBy = cursor.acceptWords("GROUP", "BY") ? yield* parseGroupBy(cursor) : [];
  const having = cursor.acceptWords("HAVING") ? yield* cursor.expression() : null;
  const orderBy = cursor.acceptWords("ORDER", "BY") ? yield* parseOrderBy(cursor) : [];
  const { limit, offset } = parseLimit(cursor);
  refuseLater(cursor);
  const span = cursor.since(start);
  return { distinct, items, from, where, groupBy, having, orderBy, limit, offset, span };
}

/** After a select list without FROM: a word that is none of the clauses is a misspelt FROM. */
function looksLikeClause(cursor: Cursor): boolean {
  const token = cursor.peek();
  if (token.kind === "end" || token.kind === "operator") return false;
  const clauses = [
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "OPTION",
    "UNION",
    "INTERSECT",
    "EXCEPT",
  ];
  return !clauses.includes(token.upper);
}

function* parseItem(cursor: Cursor): Stepwise<SelectItem> {
  const { start } = cursor.peek().span;
  const expression = yield* cursor.expression();
  const alias = parseAlias(cursor, { text: true });
  return { expression, alias, span: cursor.since(start) };
}

/** [AS] name; Grafana writes AS 'name' too. */
function parseAlias(cursor: Cursor, allowed: { readonly text: boolean }): string | null {
  const written = cursor.acceptWords("AS");
  const token = cursor.peek();
  if (allowed.text && written && token.kind === "text") return cursor.next().text;
  if (written && token.kind === "word") return cursor.next().text; // after AS any word is a name
  if (token.kind === "quoted") return cursor.next().text;
  if (written) throw cursor.expected("an alias after AS");
  const free = token.kind === "word" && !reservedWords.has(token.upper) && !clauseWords.has(token.upper);
  return free ? cursor.next().text : null;
}

function parseTableName(cursor: Cursor): NameNode {
  const { start } = cursor.peek().span;
  const parts = [nameToken(cursor, "a table")];
  while (cursor.accept(".")) parts.push(nameToken(cursor, "a table"));
  return { kind: "name", parts, span: cursor.since(start) };
}

function* parseFrom(cursor: Cursor): Stepwise<FromItem> {
  const { start } = cursor.peek().span;
  if (cursor.isOperator("(")) {
    cursor.next();
    refuseSubquery(cursor);
    throw cursor.expected("a table");
  }
  if (cursor.isWord("HOP") && cursor.isOperator("(", 1)) return refuseJoin(cursor, yield* parseHop(cursor));
  const name = parseTableName(cursor);
  if (cursor.isOperator("(")) {
    const message = "The only table function is HOP(table, time column, slide, size)";
    throw cursor.unsupported(name.span, message);
  }
  const alias = parseAlias(cursor, { text: false });
  return refuseJoin(cursor, { kind: "table", parts: name.parts, alias, span: cursor.since(start) });
}

function* parseHop(cursor: Cursor): Stepwise<FromItem> {
  const { start } = cursor.next().span;
  cursor.expect("(");
  const table = parseTableName(cursor);
  cursor.expect(",");
  const time = parseTableName(cursor);
  cursor.expect(",");
  const slide = yield* cursor.expression();
  cursor.expect(",");
  const size = yield* cursor.expression();
  cursor.expect(")");
  const alias = parseAlias(cursor, { text: false });
  return { kind: "hop", table, time, slide, size, alias, span: cursor.since(start) };
}

const joinWords: ReadonlySet<string> = new Set("JOIN INNER LEFT RIGHT FULL CROSS NATURAL".split(" "));

function refuseJoin(cursor: Cursor, from: FromItem): FromItem {
  if (joinWords.has(cursor.peek().upper) || cursor.isOperator(",")) {
    throw cursor.unsupported(cursor.peek().span, "Joins are not supported yet; query one table");
  }
  if (cursor.isWord("TABLESAMPLE")) {
    throw cursor.unsupported(cursor.peek().span, "TABLESAMPLE is not supported");
  }
  return from;
}

function* parseGroupBy(cursor: Cursor): Stepwise<SqlExpression[]> {
  const word = cursor.peek();
  const sets = ["GROUPING", "ROLLUP", "CUBE"].includes(word.upper);
  if (sets && (cursor.isOperator("(", 1) || cursor.isWord("SETS", 1))) {
    throw cursor.unsupported(word.span, `${word.upper} is not supported yet; run one query per grouping`);
  }
  return yield* cursor.expressions("groupKeys");
}

function* parseOrderBy(cursor: Cursor): Stepwise<OrderItem[]> {
  const items: OrderItem[] = [];
  do {
    cursor.checkItems("orderKeys", items.length);
    const { start } = cursor.peek().span;
    const expression = yield* cursor.expression();
    const descending = cursor.acceptWords("DESC");
    if (!descending) cursor.acceptWords("ASC");
    let nullsFirst: boolean | null = null;
    if (cursor.acceptWords("NULLS")) {
      if (!cursor.isWord("FIRST") && !cursor.isWord("LAST")) throw cursor.expected("FIRST or LAST");
      nullsFirst = cursor.next().upper === "FIRST";
    }
    items.push({ expression, descending, nullsFirst, span: cursor.since(start) });
  } while (cursor.accept(","));
  return items;
}

/** LIMIT n [OFFSET m], OFFSET m [LIMIT n], LIMIT m, n. */
function parseLimit(cursor: Cursor): { readonly limit: number | null; readonly offset: number } {
  let limit: number | null = null;
  let offset: number | null = null;
  for (;;) {
    if (limit === null && cursor.acceptWords("LIMIT")) {
      if (cursor.acceptWords("ALL")) continue;
      limit = parseCount(cursor);
      if (offset === null && cursor.accept(",")) {
        offset = limit;
        limit = parseCount(cursor);
      }
    } else if (offset === null && cursor.acceptWords("OFFSET")) {
      offset = parseCount(cursor);
      if (!cursor.acceptWords("ROWS")) cursor.acceptWords("ROW");
    } else {
      return { limit, offset: offset ?? 0 };
    }
  }
}

function parseCount(cursor: Cursor): number {
  const token = cursor.peek();
  if (token.kind !== "integer") throw cursor.expected("a whole number of rows");
  cursor.next();
  return Math.min(Number(token.text), Number.MAX_SAFE_INTEGER);
}

/** What may follow in other databases. */
function refuseLater(cursor: Cursor): void {
  const token = cursor.peek();
  if (["UNION", "INTERSECT", "EXCEPT", "MINUS"].includes(token.upper)) {
    throw cursor.unsupported(token.span, `${token.upper} is not supported yet; run the queries one by one`);
  }
  if (token.upper === "FETCH") throw cursor.unsupported(token.span, "FETCH is not supported; use LIMIT");
  if (token.upper === "WINDOW" || token.upper === "QUALIFY") {
    throw cursor.unsupported(token.span, "Window functions are not supported yet");
  }
}
