/**
 * Snapshots: what one query sees of its tables, fixed. Taking one pins everything reachable through the server's epochs;
 * it is given back by `release`, or dropped after its lease, so a broker that died holds nothing for ever.
 */
import { StoreError } from "#schemas/errors";
import type { Fault } from "#schemas/plan/server-client";
import type { SnapshotInfo, TableMoment, TableVersion } from "#schemas/plan/snapshot";
import type { Clock } from "#schemas/world";
import type { Epochs, Snapshot } from "#server/arena/epoch";
import type { SegmentReader } from "#server/segment/reader";
import { standstills } from "#server/tables/standstill";
import { readerTimes, type SealedEntry, type TableState } from "#server/tables/table";

/** One query's view of a table. */
export interface HeldTable {
  readonly state: TableState;
  readonly moment: TableMoment;
  readonly readers: SegmentReader[];
  readonly faults: Fault[];
}

interface HeldSnapshot {
  readonly tables: ReadonlyMap<string, HeldTable>;
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

export class Snapshots {
  readonly #clock: Clock;
  readonly #epochs: Epochs;
  readonly #leaseMs: number;
  /** This life of the server. */
  readonly #run: string;
  readonly #held = new Map<string, HeldSnapshot>();
  #taken = 0;

  constructor(options: { run: string; clock: Clock; epochs: Epochs; leaseMs: number }) {
    this.#run = options.run;
    this.#clock = options.clock;
    this.#epochs = options.epochs;
    this.#leaseMs = options.leaseMs;
  }

  get count(): number {
    return this.#held.size;
  }

  /** All in one turn, so that they are one moment. */
  take(states: readonly TableState[]): SnapshotInfo {
    const pin = this.#epochs.take();
    const tables = new Map<string, HeldTable>();
    try {
      for (const state of states) tables.set(state.name, tableOf(state));
    } catch (error) {
      giveBack({ tables, pin });
      throw error;
    }
    const id = `${this.#run}#${++this.#taken}`;
    const expiresMs = this.#clock.monotonicMs() + this.#leaseMs;
    this.#held.set(id, { tables, pin, expiresMs, running: 0, released: false });
    const moments = [...tables.values()].map(({ moment }) => moment);
    return { id, run: this.#run, takenMs: this.#clock.nowMs(), tables: moments };
  }

  /** What a snapshot has of a table. */
  table(id: string, name: string): HeldTable {
    return tableIn(this.#get(id), id, name);
  }

  #get(id: string): HeldSnapshot {
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

  /** Runs work over a table of the snapshot; a release meanwhile takes effect after it. */
  async use<T>(id: string, name: string, work: (table: HeldTable) => Promise<T>): Promise<T> {
    const held = this.#get(id);
    const table = tableIn(held, id, name);
    held.running++;
    try {
      return await work(table);
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

function tableIn({ tables }: HeldSnapshot, id: string, name: string): HeldTable {
  const table = tables.get(name);
  if (table !== undefined) return table;
  throw new StoreError("TABLE_UNKNOWN", `snapshot ${id} has no table "${name}"`, { at: name });
}

function tableOf(state: TableState): HeldTable {
  const readers: SegmentReader[] = [];
  const growing = new Map<number, number>();
  let newestEventMs: bigint | null = null;
  const see = (timeMs: bigint | null) => {
    if (timeMs !== null && (newestEventMs === null || timeMs > newestEventMs)) newestEventMs = timeMs;
  };
  try {
    for (const entry of state.entries) {
      const reader = openReader(entry);
      if (reader !== null) readers.push(reader);
      if (entry.kind === "sealed") see(entry.record.timeMaxMs);
      else if (reader !== null) {
        const { partition } = entry.view.handle;
        growing.set(partition, (growing.get(partition) ?? 0) + reader.rows);
        see(readerTimes(reader, state.table).max);
      }
    }
  } catch (error) {
    for (const reader of readers) reader.release();
    throw error;
  }
  const moment = {
    table: state.name,
    version: versionOf(state, readers, growing),
    rows: readers.reduce((sum, reader) => sum + reader.rows, 0),
    gaps: [...state.gaps],
    newestEventMs,
  };
  return { state, moment, readers, faults: [...state.corrupt().map(faultOf), ...standstills(state)] };
}

const versionOf = (
  state: TableState,
  readers: readonly SegmentReader[],
  growing: ReadonlyMap<number, number>,
): TableVersion => ({
  ...state.identity,
  generation: state.generation,
  growing: [...growing]
    .map(([partition, rows]) => ({ partition, rows }))
    .toSorted((left, right) => left.partition - right.partition),
  validity: readers.reduce((sum, reader) => sum + reader.generation, 0),
});

function openReader(entry: TableState["entries"][number]): SegmentReader | null {
  if (entry.kind === "consuming") return entry.view.rowsVisible() === 0 ? null : entry.view.reader();
  return entry.error === null && entry.segment !== null ? entry.segment.reader() : null;
}

function giveBack({ tables, pin }: Pick<HeldSnapshot, "tables" | "pin">): void {
  for (const { readers } of tables.values()) for (const reader of readers) reader.release();
  pin.release();
}
