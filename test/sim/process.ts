/** One server process of the simulation: production's composition, inline, over a mortal world. */

import { Broker } from "#broker/broker";
import type { SqliteFile } from "#broker/catalog/sqlite-node";
import type { LiveBroker } from "#broker/live/live-broker";
import { brokerCatalog, liveBroker } from "#broker/query-door";
import { sliceLines } from "#ingestion/decode/lines";
import { createTable, dropTable, type TableAdmin } from "#schemas/admin";
import type { Cell } from "#schemas/api/query";
import type { TableDefinition } from "#schemas/catalog";
import { AssertionError, assert } from "#schemas/errors";
import { type SnapshotSet, type TableVersion, versionOf, wholeMoment } from "#schemas/plan/snapshot";
import type { Column } from "#schemas/table";
import type { World } from "#schemas/world";
import { evaluate } from "#server/execute/functions/evaluate";
import type { Server } from "#server/server";
import { inlineServer, smallLimits } from "#test/setup/inline-server";
import { plainInts } from "#test/setup/plain-reader";
import type { SeededRandom } from "#test/setup/random";
import { testTable } from "#test/setup/tables";
import type { MemoryWorld } from "#test/setup/world";
import { mortalCatalog } from "./catalog.ts";
import type { Answer } from "./model.ts";
import { type Mortal, mortalWorld } from "./mortal.ts";

import { crcOf, type SimTopic } from "./topic.ts";

/** Mistakes that the simulation must notice. */
export interface Bugs {
  /** fsync returns and nothing is durable. */
  readonly ignoresSync: boolean;
  /** Files are written straight to their place: no fsync, no rename. */
  readonly writesInPlace: boolean;
  /** The catalog's statements each commit by themselves. */
  readonly commitsOutside: boolean;
  /** Files of segments stay when they are removed. */
  readonly keepsFiles: boolean;
  /** A part of a snapshot's version that nobody compares. */
  readonly hidden: "incarnation" | "generation" | "growing" | null;
}
export const noBugs: Bugs = {
  ignoresSync: false,
  writesInPlace: false,
  commitsOutside: false,
  keepsFiles: false,
  hidden: null,
};

const columns = [
  { name: "id", type: "LONG", notNull: true },
  { name: "text", type: "STRING" },
  { name: "ts", type: "TIMESTAMP", role: "dateTime", timeFormat: { kind: "timestamp" } },
] as const;

function record(name: string, kind: "embedded" | "kafka"): TableDefinition {
  const stream = {
    kind,
    topic: name,
    partitions: 2,
    brokers: [],
    start: "smallest",
    properties: {},
  } as const;
  return {
    table: testTable(columns, { name, timeColumn: "ts", stream }),
    schemaJson: { schemaName: name },
    configJson: null,
  };
}

export interface ProcessParts {
  readonly world: MemoryWorld;
  readonly mortal: Mortal;
  readonly file: SqliteFile;
  readonly topic: SimTopic;
  readonly random: SeededRandom;
  readonly bugs: Bugs;
}

/** Starts production's server and makes its tables when they are missing. */
export async function startProcess(parts: ProcessParts): Promise<SimProcess> {
  const { mortal, bugs, topic, random } = parts;
  const world = mortalWorld(parts.world, mortal, bugs);
  const catalog = await mortalCatalog(parts.file, mortal, bugs);
  const { server, admin } = await inlineServer({
    world,
    catalog,
    stream: {
      openSource: ({ stream }) =>
        stream.kind === "embedded" ? null : topic.source({ clock: world.clock, random }),
      sliceKafka: async function* (batch) {
        yield sliceLines(batch.bytes, batch.baseOffset);
      },
      crcKafka: async (batch, offset) => crcOf(batch, offset),
    },
  });
  for (const table of [record("pushed", "embedded"), record("mirrored", "kafka")])
    if (admin.definitions.record(table.table.name) === undefined) await createTable(admin.definitions, table);
  return new SimProcess({ server, admin, mortal, world, bugs });
}

const sorted = (ids: readonly number[]): number[] => ids.toSorted((a, b) => a - b);

export class SimProcess {
  readonly server: Server;
  readonly admin: TableAdmin;
  readonly mortal: Mortal;
  readonly #world: World;
  readonly #broker: LiveBroker;
  readonly #bugs: Bugs;
  #failure: unknown = null;

  constructor(parts: { server: Server; admin: TableAdmin; mortal: Mortal; world: World; bugs: Bugs }) {
    this.#bugs = parts.bugs;
    this.server = parts.server;
    this.admin = parts.admin;
    this.mortal = parts.mortal;
    this.#world = parts.world;
    const { clock, log } = parts.world;
    const catalog = brokerCatalog(parts.admin.definitions);
    const servers = [parts.server];
    const broker = new Broker({ id: "sim", catalog, servers, evaluate, limits: smallLimits, clock, log });
    this.#broker = liveBroker(broker);
  }

  /** Work that nobody waits for; a bug of ours in it fails the run. */
  background(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (this.mortal.alive && error instanceof AssertionError) this.#failure ??= error;
    });
  }

  /** One snapshot of a table, asked in SQL: every row's id, and count and sum, beside what a plain reading finds. */
  async answer(table: string): Promise<Answer> {
    if (this.#failure !== null) throw this.#failure;
    const snapshot = await this.#broker.snapshot([table], this.#world.clock.nowMs());
    try {
      const [part] = snapshot.parts;
      assert(part?.kind === "held", "the server is there");
      const { readers, faults } = this.server.snapshots.table(part.info.id, table);
      const plain = plainInts(readers, 0).map(Number);
      const rows = await this.#ask(`SELECT id FROM ${table} LIMIT 1000000`, snapshot);
      const ids = rows.map(([id]) => Number(id));
      assert(sorted(ids).join() === sorted(plain).join(), `${table}: SELECT and a plain reading agree`);
      const [total] = await this.#ask(`SELECT count(*), sum(id) FROM ${table}`, snapshot);
      return {
        ids,
        version: versionOf(this.#shown(snapshot), [table]),
        count: BigInt(Number(total?.[0])),
        sum: BigInt(Number(total?.[1] ?? 0)),
        faults: faults.map(({ segment, message }) => `${segment}: ${message}`),
        gaps: wholeMoment(snapshot, table)?.gaps ?? [],
      };
    } finally {
      this.#broker.release(snapshot);
    }
  }

  /** The snapshot as caches and live panels compare it. */
  #shown(snapshot: SnapshotSet): SnapshotSet {
    const { hidden } = this.#bugs;
    if (hidden === null) return snapshot;
    const plain: TableVersion = { incarnation: "", definition: 0, generation: 0, growing: [], validity: 0 };
    const parts = snapshot.parts.map((part) => {
      if (part.kind === "missing") return part;
      const tables = part.info.tables.map((moment) => ({
        ...moment,
        version: { ...moment.version, [hidden]: plain[hidden] },
      }));
      return { ...part, info: { ...part.info, tables } };
    });
    return { ...snapshot, parts };
  }

  async #ask(sql: string, snapshot: SnapshotSet): Promise<readonly (readonly Cell[])[]> {
    const { signal } = new AbortController();
    const options = { snapshot, timeZone: "UTC", signal };
    const { exceptions, partialResult, resultTable } = await this.#broker.ask(sql, options);
    const lost = exceptions.filter(({ code }) => code !== "SEGMENT_CORRUPT").map(({ message }) => message);
    assert(lost.length === 0, `${sql}: ${lost.join("; ")}`);
    assert(partialResult === exceptions.length > 0, `${sql}: partial when a segment is missing`);
    return resultTable?.rows ?? [];
  }

  /** Adds a column, where the table is there when its turn comes. */
  async alter(table: string): Promise<void> {
    await this.admin.definitions.change(table, (current) => {
      if (current === null) return { kind: "none" };
      const { columns, nextColumnId, version } = current.record.table;
      const added = { id: nextColumnId, name: `more${nextColumnId}`, type: "LONG" } as const;
      const column: Column = { ...added, role: "dimension", notNull: false };
      const next = { columns: [...columns, column], nextColumnId: nextColumnId + 1, version: version + 1 };
      const definition = { ...current.record, table: { ...current.record.table, ...next } };
      return { kind: "alter", definition };
    });
  }

  async drop(table: "pushed"): Promise<void> {
    await dropTable(this.admin.definitions, table);
  }

  /** Twice at once: one of the two makes it. */
  async makeAgain(table: "pushed"): Promise<void> {
    const definition = record(table, "embedded");
    const made = [1, 2].map(() => createTable(this.admin.definitions, definition));
    const answers = await Promise.allSettled(made);
    const refused = answers.filter(({ status }) => status === "rejected");
    assert(refused.length === 1, `${table} was made by ${2 - refused.length} of two that asked at once`);
  }

  async pauseOrResume(table: string): Promise<void> {
    const isPaused = this.server.state(table).life.kind === "paused";
    await (isPaused ? this.admin.consumption.resume(table) : this.admin.consumption.pause(table));
  }

  async resumeAll(): Promise<void> {
    for (const { table } of this.admin.definitions.records()) await this.admin.consumption.resume(table.name);
  }

  /** Until pushes are visible and the topic is consumed to its end. */
  async rest(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await this.#world.clock.sleep(1000);
      await this.server.refresh();
      const states = [...this.server.tables.values()];
      // A stream of our own tells its end with the first fetch that finds rows; until then all of it was replayed.
      const behind = states.some(({ status, table }) =>
        status.partitions.some(
          ({ state, lagRows }) =>
            state !== "consuming" || (lagRows ?? (table.stream.kind === "embedded" ? 0 : 1)) !== 0,
        ),
      );
      quiet = behind ? 0 : quiet + 1;
    }
  }

  async sealAll(): Promise<void> {
    for (const { table } of this.admin.definitions.records())
      await this.admin.consumption.forceCommit(table.name);
    await this.server.queue.idle();
    await this.server.maintain();
  }

  close(): Promise<void> {
    return this.server.close();
  }
}
