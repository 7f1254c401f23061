/**
 * The embedded stream: one partition fed by pushes. Its storage is the partition's tail log; a push is
 * shown to the consumer when its record is durable, so `fetch` never gives a row that a crash could take
 * back.
 */
import { offsetsFrom } from "#ingestion/decode/lines";
import type { TailLog } from "#ingestion/log/tail-log";
import { assert, StoreError } from "#schemas/errors";
import type { RecordSlices } from "#schemas/ingest";
import { ingestionBounds } from "#schemas/limits";
import type { FetchOptions, FetchResult, RawBatch, Source } from "#schemas/source";
import type { World } from "#schemas/world";

const backlogBytesMax = ingestionBounds.pushBacklogBytes;
const probeFullMs = ingestionBounds.fullDiskProbeMs;
const empty = new Uint8Array(0);

/** All valid rows of one push. */
export interface PushedRows {
  readonly rows: Uint8Array;
  readonly count: number;
  /** Where the rows are, when that is known. */
  readonly slices: RecordSlices | null;
}

export class EmbeddedPartition implements Source {
  readonly #log: TailLog;
  readonly #world: World;
  #ready: RawBatch[] = [];
  #readyBytes = 0;
  #slices = new WeakMap<RawBatch, RecordSlices>();
  #wake: (() => void)[] = [];
  #newestMs: number | null = null;
  #isProbing = false;
  /** Called when the log began or ceased to refuse. */
  onState: () => void = () => {};

  constructor(world: World, log: TailLog) {
    this.#world = world;
    this.#log = log;
  }

  /** Offset after the last row that was taken, durable or not. */
  get endOffset(): bigint {
    return this.#log.endOffset;
  }

  /** Why a push would be refused now, or null. */
  get refusal(): StoreError | null {
    if (this.#log.failure !== null) return this.#log.failure;
    if (this.#readyBytes < backlogBytesMax) return null;
    const message = `${this.#readyBytes} bytes of pushed rows wait to be stored; try again when the table has caught up`;
    return new StoreError("MEMORY_BUDGET", message);
  }

  /** Makes the rows durable as one record; answers their batch. All of them, or none. */
  async append(
    { rows, count, slices }: PushedRows,
    noteOf: (endOffset: bigint) => Uint8Array,
  ): Promise<RawBatch> {
    const baseOffset = this.#log.endOffset;
    const endOffset = baseOffset + BigInt(count);
    const batch: RawBatch = { kind: "rows", baseOffset, endOffset, bytes: rows };
    const kind = count === 0 ? "mark" : "rows";
    const payload = count === 0 ? empty : rows;
    try {
      await this.#log.append({ kind, baseOffset, endOffset, note: noteOf(endOffset), payload });
    } catch (error) {
      // The log took back everything that is not durable: the offsets are handed out again.
      void this.#probe();
      throw error;
    }
    if (slices !== null) this.#slices.set(batch, { ...slices, offsets: offsetsFrom(baseOffset, count) });
    if (count > 0) this.#show(batch);
    return batch;
  }

  /** Where the rows of a batch are, when the push knew. */
  slicesOf(batch: RawBatch): RecordSlices | undefined {
    return this.#slices.get(batch);
  }

  async partitions(): Promise<readonly number[]> {
    return [0];
  }

  async identity(): Promise<null> {
    return null;
  }

  async firstOffset(): Promise<bigint> {
    return 0n;
  }

  async fetch(_partition: number, offset: bigint, options: FetchOptions): Promise<FetchResult> {
    this.#letGo(offset);
    if (this.#ready.length === 0) await this.#wait(options);
    const batches: RawBatch[] = [];
    for (let at = 0, bytes = 0; at < this.#ready.length && bytes < options.bytesMax; at++) {
      const batch = this.#ready[at];
      batches.push(batch);
      bytes += batch.bytes.length;
    }
    const first = batches[0]?.baseOffset ?? offset;
    assert(first <= offset, `the stream goes on at ${offset}, not ${first}`);
    const endOffset = this.#ready.at(-1)?.endOffset ?? offset;
    return { batches, endOffset, startOffset: 0n, newestMs: this.#newestMs };
  }

  async recordCrc(): Promise<null> {
    return null;
  }

  async close(): Promise<void> {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #show(batch: RawBatch): void {
    this.#ready.push(batch);
    this.#readyBytes += batch.bytes.length;
    this.#newestMs = this.#world.clock.nowMs();
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Batches before `offset` were taken; until then a consumer that failed gets them again. */
  #letGo(offset: bigint): void {
    let taken = 0;
    while (taken < this.#ready.length && this.#ready[taken].endOffset <= offset) {
      this.#readyBytes -= this.#ready[taken++].bytes.length;
    }
    this.#ready.splice(0, taken);
  }

  async #wait({ signal }: FetchOptions): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wake.push(wake);
      signal.addEventListener("abort", wake);
    });
  }

  /** After a full disk: asks for room until there is some, so that the state says so by itself. */
  async #probe(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    this.onState();
    while (this.#log.failure !== null && !this.#log.stopped) {
      await this.#world.clock.sleep(probeFullMs);
      // A device that does not even say how much room it has is still full.
      if (await this.#log.hasRoom().catch(() => false)) this.#log.clearFull();
    }
    this.#isProbing = false;
    this.onState();
  }
}
