/**
 * The consumers of one thread: tables come and go, partitions of Kafka topics appear. Everything in and out
 * is plain data, so a server runs a host in a worker, and the simulation runs it inline. See
 * schemas/ingest.ts for the contract.
 */
import { PartitionConsumer } from "#ingestion/consume";
import type { ConsumerParts } from "#ingestion/consumer-state";
import { DeadLetters } from "#ingestion/dead-letters";
import { UnknownFields } from "#ingestion/decode/unknown-fields";
import { FaultLog } from "#ingestion/fault-log";
import { IdempotencyKeys } from "#ingestion/log/keys";
import { type OffsetReserve, TailLog } from "#ingestion/log/tail-log";
import { push } from "#ingestion/push";
import { CurrentSource } from "#ingestion/source/current";
import { EmbeddedPartition } from "#ingestion/source/embedded";
import type { PushOptions } from "#schemas/admin";
import type {
  ConsumeFrom,
  DeadLetters as DeadLetterList,
  IngestAnswer,
  PartitionStatus,
} from "#schemas/api/tables";
import { assert, messageOf, StoreError } from "#schemas/errors";
import type {
  CommittedPartition,
  IngestEnvironment,
  IngestHost,
  TableStart,
  UnknownField,
} from "#schemas/ingest";
import { ingestionBounds } from "#schemas/limits";
import type { Source } from "#schemas/source";
import type { Stream, Table } from "#schemas/table";
import type { World } from "#schemas/world";

const mirrorSyncMs = ingestionBounds.mirrorSyncMs;
const partitionsPollMs = ingestionBounds.partitionsPollMs;
const recordCrcMs = ingestionBounds.recordCrcMs;

interface HostedPartition {
  readonly consumer: PartitionConsumer;
  readonly log: TailLog;
  readonly keys: IdempotencyKeys | null;
  readonly stream: EmbeddedPartition | null;
}

interface HostedTable {
  table: Table;
  readonly start: TableStart;
  readonly source: CurrentSource | null;
  readonly letters: DeadLetters;
  readonly unknown: UnknownFields;
  readonly partitions: Map<number, HostedPartition>;
  readonly pending: Map<string, { readonly hash: string; readonly answer: Promise<IngestAnswer> }>;
  readonly closing: AbortController;
  /** Ends the watch over the topic's partitions, and is it: resolves when that has ended. */
  watching: { readonly stop: AbortController; readonly ended: Promise<void> } | null;
  /** The user's wish, which the server's table has too: the one place of it in ingestion. */
  isPaused: boolean;
  turn: number;
  sourceError: string | null;
}

/** Where a table's logs lie; nothing else is in that folder. */
const logFolderOf = (table: string): string => `log/${table}`;

export class Host implements IngestHost {
  readonly #environment: IngestEnvironment;
  readonly #tables = new Map<string, HostedTable>();

  constructor(environment: IngestEnvironment) {
    this.#environment = environment;
  }

  async addTable(start: TableStart): Promise<void> {
    const { world, limits, openSource } = this.#environment;
    const { table } = start;
    assert(!this.#tables.has(table.name), `table ${table.name} is added once`);
    const letters = new DeadLetters(world, limits, `${logFolderOf(table.name)}/dead-letters`);
    const source = openSource(table);
    const hosted: HostedTable = {
      table,
      start,
      source: source === null ? null : new CurrentSource(source),
      letters,
      unknown: new UnknownFields(),
      partitions: new Map(),
      pending: new Map(),
      closing: new AbortController(),
      watching: null,
      isPaused: start.paused,
      turn: 0,
      sourceError: null,
    };
    this.#tables.set(table.name, hosted);
    try {
      await world.disk.makeFolder(logFolderOf(table.name));
      const lost = await letters.open();
      if (lost !== null) world.log("error", lost.message, { table: table.name });
      for (const partition of await this.#knownPartitions(hosted)) {
        await this.#addPartition(hosted, partition, table.stream.start);
      }
    } catch (error) {
      this.#tables.delete(table.name);
      await this.#closeTable(hosted);
      throw error;
    }
    if (hosted.source !== null) this.#watch(hosted, hosted.source);
  }

  async alterTable(table: Table): Promise<void> {
    const hosted = this.#hosted(table.name);
    const isMoved = !isSameTarget(hosted.table.stream, table.stream);
    hosted.table = table;
    const before = isMoved ? this.#exchangeSource(hosted) : null;
    const altered = [...hosted.partitions.values()].map(({ consumer }) => consumer.alter(table));
    // What still waits for the source of before need not wait for its timeouts.
    await before?.close();
    if (before !== null && hosted.source !== null) this.#watch(hosted, hosted.source);
    await Promise.all(altered);
  }

  /** The source that the table now names instead of the one before, which is returned. */
  #exchangeSource({ table, source }: HostedTable): Source | null {
    const next = this.#environment.openSource(table);
    if (source === null || next === null) return null;
    return source.exchange(next);
  }

  async check(table: Table): Promise<void> {
    await this.#environment.openSource(table)?.close();
  }

  isUntouched(name: string): boolean {
    const { partitions, source } = this.#hosted(name);
    return source === null && [...partitions.values()].every(({ log }) => log.endOffset === 0n);
  }

  async dropTable(name: string): Promise<void> {
    const hosted = this.#hosted(name);
    this.#tables.delete(name);
    await this.#closeTable(hosted);
    await removeFolder(this.#environment.world, logFolderOf(name));
  }

  async pause(name: string): Promise<void> {
    const hosted = this.#hosted(name);
    hosted.isPaused = true;
    for (const { consumer } of hosted.partitions.values()) await consumer.pause();
  }

  async resume(name: string): Promise<void> {
    const hosted = this.#hosted(name);
    hosted.isPaused = false;
    for (const { consumer } of hosted.partitions.values()) consumer.resume();
  }

  async continueFrom(name: string, from: ConsumeFrom): Promise<readonly number[]> {
    const wentOn: number[] = [];
    const refused: unknown[] = [];
    for (const [partition, { consumer }] of this.#hosted(name).partitions) {
      try {
        if (await consumer.continueFrom(from)) wentOn.push(partition);
      } catch (error) {
        refused.push(error);
      }
    }
    if (refused.length > 0) throw refused[0];
    return wentOn;
  }

  async push(name: string, body: Uint8Array, options: PushOptions): Promise<IngestAnswer> {
    const hosted = this.#hosted(name);
    const { world, limits } = this.#environment;
    const { consumer, keys, stream } = this.#partitionFor(hosted, options.idempotencyKey);
    if (keys === null || stream === null) {
      const message = `table ${name} reads Kafka topic ${hosted.table.stream.topic}; write to the topic instead`;
      throw new StoreError("TABLE_STREAM", message);
    }
    const { letters, pending } = hosted;
    return await push({ world, limits, consumer, stream, keys, letters, pending }, body, options);
  }

  async trim(name: string, partition: number, offset: bigint): Promise<void> {
    const { log, keys } = this.#partition(name, partition);
    await log.trim(offset, async (files) => {
      if (keys !== null && files.some((file) => file.notes > 0)) await keys.keep();
    });
  }

  async recordCrc(name: string, partition: number, offset: bigint): Promise<number | null> {
    const { source, table, partitions } = this.#hosted(name);
    const consumer = partitions.get(partition)?.consumer;
    if (source === null || consumer === undefined || offset < 0n) return null;
    const { clock, log } = this.#environment.world;
    const late = new AbortController();
    const asked = consumer.recordCrc(offset).catch((error: unknown) => {
      log("warn", `no checksum of offset ${offset}: ${messageOf(error)}`, { table: table.name, partition });
      return null;
    });
    const answered = await Promise.race([asked, clock.sleep(recordCrcMs, late.signal).then(() => null)]);
    late.abort(new Error("answered"));
    return answered;
  }

  status(name: string): readonly PartitionStatus[] {
    const { partitions, sourceError } = this.#hosted(name);
    const statuses = [...partitions.values()].map(({ consumer }) => consumer.status());
    if (sourceError === null) return statuses;
    return statuses.map((status) => ({ ...status, lastError: status.lastError ?? sourceError }));
  }

  sourceError(name: string): string | null {
    const { partitions, sourceError } = this.#hosted(name);
    return partitions.size === 0 ? sourceError : null;
  }

  logBytes(name: string): number {
    const partitions = [...this.#hosted(name).partitions.values()];
    return partitions.reduce((sum, { log }) => sum + log.bytes, 0);
  }

  unknownFields(name: string): readonly UnknownField[] {
    return this.#hosted(name).unknown.list();
  }

  deadLetters(name: string): DeadLetterList {
    return this.#hosted(name).letters.list();
  }

  async close(): Promise<void> {
    const tables = [...this.#tables.values()];
    this.#tables.clear();
    await Promise.all(tables.map((hosted) => this.#closeTable(hosted)));
  }

  /** The partitions to recover now; those that only the source knows come when it answers. */
  async #knownPartitions({ table, start }: HostedTable): Promise<number[]> {
    if (start.partitions !== null) return [...start.partitions];
    if (table.stream.kind === "embedded")
      return Array.from({ length: table.stream.partitions }, (_, at) => at);
    const logged = await this.#loggedPartitions(table.name);
    const numbers = [...start.committed.map(({ partition }) => partition), ...logged];
    return [...new Set(numbers)].toSorted((left, right) => left - right);
  }

  /** Those with a log file: the empty folder of a dropped table of that name says nothing of this one's topic. */
  async #loggedPartitions(table: string): Promise<number[]> {
    const { disk } = this.#environment.world;
    const found: number[] = [];
    for (const name of await disk.list(logFolderOf(table))) {
      const isPartition = /^\d+$/.test(name);
      if (isPartition && (await disk.list(`${logFolderOf(table)}/${name}`)).length > 0)
        found.push(Number(name));
    }
    return found;
  }

  async #addPartition(hosted: HostedTable, partition: number, begin: Stream["start"]): Promise<void> {
    const { world, limits } = this.#environment;
    const { table, source } = hosted;
    const folder = `${logFolderOf(table.name)}/${partition}`;
    const isMirrored = source !== null;
    const log = new TailLog(world, {
      folder,
      fileBytes: limits.logFileBytes,
      syncMs: isMirrored ? mirrorSyncMs : 0,
      whenFull: isMirrored ? "retry" : "reject",
      reserve: isMirrored ? null : this.#reserveOf(hosted, partition),
    });
    const keys = isMirrored ? null : this.#keysOf(folder);
    const stream = isMirrored ? null : new EmbeddedPartition(world, log);
    const parts: ConsumerParts = {
      environment: this.#environment,
      table,
      partition,
      committed: committedOf(hosted.start, partition),
      source: source ?? stream ?? assertNever(),
      start: begin,
      log,
      isMirrored,
      keys,
      slicesOf: (batch) => stream?.slicesOf(batch),
      letters: hosted.letters,
      unknown: hosted.unknown,
      isPaused: () => hosted.isPaused,
      unsealedBytes: () => unsealedBytesOf(hosted),
    };
    const consumer = new PartitionConsumer(parts);
    if (stream !== null)
      stream.onState = () => this.#environment.events.status(table.name, consumer.status());
    await consumer.recover();
    hosted.partitions.set(partition, { consumer, log, keys, stream });
  }

  #reserveOf({ start, table }: HostedTable, partition: number): OffsetReserve {
    return {
      kept: committedOf(start, partition)?.reserved ?? null,
      keep: (reservation) => this.#environment.events.reserve(table.name, partition, reservation),
    };
  }

  #keysOf(folder: string): IdempotencyKeys {
    const { world, limits } = this.#environment;
    const { idempotencyMs: windowMs, idempotencyKeys: keysMax, idempotencyBytes: bytesMax } = limits;
    return new IdempotencyKeys(world, { path: `${folder}/keys`, windowMs, keysMax, bytesMax });
  }

  /** Begins to watch the topic's partitions, anew when it is watched already: one watch at a time adds them. */
  #watch(hosted: HostedTable, source: Source): void {
    const before = hosted.watching;
    before?.stop.abort(new StoreError("SHUTTING_DOWN", "the source was exchanged"));
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, hosted.closing.signal]);
    const ended = (before?.ended ?? Promise.resolve()).then(() =>
      this.#watchPartitions(hosted, source, signal),
    );
    hosted.watching = { stop, ended };
  }

  /** Adds partitions as the topic gets them. */
  async #watchPartitions(hosted: HostedTable, source: Source, signal: AbortSignal): Promise<void> {
    const { clock } = this.#environment.world;
    const { name, stream } = hosted.table;
    const faults = new FaultLog(this.#environment.world, { table: name });
    // The first partitions begin where the table says; those added later were empty when it was made.
    let begin = hosted.partitions.size === 0 ? hosted.table.stream.start : "smallest";
    for (let retryMs = 250; !signal.aborted; ) {
      try {
        const all = hosted.start.partitions ?? (await source.partitions());
        hosted.sourceError = null;
        faults.over();
        // Partitions of a topic made anew would mix with the rows of the one before.
        const isChanged = [...hosted.partitions.values()].some(
          ({ consumer }) => consumer.stopError?.code === "STREAM_CHANGED",
        );
        for (const partition of isChanged ? [] : all) {
          if (signal.aborted || hosted.partitions.has(partition)) continue;
          await this.#addPartition(hosted, partition, begin);
        }
        begin = "smallest";
        retryMs = 250;
        await clock.sleep(partitionsPollMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        hosted.sourceError = messageOf(error);
        const isTold = this.status(name).some(({ state }) => state === "retrying");
        if (!isTold) faults.fault(`topic ${stream.topic}: ${hosted.sourceError}`);
        await clock.sleep(retryMs, signal).catch(() => {});
        retryMs = Math.min(retryMs * 2, partitionsPollMs);
      }
    }
  }

  async #closeTable(hosted: HostedTable): Promise<void> {
    hosted.closing.abort(new StoreError("SHUTTING_DOWN", `table ${hosted.table.name} closes`));
    for (const { consumer, stream, log } of hosted.partitions.values()) {
      await consumer.close();
      await stream?.close();
      await log.close();
    }
    await hosted.letters.close();
    await hosted.source?.close();
  }

  /** A key always goes to the same partition, where its repeat will look for it; the rest go round. */
  #partitionFor(hosted: HostedTable, key: string | null): HostedPartition {
    const numbers = [...hosted.partitions.keys()];
    const at = key === null ? hosted.turn++ : hashOf(key);
    return this.#partition(hosted.table.name, numbers[at % numbers.length]);
  }

  #partition(name: string, partition: number): HostedPartition {
    const found = this.#hosted(name).partitions.get(partition);
    if (found === undefined)
      throw new StoreError("INGESTION_PAUSED", `table ${name} has not recovered partition ${partition} yet`);
    return found;
  }

  #hosted(name: string): HostedTable {
    const hosted = this.#tables.get(name);
    if (hosted === undefined) throw new StoreError("TABLE_UNKNOWN", `no table ${name} is consumed here`);
    return hosted;
  }
}

function committedOf(start: TableStart, partition: number): CommittedPartition | null {
  return start.committed.find((committed) => committed.partition === partition) ?? null;
}

/** Whether two streams are read at the same place in the same way: only then does the connection stay. */
const isSameTarget = (left: Stream, right: Stream): boolean =>
  JSON.stringify([left.brokers, left.properties]) === JSON.stringify([right.brokers, right.properties]);

function unsealedBytesOf(hosted: HostedTable): number {
  let bytes = 0;
  for (const { consumer } of hosted.partitions.values()) bytes += consumer.unsealedBytes();
  return bytes;
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

function assertNever(): never {
  assert(false, "a table has a source or a stream of its own");
}

/** Removes a folder's files, also those one level down. */
async function removeFolder({ disk }: World, folder: string): Promise<void> {
  for (const name of await disk.list(folder)) {
    const path = `${folder}/${name}`;
    const inner = await disk.list(path).catch(() => []);
    for (const file of inner) await disk.remove(`${path}/${file}`);
    if (inner.length === 0) await disk.remove(path).catch(() => {});
  }
}
