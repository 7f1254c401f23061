/** Which names a query sees: its table's columns, hidden columns, window bounds of HOP, aliases of its select list. */
import { StoreError } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import type { NameNode, SelectItem, SqlExpression } from "#schemas/sql/ast";
import { didYouMean } from "#schemas/suggest";
import { type Column, hiddenColumns, type Table } from "#schemas/table";
import type { SqlType, Value } from "#schemas/types";

/** Pseudo column ids of HOP's window bounds. */
export const windowColumns = { start: -3, end: -4 } as const;

const windowNames: readonly Column[] = [
  { id: windowColumns.start, name: "window_start", type: "TIMESTAMP", role: "dateTime", notNull: true },
  { id: windowColumns.end, name: "window_end", type: "TIMESTAMP", role: "dateTime", notNull: true },
];

/** What Pinot stores for a missing value: queries with enableNullHandling=false see it. */
function missingValue(column: Column): Value {
  if (column.defaultValue !== undefined) return column.defaultValue;
  const metric = column.role === "metric";
  const defaults: Readonly<Record<SqlType, Value>> = {
    INT: metric ? 0n : -(2n ** 31n),
    LONG: metric ? 0n : -(2n ** 63n),
    FLOAT: metric ? 0 : Number.NEGATIVE_INFINITY,
    DOUBLE: metric ? 0 : Number.NEGATIVE_INFINITY,
    BIG_DECIMAL: "0",
    BOOLEAN: false,
    TIMESTAMP: 0n,
    DATE: 0n,
    STRING: "null",
    JSON: "null",
    BYTES: new Uint8Array(0),
    UNKNOWN: null,
  };
  return defaults[column.type];
}

export class Scope {
  readonly table: Table | null;
  /** Columns that `*` stands for, in the table's order. */
  readonly columns: readonly Column[];
  readonly #named = new Map<string, Column>();
  readonly #qualifiers: ReadonlySet<string>;
  readonly #aliases = new Map<string, SqlExpression>();
  readonly #nulls: boolean;

  constructor(
    table: Table | null,
    from: { readonly alias: string | null; readonly hop: boolean },
    options: { readonly enableNullHandling: boolean },
  ) {
    this.table = table;
    this.columns = [...(table?.columns ?? []), ...(from.hop ? windowNames : [])];
    const hidden = table === null ? [] : hiddenColumns;
    for (const column of [...hidden, ...this.columns]) this.#named.set(column.name.toLowerCase(), column);
    this.#qualifiers = new Set([from.alias ?? table?.name ?? ""].map((name) => name.toLowerCase()));
    this.#nulls = options.enableNullHandling;
  }

  /** Aliases of the select list; the first of a name wins. */
  addAliases(items: readonly SelectItem[]): void {
    for (const { alias, expression } of items) {
      const name = alias?.toLowerCase();
      if (name !== undefined && !this.#aliases.has(name)) this.#aliases.set(name, expression);
    }
  }

  alias(node: NameNode): SqlExpression | undefined {
    return node.parts.length === 1 ? this.#aliases.get(node.parts[0].toLowerCase()) : undefined;
  }

  /** The column of a name, if there is one. */
  column(node: NameNode): Expression | undefined {
    const column = this.#named.get(node.parts[node.parts.length - 1].toLowerCase());
    const qualifier = node.parts.at(-2)?.toLowerCase();
    if (column === undefined || (qualifier !== undefined && !this.#qualifiers.has(qualifier)))
      return undefined;
    return this.expressionOf(column);
  }

  /** A column as queries see it: NULLs replaced when they ask for that. */
  expressionOf(column: Column): Expression {
    const { type, name } = column;
    const bare: Expression = { kind: "column", type, column: column.id, name };
    if (this.#nulls || column.notNull) return bare;
    const literal: Expression = { kind: "literal", type, value: missingValue(column) };
    return { kind: "call", type, name: "coalesce", args: [bare, literal] };
  }

  isQualifier(name: string): boolean {
    return this.#qualifiers.has(name.toLowerCase());
  }

  /** A name spelt almost like this one, or the shortest that has it as a part. */
  #hint(name: string): string {
    const names = [...this.columns.map((column) => column.name), ...this.#aliases.keys()];
    const near = didYouMean(name, names);
    if (near !== "" || name.length < 3) return near;
    const wider = names.filter((each) => each.toLowerCase().includes(name.toLowerCase()));
    const [shortest] = wider.toSorted((left, right) => left.length - right.length);
    return shortest === undefined ? "" : ` Did you mean "${shortest}"?`;
  }

  /** COLUMN_UNKNOWN for a name that is none. */
  unknown(node: NameNode): StoreError {
    const found = node.parts.join(".");
    if (this.table === null) {
      const message = `there is no column ${found}: the query has no FROM`;
      return new StoreError("COLUMN_UNKNOWN", message, { position: node.span, found });
    }
    const last = node.parts[node.parts.length - 1];
    const hint = this.#aliases.has(last.toLowerCase())
      ? ` ${last} is an alias; aliases are usable in GROUP BY, HAVING and ORDER BY only.`
      : this.#hint(last);
    const message = `there is no column ${found} in table ${this.table.name}.${hint}`;
    return new StoreError("COLUMN_UNKNOWN", message, { position: node.span, found });
  }
}
