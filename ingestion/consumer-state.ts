/** What a partition's consumer is made of, and what it shows of itself: state, lag, rate, last error. */
import type { DeadLetters } from "#ingestion/dead-letters";
import type { UnknownFields } from "#ingestion/decode/unknown-fields";
import { FaultLog } from "#ingestion/fault-log";
import type { IdempotencyKeys } from "#ingestion/log/keys";
import type { TailLog } from "#ingestion/log/tail-log";
import { errorOf, type PartitionLife, stateOf, stepPartition } from "#ingestion/partition-life";
import type { PartitionStatus } from "#schemas/api/tables";
import type { StoreError } from "#schemas/errors";
import type { CommittedPartition, IngestEnvironment, RecordSlices } from "#schemas/ingest";
import { ingestionBounds } from "#schemas/limits";
import type { FetchResult, RawBatch, Source } from "#schemas/source";
import type { Stream, Table } from "#schemas/table";

export interface ConsumerParts {
  readonly environment: IngestEnvironment;
  readonly table: Table;
  readonly partition: number;
  /** null: the catalog knows nothing of this partition. */
  readonly committed: CommittedPartition | null;
  readonly source: Source;
  /** Where to begin when neither catalog nor log knows. */
  readonly start: Stream["start"];
  readonly log: TailLog;
  /** The log copies a source that has the rows too; else it is where they are. */
  readonly isMirrored: boolean;
  /** Pushed tables only. */
  readonly keys: IdempotencyKeys | null;
  /** Where the records of a batch are, when its source knows; else they are looked for. */
  readonly slicesOf: (batch: RawBatch) => RecordSlices | undefined;
  readonly letters: DeadLetters;
  readonly unknown: UnknownFields;
  /** The table's wish at the moment. */
  readonly isPaused: () => boolean;
  /** Unsealed bytes of all of the table's partitions. */
  readonly unsealedBytes: () => number;
}

const rateWindowMs = ingestionBounds.rateWindowMs;

export class Progress {
  readonly #parts: ConsumerParts;
  readonly #onStop: () => void;
  readonly #faults: FaultLog;
  #life: PartitionLife = { kind: "starting" };
  /** What happened on the way without keeping us from going on; shown until something does. */
  #note: StoreError | null = null;
  #attempts = 0;
  #visible = 0n;
  #endOffset: bigint | null = null;
  #newestSourceMs: number | null = null;
  #newestRowMs: number | null = null;
  #caughtUpMs: number | null = null;
  #rows = 0;
  #rate = 0;
  #rateMs: number;
  #hasLog = false;

  constructor(parts: ConsumerParts, onStop: () => void) {
    this.#parts = parts;
    this.#onStop = onStop;
    const { table, partition, environment } = parts;
    this.#faults = new FaultLog(environment.world, { table: table.name, partition });
    this.#rateMs = parts.environment.world.clock.monotonicMs();
  }

  get isClosed(): boolean {
    return this.#life.kind === "closed";
  }

  get stopError(): StoreError | null {
    return this.#life.kind === "stopped" ? this.#life.error : null;
  }

  /** Rows before this offset are visible. */
  get visible(): bigint {
    return this.#visible;
  }

  /** A record of the log was seen: what follows it follows on. */
  get hasLog(): boolean {
    return this.#hasLog;
  }

  sawLog(): void {
    this.#hasLog = true;
  }

  /** The stream is known up to the log's end. */
  replayed(log: TailLog): void {
    this.#endOffset = log.endOffset > this.#visible ? log.endOffset : this.#visible;
  }

  consume(): void {
    if (this.#life.kind === "consuming") return;
    if (this.#life.kind !== "starting" && this.#note?.code !== "LOG_CORRUPT") this.#note = null;
    this.#go({ kind: "consuming" });
  }

  /** By the user's wish. */
  pause(): void {
    // Why it stopped stays said, whatever else is asked of it.
    if (this.stopError !== null) return;
    this.#note = null;
    if (this.#life.kind !== "paused") this.#go({ kind: "paused" });
  }

  /** Until there is memory or disk again. */
  wait(error: StoreError): void {
    const isKnown = this.#life.kind === "waiting" && this.#life.error.message === error.message;
    if (this.stopError === null && !isKnown) this.#go({ kind: "waiting", error });
  }

  close(): void {
    this.#go({ kind: "closed" });
  }

  /** Says what will be tried again and when; answers the delay. */
  retry(error: StoreError, delays: { readonly firstMs: number; readonly lastMs: number }): number {
    const { clock } = this.#parts.environment.world;
    const delayMs = Math.min(delays.lastMs, delays.firstMs * 2 ** Math.min(this.#attempts++, 16));
    this.#faults.fault(error.message, { retryInMs: delayMs });
    this.#go({ kind: "retrying", error, retryAtMs: clock.monotonicMs() + delayMs });
    return delayMs;
  }

  stop(error: StoreError): void {
    if (this.stopError !== null) return;
    const { table, partition, environment, log } = this.#parts;
    const isLogged = error === log.failure; // the log says its own failures
    if (!isLogged)
      environment.world.log("error", error.message, { table: table.name, partition, code: error.code });
    this.#go({ kind: "stopped", error });
    this.#onStop();
  }

  /** After a stop, when somebody has said where to go on. */
  restart(): void {
    this.#note = null;
    this.#attempts = 0;
    this.#go({ kind: "starting" });
  }

  /** An error that does not keep us from going on, shown until the next. */
  note(error: StoreError): void {
    this.#note = error;
  }

  fetched(result: FetchResult): void {
    this.#attempts = 0;
    this.#faults.over();
    if (this.#life.kind === "retrying") this.consume();
    this.#endOffset = result.endOffset;
    if (result.newestMs !== null) this.#newestSourceMs = result.newestMs;
  }

  appended(rows: number, newestMs: number | null): void {
    // Rows of the log come faster than any source's: they would say nothing of its rate.
    if (this.#life.kind !== "starting") this.#rows += rows;
    if (newestMs !== null) this.#newestRowMs = newestMs;
    const nowMs = this.#parts.environment.world.clock.monotonicMs();
    const passedMs = nowMs - this.#rateMs;
    if (passedMs < rateWindowMs / 10) return;
    const weight = Math.min(1, passedMs / rateWindowMs);
    this.#rate += weight * ((this.#rows * 1000) / passedMs - this.#rate);
    this.#rows = 0;
    this.#rateMs = nowMs;
  }

  published(next: bigint): void {
    this.#visible = next;
    if (this.#endOffset === null || next >= this.#endOffset) {
      this.#caughtUpMs = this.#parts.environment.world.clock.nowMs();
    }
  }

  status(next: bigint): PartitionStatus {
    const { clock } = this.#parts.environment.world;
    const end = this.#endOffset;
    const lag = end === null ? null : Number(end > next ? end - next : 0n);
    const error = errorOf(this.#life) ?? this.#note;
    const quietMs = clock.monotonicMs() - this.#rateMs;
    return {
      partition: this.#parts.partition,
      state: stateOf(this.#life),
      nextOffset: String(next),
      endOffset: end === null ? null : String(end),
      lagRows: lag,
      lagMs: this.#lagMs(lag, clock.nowMs()),
      rowsPerSecond: quietMs > rateWindowMs * 2 ? 0 : Math.round(this.#rate * 10) / 10,
      lastError: error?.message ?? null,
      ...(error === null ? {} : { lastErrorCode: error.code }),
      retryInMs:
        this.#life.kind === "retrying"
          ? Math.max(0, Math.round(this.#life.retryAtMs - clock.monotonicMs()))
          : null,
    };
  }

  #lagMs(lagRows: number | null, nowMs: number): number | null {
    if (lagRows === null) return null;
    if (lagRows === 0) return 0;
    if (this.#newestSourceMs !== null && this.#newestRowMs !== null) {
      return Math.max(0, this.#newestSourceMs - this.#newestRowMs);
    }
    return this.#caughtUpMs === null ? null : Math.max(0, nowMs - this.#caughtUpMs);
  }

  #go(to: PartitionLife): void {
    // What was under way when it closed changes nothing any more.
    if (this.isClosed) return;
    const { environment, table } = this.#parts;
    this.#life = stepPartition(this.#life, to);
    if (errorOf(to) !== null) this.#note = null;
    environment.events.status(table.name, this.status(this.#visible));
  }
}

export const startProgress = (parts: ConsumerParts, onStop: () => void): Progress =>
  new Progress(parts, onStop);
