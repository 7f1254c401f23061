/**
 * What HTTP asks of the tables. Whatever changes a definition is in the catalog first, then beside the segments (so a
 * lost catalog can be rebuilt), then in the threads.
 */
import type { PushOptions, TableAdmin } from "#schemas/admin";
import type { DeadLetters, IngestAnswer, TableDetail, TableSummary, TopicInfo } from "#schemas/api/tables";
import type { TableDefinition, TableRecord } from "#schemas/catalog";
import { hasCode, StoreError } from "#schemas/errors";
import { writeExactJson } from "#schemas/exact-json";
import type { CommittedPartition } from "#schemas/ingest";
import { compareText } from "#schemas/text";
import type { World } from "#schemas/world";
import { dropFiles } from "#server/sealing/maintain";
import type { Server } from "#server/server";
import { detailOf, summaryOf } from "#server/tables/describe";
import { droppedKey, removeTableFiles } from "#server/tables/files";
import { definitionPath } from "#server/tables/paths";
import { newestRows } from "#server/tables/sample";
import { TableState } from "#server/tables/table";

/** The accepted definition as a file beside the segments. */
export const writeDefinition = (world: World, record: TableRecord): Promise<void> =>
  world.disk.writeAtomic(definitionPath(record.table.name), [
    new TextEncoder().encode(`${writeExactJson(record)}\n`),
  ]);

export const pausedKey = (table: string): string => `paused:${table}`;
/** Hands a table to the ingest threads; resolves when its log is replayed. */
export async function consume(
  server: Server,
  state: TableState,
  committed: readonly CommittedPartition[],
): Promise<void> {
  const start = { table: state.table, committed, partitions: null, paused: state.paused };
  await server.ingestOf(state.name).addTable(start, state.record.incarnation);
}

export class Tables implements TableAdmin {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  records(): readonly TableRecord[] {
    return [...this.#server.tables.values()]
      .filter((state) => !state.dropping)
      .map((state) => state.record)
      .sort((a, b) => compareText(a.table.name, b.table.name));
  }

  record(name: string): TableRecord | undefined {
    const state = this.#server.tables.get(name);
    return state === undefined || state.dropping ? undefined : state.record;
  }

  async create(definition: TableDefinition): Promise<void> {
    const { name } = definition.table;
    const { tables, parts } = this.#server;
    const record = { ...definition, incarnation: parts.world.random.id().slice(0, 8) };
    const taken = [...tables.keys()].find((other) => other.toLowerCase() === name.toLowerCase());
    if (taken !== undefined) throw new StoreError("TABLE_EXISTS", `there is a table "${taken}" already`);
    const state = new TableState({ record, entries: [], gaps: [], paused: record.table.paused });
    tables.set(name, state);
    try {
      await removeTableFiles(parts.world, name);
      await parts.catalog.setSetting(droppedKey(name), "no");
      await parts.catalog.setSetting(pausedKey(name), state.paused ? "yes" : "no");
      await parts.catalog.putTable(record);
      await writeDefinition(parts.world, record);
    } catch (error) {
      tables.delete(name);
      throw error;
    }
    try {
      await consume(this.#server, state, []);
    } catch (error) {
      // A stream that cannot be read as configured: the table is not made at all.
      await this.drop(name);
      throw error;
    }
    this.#server.changed(name);
  }

  async alter(definition: TableDefinition): Promise<void> {
    const { parts } = this.#server;
    const state = this.#server.state(definition.table.name);
    const record = { ...definition, incarnation: state.record.incarnation };
    await parts.catalog.putTable(record);
    await writeDefinition(parts.world, record);
    state.record = record;
    state.changed();
    await this.#server.ingestOf(state.name).alterTable(record.table);
    this.#server.changed(state.name);
  }

  async drop(name: string): Promise<void> {
    const { parts, epochs, tables } = this.#server;
    const state = this.#server.state(name);
    const ingest = this.#server.ingestOf(name);
    await parts.catalog.setSetting(droppedKey(name), "yes");
    await parts.catalog.dropTable(name);
    state.dropping = true;
    await ingest.dropTable(name).catch((error: unknown) => {
      if (!hasCode(error, "TABLE_UNKNOWN")) throw error;
    });
    await this.#server.queue.settled(name);
    await parts.world.disk.remove(definitionPath(name));
    const mutable = state.entries.filter((entry) => entry.kind === "consuming");
    const sealed = state.sealedEntries();
    state.replace(state.entries, []);
    const forget = (id: string) => parts.scanner.forget(id);
    dropFiles({ world: parts.world, epochs, forget }, sealed);
    epochs.retire(() => {
      for (const { id } of mutable) forget(id);
      void ingest.free(mutable.map((entry) => entry.id)).catch(() => {});
    });
    tables.delete(name);
    this.#server.changed(name);
  }

  pause(name: string): Promise<void> {
    return this.#setPaused(name, true);
  }

  resume(name: string): Promise<void> {
    return this.#setPaused(name, false);
  }

  async forceCommit(name: string): Promise<readonly string[]> {
    this.#server.state(name);
    return this.#server.ingestOf(name).rotate(name);
  }

  summaries(): readonly TableSummary[] {
    return this.records().map((record) => summaryOf(this.#server, this.#server.state(record.table.name)));
  }

  async detail(name: string): Promise<TableDetail> {
    await this.#server.status(name);
    return detailOf(this.#server, this.#server.state(name));
  }

  async deadLetters(name: string): Promise<DeadLetters> {
    this.#server.state(name);
    return this.#server.ingestOf(name).deadLetters(name);
  }

  async push(name: string, body: Uint8Array, options: PushOptions): Promise<IngestAnswer> {
    const { table } = this.#server.state(name);
    if (table.stream.kind !== "embedded")
      throw new StoreError(
        "TABLE_STREAM",
        `table "${name}" reads Kafka topic "${table.stream.topic}"; send the rows there`,
      );
    return this.#server.ingestOf(name).push(name, body, options);
  }

  async topics(): Promise<readonly TopicInfo[]> {
    const tableOf = new Map(this.records().map(({ table }) => [table.stream.topic, table.name]));
    const known = await this.#server.parts.topics.list();
    const names = new Map(known.map((topic) => [topic.name, topic.partitions]));
    for (const { table } of this.records())
      if (table.stream.kind === "embedded") names.set(table.stream.topic, table.stream.partitions);
    return [...names]
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, partitions]) => ({ name, partitions, table: tableOf.get(name) ?? null }));
  }

  async sampleTopic(topic: string, rowsMax: number): Promise<readonly string[]> {
    const states = [...this.#server.tables.values()];
    const state = states.find(
      ({ table }) => table.stream.kind === "embedded" && table.stream.topic === topic,
    );
    if (state !== undefined) return newestRows(this.#server, state, rowsMax);
    return this.#server.parts.topics.sample(topic, rowsMax);
  }

  onChange(listener: (table: string) => void): () => void {
    return this.#server.onChange(listener);
  }

  async #setPaused(name: string, paused: boolean): Promise<void> {
    const state = this.#server.state(name);
    await this.#server.parts.catalog.setSetting(pausedKey(name), paused ? "yes" : "no");
    state.paused = paused;
    const ingest = this.#server.ingestOf(name);
    await (paused ? ingest.pause(name) : ingest.resume(name));
    await this.#server.status(name);
    this.#server.changed(name);
  }
}
