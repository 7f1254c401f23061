/**
 * From a frozen mutable segment to a sealed one, in this order: file (whole and durable) → catalog
 * (compare-and-set) → list (one step) → memory and log let go. A kill between any two of these leaves either
 * the log or the file as the rows' one home. Per partition strictly in order, because each commit begins
 * where the one before ended.
 */
import type { CatalogClient, SegmentCommit } from "#schemas/catalog";
import { hasCode, messageOf, StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import type { Gap, SegmentRecord, SourcePlace } from "#schemas/segment";
import type { World } from "#schemas/world";
import type { Epochs } from "#server/arena/epoch";
import type { FrozenSegment, IngestPort } from "#server/ingest/port";
import type { Sealer } from "#server/sealing/port";
import type { SealedSegment } from "#server/segment/open";
import { isGoing, isKept } from "#server/tables/life";
import { segmentPath } from "#server/tables/paths";
import { type ConsumingEntry, sealedEntry, type TableState } from "#server/tables/table";

export interface SealContext {
  readonly world: World;
  readonly catalog: CatalogClient;
  readonly sealer: Sealer;
  readonly epochs: Epochs;
  readonly openSegment: (record: SegmentRecord) => SealedSegment;
  /** The thread that consumes a table. */
  readonly ingestOf: (table: string) => IngestPort;
  /** No snapshot sees a segment any more. */
  readonly forget: (segmentId: string) => void;
  readonly changed: (table: string) => void;
}

const retryMinMs = serverBounds.sealRetryFirstMs;
const retryMaxMs = serverBounds.sealRetryLastMs;

export class SealQueue {
  readonly #context: SealContext;
  readonly #chains = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();

  constructor(context: SealContext) {
    this.#context = context;
  }

  /** A segment of the list was frozen. */
  seal(state: TableState, entry: ConsumingEntry, frozen: FrozenSegment): void {
    this.#enqueue(state, frozen.partition, () => this.#sealAndCommit(state, entry, frozen)).catch(() => {});
  }

  /** Offsets without rows. */
  passOver(state: TableState, frozen: FrozenSegment): void {
    const { partition, start, end } = frozen;
    this.#enqueue(state, partition, async () => {
      const epoch = await this.#epochOf(state, partition, start);
      await this.#context.catalog.passOver(state.name, { partition, start, end }, epoch);
      await this.#trim(state, partition, end);
    }).catch(() => {});
  }

  /** Resolves when the catalog has the gap, after everything before it is committed. */
  gap(state: TableState, gap: Gap, place: SourcePlace | null): Promise<void> {
    return this.#enqueue(state, gap.partition, async () => {
      await this.#epochOf(state, gap.partition, gap.start);
      await this.#context.catalog.recordGap(state.name, gap, place);
      state.gaps.push(gap);
      state.changed();
      this.#context.changed(state.name);
    });
  }

  /** Resolves when nothing waits, as far as known now. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#chains.values()]);
  }

  /** Resolves when nothing of a table is being written: its memory may go. */
  async settled(table: string): Promise<void> {
    const chains = [...this.#chains].filter(([key]) => key.startsWith(`${table}/`));
    await Promise.allSettled(chains.map(([, chain]) => chain));
  }

  /** No more work is begun; what is being written ends or is abandoned: the log has it. */
  async close(): Promise<void> {
    this.#stop.abort(new StoreError("SHUTTING_DOWN", "the server is stopping"));
    await this.idle();
  }

  #enqueue(state: TableState, partition: number, work: () => Promise<void>): Promise<void> {
    const key = `${state.name}/${partition}`;
    const before = this.#chains.get(key) ?? Promise.resolve();
    const after = before.catch(() => {}).then(() => this.#untilDone(state, partition, work));
    this.#chains.set(key, after);
    const forget = () => {
      if (this.#chains.get(key) === after) this.#chains.delete(key);
    };
    after.then(forget, forget);
    return after;
  }

  /** Tries until it works, the table goes, or another owner has the partition. */
  async #untilDone(state: TableState, partition: number, work: () => Promise<void>): Promise<void> {
    const { world, changed } = this.#context;
    for (let waitMs: number = retryMinMs; ; waitMs = Math.min(waitMs * 2, retryMaxMs)) {
      this.#stop.signal.throwIfAborted();
      if (!isKept(state.life)) throw new StoreError("SHUTTING_DOWN", `table ${state.name} takes no commits`);
      try {
        await work();
        if (state.sealTrouble !== null) changed(state.name);
        state.sealTrouble = null;
        return;
      } catch (error) {
        if (isGoing(state.life) || this.#stop.signal.aborted) throw error;
        if (hasCode(error, "CATALOG_CONFLICT")) return this.#fence(state, partition, error);
        state.sealTrouble = `sealing waits: ${messageOf(error)}`;
        world.log("error", `table ${state.name}: ${state.sealTrouble}; next try in ${waitMs} ms`);
        changed(state.name);
        await world.clock.sleep(waitMs, this.#stop.signal);
      }
    }
  }

  async #sealAndCommit(state: TableState, entry: ConsumingEntry, frozen: FrozenSegment): Promise<void> {
    const { world, catalog, sealer, openSegment, ingestOf, changed } = this.#context;
    const { partition, end } = frozen;
    const record = await sealer.seal({
      handle: entry.view.handle,
      frozen,
      path: segmentPath(state.name, frozen.id),
      createdMs: world.clock.nowMs(),
    });
    world.failpoint("seal-renamed");
    if (isGoing(state.life)) return world.disk.remove(record.path);
    const segment = openSegment(record); // what was written can be read, or it is not committed
    try {
      const crc = await ingestOf(state.name).recordCrc(state.name, partition, end - 1n);
      await this.#commit(catalog, {
        segment: record,
        epoch: await this.#epochOf(state, partition, frozen.start),
        lastRecordCrcs: { [partition]: crc },
      });
    } catch (error) {
      segment.close();
      throw error;
    }
    world.failpoint("catalog-committed");
    if (isGoing(state.life)) return segment.close();
    state.sealed(entry, sealedEntry(record, segment));
    world.failpoint("segment-swapped");
    changed(state.name);
    this.#freeWhenUnseen(state, entry.id);
    await this.#trim(state, partition, end);
  }

  /** Ours since the start; a partition that a lost catalog forgot is claimed where its rows begin. */
  async #epochOf(state: TableState, partition: number, start: bigint): Promise<number> {
    const known = state.epochs.get(partition);
    if (known !== undefined) return known;
    const { epoch } = await this.#context.catalog.claimPartition(state.name, partition, start);
    state.epochs.set(partition, epoch);
    return epoch;
  }

  /** Commits; a commit whose answer was lost is recognised by what the catalog has. */
  async #commit(catalog: CatalogClient, commit: SegmentCommit): Promise<void> {
    try {
      await catalog.commitSegment(commit);
    } catch (error) {
      if (!hasCode(error, "CATALOG_CONFLICT")) throw error;
      const { id, table, contentHash } = commit.segment;
      const stored = await catalog.segments(table);
      if (!stored.some((one) => one.id === id && one.contentHash === contentHash)) throw error;
    }
  }

  #freeWhenUnseen(state: TableState, id: string): void {
    const { world, epochs, ingestOf, forget } = this.#context;
    epochs.retire(() => {
      forget(id);
      ingestOf(state.name)
        .free([id])
        .catch((error: unknown) => world.log("warn", `freeing segment ${id}: ${messageOf(error)}`));
    });
  }

  /** A log that could not be trimmed is trimmed at the next seal, or at the next start. */
  async #trim(state: TableState, partition: number, offset: bigint): Promise<void> {
    const { world, ingestOf } = this.#context;
    try {
      await ingestOf(state.name).trim(state.name, partition, offset);
      world.failpoint("log-trimmed");
    } catch (error) {
      world.log("warn", `trimming the log of ${state.name}/${partition}: ${messageOf(error)}`);
    }
  }

  /** Someone else commits for this partition: we stop, the rows in hand stay readable. */
  async #fence(state: TableState, partition: number, error: StoreError): Promise<void> {
    const { world, ingestOf, changed } = this.#context;
    const reason = `stopped: ${error.message}; another server commits for partition ${partition}`;
    if (state.life.kind !== "fenced") state.go({ kind: "fenced", reason });
    world.log("error", `table ${state.name}: ${reason}`);
    changed(state.name);
    await ingestOf(state.name).pause(state.name);
    throw error;
  }
}
