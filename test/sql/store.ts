/** Stores that golden files run on: the same statements, the same answers, whatever holds the rows. */
import { Broker, type Question } from "#broker/broker";
import { defineTable, plainTableName } from "#schemas/definition/define";
import { type Limits, limits } from "#schemas/limits";
import type { ServerClient } from "#schemas/plan/server-client";
import type { Table } from "#schemas/table";
import type { Clock } from "#schemas/world";
import { evaluate } from "#server/execute/functions/evaluate";
import { ModelServer, type ModelTable } from "#test/sql/model";
import { overTcp } from "#test/sql/over-tcp";
import { type Row, rowsOfNdjson } from "#test/sql/values";

/** 2026-03-29 14:05:06.789 UTC. */
export const testNowMs = 1_774_793_106_789;

/** Time stands still, except that sleepers never wake. */
const stillClock: Clock = {
  nowMs: () => testNowMs,
  monotonicMs: () => 0,
  sleep: () => new Promise(() => undefined),
};

/** Something that holds tables and answers for them. */
export interface TestStore {
  put(table: ModelTable): void | Promise<void>;
  readonly servers: readonly ServerClient[];
  close(): void | Promise<void>;
}

export interface StoreConfig {
  readonly name: string;
  readonly queryOptions: string;
  open(): TestStore;
}

class ModelStore implements TestStore {
  readonly #shares: readonly Map<string, ModelTable>[];
  readonly servers: readonly ServerClient[];

  constructor(servers: number) {
    this.#shares = Array.from({ length: servers }, () => new Map());
    this.servers = this.#shares.map((tables) => new ModelServer(tables));
  }

  put({ table, rows }: ModelTable): void {
    this.#shares.forEach((tables, server) => {
      const share = rows.filter((_, row) => row % this.#shares.length === server);
      tables.set(table.name, { table, rows: share });
    });
  }

  close(): void {}
}

export const storeConfigs: readonly StoreConfig[] = [
  { name: "model", queryOptions: "", open: () => new ModelStore(1) },
  { name: "two-models", queryOptions: "", open: () => new ModelStore(2) },
  { name: "rewrites-off", queryOptions: "rewritesOff=all", open: () => new ModelStore(2) },
  { name: "over-tcp", queryOptions: "", open: () => overTcp(new ModelStore(2), stillClock) },
];

/** A store with a broker in front of it. */
export class TestBroker {
  readonly #store: TestStore;
  readonly #config: StoreConfig;
  readonly #tables = new Map<string, ModelTable>();
  readonly broker: Broker;
  #version = 0;

  constructor(config: StoreConfig, bounds: Partial<Limits> = {}) {
    this.#config = config;
    this.#store = config.open();
    const find = (name: string): Table | undefined =>
      this.#tables.get(plainTableName(name).toLowerCase())?.table;
    const catalog = {
      version: () => this.#version,
      table: find,
      names: () => [...this.#tables.values()].map(({ table }) => table.name),
    };
    this.broker = new Broker({
      id: "Broker_test_8099",
      catalog,
      servers: this.#store.servers,
      evaluate,
      limits: { ...limits, ...bounds },
      clock: stillClock,
      log: () => undefined,
    });
  }

  async create(schemaJson: unknown, configJson: unknown = null): Promise<Table> {
    const { table } = defineTable(schemaJson, configJson, { previous: null, nowMs: testNowMs, limits });
    await this.put({ table, rows: [] });
    return table;
  }

  async insert(name: string, ndjson: string): Promise<void> {
    const held = this.#tables.get(name.toLowerCase());
    if (held === undefined) throw new Error(`insert into ${name}: there is no such table`);
    await this.put({ table: held.table, rows: [...held.rows, ...rowsOfNdjson(held.table, ndjson)] });
  }

  async put(held: { readonly table: Table; readonly rows: readonly Row[] }): Promise<void> {
    this.#version++;
    this.#tables.set(held.table.name.toLowerCase(), held);
    await this.#store.put(held);
  }

  ask(sql: string, question: Partial<Question> = {}) {
    return this.broker.ask({
      sql,
      queryOptions: this.#config.queryOptions,
      dialect: "pinot",
      timeZone: "UTC",
      clientQueryId: null,
      client: "test",
      nowMs: testNowMs,
      snapshot: null,
      signal: new AbortController().signal,
      ...question,
    });
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
