/**
 * The one loop of a (table, partition): recover from the tail log, then fetch → log → decode → append →
 * publish for ever. Invariants: the sink gets offsets in order and each once; nothing is skipped silently
 * (a gap is told and recorded before consumption goes on behind it); every reason to wait is visible in
 * `status` and ends by itself, except a changed stream, a broken log and a failed disk, which stop the
 * partition until it is restarted.
 */
import { type ConsumerParts, type Progress, startProgress } from "#ingestion/consumer-state";
import type { Decoder } from "#ingestion/decode/decoder";
import { bytesOf } from "#ingestion/decode/utf8";
import type { LogEntry } from "#ingestion/log/format";
import { decodeNote } from "#ingestion/log/keys";
import { goOnAdvice, PlacedSource } from "#ingestion/source/placed";
import { BatchStore } from "#ingestion/store";
import type { ConsumeFrom, PartitionStatus } from "#schemas/api/tables";
import { AssertionError, StoreError, storeErrorOf } from "#schemas/errors";
import { ingestionBounds } from "#schemas/limits";
import { type SourcePlace, unplaced } from "#schemas/segment";
import { BatchCorrupt, OffsetGone, type RawBatch } from "#schemas/source";
import type { RowSink } from "#schemas/stage";
import type { Table } from "#schemas/table";

const trustMs = ingestionBounds.sourceTrustMs;
const corruptTriesMax = ingestionBounds.batchCorruptTries;
const fetchWaitMs = ingestionBounds.fetchWaitMs;
const fetchBytesMax = ingestionBounds.fetchBytes;
const mirrorBytesMax = ingestionBounds.mirrorBytes;
const shortWaitMs = ingestionBounds.fetchShortWaitMs;
const retryFirstMs = ingestionBounds.sourceRetryFirstMs;
const retryLastMs = ingestionBounds.sourceRetryLastMs;
const aheadTriesMax = ingestionBounds.sourceAheadTries;

export class PartitionConsumer {
  readonly partition: number;
  readonly #parts: ConsumerParts;
  readonly #progress: Progress;
  readonly #store: BatchStore;
  #altered: Table | null = null;
  readonly #source: PlacedSource;
  #isVerified = false;
  #fetchedMs = Number.NEGATIVE_INFINITY;
  #aheadTries = 0;
  #corruptTries = 0;
  #stop = new AbortController();
  #running: Promise<void> | null = null;
  #changes: (() => void)[] = [];

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    this.partition = parts.partition;
    this.#source = new PlacedSource({
      source: parts.source,
      partition: parts.partition,
      table: parts.table.name,
      topic: parts.table.stream.topic,
      crcKafka: parts.environment.crcKafka,
      place: parts.committed?.place ?? unplaced,
      lastCrc: parts.committed?.lastRecordCrc ?? null,
    });
    this.#progress = startProgress(parts, () => this.#changed());
    this.#store = new BatchStore(parts, this.#progress, async (error) => {
      await this.#short(error);
      return !this.#isClosed;
    });
  }

  get decoder(): Decoder {
    return this.#store.decoder;
  }

  get sink(): RowSink {
    return this.#store.sink;
  }

  get isPaused(): boolean {
    return this.#parts.isPaused();
  }

  get #isClosed(): boolean {
    return this.#progress.isClosed;
  }

  /** Why it will not go on before a restart, or null. */
  get stopError(): StoreError | null {
    return this.#progress.stopError;
  }

  /** Bytes that this partition's unsealed rows hold; 0 before it has begun. */
  unsealedBytes(): number {
    return this.#store.isOpen ? this.#store.sink.unsealedBytes() : 0;
  }

  status(): PartitionStatus {
    const status = this.#progress.status(this.#store.next);
    const { log, isMirrored } = this.#parts;
    if (isMirrored || log.failure === null || this.#isClosed) return status;
    return { ...status, state: log.stopped ? "stopped" : "paused", lastError: log.failure.message };
  }

  /** Replays the log into the sink. Resolves also when the log is damaged: then what came before is served. */
  async recover(): Promise<void> {
    const { log, keys, environment, committed } = this.#parts;
    if (committed !== null) this.#store.open(committed.nextOffset);
    else if (!this.#parts.isMirrored) await this.#openAt(0n);
    const keysLost = await keys?.load();
    if (keysLost) {
      this.#progress.note(keysLost);
      environment.world.log("error", keysLost.message, { table: this.#store.table.name });
    }
    const recovered = await log.recover((entry) => this.#replay(entry));
    const { torn, corrupt } = recovered;
    if (torn !== null) {
      const message = `${torn.path}: cut off ${torn.bytes} bytes that were not whole`;
      environment.world.log("warn", message, { ...torn });
    }
    if (corrupt !== null) {
      this.#progress.note(corrupt.error);
      // The source has it all again; a stream of our own has not.
      if (this.#parts.isMirrored) await log.discard();
      else this.#progress.stop(corrupt.error);
    }
    const { lost } = log;
    if (corrupt === null && lost !== null && lost.end > this.#store.next)
      await this.#gap(lost.end, lost.reason);
    // A hole at the log's head: what is behind it would come again, out of order.
    if (this.#parts.isMirrored && log.endOffset > this.#store.next) await log.discard();
    if (this.#store.isOpen) {
      log.begin(this.#store.next);
      if (!this.#parts.isMirrored) this.#progress.replayed(log);
      this.#published();
    }
    if (this.#progress.stopError !== null) return;
    if (this.isPaused) this.#progress.pause();
    this.#run();
  }

  /** The table's wish has changed: to pausing. */
  async pause(): Promise<void> {
    this.#interrupt();
    this.#progress.pause();
  }

  /** The table's wish has changed: to going on. */
  resume(): void {
    // Meanwhile the topic may have been made anew.
    this.#isVerified = false;
    this.#changed();
  }

  /** Changes over to the table's new version between two batches. */
  async alter(table: Table): Promise<void> {
    this.#altered = table;
    this.#interrupt();
    if (this.#running === null) this.#changeOver();
    while (this.#altered !== null && !this.#isClosed && this.#progress.stopError === null)
      await this.#change();
  }

  /** Resolves when rows before `offset` are visible; throws when that will not be. */
  async reached(offset: bigint, deadlineMs: number): Promise<void> {
    const { clock } = this.#parts.environment.world;
    const late = new AbortController();
    let isLate = false;
    void clock.sleep(deadlineMs, late.signal).then(
      () => {
        isLate = true;
        this.#changed();
      },
      () => {},
    );
    const mayCome = () => this.#progress.stopError === null && !this.#isClosed && !isLate;
    while (this.#progress.visible < offset && mayCome()) await this.#change();
    late.abort(new Error("reached"));
    if (this.#progress.visible >= offset) return;
    const why = this.#progress.stopError?.message ?? this.status().lastError ?? "the table is behind";
    throw new StoreError("INGESTION_PAUSED", `the rows are durable but not yet queryable: ${why}`);
  }

  async close(): Promise<void> {
    this.#progress.close();
    this.#interrupt();
    this.#changed();
    await this.#running?.catch(() => {});
  }

  #run(): void {
    this.#running = this.#loop().finally(() => {
      this.#running = null;
      this.#changed();
    });
  }

  async #loop(): Promise<void> {
    while (!this.#isClosed && this.#progress.stopError === null) {
      if (this.#altered !== null) this.#changeOver();
      this.#fresh();
      try {
        if (this.isPaused) await this.#change();
        else {
          await this.#begin();
          if (await this.#hasRoom()) await this.#step();
        }
      } catch (error) {
        await this.#failed(error);
      }
    }
  }

  /** One fetch and all that follows from it. */
  async #step(): Promise<void> {
    const { log, isMirrored } = this.#parts;
    // Of this turn of the loop: who interrupted it meanwhile, while it asked something else, is heard.
    const { signal } = this.#stop;
    const options = { waitMs: fetchWaitMs, bytesMax: fetchBytesMax, signal };
    const fetched = await this.#source.fetch(this.#store.next, options);
    if (signal.aborted) return;
    this.#fetchedMs = this.#parts.environment.world.clock.monotonicMs();
    this.#progress.fetched(fetched);
    this.#aheadTries = 0;
    for (const batch of fetched.batches) {
      assertNext(batch, this.#store.next);
      if (isMirrored) {
        // The source has the rows too: nothing waits for the mirror, but its failure stops us.
        this.#mirror({ kind: batch.kind, ...bounds(batch), note: noBytes, payload: batch.bytes });
        await log.room(mirrorBytesMax);
      }
      await this.#store.store(batch);
      if (this.#isClosed) return;
    }
    this.#corruptTries = 0;
    const last = fetched.batches.at(-1);
    if (last === undefined) return;
    // A copy: the batch is a part of the whole response.
    if (isMirrored) this.#source.wasRead({ ...last, bytes: last.bytes.slice() });
    this.#published();
  }

  #mirror(entry: LogEntry): void {
    this.#parts.log.append(entry).catch((error: unknown) => {
      if (!this.#isClosed) this.#progress.stop(storeErrorOf(error));
    });
  }

  #published(): void {
    this.#parts.environment.events.published(this.#store.table.name, this.partition, this.#store.next);
    this.#changed();
  }

  async #replay(entry: LogEntry): Promise<void> {
    const { keys, isMirrored, log } = this.#parts;
    if (entry.note.length > 0) keys?.add(decodeNote(entry.note));
    if (!this.#store.isOpen) this.#store.open(entry.baseOffset);
    if (entry.kind === "mark" || entry.endOffset <= this.#store.next) {
      this.#progress.sawLog();
      return;
    }
    if (entry.baseOffset > this.#store.next) {
      if (isMirrored && !this.#progress.hasLog) return;
      if (!isMirrored) await this.#gap(entry.baseOffset, "the log file that held these rows is missing");
    }
    this.#progress.sawLog();
    if (entry.kind === "gap") {
      this.#skipTo(entry.endOffset);
      return;
    }
    // The log's buffer is one file: cells may point into it only while the batch is stored.
    const batch: RawBatch = { kind: entry.kind, ...bounds(entry), bytes: entry.payload };
    await this.#store.store(batch);
    if (isMirrored) this.#source.wasRead(batch);
    this.#progress.replayed(log);
  }

  /**
   * Before the first fetch: where to begin, and whether it is still the stream that we know. Again after every fault,
   * and after a pause: meanwhile the topic may have been made anew.
   */
  async #begin(): Promise<void> {
    const { start, log, isMirrored, environment } = this.#parts;
    const sinceMs = environment.world.clock.monotonicMs() - this.#fetchedMs;
    if (this.#isVerified && (!isMirrored || sinceMs < trustMs)) return;
    if (!this.#store.isOpen) {
      const offset = await this.#source.firstOffset(start);
      log.begin(offset);
      // A first record that says where we began: "largest" must not move when nothing is sealed yet.
      await log.append({ kind: "mark", ...bounds({ baseOffset: offset, endOffset: offset }), ...nothing });
      await this.#openAt(offset);
    }
    if (isMirrored) {
      const place = await this.#source.identify();
      await this.#source.compareLast(this.#store.next);
      if (place !== null) await environment.events.placed(this.#store.table.name, this.partition, place);
    }
    this.#isVerified = true;
    this.#fetchedMs = environment.world.clock.monotonicMs();
    this.#published();
  }

  /** Opens where the catalog knows nothing yet. */
  async #openAt(offset: bigint): Promise<void> {
    await this.#parts.environment.events.started(this.#store.table.name, this.partition, offset);
    this.#store.open(offset);
  }

  #changeOver(): void {
    if (this.#altered === null) return;
    this.#store.alter(this.#altered);
    this.#altered = null;
    // Its source may be another one now: it must be the same stream.
    this.#isVerified = false;
    this.#changed();
  }

  /** False after a wait: unsealed rows take too much memory, or the log cannot keep up. */
  async #hasRoom(): Promise<boolean> {
    const { environment, unsealedBytes, log } = this.#parts;
    const { limits } = environment;
    const unsealed = unsealedBytes();
    if (unsealed > limits.unsealedBytes) {
      const message = `unsealed rows hold ${unsealed} bytes of unsealedBytes = ${limits.unsealedBytes}: waiting for a seal`;
      await this.#short(new StoreError("MEMORY_BUDGET", message));
      return false;
    }
    if (log.failure !== null && this.#parts.isMirrored) {
      await this.#short(log.failure);
      return false;
    }
    this.#progress.consume();
    return true;
  }

  /** Waits a little when memory or disk is short, showing why; anything else goes up. */
  async #short(error: unknown): Promise<void> {
    const known = storeErrorOf(error);
    if (known.code !== "MEMORY_BUDGET" && known.code !== "DISK_FULL") throw error;
    this.#progress.wait(known);
    await this.#sleep(shortWaitMs);
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#isClosed) return;
    if (error instanceof AssertionError) throw error;
    if (error instanceof OffsetGone) return await this.#gone(error);
    const known = storeErrorOf(error);
    // Interrupted by pause, alter or close: what was really wrong shows again.
    if (this.#stop.signal.aborted) return;
    switch (known.code) {
      case "MEMORY_BUDGET":
      case "DISK_FULL":
        return await this.#short(known);
      case "STREAM_CHANGED":
      case "LOG_CORRUPT":
      case "DISK_FAILED":
        return this.#progress.stop(known);
      default: {
        if (known instanceof BatchCorrupt && ++this.#corruptTries >= corruptTriesMax) {
          const message = `${known.message}. ${goOnAdvice(this.#store.table.name)}`;
          return this.#progress.stop(new BatchCorrupt(message, known.endOffset));
        }
        // While the source was away, its topic may have been made anew.
        this.#isVerified = false;
        const retryMs = this.#progress.retry(known, { firstMs: retryFirstMs, lastMs: retryLastMs });
        await this.#sleep(retryMs);
      }
    }
  }

  async #gone({ startOffset, endOffset }: OffsetGone): Promise<void> {
    if (this.#store.next < startOffset) return await this.#gap(startOffset, retentionGap);
    if (++this.#aheadTries >= aheadTriesMax) {
      return this.#progress.stop(this.#source.endsBefore(this.#store.next, endOffset));
    }
    this.#isVerified = false;
    const error = new StoreError(
      "STREAM_UNREACHABLE",
      `the source ends at ${endOffset}, before our offset ${this.#store.next}`,
    );
    await this.#sleep(this.#progress.retry(error, { firstMs: retryFirstMs, lastMs: retryLastMs }));
  }

  /** Passes over offsets that are not there, which is known for ever before anything behind them is read. */
  async #gap(end: bigint, reason: string, place: SourcePlace | null = null): Promise<void> {
    const { environment } = this.#parts;
    const gap = {
      partition: this.partition,
      start: this.#store.next,
      end,
      reason,
      foundMs: environment.world.clock.nowMs(),
    };
    environment.world.log("warn", `offsets ${gap.start} to ${end} are gone: ${reason}`, {
      table: this.#store.table.name,
    });
    await environment.events.gap(this.#store.table.name, gap, place);
    if (this.#parts.isMirrored) {
      const bounded = bounds({ baseOffset: gap.start, endOffset: end });
      this.#mirror({ kind: "gap", ...bounded, note: noBytes, payload: bytesOf(reason) });
    }
    this.#skipTo(end);
  }

  /** CRC of the record at an offset, from the source; null when it cannot say. */
  recordCrc(offset: bigint): Promise<number | null> {
    return this.#source.recordCrc(offset);
  }

  /** Goes on where somebody said, after a stop that only people can judge; false when it had not stopped. */
  async continueFrom(from: ConsumeFrom): Promise<boolean> {
    const { stopError } = this.#progress;
    if (stopError === null) return false;
    await this.#running?.catch(() => {});
    if (this.#parts.isMirrored) await this.#continueSource(from, stopError);
    else await this.#continueLog(stopError);
    this.#isVerified = false;
    this.#aheadTries = this.#corruptTries = 0;
    this.#progress.restart();
    if (this.isPaused) this.#progress.pause();
    this.#run();
    return true;
  }

  async #continueSource(from: ConsumeFrom, stopError: StoreError): Promise<void> {
    const { log } = this.#parts;
    if (log.stopped) throw log.failure ?? stopError;
    const { next } = this.#store;
    const continuation = await this.#source.continuation(from, next, stopError);
    const { end, place, reason } = continuation;
    if (end > next) await this.#gap(end, reason, place);
    else await this.#parts.environment.events.placed(this.#store.table.name, this.partition, place);
    this.#source.go(continuation);
  }

  /** The rows that a damaged log of our own still has behind the damage are given up; the files are put aside. */
  async #continueLog(stopError: StoreError): Promise<void> {
    const { log } = this.#parts;
    const end = stopError.code === "LOG_CORRUPT" ? log.givenEnd : null;
    if (end === null) throw stopError;
    if (!this.#store.isOpen) await this.#openAt(0n);
    const { next } = this.#store;
    await log.putAside();
    log.begin(next);
    if (end > next) await this.#gap(end, `given up by hand: ${stopError.message}`);
    log.begin(end);
  }

  #skipTo(offset: bigint): void {
    this.#store.skipTo(offset);
    this.#published();
  }

  #fresh(): AbortSignal {
    if (this.#stop.signal.aborted) this.#stop = new AbortController();
    return this.#stop.signal;
  }

  #interrupt(): void {
    this.#stop.abort(new StoreError("SHUTTING_DOWN", "interrupted"));
    this.#changed();
  }

  async #sleep(delayMs: number): Promise<void> {
    await this.#parts.environment.world.clock.sleep(delayMs, this.#fresh()).catch(() => {});
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changes.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#changes.splice(0)) wake();
  }
}

const retentionGap = "the source no longer has these offsets (retention)";
const noBytes = new Uint8Array(0);
const nothing = { note: noBytes, payload: noBytes };

const bounds = ({ baseOffset, endOffset }: { readonly baseOffset: bigint; readonly endOffset: bigint }) => ({
  baseOffset,
  endOffset,
});

/** A source may begin a batch before the asked offset (whole batches) or after it (compacted), never go back. */
function assertNext(batch: RawBatch, next: bigint): void {
  if (batch.endOffset > next && batch.endOffset > batch.baseOffset) return;
  const message = `asked for offset ${next} but got a batch of ${batch.baseOffset} to ${batch.endOffset}`;
  throw new StoreError("STREAM_CORRUPT", message);
}
