/**
 * One server: the tables it holds, what ingest threads tell of them, and the answers a broker asks for. All
 * of this is on the main thread, so each step over the lists is whole; the work is done by the ingest, seal
 * and scan threads behind their interfaces, which may as well be plain objects on this thread.
 */
import type { CatalogClient } from "#schemas/catalog";
import { messageOf, StoreError, storeErrorOf } from "#schemas/errors";
import { type Limits, serverBounds } from "#schemas/limits";
import type { Fragment } from "#schemas/plan/plan";
import type {
  Executed,
  ExecuteOptions,
  Fault,
  Partial,
  ScanStats,
  ServerClient,
} from "#schemas/plan/server-client";
import type { SnapshotInfo } from "#schemas/plan/snapshot";
import type { Gap, Reservation, SegmentRecord, SourcePlace } from "#schemas/segment";
import type { World } from "#schemas/world";
import { Epochs } from "#server/arena/epoch";
import type { ArenaPool } from "#server/arena/pool";
import type { FrozenSegment, IngestListener, IngestPort } from "#server/ingest/port";
import { type MaintainContext, maintainTable } from "#server/sealing/maintain";
import type { Sealer } from "#server/sealing/port";
import { SealQueue } from "#server/sealing/queue";
import type { MutableHandle } from "#server/segment/mutable-layout";
import { openMutable } from "#server/segment/mutable-reader";
import type { SealedSegment } from "#server/segment/open";
import type { SegmentReader } from "#server/segment/reader";
import { isGoing, isKept, isThere } from "#server/tables/life";
import { NameTurns } from "#server/tables/name-turns";
import { PushGate } from "#server/tables/push-gate";
import { faultOf, type HeldTable, Snapshots } from "#server/tables/snapshots";
import { standstills } from "#server/tables/standstill";
import type { TableState } from "#server/tables/table";

/** What runs a fragment over readers: server/execute. */
export interface Scanner {
  execute(
    readers: readonly SegmentReader[],
    fragment: Fragment,
    options: ExecuteOptions,
    signal: AbortSignal,
  ): Promise<{ readonly partial: Partial; readonly stats: ScanStats }>;
  explain(
    readers: readonly SegmentReader[],
    fragment: Fragment,
  ): readonly string[] | Promise<readonly string[]>;
  /** No snapshot sees this segment any more: whatever is kept of it may go. */
  forget(segmentId: string): void;
  /** Bytes kept between queries: results, and common codes of text columns. */
  cacheBytes(): number;
  close(): Promise<void>;
}

/** The embedded stream's or Kafka's topics, for inference. */
export interface Topics {
  list(): Promise<readonly { readonly name: string; readonly partitions: number }[]>;
  sample(topic: string, rowsMax: number): Promise<readonly string[]>;
}

export interface ServerParts {
  readonly name: string;
  readonly world: World;
  readonly limits: Limits;
  readonly catalog: CatalogClient;
  readonly pool: ArenaPool;
  readonly sealer: Sealer;
  readonly scanner: Scanner;
  readonly openSegment: (record: SegmentRecord) => SealedSegment;
  /** Makes room in an arena by letting go of what can be read again. */
  readonly evict: (arena: number) => void;
  readonly topics: Topics;
  readonly pace: Pace;
}

/** How often things are looked at. */
export interface Pace {
  readonly statusMs: number;
  readonly maintainMs: number;
  readonly mergeSegmentsMin: number;
  readonly leaseMs: number;
}

const mergeRetryMs = serverBounds.mergeRetryMs;
const stopPatienceMs = serverBounds.stopPatienceMs;

export const usualPace: Pace = { statusMs: 500, maintainMs: 5000, mergeSegmentsMin: 4, leaseMs: 60_000 };

export class Server implements ServerClient, IngestListener {
  readonly name: string;
  readonly parts: ServerParts;
  readonly epochs = new Epochs();
  readonly tables = new Map<string, TableState>();
  readonly queue: SealQueue;
  readonly snapshots: Snapshots;
  readonly stop = new AbortController();
  /** Changes of a table's name, one at a time. */
  readonly turns = new NameTurns();
  readonly gate: PushGate;
  #ingests: readonly IngestPort[] = [];
  readonly #threadOf = new Map<string, number>();
  readonly #listeners = new Set<(table: string) => void>();

  constructor(parts: ServerParts) {
    const { world, catalog, sealer, openSegment, pace } = parts;
    this.name = parts.name;
    this.parts = parts;
    const { clock, random } = world;
    this.gate = new PushGate({ clock, waitMs: parts.limits.queryMs });
    this.snapshots = new Snapshots({ run: random.id(), clock, epochs: this.epochs, leaseMs: pace.leaseMs });
    this.queue = new SealQueue({
      world,
      catalog,
      sealer,
      epochs: this.epochs,
      openSegment,
      ingestOf: (table) => this.ingestOf(table),
      forget: (id) => parts.scanner.forget(id),
      changed: (table) => this.changed(table),
    });
  }

  /** Ingest threads call back into this server, so they come after it. */
  attach(ingests: readonly IngestPort[]): void {
    this.#ingests = ingests;
  }

  /** Tables are spread over the ingest threads; each stays where it is, for its logs have one writer. */
  ingestOf(table: string): IngestPort {
    const at = this.#threadOf.get(table) ?? this.#threadOf.size % this.#ingests.length;
    this.#threadOf.set(table, at);
    return this.#ingests[at]!;
  }

  /** Begins what goes on in the background: statuses, merges, retention, leases. */
  run(): void {
    const { clock } = this.parts.world;
    const { statusMs, maintainMs } = this.parts.pace;
    const forever = async (pauseMs: number, round: () => Promise<void>) => {
      for (;;) {
        await clock.sleep(pauseMs, this.stop.signal);
        await round();
      }
    };
    const endQuietly = (error: unknown) => {
      if (!this.stop.signal.aborted) this.parts.world.log("error", messageOf(error));
    };
    forever(statusMs, () => this.refresh()).catch(endQuietly);
    forever(maintainMs, () => this.maintain()).catch(endQuietly);
  }

  /** By name, case ignored, whatever its life. */
  named(name: string): TableState | undefined {
    const exact = this.tables.get(name);
    if (exact !== undefined) return exact;
    const wanted = name.toLowerCase();
    return [...this.tables.values()].find((state) => state.name.toLowerCase() === wanted);
  }

  state(name: string): TableState {
    const state = this.named(name);
    if (state !== undefined && isThere(state.life)) return state;
    throw new StoreError("TABLE_UNKNOWN", `there is no table "${name}"`);
  }

  // What ingest threads tell.

  async opened(handle: MutableHandle): Promise<void> {
    const state = this.tables.get(handle.table);
    if (state === undefined || isGoing(state.life)) return;
    state.opened(openMutable(handle, this.parts.pool.arena(handle.arena)));
  }

  async frozen(frozen: FrozenSegment): Promise<void> {
    const state = this.tables.get(frozen.table);
    if (state === undefined || isGoing(state.life)) return this.ingestOf(frozen.table).free([frozen.id]);
    const known = state.entries.some((entry) => entry.id === frozen.id && entry.kind === "consuming");
    if (frozen.rows > 0) return this.queue.seal(state, state.frozen(frozen), frozen);
    if (known) {
      state.replace([state.frozen(frozen)], []);
      this.epochs.retire(() => void this.ingestOf(frozen.table).free([frozen.id]));
    }
    if (frozen.end > frozen.start) this.queue.passOver(state, frozen);
  }

  async started(table: string, partition: number, offset: bigint): Promise<void> {
    const claimed = await this.parts.catalog.claimPartition(table, partition, offset);
    this.tables.get(table)?.epochs.set(partition, claimed.epoch);
  }

  async gap(table: string, gap: Gap, place: SourcePlace | null): Promise<void> {
    await this.queue.gap(this.state(table), gap, place);
  }

  async placed(table: string, partition: number, place: SourcePlace): Promise<void> {
    await this.parts.catalog.placePartition(table, partition, place);
  }

  async reserve(table: string, partition: number, reservation: Reservation): Promise<void> {
    try {
      await this.parts.catalog.reserveOffsets(table, partition, reservation);
    } catch (error) {
      // A catalog that is away refuses a push; it is no reason to end.
      throw storeErrorOf(error);
    }
  }

  async published(table: string): Promise<void> {
    this.changed(table);
  }

  async status(table: string): Promise<void> {
    const state = this.tables.get(table);
    if (state !== undefined) await this.#refreshTable(state);
  }

  async pressed(arena: number): Promise<void> {
    this.parts.evict(arena);
  }

  // What a broker asks.

  async snapshot(tables: readonly string[]): Promise<SnapshotInfo> {
    const states = tables.map((name) => this.tables.get(name)).filter((state) => state !== undefined);
    return this.snapshots.take(states.filter(({ life }) => isThere(life)));
  }

  release(snapshotId: string): void {
    this.snapshots.release(snapshotId);
  }

  execute(
    snapshotId: string,
    fragment: Fragment,
    options: ExecuteOptions,
    signal: AbortSignal,
  ): Promise<Executed> {
    return this.snapshots.use(snapshotId, fragment.table, async (held) => {
      for (;;) {
        try {
          const answer = await this.parts.scanner.execute(held.readers, fragment, options, signal);
          return held.faults.length === 0 ? answer : { ...answer, faults: held.faults };
        } catch (error) {
          if (!this.#leaveOut(held, error)) throw error;
        }
      }
    });
  }

  explain(snapshotId: string, fragment: Fragment): Promise<readonly string[]> {
    return this.snapshots.use(snapshotId, fragment.table, async (held) =>
      this.parts.scanner.explain(held.readers, fragment),
    );
  }

  onChange(listener: (table: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(table: string): void {
    for (const listener of this.#listeners) listener(table);
  }

  /** One round of merges and retention over all tables; also drops snapshots past their lease. */
  async maintain(): Promise<void> {
    this.snapshots.expire();
    const { world, limits, catalog, sealer, scanner, openSegment, pace } = this.parts;
    const context: MaintainContext = {
      world,
      limits,
      catalog,
      sealer,
      epochs: this.epochs,
      openSegment,
      forget: (id) => scanner.forget(id),
      changed: (table) => this.changed(table),
      mergeSegmentsMin: pace.mergeSegmentsMin,
    };
    for (const state of [...this.tables.values()]) {
      try {
        await this.#maintainTable(context, state);
      } catch (error) {
        if (this.stop.signal.aborted) return;
        world.log("warn", `table ${state.name}: merging waits: ${messageOf(error)}`);
        state.mergeAfterMs = world.clock.monotonicMs() + mergeRetryMs;
        this.#leaveOutOf(state, error);
      }
    }
  }

  /** A table that is dropped waits for the end of its round: nothing is written for it after that. */
  #maintainTable(context: MaintainContext, state: TableState): Promise<void> {
    const round = async () => {
      while (!this.stop.signal.aborted && isKept(state.life) && (await maintainTable(context, state)));
    };
    const running = round();
    state.maintained = Promise.allSettled([state.maintained, running]);
    return running;
  }

  /** Reads the statuses of all tables from the ingest threads. */
  async refresh(): Promise<void> {
    for (const state of [...this.tables.values()]) await this.#refreshTable(state);
  }

  async close(): Promise<void> {
    this.stop.abort(new StoreError("SHUTTING_DOWN", "the server is stopping"));
    await this.#patiently(this.turns.idle());
    await Promise.allSettled(this.#ingests.map((ingest) => ingest.close()));
    // A seal that is not done by then is abandoned: the log has its rows.
    await this.#patiently(this.queue.close());
    await this.parts.scanner.close();
    await this.parts.sealer.close();
  }

  async #patiently(work: Promise<void>): Promise<void> {
    const over = new AbortController();
    const patience = this.parts.world.clock.sleep(stopPatienceMs, over.signal).catch(() => {});
    await Promise.race([work, patience]);
    over.abort(new Error("closed"));
  }

  async #refreshTable(state: TableState): Promise<void> {
    if (!state.consumes) return;
    try {
      const before = JSON.stringify(standstills(state));
      state.status = await this.ingestOf(state.name).status(state.name);
      // Equal versions mean equal answers: one that lacks a stopped partition's rows is another.
      if (JSON.stringify(standstills(state)) !== before) {
        state.changed();
        this.changed(state.name);
      }
    } catch (error) {
      // Not consuming (yet): the last figures stay, and the table's message says why.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** A segment turned out to be unreadable: it is left out from now on, and every answer says so. */
  #leaveOut(held: HeldTable, error: unknown): boolean {
    const fault = this.#leaveOutOf(held.state, error, held.readers);
    if (fault === null) return false;
    const at = held.readers.findIndex((reader) => reader.id === fault.segment);
    // Another query over this snapshot met it too.
    if (at < 0) return held.faults.some(({ segment }) => segment === fault.segment);
    held.readers[at]!.release();
    held.readers.splice(at, 1);
    held.faults.push(fault);
    return true;
  }

  #leaveOutOf(state: TableState, error: unknown, readers: readonly SegmentReader[] = []): Fault | null {
    if (!(error instanceof StoreError)) return null;
    if (error.code !== "SEGMENT_CORRUPT" && error.code !== "DISK_FAILED") return null;
    const { at } = error.detail;
    const entry = state.sealedEntries().find((one) => at?.includes(one.record.path));
    if (entry !== undefined) {
      state.markCorrupt(entry, error);
      this.parts.world.log("error", `table ${state.name}: segment ${entry.id} is left out: ${error.message}`);
      this.changed(state.name);
      return faultOf(entry);
    }
    // Replaced since the snapshot was taken, and unreadable: this answer alone misses it.
    const reader = readers.find((one) => at?.includes(one.id));
    return reader === undefined
      ? null
      : { segment: reader.id, rows: reader.rows, code: error.code, message: error.message };
  }
}
