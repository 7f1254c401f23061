/**
 * The SQL syntax tree: what the text says, before names and types are known. Frozen plain data; every node has its
 * span in the text, so errors point at it and the console underlines it. `print.ts` writes it back as SQL.
 */
import type { Span } from "#schemas/errors";

/** Units of INTERVAL and EXTRACT as written, in lower case: the binder knows which are allowed where. */
type UnitName = string;

export type ComparisonOperator = "=" | "<>" | "<" | "<=" | ">" | ">=";
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "||";

interface Node {
  readonly span: Span;
}

/** `a.b`: qualifiers first. */
export interface NameNode extends Node {
  readonly kind: "name";
  readonly parts: readonly string[];
}

export interface CallNode extends Node {
  readonly kind: "call";
  /** As written; the binder ignores case and underscores. */
  readonly name: string;
  readonly nameSpan: Span;
  readonly args: readonly SqlExpression[];
  /** COUNT(DISTINCT x). */
  readonly distinct: boolean;
  /** FILTER (WHERE …). */
  readonly filter: SqlExpression | null;
}

interface CaseNode extends Node {
  readonly kind: "case";
  /** CASE operand WHEN value …; null for CASE WHEN condition …. */
  readonly operand: SqlExpression | null;
  readonly branches: readonly { readonly when: SqlExpression; readonly result: SqlExpression }[];
  readonly otherwise: SqlExpression | null;
}

export type SqlExpression =
  | NameNode
  /** `*`, or `t.*`; only in a select list and in COUNT(*). */
  | (Node & { readonly kind: "star"; readonly qualifier: string | null })
  /** Digits only, of any length; its sign is a `negate`. */
  | (Node & { readonly kind: "integer"; readonly text: string })
  /** With a point or an exponent. */
  | (Node & { readonly kind: "decimal"; readonly text: string })
  | (Node & { readonly kind: "text"; readonly value: string })
  | (Node & { readonly kind: "boolean"; readonly value: boolean })
  | (Node & { readonly kind: "null" })
  /** TIMESTAMP '…' or DATE '…'. */
  | (Node & { readonly kind: "time"; readonly type: "timestamp" | "date"; readonly value: string })
  /** INTERVAL '5' MINUTE, or INTERVAL '5 minutes 3 seconds' without a unit. */
  | (Node & { readonly kind: "interval"; readonly value: string; readonly unit: UnitName | null })
  /** X'0aff': hexadecimal digits, even in number, lower case. */
  | (Node & { readonly kind: "bytes"; readonly hex: string })
  | (Node & { readonly kind: "negate"; readonly operand: SqlExpression })
  | (Node & { readonly kind: "not"; readonly operand: SqlExpression })
  /** `a AND b AND c` is one node, so that long chains do not nest. At least two operands. */
  | (Node & {
      readonly kind: "logical";
      readonly operator: "and" | "or";
      readonly operands: readonly SqlExpression[];
    })
  | (Node & {
      readonly kind: "comparison";
      readonly operator: ComparisonOperator;
      readonly left: SqlExpression;
      readonly right: SqlExpression;
    })
  | (Node & {
      readonly kind: "arithmetic";
      readonly operator: ArithmeticOperator;
      readonly left: SqlExpression;
      readonly right: SqlExpression;
    })
  | (Node & {
      readonly kind: "between";
      readonly operand: SqlExpression;
      readonly low: SqlExpression;
      readonly high: SqlExpression;
      readonly negated: boolean;
    })
  | (Node & {
      readonly kind: "in";
      readonly operand: SqlExpression;
      readonly list: readonly SqlExpression[];
      readonly negated: boolean;
    })
  | (Node & {
      readonly kind: "like";
      readonly operand: SqlExpression;
      readonly pattern: SqlExpression;
      readonly escape: SqlExpression | null;
      /** ILIKE. */
      readonly ignoreCase: boolean;
      readonly negated: boolean;
    })
  | (Node & { readonly kind: "isNull"; readonly operand: SqlExpression; readonly negated: boolean })
  /** IS [NOT] TRUE, FALSE. */
  | (Node & {
      readonly kind: "isTruth";
      readonly operand: SqlExpression;
      readonly value: boolean;
      readonly negated: boolean;
    })
  /** IS [NOT] DISTINCT FROM. */
  | (Node & {
      readonly kind: "isDistinct";
      readonly left: SqlExpression;
      readonly right: SqlExpression;
      readonly negated: boolean;
    })
  | CaseNode
  /** `type` in upper case, without its length. */
  | (Node & {
      readonly kind: "cast";
      readonly operand: SqlExpression;
      readonly type: string;
      readonly typeSpan: Span;
    })
  | (Node & {
      readonly kind: "extract";
      readonly unit: UnitName;
      readonly unitSpan: Span;
      readonly operand: SqlExpression;
    })
  | (Node & {
      readonly kind: "atTimeZone";
      readonly operand: SqlExpression;
      readonly zone: SqlExpression;
    })
  | CallNode;

export interface SelectItem extends Node {
  readonly expression: SqlExpression;
  readonly alias: string | null;
}

export interface OrderItem extends Node {
  readonly expression: SqlExpression;
  readonly descending: boolean;
  /** null: as the direction has it (last ascending, first descending). */
  readonly nullsFirst: boolean | null;
}

/** A table by name, or HOP(table, time column, slide, size). */
export type FromItem =
  | (Node & { readonly kind: "table"; readonly parts: readonly string[]; readonly alias: string | null })
  | (Node & {
      readonly kind: "hop";
      readonly table: NameNode;
      readonly time: NameNode;
      readonly slide: SqlExpression;
      readonly size: SqlExpression;
      readonly alias: string | null;
    });

/** SET k = v; or one pair of OPTION(k=v, …). */
export interface Setting extends Node {
  readonly name: string;
  readonly value: string;
}

export interface Select extends Node {
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from: FromItem | null;
  readonly where: SqlExpression | null;
  readonly groupBy: readonly SqlExpression[];
  readonly having: SqlExpression | null;
  readonly orderBy: readonly OrderItem[];
  readonly limit: number | null;
  readonly offset: number;
}

export interface Statement extends Node {
  readonly explain: boolean;
  /** SET statements before it, in order. */
  readonly settings: readonly Setting[];
  /** OPTION(…) behind it; SET wins over them. */
  readonly options: readonly Setting[];
  readonly select: Select;
}
