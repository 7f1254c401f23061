/**
 * SQL text → plan, remembered: a dashboard asks the same few texts again and again. A plan is kept per text, dialect
 * and options while its tables are the ones it was made for; one that depends on the query's moment (NOW) keeps only
 * its syntax tree.
 */
import { bind, type Tables } from "#broker/bind/bind";
import { bindOptions } from "#broker/bind/options";
import { optimize, plan } from "#broker/plan/plan";
import { StoreError } from "#schemas/errors";
import { brokerBounds, type Limits } from "#schemas/limits";
import type { Evaluate } from "#schemas/plan/evaluator";
import type { Plan, QueryOptions } from "#schemas/plan/plan";
import type { TableIdentity } from "#schemas/plan/snapshot";
import type { Statement } from "#schemas/sql/ast";
import { parseSteps } from "#schemas/sql/parse";
import type { Stepwise } from "#schemas/turns";

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

interface Made {
  readonly plan: Plan;
  readonly momentary: boolean;
  readonly tables: readonly PlannedTable[];
}

export interface PrepareTools {
  readonly catalog: BrokerCatalog;
  readonly evaluate: Evaluate;
  readonly limits: Limits;
}

const keptMax = brokerBounds.plansKept;
const textMax = brokerBounds.planTextChars;
/** How often a statement is planned anew because its table changed meanwhile. */
const attemptsMax = brokerBounds.plansAnew;

export class Preparer {
  readonly #tools: PrepareTools;
  /** Oldest use first. */
  readonly #kept = new Map<string, Kept>();

  constructor(tools: PrepareTools) {
    this.#tools = tools;
  }

  /** The plan of a text at a moment; StoreError when it has none. */
  *prepare(asked: Asked, nowMs: number): Stepwise<Prepared> {
    const key = `${asked.dialect}\n${asked.timeZone}\n${asked.queryOptions}\n${asked.sql}`;
    const kept = this.#kept.get(key);
    if (kept?.tables.every((table) => this.#isCurrent(table))) {
      const { statement, options, tables } = kept;
      if (kept.plan !== null) return { statement, options, tables, plan: kept.plan };
      return {
        statement,
        options,
        tables,
        plan: (yield* this.#plan(asked.sql, { statement, options, nowMs })).plan,
      };
    }
    const statement = yield* parseSteps(asked.sql, this.#tools.limits);
    const options = this.#options(statement, asked);
    const made = yield* this.#plan(asked.sql, { statement, options, nowMs });
    const { tables } = made;
    this.#keep(key, { tables, statement, options, plan: made.momentary ? null : made.plan });
    return { statement, options, tables, plan: made.plan };
  }

  #isCurrent({ name, identity }: PlannedTable): boolean {
    const now = this.#tools.catalog.identity(name);
    return now?.incarnation === identity.incarnation && now.definition === identity.definition;
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

  /** Planned again when its table changed meanwhile: planning takes turns with everything else. */
  *#plan(
    sql: string,
    given: { readonly statement: Statement; readonly options: QueryOptions; readonly nowMs: number },
  ): Stepwise<Made> {
    const { statement, options, nowMs } = given;
    const { catalog, evaluate, limits } = this.#tools;
    const context = { timeZone: options.timeZone, nowMs };
    const tools = { evaluate, context, resultRows: Math.min(limits.resultRows, options.resultRows) };
    for (let attempt = 1; ; attempt++) {
      const query = yield* bind(statement, { sql, tables: catalog, options, evaluate, nowMs, limits });
      const { momentary, table } = query;
      const made = yield* optimize(plan(query), tools);
      if (table === null) return { plan: made, momentary, tables: [] };
      const identity = catalog.identity(table.name);
      const isSame = identity !== undefined && catalog.table(table.name) === table;
      if (!isSame && attempt < attemptsMax) continue;
      if (!isSame) throw new StoreError("CATALOG_CONFLICT", `table ${table.name} keeps changing; ask again`);
      return { plan: made, momentary, tables: [{ name: table.name, identity }] };
    }
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
