/** A server's life over a disk in memory: start, push, seal, merge, stop and start again, on production's code. */
import { expect } from "vitest";
import { openSqliteFile, type SqliteFile, sqliteCatalog } from "#broker/catalog/sqlite-node";
import { alterTable, createTable, dropTable } from "#schemas/admin";
import type { TableDefinition } from "#schemas/catalog";
import type { Limits } from "#schemas/limits";
import type { Table } from "#schemas/table";
import type { Composed } from "#server/compose";
import { inlineServer } from "#test/setup/inline-server";
import { plainInts } from "#test/setup/plain-reader";
import { testTable } from "#test/setup/tables";
import { type MemoryWorld, memoryWorld } from "#test/setup/world";

export const columns = [
  { name: "id", type: "LONG", notNull: true },
  { name: "text", type: "STRING" },
  { name: "ts", type: "TIMESTAMP", role: "dateTime", timeFormat: { kind: "timestamp" } },
] as const;

export const stream = { ...testTable([]).stream, topic: "t" };
/** The table "t", or one like it. */
export const record = (change: Partial<Table> = {}): TableDefinition => ({
  table: testTable(columns, { name: "t", timeColumn: "ts", stream, ...change }),
  schemaJson: { schemaName: "t" },
  configJson: null,
});

export class Life {
  world: MemoryWorld = memoryWorld(7);
  file: SqliteFile = openSqliteFile(":memory:");
  now: Composed | null = null;

  get server() {
    return this.now!.server;
  }
  get admin() {
    return this.now!.admin;
  }

  /** Lets production's timers run until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    work.then(end, end);
    expect(await this.world.clock.runUntil(() => over, 600_000)).toBe(true);
    return work;
  }

  create(definition: TableDefinition): Promise<void> {
    return createTable(this.admin.definitions, definition);
  }
  alter(definition: TableDefinition): Promise<void> {
    return alterTable(this.admin.definitions, definition);
  }
  drop(name: string): Promise<void> {
    return dropTable(this.admin.definitions, name);
  }

  async start(options: { memoryBytes?: number; limits?: Limits } = {}): Promise<void> {
    const starting = sqliteCatalog(this.file).then((catalog) =>
      inlineServer({ world: this.world, catalog, ...options }),
    );
    this.now = await this.until(starting);
  }

  async stop(): Promise<void> {
    const { now } = this;
    this.now = null;
    if (now !== null) await this.until(now.server.close());
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async push(
    ids: readonly number[],
    options: { ts?: number; stepMs?: number; more?: object; textBytes?: number } = {},
  ): Promise<void> {
    const ts = options.ts ?? this.world.clock.nowMs();
    const text = (id: number) => (options.textBytes ? `${id}`.padEnd(options.textBytes, "x") : `t${id % 5}`);
    const { stepMs = 0, more } = options;
    const row = (id: number, at: number) =>
      JSON.stringify({ id, text: text(id), ts: stepMs === 0 ? ts : ts + at * stepMs, ...more });
    const body = new TextEncoder().encode(ids.map((id, at) => `${row(id, at)}\n`).join(""));
    await this.until(
      this.admin.pushes.push("t", body, { format: "ndjson", idempotencyKey: null, sync: true }),
    );
  }

  async seal(): Promise<void> {
    await this.until(this.admin.consumption.forceCommit("t").then(() => this.server.queue.idle()));
  }

  maintain(): Promise<void> {
    return this.until(this.server.maintain());
  }

  async ids(column = 0): Promise<number[]> {
    const { id } = await this.server.snapshot(["t"]);
    const ids = plainInts(this.server.snapshots.table(id, "t").readers, column).map(Number);
    this.server.release(id);
    return ids.toSorted((a, b) => a - b);
  }

  segmentFiles(): string[] {
    return this.world.disk.paths().filter((path) => path.endsWith(".segment"));
  }
}

export const range = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, at) => from + at);
