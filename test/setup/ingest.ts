/** A host in memory: sinks that keep rows, a topic to script, a world to break. */
import { sliceLines } from "#ingestion/decode/lines";
import { Host } from "#ingestion/host";
import type { PartitionStatus } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";
import type { IngestEnvironment } from "#schemas/ingest";
import { type Limits, limits } from "#schemas/limits";
import type { Gap, Reservation, SourcePlace } from "#schemas/segment";
import { type FetchOptions, type FetchResult, OffsetGone, type RawBatch, type Source } from "#schemas/source";
import type { Table } from "#schemas/table";
import type { World } from "#schemas/world";
import { MemorySink } from "#test/setup/stage";

export const smallLimits: Limits = {
  ...limits,
  stageRows: 8,
  stageTextBytes: 1 << 16,
  recordBytes: 1 << 12,
  logFileBytes: 2048,
  unsealedBytes: 1 << 20,
  deadLetters: 50,
  idempotencyKeys: 1000,
};

const encoder = new TextEncoder();

/** A topic of one partition whose records are JSON rows. */
export class ScriptedTopic implements Source {
  batches: RawBatch[] = [];
  startOffset = 0n;
  /** Thrown by the next fetches, one each. */
  faults: Error[] = [];
  numbers: readonly number[] = [0];
  fetches = 0;
  /** Partitions whose first offset was asked for, and by which rule. */
  asked: string[] = [];
  /** What recordCrc answers for an offset; by default the length of its row. */
  crcOf: (offset: bigint) => number | null = (offset) => {
    for (const batch of this.batches) {
      const slices = sliceLines(batch.bytes, batch.baseOffset);
      const at = slices.offsets.indexOf(offset);
      if (at >= 0) return slices.lengths[at];
    }
    return null;
  };
  #wake: (() => void)[] = [];

  get endOffset(): bigint {
    return this.batches.at(-1)?.endOffset ?? this.startOffset;
  }

  add(...rows: readonly unknown[]): void {
    const text = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n");
    const baseOffset = this.endOffset;
    const endOffset = baseOffset + BigInt(rows.length);
    this.batches.push({ kind: "rows", baseOffset, endOffset, bytes: encoder.encode(text) });
    this.wake();
  }

  /** Retention: offsets below are gone. */
  forget(below: bigint): void {
    this.startOffset = below;
    this.batches = this.batches.filter((batch) => batch.endOffset > below);
    this.wake();
  }

  wake(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async partitions(): Promise<readonly number[]> {
    return this.numbers;
  }

  id: string | null = null;

  async identity(): Promise<string | null> {
    return this.id;
  }

  async firstOffset(partition: number, start: Parameters<Source["firstOffset"]>[1]): Promise<bigint> {
    this.asked.push(`${partition} ${start}`);
    return start === "largest" ? this.endOffset : this.startOffset;
  }

  async fetch(partition: number, offset: bigint, { signal }: FetchOptions): Promise<FetchResult> {
    this.fetches++;
    const fault = this.faults.shift();
    if (fault !== undefined) throw fault;
    const isOurs = partition === 0;
    if (isOurs && (offset < this.startOffset || offset > this.endOffset)) throw new OffsetGone(this);
    if ((!isOurs || offset === this.endOffset) && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
        signal.addEventListener("abort", () => resolve());
      });
    }
    const batches = isOurs ? this.batches.filter((batch) => batch.endOffset > offset).slice(0, 3) : [];
    return { batches, endOffset: this.endOffset, startOffset: this.startOffset, newestMs: null };
  }

  async recordCrc(_partition: number, offset: bigint): Promise<number | null> {
    return this.crcOf(offset);
  }

  async close(): Promise<void> {}
}

export interface TestHost {
  readonly host: Host;
  readonly sinks: Map<string, MemorySink>;
  readonly gaps: Gap[];
  /** By table/partition. */
  readonly reservations: Map<string, Reservation>;
  /** By partition. */
  readonly places: Map<number, SourcePlace>;
  readonly statuses: PartitionStatus[];
  readonly started: string[];
  /** Visible rows of a partition as plain objects. */
  rows(table: Table, partition?: number): Record<string, unknown>[];
  offsets(table: Table, partition?: number): number[];
}

export function testHost(
  world: World,
  options: {
    readonly topic?: Source;
    /** Instead of `topic`: one for each address. */
    readonly openSource?: IngestEnvironment["openSource"];
    readonly limits?: Limits;
    readonly extractor?: WebAssembly.Module | null;
    /** Whether the catalog keeps nothing at the moment. */
    readonly catalogFault?: () => boolean;
  } = {},
): TestHost {
  const sinks = new Map<string, MemorySink>();
  const gaps: Gap[] = [];
  const places = new Map<number, SourcePlace>();
  const statuses: PartitionStatus[] = [];
  const started: string[] = [];
  const reservations = new Map<string, Reservation>();
  const used = options.limits ?? smallLimits;
  const environment: IngestEnvironment = {
    world,
    limits: used,
    extractor: options.extractor ?? null,
    openSink: (table, partition, startOffset) => {
      const key = `${table.name}/${partition}`;
      const sink = new MemorySink(table, used, startOffset);
      // An altered table goes on: what was visible stays so.
      sink.rows = sinks.get(key)?.rows ?? [];
      sinks.set(key, sink);
      return sink;
    },
    openSource:
      options.openSource ?? ((table) => (table.stream.kind === "kafka" ? (options.topic ?? null) : null)),
    sliceKafka: async function* (batch) {
      yield sliceLines(batch.bytes, batch.baseOffset);
    },
    crcKafka: async (batch, offset) => {
      const slices = sliceLines(batch.bytes, batch.baseOffset);
      const at = slices.offsets.indexOf(offset);
      return at < 0 ? null : slices.lengths[at];
    },
    events: {
      started: async (table, partition, offset) => void started.push(`${table}/${partition} at ${offset}`),
      gap: async (_table, gap, place) => {
        gaps.push(gap);
        if (place !== null) places.set(gap.partition, place);
      },
      placed: async (_table, partition, place) => void places.set(partition, place),
      reserve: async (table, partition, reservation) => {
        if (options.catalogFault?.() === true) throw new StoreError("INTERNAL", "the catalog is away");
        reservations.set(`${table}/${partition}`, reservation);
      },
      status: (_table, status) => void statuses.push(status),
      published: () => {},
    },
  };
  const sinkOf = (table: Table, partition: number) => sinks.get(`${table.name}/${partition}`);
  return {
    host: new Host(environment),
    sinks,
    gaps,
    places,
    reservations,
    statuses,
    started,
    rows: (table, partition = 0) =>
      (sinkOf(table, partition)?.rows ?? []).map(({ values }) =>
        Object.fromEntries(values.map((value, at) => [table.columns[at].name, value])),
      ),
    offsets: (table, partition = 0) =>
      (sinkOf(table, partition)?.rows ?? []).map(({ offset }) => Number(offset)),
  };
}
