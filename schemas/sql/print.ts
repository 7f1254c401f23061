/**
 * Syntax tree → SQL text, with the fewest parentheses that read back as the same tree (spans aside):
 * parse(print(statement)) = statement. The parser's binding powers are `precedence`'s numbers.
 */
import { unreachable } from "#schemas/errors";
import type {
  FromItem,
  OrderItem,
  Select,
  SelectItem,
  Setting,
  SqlExpression,
  Statement,
} from "#schemas/sql/ast";
import { quoteName, quoteText } from "#schemas/sql/keywords";
import { foldTree } from "#schemas/sql/walk";

/** How tightly each operator holds its operands; PostgreSQL's order. The parser reads the same table. */
export const precedence = {
  or: 1,
  and: 2,
  not: 3,
  is: 4,
  comparison: 5,
  match: 6, // BETWEEN, IN, LIKE
  concat: 7,
  plus: 8,
  times: 9,
  atTimeZone: 10,
  negate: 11,
  primary: 12,
} as const;

/** The binding power of an arithmetic operator. */
export const arithmeticPrecedence = {
  "+": precedence.plus,
  "-": precedence.plus,
  "*": precedence.times,
  "/": precedence.times,
  "%": precedence.times,
  "||": precedence.concat,
} as const;

function precedenceOf(node: SqlExpression): number {
  switch (node.kind) {
    case "logical":
      return precedence[node.operator];
    case "not":
      return precedence.not;
    case "isNull":
    case "isTruth":
    case "isDistinct":
      return precedence.is;
    case "comparison":
      return precedence.comparison;
    case "between":
    case "in":
    case "like":
      return precedence.match;
    case "arithmetic":
      return arithmeticPrecedence[node.operator];
    case "atTimeZone":
      return precedence.atTimeZone;
    case "negate":
      return precedence.negate;
    default:
      return precedence.primary;
  }
}

/** The text of a node below. */
type TextOf = (child: SqlExpression) => string;

/** The operand's text, in parentheses when it binds less tightly than `least`. */
const operand = (node: SqlExpression, least: number, of: TextOf): string =>
  precedenceOf(node) < least ? `(${of(node)})` : of(node);

/** The left side of IS; PostgreSQL does not chain IS DISTINCT FROM, so it stands in parentheses. */
const beforeIs = (node: SqlExpression, of: TextOf): string =>
  operand(node, node.kind === "isDistinct" ? precedence.primary : precedence.is, of);

const list = (nodes: readonly SqlExpression[], of: TextOf): string => nodes.map(of).join(", ");
const not = (negated: boolean): string => (negated ? "NOT " : "");

function printCase(node: SqlExpression & { kind: "case" }, of: TextOf): string {
  const head = node.operand === null ? "CASE" : `CASE ${of(node.operand)}`;
  const branches = node.branches.map(({ when, result }) => ` WHEN ${of(when)} THEN ${of(result)}`);
  const otherwise = node.otherwise === null ? "" : ` ELSE ${of(node.otherwise)}`;
  return `${head}${branches.join("")}${otherwise} END`;
}

function printCall(node: SqlExpression & { kind: "call" }, of: TextOf): string {
  const distinct = node.distinct ? "DISTINCT " : "";
  const filter = node.filter === null ? "" : ` FILTER (WHERE ${of(node.filter)})`;
  return `${node.name}(${distinct}${list(node.args, of)})${filter}`;
}

function printPredicate(
  node: SqlExpression & { kind: "between" | "in" | "like" | "isNull" | "isTruth" | "isDistinct" },
  of: TextOf,
): string {
  const { match, comparison } = precedence;
  switch (node.kind) {
    case "between": {
      const range = `${operand(node.low, match + 1, of)} AND ${operand(node.high, match + 1, of)}`;
      return `${operand(node.operand, match + 1, of)} ${not(node.negated)}BETWEEN ${range}`;
    }
    case "in":
      return `${operand(node.operand, match + 1, of)} ${not(node.negated)}IN (${list(node.list, of)})`;
    case "like": {
      const escaped = node.escape === null ? "" : ` ESCAPE ${operand(node.escape, match + 1, of)}`;
      const word = node.ignoreCase ? "ILIKE" : "LIKE";
      const pattern = operand(node.pattern, match + 1, of);
      return `${operand(node.operand, match + 1, of)} ${not(node.negated)}${word} ${pattern}${escaped}`;
    }
    case "isNull":
      return `${beforeIs(node.operand, of)} IS ${not(node.negated)}NULL`;
    case "isTruth":
      return `${beforeIs(node.operand, of)} IS ${not(node.negated)}${node.value ? "TRUE" : "FALSE"}`;
    case "isDistinct": {
      const right = operand(node.right, comparison, of);
      return `${beforeIs(node.left, of)} IS ${not(node.negated)}DISTINCT FROM ${right}`;
    }
  }
}

type LeafKind =
  | "name"
  | "star"
  | "integer"
  | "decimal"
  | "text"
  | "boolean"
  | "null"
  | "time"
  | "interval"
  | "bytes";

function printLeaf(node: SqlExpression & { readonly kind: LeafKind }): string {
  switch (node.kind) {
    case "name":
      return node.parts.map(quoteName).join(".");
    case "star":
      return node.qualifier === null ? "*" : `${quoteName(node.qualifier)}.*`;
    case "integer":
    case "decimal":
      return node.text;
    case "text":
      return quoteText(node.value);
    case "boolean":
      return node.value ? "TRUE" : "FALSE";
    case "null":
      return "NULL";
    case "time":
      return `${node.type.toUpperCase()} ${quoteText(node.value)}`;
    case "interval":
      return `INTERVAL ${quoteText(node.value)}${node.unit === null ? "" : ` ${node.unit.toUpperCase()}`}`;
    case "bytes":
      return `X'${node.hex}'`;
    default:
      return unreachable(node);
  }
}

type OperatorKind = "negate" | "not" | "logical" | "comparison" | "arithmetic" | "atTimeZone";

function printOperator(node: SqlExpression & { readonly kind: OperatorKind }, of: TextOf): string {
  switch (node.kind) {
    case "negate":
      // A space keeps `- -1` from becoming a comment.
      return `-${node.operand.kind === "negate" ? " " : ""}${operand(node.operand, precedence.negate, of)}`;
    case "not":
      return `NOT ${operand(node.operand, precedence.not, of)}`;
    case "logical": {
      const least = precedence[node.operator] + 1;
      return node.operands.map((each) => operand(each, least, of)).join(` ${node.operator.toUpperCase()} `);
    }
    case "comparison": {
      const least = precedence.comparison + 1; // comparisons do not chain
      return `${operand(node.left, least, of)} ${node.operator} ${operand(node.right, least, of)}`;
    }
    case "arithmetic": {
      const least = arithmeticPrecedence[node.operator];
      return `${operand(node.left, least, of)} ${node.operator} ${operand(node.right, least + 1, of)}`;
    }
    case "atTimeZone": {
      const zone = operand(node.zone, precedence.atTimeZone + 1, of);
      return `${operand(node.operand, precedence.atTimeZone, of)} AT TIME ZONE ${zone}`;
    }
    default:
      return unreachable(node);
  }
}

function printNode(node: SqlExpression, of: TextOf): string {
  switch (node.kind) {
    case "negate":
    case "not":
    case "logical":
    case "comparison":
    case "arithmetic":
    case "atTimeZone":
      return printOperator(node, of);
    case "between":
    case "in":
    case "like":
    case "isNull":
    case "isTruth":
    case "isDistinct":
      return printPredicate(node, of);
    case "case":
      return printCase(node, of);
    case "cast":
      return `CAST(${of(node.operand)} AS ${node.type})`;
    case "extract":
      return `EXTRACT(${node.unit.toUpperCase()} FROM ${of(node.operand)})`;
    case "call":
      return printCall(node, of);
    default:
      return printLeaf(node);
  }
}

/** One expression as SQL. */
export const printExpression = (node: SqlExpression): string => foldTree(node, printNode);

const alias = (name: string | null): string => (name === null ? "" : ` AS ${quoteName(name)}`);
const printItem = (item: SelectItem): string => printExpression(item.expression) + alias(item.alias);

function printFrom(from: FromItem): string {
  if (from.kind === "table") return from.parts.map(quoteName).join(".") + alias(from.alias);
  return `HOP(${list([from.table, from.time, from.slide, from.size], printExpression)})${alias(from.alias)}`;
}

function printOrder(item: OrderItem): string {
  const nulls = item.nullsFirst === null ? "" : item.nullsFirst ? " NULLS FIRST" : " NULLS LAST";
  return printExpression(item.expression) + (item.descending ? " DESC" : "") + nulls;
}

/** A SELECT without its settings. */
function printSelect(select: Select): string {
  const parts = [`SELECT ${select.distinct ? "DISTINCT " : ""}${select.items.map(printItem).join(", ")}`];
  if (select.from !== null) parts.push(`FROM ${printFrom(select.from)}`);
  if (select.where !== null) parts.push(`WHERE ${printExpression(select.where)}`);
  if (select.groupBy.length > 0) parts.push(`GROUP BY ${list(select.groupBy, printExpression)}`);
  if (select.having !== null) parts.push(`HAVING ${printExpression(select.having)}`);
  if (select.orderBy.length > 0) parts.push(`ORDER BY ${select.orderBy.map(printOrder).join(", ")}`);
  if (select.limit !== null) parts.push(`LIMIT ${select.limit}`);
  if (select.offset > 0) parts.push(`OFFSET ${select.offset}`);
  return parts.join(" ");
}

const printSetting = (setting: Setting): string => `${setting.name}=${quoteText(setting.value)}`;

/** A whole statement as SQL, on one line. */
export function printSql(statement: Statement): string {
  const settings = statement.settings.map((setting) => `SET ${printSetting(setting)}; `).join("");
  const options =
    statement.options.length === 0 ? "" : ` OPTION(${statement.options.map(printSetting).join(", ")})`;
  return `${settings}${statement.explain ? "EXPLAIN PLAN FOR " : ""}${printSelect(statement.select)}${options}`;
}
