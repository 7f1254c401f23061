/**
 * SQL text → plan, remembered: a dashboard asks the same few texts again and again. A plan is kept per text, dialect
 * and options while its tables are the ones it was made for; one that depends on the query's moment (NOW) keeps only
 * its syntax tree.
 */
import { bind, type Tables } from "#broker/bind/bind";
import { bindOptions } from "#broker/bind/options";
import { optimize, plan } from "#broker/plan/plan";
import { assert } from "#schemas/errors";
import { brokerBounds, type Limits } from "#schemas/limits";
import type { Evaluate } from "#schemas/plan/evaluator";
import type { Plan, QueryOptions } from "#schemas/plan/plan";
import type { TableIdentity } from "#schemas/plan/snapshot";
import type { Statement } from "#schemas/sql/ast";
import { parse } from "#schemas/sql/parse";

/** The tables, and which of its name each of them is. */
export interface BrokerCatalog extends Tables {
  /** Names as in `table`; undefined: there is none. */
  identity(name: string): TableIdentity | undefined;
}

/** A table that a plan was made for. */
export interface PlannedTable {
  readonly name: string;
  readonly identity: TableIdentity;
}

export interface Asked {
  readonly sql: string;
  readonly queryOptions: string;
  readonly dialect: "native" | "pinot";
  /** Used unless the statement sets one. */
  readonly timeZone: string;
}

export interface Prepared {
  readonly statement: Statement;
  readonly plan: Plan;
  readonly options: QueryOptions;
  readonly tables: readonly PlannedTable[];
}

interface Kept {
  readonly tables: readonly PlannedTable[];
  readonly statement: Statement;
  readonly options: QueryOptions;
  /** null: made anew for each query's moment. */
  readonly plan: Plan | null;
}

export interface PrepareTools {
  readonly catalog: BrokerCatalog;
  readonly evaluate: Evaluate;
  readonly limits: Limits;
}

const keptMax = brokerBounds.plansKept;
const textMax = brokerBounds.planTextChars;

export class Preparer {
  readonly #tools: PrepareTools;
  /** Oldest use first. */
  readonly #kept = new Map<string, Kept>();

  constructor(tools: PrepareTools) {
    this.#tools = tools;
  }

  /** The plan of a text at a moment; StoreError when it has none. */
  prepare(asked: Asked, nowMs: number): Prepared {
    const key = `${asked.dialect}\n${asked.timeZone}\n${asked.queryOptions}\n${asked.sql}`;
    const kept = this.#kept.get(key);
    if (kept?.tables.every((table) => this.#isCurrent(table))) {
      const { statement, options, tables } = kept;
      if (kept.plan !== null) return { statement, options, tables, plan: kept.plan };
      return { statement, options, tables, plan: this.#plan(asked.sql, { statement, options, nowMs }).plan };
    }
    const statement = parse(asked.sql, this.#tools.limits);
    const options = this.#options(statement, asked);
    const made = this.#plan(asked.sql, { statement, options, nowMs });
    const tables = this.#plannedTables(made.plan);
    this.#keep(key, { tables, statement, options, plan: made.momentary ? null : made.plan });
    return { statement, options, tables, plan: made.plan };
  }

  #isCurrent({ name, identity }: PlannedTable): boolean {
    const now = this.#tools.catalog.identity(name);
    return now?.incarnation === identity.incarnation && now.definition === identity.definition;
  }

  #plannedTables({ fragment }: Plan): readonly PlannedTable[] {
    if (fragment === null) return [];
    const identity = this.#tools.catalog.identity(fragment.table);
    assert(identity !== undefined, "a table that was just bound is there");
    return [{ name: fragment.table, identity }];
  }

  #options(statement: Statement, asked: Asked): QueryOptions {
    const { queryMs } = this.#tools.limits;
    const defaults = {
      timeoutMs: queryMs,
      timeoutMsMax: Math.max(queryMs, 10 * 60_000),
      dialect: asked.dialect,
      timeZone: asked.timeZone,
    };
    return bindOptions(statement, asked.queryOptions, defaults);
  }

  #plan(
    sql: string,
    given: { readonly statement: Statement; readonly options: QueryOptions; readonly nowMs: number },
  ) {
    const { statement, options, nowMs } = given;
    const { catalog, evaluate, limits } = this.#tools;
    const query = bind(statement, { sql, tables: catalog, options, evaluate, nowMs });
    const context = { timeZone: options.timeZone, nowMs };
    const tools = { evaluate, context, resultRows: Math.min(limits.resultRows, options.resultRows) };
    return { plan: optimize(plan(query), tools), momentary: query.momentary };
  }

  #keep(key: string, kept: Kept): void {
    if (key.length > textMax) return;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size <= keptMax) return;
    const oldest = this.#kept.keys().next().value;
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}
