/** Stores that golden files run on: the same statements, the same answers, whatever holds the rows. */
import { Broker, type Question } from "#broker/broker";
import { defineTable, plainTableName } from "#schemas/definition/define";
import { limits } from "#schemas/limits";
import type { ServerClient } from "#schemas/plan/server-client";
import type { Table } from "#schemas/table";
import { evaluate } from "#server/execute/functions/evaluate";
import { loadKernels } from "#server/kernels/load-kernels-node";
import { twin } from "#test/server/execute/store";
import { testIdentity } from "#test/setup/snapshots";
import { testClock, testNowMs } from "#test/sql/clock";
import { ModelServer, type ModelTable } from "#test/sql/model";
import { overTcp } from "#test/sql/over-tcp";
import { type Layout, onePiece, SegmentServer, tinyPieces } from "#test/sql/segments";
import { type Row, rowsOfNdjson } from "#test/sql/values";

/** Something that holds tables and answers for them. */
export interface TestStore {
  put(table: ModelTable): void | Promise<void>;
  readonly servers: readonly ServerClient[];
  close(): void | Promise<void>;
}

export interface StoreConfig {
  readonly name: string;
  readonly queryOptions: string;
  open(): Promise<TestStore>;
}

class ModelStore implements TestStore {
  readonly #shares: readonly Map<string, ModelTable>[];
  readonly servers: readonly ServerClient[];

  constructor(servers: number) {
    this.#shares = Array.from({ length: servers }, () => new Map());
    this.servers = this.#shares.map((tables, index) => new ModelServer(tables, `model${index}`));
  }

  put({ table, rows }: ModelTable): void {
    this.#shares.forEach((tables, server) => {
      const share = rows.filter((_, row) => row % this.#shares.length === server);
      tables.set(table.name, { table, rows: share });
    });
  }

  close(): void {}
}

class SegmentStore implements TestStore {
  readonly servers: readonly SegmentServer[];

  constructor(layout: Layout, servers = 1) {
    this.servers = Array.from({ length: servers }, (_, index) => new SegmentServer(`server${index}`, layout));
  }

  /** Each server has a stretch of the rows. */
  put({ table, rows }: ModelTable): void {
    const share = Math.ceil(rows.length / this.servers.length);
    this.servers.forEach((server, index) => {
      server.put({ table, rows: rows.slice(index * share, (index + 1) * share) });
    });
  }

  async close(): Promise<void> {
    for (const server of this.servers) await server.close();
  }
}

const compiled = await loadKernels();
const usual = { kernels: compiled, stateBytes: limits.stateBytes };
const tinyLayout = { ...usual, pieces: tinyPieces };
const open = (layout: Layout) => async (): Promise<TestStore> => new SegmentStore(layout);

/** The first is what UPDATE_GOLDEN=1 asks. */
export const storeConfigs: readonly StoreConfig[] = [
  { name: "one-mutable", queryOptions: "", open: open({ ...usual, pieces: onePiece(false) }) },
  { name: "model", queryOptions: "", open: async () => new ModelStore(1) },
  { name: "two-models-plain", queryOptions: "rewritesOff=all", open: async () => new ModelStore(2) },
  { name: "one-sealed", queryOptions: "", open: open({ ...usual, pieces: onePiece(true) }) },
  { name: "tiny", queryOptions: "", open: open(tinyLayout) },
  { name: "tiny-plain", queryOptions: "rewritesOff=all", open: open(tinyLayout) },
  {
    name: "twins-hashed",
    queryOptions: "",
    open: open({ kernels: twin, stateBytes: 1, pieces: tinyPieces }),
  },
  {
    name: "over-tcp",
    queryOptions: "",
    open: async () => overTcp(new SegmentStore(tinyLayout, 2), testClock),
  },
];

/** A store with a broker in front of it. */
export class TestBroker {
  readonly #store: TestStore;
  readonly #config: StoreConfig;
  readonly #tables = new Map<string, ModelTable>();
  readonly broker: Broker;
  #version = 0;

  static async open(config: StoreConfig): Promise<TestBroker> {
    return new TestBroker(config, await config.open());
  }

  private constructor(config: StoreConfig, store: TestStore) {
    this.#config = config;
    this.#store = store;
    const find = (name: string): Table | undefined =>
      this.#tables.get(plainTableName(name).toLowerCase())?.table;
    const catalog = {
      identity: () => ({ ...testIdentity, definition: this.#version }),
      table: find,
      names: () => [...this.#tables.values()].map(({ table }) => table.name),
    };
    this.broker = new Broker({
      id: "Broker_test_8099",
      catalog,
      servers: this.#store.servers,
      evaluate,
      limits,
      clock: testClock,
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
      snapshot: null,
      signal: new AbortController().signal,
      ...question,
    });
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
