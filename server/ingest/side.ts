/**
 * The server's part of an ingest thread: gives each table partition its sink, passes calls on to ingestion's host and
 * its events to the main thread. Everything is on this one thread, so nothing here is locked.
 */
import type { PushOptions } from "#schemas/admin";
import type { ConsumeFrom, DeadLetters, IngestAnswer } from "#schemas/api/tables";
import { messageOf } from "#schemas/errors";
import type { IngestEnvironment, IngestEvents, IngestHost, TableStart } from "#schemas/ingest";
import { type Limits, serverBounds } from "#schemas/limits";
import type { Gap, SourcePlace } from "#schemas/segment";
import type { RowSink } from "#schemas/stage";
import type { Table } from "#schemas/table";
import type { World } from "#schemas/world";
import type { SharedArena } from "#server/arena/attach";
import type { ArenaPool } from "#server/arena/pool";
import type { IngestListener, IngestPort, IngestStatus } from "#server/ingest/port";
import { PartitionSink, type SinkContext } from "#server/ingest/sink";
import { Stages } from "#server/ingest/stage";
import type { Kernels } from "#server/kernels/kernels";

/** What the composition root knows how to make: ingestion's host on this thread. */
export type MakeHost = (parts: Pick<IngestEnvironment, "openSink" | "events">) => IngestHost;

export interface IngestSideOptions {
  readonly world: World;
  readonly limits: Limits;
  readonly pool: ArenaPool;
  readonly kernels: (arena: SharedArena) => Kernels;
  readonly listener: IngestListener;
  readonly makeHost: MakeHost;
}

const announceMs = serverBounds.announceMs;
const ageCheckMs = serverBounds.ageCheckMs;

export class IngestSide implements IngestPort {
  readonly #world: World;
  readonly #listener: IngestListener;
  readonly #host: IngestHost;
  readonly #context: SinkContext;
  readonly #sinks = new Map<string, Map<number, PartitionSink>>();
  readonly #incarnations = new Map<string, string>();
  /** Replaced or dropped, with segments that a snapshot may still see. */
  #retired: PartitionSink[] = [];
  /** Tables announced within the last announceMs; true when there is news since. */
  readonly #announced = new Map<string, boolean>();
  readonly #stop = new AbortController();

  constructor(options: IngestSideOptions) {
    const { world, limits, pool, kernels, listener } = options;
    this.#world = world;
    this.#listener = listener;
    this.#context = {
      pool,
      stages: new Stages(limits),
      kernels,
      limits,
      clock: world.clock,
      failpoint: world.failpoint,
      opened: (handle) => this.#tell(listener.opened(handle)),
      frozen: (segment) => this.#tell(listener.frozen(segment)),
      pressed: (arena) => this.#tell(listener.pressed(arena)),
    };
    this.#host = options.makeHost({
      openSink: (table, partition, startOffset) => this.#openSink(table, partition, startOffset),
      events: this.#events(),
    });
    this.#tell(this.#watchAges());
  }

  addTable(start: TableStart, incarnation: string): Promise<void> {
    this.#incarnations.set(start.table.name, incarnation);
    return this.#host.addTable(start);
  }

  alterTable(table: Table): Promise<void> {
    return this.#host.alterTable(table);
  }

  check(table: Table): Promise<void> {
    return this.#host.check(table);
  }

  async isUntouched(table: string): Promise<boolean> {
    return this.#host.isUntouched(table);
  }

  async dropTable(table: string): Promise<void> {
    await this.#host.dropTable(table);
    for (const sink of this.#sinksOf(table)) this.#retire(sink);
    this.#sinks.delete(table);
  }

  pause(table: string): Promise<void> {
    return this.#host.pause(table);
  }

  resume(table: string): Promise<void> {
    return this.#host.resume(table);
  }

  continueFrom(table: string, from: ConsumeFrom): Promise<readonly number[]> {
    return this.#host.continueFrom(table, from);
  }

  push(table: string, body: Uint8Array, options: PushOptions): Promise<IngestAnswer> {
    return this.#host.push(table, body, options);
  }

  async rotate(table: string): Promise<readonly string[]> {
    return this.#sinksOf(table).flatMap((sink) => sink.rotate()?.id ?? []);
  }

  trim(table: string, partition: number, offset: bigint): Promise<void> {
    return this.#host.trim(table, partition, offset);
  }

  recordCrc(table: string, partition: number, offset: bigint): Promise<number | null> {
    return this.#host.recordCrc(table, partition, offset);
  }

  async free(ids: readonly string[]): Promise<void> {
    const sinks = [...this.#sinks.values()].flatMap((byPartition) => [...byPartition.values()]);
    for (const id of ids) [...sinks, ...this.#retired].some((sink) => sink.free(id));
    this.#retired = this.#retired.filter((sink) => !sink.isEmpty);
  }

  async status(table: string): Promise<IngestStatus> {
    return {
      partitions: this.#host.status(table),
      sourceError: this.#host.sourceError(table),
      unknownFields: this.#host.unknownFields(table),
      logBytes: this.#host.logBytes(table),
      rejected: this.#host.deadLetters(table).total,
      unsealedBytes: this.#sinksOf(table).reduce((sum, sink) => sum + sink.unsealedBytes(), 0),
    };
  }

  async deadLetters(table: string): Promise<DeadLetters> {
    return this.#host.deadLetters(table);
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error("the ingest thread is closing"));
    await this.#host.close();
  }

  #sinksOf(table: string): PartitionSink[] {
    return [...(this.#sinks.get(table)?.values() ?? [])];
  }

  #openSink(table: Table, partition: number, startOffset: bigint): RowSink {
    const byPartition = this.#sinks.get(table.name) ?? new Map<number, PartitionSink>();
    const before = byPartition.get(partition);
    if (before !== undefined) this.#retire(before);
    const sink = new PartitionSink(this.#context, {
      table,
      partition,
      startOffset,
      incarnation: this.#incarnations.get(table.name) ?? "",
    });
    byPartition.set(partition, sink);
    this.#sinks.set(table.name, byPartition);
    return sink;
  }

  #retire(sink: PartitionSink): void {
    sink.retire();
    if (!sink.isEmpty) this.#retired.push(sink);
  }

  #events(): IngestEvents {
    return {
      started: (table, partition, offset) => this.#listener.started(table, partition, offset),
      gap: (table, gap, place) => this.#passGap(table, gap, place),
      placed: (table, partition, place) => this.#listener.placed(table, partition, place),
      reserve: (table, partition, reservation) => this.#listener.reserve(table, partition, reservation),
      status: (table) => this.#tell(this.#listener.status(table)),
      published: (table) => this.#announce(table),
    };
  }

  /** Rows before the gap are sealed under the old range; the next segment begins behind it. */
  async #passGap(table: string, gap: Gap, place: SourcePlace | null): Promise<void> {
    const sink = this.#sinks.get(table)?.get(gap.partition);
    sink?.rotate();
    await this.#listener.gap(table, gap, place);
    sink?.skipTo(gap.end);
  }

  /** At once when it was quiet, else when announceMs have passed since the last time. */
  #announce(table: string): void {
    if (this.#announced.has(table)) {
      this.#announced.set(table, true);
      return;
    }
    this.#announced.set(table, false);
    this.#tell(this.#listener.published(table));
    this.#tell(
      this.#world.clock.sleep(announceMs, this.#stop.signal).then(() => {
        const news = this.#announced.get(table);
        this.#announced.delete(table);
        if (news === true) this.#announce(table);
      }),
    );
  }

  async #watchAges(): Promise<void> {
    for (;;) {
      await this.#world.clock.sleep(ageCheckMs, this.#stop.signal);
      for (const byPartition of this.#sinks.values())
        for (const sink of byPartition.values()) sink.rotateWhenDue();
    }
  }

  /** Nobody waits for it; what goes wrong is said, unless we are closing. */
  #tell(told: Promise<void>): void {
    told.catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#world.log("error", `ingest thread: ${messageOf(error)}`);
    });
  }
}
