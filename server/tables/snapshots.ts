/**
 * Snapshots: what one query sees, fixed. Taking one pins everything reachable through the server's epochs; it is
 * given back by `release`, or dropped after its lease, so a broker that died holds nothing for ever.
 */
import { StoreError } from "#schemas/errors";
import type { Fault, SnapshotInfo } from "#schemas/plan/server-client";
import type { Clock } from "#schemas/world";
import type { Epochs, Snapshot } from "#server/arena/epoch";
import type { SegmentReader } from "#server/segment/reader";
import { readerTimes, type SealedEntry, type TableState } from "#server/tables/table";

/** One query's view of a table. */
export interface HeldSnapshot {
  readonly info: SnapshotInfo;
  readonly state: TableState;
  readonly readers: SegmentReader[];
  readonly faults: Fault[];
  readonly pin: Snapshot;
  expiresMs: number;
  running: number;
  released: boolean;
}

export const faultOf = (entry: SealedEntry): Fault => ({
  segment: entry.id,
  rows: entry.record.rows,
  code: entry.error?.code ?? "SEGMENT_CORRUPT",
  message: entry.error?.message ?? `segment ${entry.id} cannot be read`,
});

/** Rows that a damaged log of our own stream holds: acknowledged, and in no answer until it is restored. */
const logFaults = ({ status, name }: TableState): Fault[] =>
  status.partitions
    .filter(({ state, lastErrorCode }) => state === "stopped" && lastErrorCode === "LOG_CORRUPT")
    .map(({ partition, lastError }) => ({
      segment: `log of ${name}, partition ${partition}`,
      rows: 0,
      code: "LOG_CORRUPT",
      message: lastError ?? "it cannot be read",
    }));

export class Snapshots {
  readonly #clock: Clock;
  readonly #epochs: Epochs;
  readonly #leaseMs: number;
  readonly #held = new Map<string, HeldSnapshot>();
  #taken = 0;

  constructor(options: { clock: Clock; epochs: Epochs; leaseMs: number }) {
    this.#clock = options.clock;
    this.#epochs = options.epochs;
    this.#leaseMs = options.leaseMs;
  }

  get count(): number {
    return this.#held.size;
  }

  take(state: TableState): SnapshotInfo {
    const pin = this.#epochs.take();
    const readers: SegmentReader[] = [];
    let newestEventMs: bigint | null = null;
    const see = (timeMs: bigint | null) => {
      if (timeMs !== null && (newestEventMs === null || timeMs > newestEventMs)) newestEventMs = timeMs;
    };
    try {
      for (const entry of state.entries) {
        const reader = openReader(entry);
        if (reader !== null) readers.push(reader);
        if (entry.kind === "sealed") see(entry.record.timeMaxMs);
        else if (reader !== null) see(readerTimes(reader, state.table).max);
      }
    } catch (error) {
      for (const reader of readers) reader.release();
      pin.release();
      throw error;
    }
    const info: SnapshotInfo = {
      id: `${state.name}#${++this.#taken}`,
      version: `${state.generation}.${readers.reduce((sum, reader) => sum + reader.rows, 0)}`,
      takenMs: this.#clock.nowMs(),
      rows: readers.reduce((sum, reader) => sum + reader.rows, 0),
      gaps: [...state.gaps],
      newestEventMs,
    };
    const faults = [...state.corrupt().map(faultOf), ...logFaults(state)];
    const expiresMs = this.#clock.monotonicMs() + this.#leaseMs;
    this.#held.set(info.id, { info, state, readers, faults, pin, expiresMs, running: 0, released: false });
    return info;
  }

  get(id: string): HeldSnapshot {
    const held = this.#held.get(id);
    if (held !== undefined) return held;
    throw new StoreError(
      "QUERY_DEADLINE",
      `snapshot ${id} was released, or dropped after ${this.#leaseMs} ms`,
    );
  }

  release(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    held.released = true;
    if (held.running === 0) giveBack(held);
  }

  /** Runs work that uses the snapshot; a release meanwhile takes effect after it. */
  async use<T>(id: string, work: (held: HeldSnapshot) => Promise<T>): Promise<T> {
    const held = this.get(id);
    held.running++;
    try {
      return await work(held);
    } finally {
      held.running--;
      held.expiresMs = this.#clock.monotonicMs() + this.#leaseMs;
      if (held.released && held.running === 0) giveBack(held);
    }
  }

  /** Drops what nobody has released in time. */
  expire(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, held] of this.#held) if (held.running === 0 && held.expiresMs < nowMs) this.release(id);
  }
}

function openReader(entry: TableState["entries"][number]): SegmentReader | null {
  if (entry.kind === "consuming") return entry.view.rowsVisible() === 0 ? null : entry.view.reader();
  return entry.error === null && entry.segment !== null ? entry.segment.reader() : null;
}

function giveBack(held: HeldSnapshot): void {
  for (const reader of held.readers) reader.release();
  held.pin.release();
}
