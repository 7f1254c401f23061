/**
 * Syntax tree → bound query: every name a column, every type known, aggregates and group keys told apart. After
 * grouping, expressions are over columns numbered keys ++ aggregates; without, over the table's column ids.
 */
import { aggregateBase, Calls } from "#broker/bind/aggregate";
import { ExpressionBinder, holdsAggregate } from "#broker/bind/expression";
import { bindHop } from "#broker/bind/hop";
import { labelOf } from "#broker/bind/label";
import { Scope } from "#broker/bind/scope";
import { StoreError } from "#schemas/errors";
import type { Evaluate } from "#schemas/plan/evaluator";
import type { AggregateCall, Expression, OrderKey } from "#schemas/plan/expression";
import { expressionKey } from "#schemas/plan/key";
import type { Hop, OutputColumn, QueryOptions } from "#schemas/plan/plan";
import { mapExpression } from "#schemas/plan/walk";
import type { FromItem, OrderItem, Select, SelectItem, SqlExpression, Statement } from "#schemas/sql/ast";
import { placeOf } from "#schemas/sql/lexer";
import { didYouMean } from "#schemas/suggest";
import type { Column, Table } from "#schemas/table";
import { compareText } from "#schemas/text";
import type { Stepwise } from "#schemas/turns";

/** The tables that a query may name. */
export interface Tables {
  /** By name, case ignored, with or without Pinot's _REALTIME or _OFFLINE. */
  table(name: string): Table | undefined;
  names(): readonly string[];
}

export interface BindInput {
  readonly sql: string;
  readonly tables: Tables;
  readonly options: QueryOptions;
  readonly evaluate: Evaluate;
  readonly nowMs: number;
  readonly limits: { readonly sqlNodes: number; readonly groupKeys: number };
}

export interface BoundQuery {
  readonly table: Table | null;
  readonly hop: Hop | null;
  /** Over the table's columns. */
  readonly filter: Expression | null;
  /** Rows are aggregated, or DISTINCT: what follows is over keys ++ aggregates. */
  readonly grouped: boolean;
  readonly keys: readonly Expression[];
  readonly aggregates: readonly AggregateCall[];
  readonly having: Expression | null;
  readonly project: readonly Expression[];
  readonly order: readonly OrderKey[];
  readonly distinct: boolean;
  readonly offset: number;
  readonly limit: number | null;
  readonly output: readonly OutputColumn[];
  readonly options: QueryOptions;
  /** Depends on the query's moment (NOW, AGO): not to be kept. */
  readonly momentary: boolean;
}

/** Names, types and groups of a statement. */
export const bind = (statement: Statement, input: BindInput): Stepwise<BoundQuery> =>
  new QueryBinder(statement.select, input).bind();

const textOf = (from: FromItem): readonly string[] => (from.kind === "hop" ? from.table.parts : from.parts);

/** An item of the select list; `*` is many. */
type Item =
  | { readonly kind: "expression"; readonly label: string; readonly node: SqlExpression }
  | { readonly kind: "column"; readonly label: string; readonly column: Column };

class QueryBinder {
  readonly #select: Select;
  readonly #input: BindInput;
  readonly #scope: Scope;
  readonly #calls = new Calls();
  readonly #binder: ExpressionBinder;
  readonly #keys: Expression[] = [];
  readonly #keyIndexes = new Map<string, number>();

  constructor(select: Select, input: BindInput) {
    this.#select = select;
    this.#input = input;
    const { from } = select;
    const table = from === null ? null : this.#tableOf(from);
    const standing = { alias: from?.alias ?? null, hop: from?.kind === "hop" };
    this.#scope = new Scope(table, standing, input.options);
    this.#scope.addAliases(select.items);
    this.#binder = new ExpressionBinder({
      sql: input.sql,
      scope: this.#scope,
      dialect: input.options.dialect,
      evaluate: input.evaluate,
      context: { timeZone: input.options.timeZone, nowMs: input.nowMs },
      limits: input.limits,
      calls: this.#calls,
    });
    this.#binder.isKey = (expression) => this.#keyIndexes.has(expressionKey(expression));
  }

  *bind(): Stepwise<BoundQuery> {
    const { where, from } = this.#select;
    const hop = from?.kind === "hop" ? bindHop(this.#binder, this.#scope, from) : null;
    const filter = where === null ? null : yield* this.#binder.condition(where, "rows");
    const items = this.#expandStars(this.#select.items);
    if (this.#isGrouped() && from === null) {
      throw this.#binder.error(
        "SQL_TYPE",
        this.#select.span,
        "aggregates and GROUP BY need a table behind FROM",
      );
    }
    const grouped = this.#isGrouped();
    const { answered, ...bound } = grouped ? yield* this.#bindGroups(items) : yield* this.#bindRows(items);
    const { span } = this.#select;
    const project = bound.project.map((column, at) => this.#binder.asPinot(column, answered[at], span));
    const output = { ...bound, project };
    return {
      table: this.#scope.table,
      hop,
      filter,
      ...output,
      keys: this.#keys,
      aggregates: this.#calls.list,
      offset: this.#select.offset,
      limit: this.#select.limit,
      output: output.project.map(({ type }, index) => ({ name: items[index].label, type })),
      options: this.#input.options,
      momentary: this.#binder.momentary,
    };
  }

  #tableOf(from: FromItem): Table {
    const parts = textOf(from);
    const name = parts[parts.length - 1];
    const { tables } = this.#input;
    // Tools that know of databases name Pinot's only one, or write the table's name there once more.
    const databases = ["default", name.toLowerCase()];
    const known = parts.length === 1 || (parts.length === 2 && databases.includes(parts[0].toLowerCase()));
    const table = known ? tables.table(name) : undefined;
    if (table !== undefined) return table;
    const { span } = from.kind === "hop" ? from.table : from;
    const hint = didYouMean(name, tables.names());
    const message = `there is no table ${parts.join(".")} at ${placeOf(this.#input.sql, span.start)}.${hint}`;
    throw new StoreError("TABLE_UNKNOWN", message, { position: span, found: parts.join(".") });
  }

  #isGrouped(): boolean {
    const { groupBy, having, items, orderBy } = this.#select;
    if (groupBy.length > 0 || having !== null) return true;
    return [...items, ...orderBy].some(({ expression }) => holdsAggregate(expression));
  }

  /** `*` becomes the table's columns; every item gets its label. */
  #expandStars(items: readonly SelectItem[]): Item[] {
    const { dialect } = this.#input.options;
    return items.flatMap(({ expression, alias }): Item[] => {
      if (expression.kind !== "star") {
        return [{ kind: "expression", label: alias ?? labelOf(expression, dialect), node: expression }];
      }
      const known = expression.qualifier === null || this.#scope.isQualifier(expression.qualifier);
      if (this.#scope.table === null || !known || alias !== null) {
        const unknown = known ? "a table behind FROM for *" : `the table's name or alias before .*`;
        throw this.#binder.error(
          "SQL_TYPE",
          expression.span,
          `expected ${alias === null ? unknown : "no alias behind *"}`,
        );
      }
      const columns = [...this.#scope.columns];
      if (dialect === "pinot") columns.sort((left, right) => compareText(left.name, right.name));
      return columns.map((column) => ({ kind: "column", label: column.name, column }));
    });
  }

  *#item(item: Item, place: "select" | "key"): Stepwise<Expression> {
    if (item.kind === "column") return this.#scope.expressionOf(item.column);
    return yield* this.#binder.bind(item.node, place);
  }

  *#items(items: readonly Item[]): Stepwise<Expression[]> {
    const bound: Expression[] = [];
    for (const item of items) bound.push(yield* this.#item(item, "select"));
    return bound;
  }

  *#orderKeys(selected: readonly Expression[], place: "key" | "groups"): Stepwise<OrderKey[]> {
    const keys: OrderKey[] = [];
    for (const item of this.#select.orderBy) keys.push(yield* this.#orderKey(item, selected, place));
    return keys;
  }

  *#bindRows(items: readonly Item[]) {
    const project = yield* this.#items(items);
    const answered = project.map((expression) => this.#binder.pinotTypeOf(expression));
    if (this.#select.distinct && this.#select.from !== null) {
      for (const expression of project) this.#addKey(expression);
      const order = (yield* this.#orderKeys(project, "key")).map((key) => ({
        ...key,
        expression: this.#overGroups(key.expression, "DISTINCT"),
      }));
      const columns = project.map((expression) => this.#overGroups(expression, "DISTINCT"));
      return { grouped: true, having: null, project: columns, answered, order, distinct: false };
    }
    const order = yield* this.#orderKeys(project, "key");
    return { grouped: false, having: null, project, answered, order, distinct: false };
  }

  *#bindGroups(items: readonly Item[]) {
    for (const node of this.#select.groupBy) this.#addKey(yield* this.#groupKey(node, items));
    const selected = yield* this.#items(items);
    const { having, orderBy, distinct } = this.#select;
    const condition = having === null ? null : yield* this.#binder.condition(having, "groups");
    const keys = yield* this.#orderKeys(selected, "groups");
    if (distinct) this.#checkDistinctOrder(keys, selected, orderBy);
    return {
      grouped: true,
      having: condition === null ? null : this.#overGroups(condition, "GROUP BY"),
      project: selected.map((expression) => this.#overGroups(expression, "GROUP BY")),
      answered: selected.map((expression) => this.#binder.pinotTypeOf(expression)),
      order: keys.map((key) => ({ ...key, expression: this.#overGroups(key.expression, "GROUP BY") })),
      distinct,
    };
  }

  #addKey(expression: Expression): void {
    const key = expressionKey(expression);
    if (this.#keyIndexes.has(key)) return;
    const { groupKeys } = this.#input.limits;
    if (this.#keys.length >= groupKeys) {
      const expected = `at most ${groupKeys} group keys, or columns behind DISTINCT (limit groupKeys)`;
      throw this.#binder.error("SQL_SYNTAX", this.#select.span, `expected ${expected} but found more`);
    }
    this.#keyIndexes.set(key, this.#keys.push(expression) - 1);
  }

  /** The select item that an ordinal names, or null when the node is no ordinal. */
  #ordinal(node: SqlExpression, count: number): number | null {
    if (node.kind !== "integer") return null;
    const ordinal = Number(node.text);
    if (ordinal >= 1 && ordinal <= count) return ordinal - 1;
    const message = `expected a position from 1 to ${count} in the select list but found ${node.text}`;
    throw this.#binder.error("SQL_TYPE", node.span, message);
  }

  *#groupKey(node: SqlExpression, items: readonly Item[]): Stepwise<Expression> {
    const ordinal = this.#ordinal(node, items.length);
    if (ordinal === null) return yield* this.#binder.bind(node, "key", true);
    return yield* this.#item(items[ordinal], "key");
  }

  *#orderKey(item: OrderItem, selected: readonly Expression[], place: "key" | "groups"): Stepwise<OrderKey> {
    const { expression, descending } = item;
    const ordinal = this.#ordinal(expression, selected.length);
    const bound = ordinal === null ? yield* this.#binder.bind(expression, place, true) : selected[ordinal];
    return { expression: bound, descending, nullsFirst: item.nullsFirst ?? descending };
  }

  #checkDistinctOrder(
    keys: readonly OrderKey[],
    selected: readonly Expression[],
    items: readonly OrderItem[],
  ) {
    const allowed = new Set(selected.map(expressionKey));
    keys.forEach((key, index) => {
      if (allowed.has(expressionKey(key.expression))) return;
      const message = "with SELECT DISTINCT, ORDER BY takes only what is in the select list";
      throw this.#binder.error("SQL_TYPE", items[index].span, message);
    });
  }

  /** The same expression over keys ++ aggregates. */
  #overGroups(expression: Expression, clause: "GROUP BY" | "DISTINCT"): Expression {
    const key = (one: Expression): Expression | undefined => {
      const column = this.#keyIndexes.get(expressionKey(one));
      if (column === undefined) return undefined;
      const name = one.kind === "column" ? one.name : `key${column}`;
      return { kind: "column", type: one.type, column, name };
    };
    const renumbered = (one: Expression): Expression => {
      if (one.kind !== "column") return one;
      if (one.column < aggregateBase) throw this.#notGrouped(one, clause);
      return { ...one, column: this.#keys.length + one.column - aggregateBase };
    };
    return mapExpression(expression, renumbered, key);
  }

  #notGrouped(column: Expression & { readonly kind: "column" }, clause: "GROUP BY" | "DISTINCT"): StoreError {
    const span = this.#binder.spans.get(column) ?? this.#select.span;
    const message =
      clause === "DISTINCT"
        ? `with SELECT DISTINCT, ORDER BY takes only what is in the select list, not ${column.name},`
        : `the column ${column.name} must stand in GROUP BY or inside an aggregate`;
    return this.#binder.error("SQL_TYPE", span, message, { found: column.name });
  }
}
