/** One server process of the simulation: production's composition, inline, over a mortal world. */

import type { SqliteFile } from "#broker/catalog/sqlite-node";
import { sliceLines } from "#ingestion/decode/lines";
import type { TableAdmin } from "#schemas/admin";
import type { TableRecord } from "#schemas/catalog";
import { AssertionError } from "#schemas/errors";
import type { World } from "#schemas/world";
import type { Server } from "#server/server";
import { inlineServer } from "#test/setup/inline-server";
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
}
export const noBugs: Bugs = { ignoresSync: false, writesInPlace: false, commitsOutside: false };

const columns = [
  { name: "id", type: "LONG", notNull: true },
  { name: "text", type: "STRING" },
  { name: "ts", type: "TIMESTAMP", role: "dateTime", timeFormat: { kind: "timestamp" } },
] as const;

function record(name: string, kind: "embedded" | "kafka"): TableRecord {
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
      sliceKafka: (batch) => sliceLines(batch.bytes, batch.baseOffset),
      crcKafka: crcOf,
    },
  });
  for (const table of [record("pushed", "embedded"), record("mirrored", "kafka")])
    if (admin.record(table.table.name) === undefined) await admin.create(table);
  return new SimProcess({ server, admin, mortal, world });
}

export class SimProcess {
  readonly server: Server;
  readonly admin: TableAdmin;
  readonly mortal: Mortal;
  readonly #world: World;
  #failure: unknown = null;

  constructor(parts: { server: Server; admin: TableAdmin; mortal: Mortal; world: World }) {
    this.server = parts.server;
    this.admin = parts.admin;
    this.mortal = parts.mortal;
    this.#world = parts.world;
  }

  /** Work that nobody waits for; a bug of ours in it fails the run. */
  background(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (this.mortal.alive && error instanceof AssertionError) this.#failure ??= error;
    });
  }

  /** One snapshot of a table: every row's id, and what the executor says of them. */
  async answer(table: string): Promise<Answer> {
    if (this.#failure !== null) throw this.#failure;
    const info = await this.server.snapshot(table);
    try {
      const held = this.server.snapshots.get(info.id);
      const ids = plainInts(held.readers, 0).map(Number);
      const sum = ids.reduce((total, id) => total + BigInt(id), 0n);
      return {
        ids,
        count: BigInt(ids.length),
        sum,
        faults: held.faults.map(({ segment, message }) => `${segment}: ${message}`),
        gaps: info.gaps,
      };
    } finally {
      this.server.release(info.id);
    }
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
    for (const { table } of this.admin.records()) await this.admin.forceCommit(table.name);
    await this.server.queue.idle();
    await this.server.maintain();
  }

  close(): Promise<void> {
    return this.server.close();
  }
}
