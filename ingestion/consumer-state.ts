/** What a partition's consumer is made of, and what it shows of itself: state, lag, rate, last error. */
import type { DeadLetters } from "#ingestion/dead-letters";
import type { UnknownFields } from "#ingestion/decode/unknown-fields";
import { FaultLog } from "#ingestion/fault-log";
import type { IdempotencyKeys } from "#ingestion/log/keys";
import type { TailLog } from "#ingestion/log/tail-log";
import type { PartitionStatus } from "#schemas/api/tables";
import { assert, type StoreError } from "#schemas/errors";
import type { CommittedPartition, IngestEnvironment, RecordSlices } from "#schemas/ingest";
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
  readonly isPaused: boolean;
  /** Unsealed bytes of all of the table's partitions. */
  readonly unsealedBytes: () => number;
}

type State = PartitionStatus["state"];

/** The allowed steps; a partition that stopped begins again only with its process. */
const steps: Readonly<Record<State, readonly State[]>> = {
  starting: ["consuming", "paused", "retrying", "stopped"],
  consuming: ["paused", "retrying", "stopped"],
  paused: ["consuming", "retrying", "stopped"],
  retrying: ["consuming", "paused", "stopped"],
  stopped: [],
};

const rateWindowMs = 5000;

export class Progress {
  readonly #parts: ConsumerParts;
  readonly #onStop: () => void;
  readonly #faults: FaultLog;
  #state: State = "starting";
  #error: StoreError | null = null;
  #stopError: StoreError | null = null;
  #retryAtMs: number | null = null;
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

  get stopError(): StoreError | null {
    return this.#stopError;
  }

  get pauseError(): StoreError | null {
    return this.#state === "paused" ? this.#error : null;
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
    if (this.#state === "consuming") return;
    if (this.#state !== "starting" && this.#error?.code !== "LOG_CORRUPT") this.#error = null;
    this.#go("consuming");
  }

  pause(error: StoreError | null): void {
    const isNew = this.#state !== "paused" || this.#error?.message !== error?.message;
    this.#error = error;
    if (this.#stopError === null && isNew) this.#go("paused");
  }

  /** Says what will be tried again and when; answers the delay. */
  retry(error: StoreError, delays: { readonly firstMs: number; readonly lastMs: number }): number {
    const { clock } = this.#parts.environment.world;
    const delayMs = Math.min(delays.lastMs, delays.firstMs * 2 ** Math.min(this.#attempts++, 16));
    this.#error = error;
    this.#retryAtMs = clock.monotonicMs() + delayMs;
    this.#faults.fault(error.message, { retryInMs: delayMs });
    this.#go("retrying");
    return delayMs;
  }

  stop(error: StoreError): void {
    if (this.#stopError !== null) return;
    this.#error = this.#stopError = error;
    const { table, partition, environment, log } = this.#parts;
    const isLogged = error === log.failure; // the log says its own failures
    if (!isLogged)
      environment.world.log("error", error.message, { table: table.name, partition, code: error.code });
    this.#go("stopped");
    this.#onStop();
  }

  /** An error that does not keep us from going on, shown until the next. */
  note(error: StoreError): void {
    this.#error = error;
  }

  fetched(result: FetchResult): void {
    this.#attempts = 0;
    this.#faults.over();
    if (this.#state === "retrying") this.consume();
    this.#endOffset = result.endOffset;
    if (result.newestMs !== null) this.#newestSourceMs = result.newestMs;
  }

  appended(rows: number, newestMs: number | null): void {
    // Rows of the log come faster than any source's: they would say nothing of its rate.
    if (this.#state !== "starting") this.#rows += rows;
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
    const quietMs = clock.monotonicMs() - this.#rateMs;
    return {
      partition: this.#parts.partition,
      state: this.#state,
      nextOffset: String(next),
      endOffset: end === null ? null : String(end),
      lagRows: lag,
      lagMs: this.#lagMs(lag, clock.nowMs()),
      rowsPerSecond: quietMs > rateWindowMs * 2 ? 0 : Math.round(this.#rate * 10) / 10,
      lastError: this.#error?.message ?? null,
      ...(this.#error === null ? {} : { lastErrorCode: this.#error.code }),
      retryInMs:
        this.#state === "retrying" && this.#retryAtMs !== null
          ? Math.max(0, Math.round(this.#retryAtMs - clock.monotonicMs()))
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

  #go(state: State): void {
    const { environment, table } = this.#parts;
    assert(
      this.#state === state || steps[this.#state].includes(state),
      `${this.#state} cannot become ${state}`,
    );
    this.#state = state;
    environment.events.status(table.name, this.status(this.#visible));
  }
}

export const startProgress = (parts: ConsumerParts, onStop: () => void): Progress =>
  new Progress(parts, onStop);
