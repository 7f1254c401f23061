/**
 * What ingestion sees of one table partition: rows go into the current mutable segment, which is frozen when
 * it is full (rows, bytes, age, or because someone asks), and the next one begins where it ended. Frozen
 * segments stay readable until the main thread says that nobody needs them.
 *
 * Invariants: the ranges of consecutive segments meet without overlap, but for gaps that the catalog records; the
 * stage lies in the arena of the current segment, and between `stage` and `append` nothing is awaited.
 */
import { assert, hasCode } from "#schemas/errors";
import type { Limits } from "#schemas/limits";
import type { RowSink, Stage } from "#schemas/stage";
import type { Table } from "#schemas/table";
import type { Clock } from "#schemas/world";
import type { SharedArena } from "#server/arena/attach";
import type { ArenaPool } from "#server/arena/pool";
import type { FrozenSegment } from "#server/ingest/port";
import type { Stages } from "#server/ingest/stage";
import type { Kernels } from "#server/kernels/kernels";
import { createMutable, type MutableSegment } from "#server/segment/mutable";
import type { MutableHandle } from "#server/segment/mutable-layout";

/** What a sink works with. */
export interface SinkContext {
  readonly pool: ArenaPool;
  readonly stages: Stages;
  readonly kernels: (arena: SharedArena) => Kernels;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly failpoint: (name: string) => void;
  /** A new mutable segment exists; its rows come with the next publish. */
  readonly opened: (handle: MutableHandle) => void;
  /** It takes no more rows: seal it. */
  readonly frozen: (segment: FrozenSegment) => void;
  /** Memory is short: something else must give way. */
  readonly pressed: (arena: number) => void;
}

/** What a sink is for. */
export interface SinkPlace {
  readonly table: Table;
  readonly partition: number;
  readonly startOffset: bigint;
  /** Tells the segments of this table from those of one that had its name before. */
  readonly incarnation: string;
}

const segmentIdOf = ({ table, partition, incarnation }: SinkPlace, start: bigint): string =>
  `${table.name}__${partition}__${start}__${incarnation}`;

export class PartitionSink implements RowSink {
  readonly #context: SinkContext;
  readonly #place: SinkPlace;
  /** Where the current segment lies, or the next one will. */
  #arena: SharedArena;
  #current: MutableSegment | null = null;
  /** When the current segment got its first rows, on the monotonic clock. */
  #currentSinceMs = 0;
  #nextOffset: bigint;
  /** Text columns whose dictionary did not pay in the segment before. */
  #rawColumnIds: readonly number[] = [];
  /** Where the next segment's range begins: behind the last frozen one's. */
  #segmentStart: bigint;
  /** Frozen, and not yet freed by the main thread. */
  readonly #frozen = new Map<string, MutableSegment>();

  constructor(context: SinkContext, place: SinkPlace) {
    this.#context = context;
    this.#place = place;
    this.#nextOffset = place.startOffset;
    this.#segmentStart = place.startOffset;
    this.#arena = context.pool.roomiest(0);
  }

  get stage(): Stage {
    if (this.#current === null) this.#arena = this.#roomiest();
    return this.#context.stages.in(this.#arena, this.#place.table.columns.length);
  }

  get nextOffset(): bigint {
    return this.#nextOffset;
  }

  append(rows: number, endOffset: bigint): void {
    assert(endOffset >= this.#nextOffset, "offsets only grow");
    try {
      if (rows > 0) {
        const { stages } = this.#context;
        const stage = stages.in(this.#arena, this.#place.table.columns.length);
        this.#writable(rows).append(stage, rows, endOffset);
      } else if (this.#current !== null) {
        this.#current.endOffset = endOffset;
      }
    } catch (error) {
      if (hasCode(error, "MEMORY_BUDGET")) this.#makeRoom();
      throw error;
    }
    this.#nextOffset = endOffset;
    this.#context.failpoint("sink-appended");
  }

  publish(arrivalMs: number): void {
    this.#current?.publish(arrivalMs);
    this.rotateWhenDue();
  }

  unsealedBytes(): number {
    let bytes = this.#current?.bytes() ?? 0;
    for (const segment of this.#frozen.values()) bytes += segment.bytes();
    return bytes;
  }

  /** Freezes the current segment if a threshold of the table or of the limits is passed. */
  rotateWhenDue(): void {
    const segment = this.#current;
    const { limits, clock } = this.#context;
    if (segment === null) {
      if (this.#nextOffset - this.#segmentStart >= BigInt(limits.segmentRows)) this.#passOver();
      return;
    }
    const { flushRows, flushMs, flushBytes } = this.#place.table;
    const ageMs = clock.monotonicMs() - this.#currentSinceMs;
    const due =
      segment.rows >= Math.min(limits.segmentRows, flushRows ?? Number.POSITIVE_INFINITY) ||
      segment.bytes() >= Math.min(limits.segmentBytes, flushBytes ?? Number.POSITIVE_INFINITY) ||
      ageMs >= Math.min(limits.segmentMs, flushMs ?? Number.POSITIVE_INFINITY);
    if (due) this.rotate();
  }

  /** Freezes what is there, however little; null when there are no rows. Unpublished rows become visible with it. */
  rotate(): FrozenSegment | null {
    const segment = this.#current;
    if (segment === null) {
      if (this.#nextOffset > this.#segmentStart) this.#passOver();
      return null;
    }
    this.#current = null;
    segment.endOffset = this.#nextOffset;
    segment.publish(this.#context.clock.nowMs());
    segment.freeze();
    this.#rawColumnIds = segment.nearUniqueColumns();
    const { id } = segment.handle;
    this.#frozen.set(id, segment);
    return this.#tellFrozen(id, segment.rows, segment.bytes());
  }

  /** Offsets that have no rows (rejects, control records) are committed too, or the log would keep them for ever. */
  #passOver(): void {
    this.#tellFrozen(segmentIdOf(this.#place, this.#segmentStart), 0, 0);
  }

  #tellFrozen(id: string, rows: number, bytes: number): FrozenSegment {
    const frozen: FrozenSegment = {
      id,
      table: this.#place.table.name,
      partition: this.#place.partition,
      start: this.#segmentStart,
      end: this.#nextOffset,
      rows,
      bytes,
      definition: this.#place.table,
    };
    this.#segmentStart = this.#nextOffset;
    this.#context.frozen(frozen);
    return frozen;
  }

  /** The stream goes on at `offset`; the rows in hand were frozen before. */
  skipTo(offset: bigint): void {
    assert(this.#current === null, "a gap is recorded between two segments");
    this.#nextOffset = offset;
    this.#segmentStart = offset;
  }

  /** Frees a frozen segment that no snapshot can see; true when it was one of ours. */
  free(id: string): boolean {
    const segment = this.#frozen.get(id);
    this.#frozen.delete(id);
    segment?.freeAll();
    return segment !== undefined;
  }

  /** Another sink takes over, or the table is dropped: no more appends. Frozen segments are freed by `free` as ever. */
  retire(): FrozenSegment | null {
    return this.rotate();
  }

  get isEmpty(): boolean {
    return this.#current === null && this.#frozen.size === 0;
  }

  #writable(rows: number): MutableSegment {
    if (this.#current !== null && this.#current.rows + rows > this.#current.rowsMax) this.rotate();
    if (this.#current !== null) return this.#current;
    const { limits, kernels, clock, opened } = this.#context;
    const arena = this.#arena;
    const segment = createMutable({
      id: segmentIdOf(this.#place, this.#segmentStart),
      table: this.#place.table,
      partition: this.#place.partition,
      startOffset: this.#segmentStart,
      arena,
      kernels: kernels(arena),
      limits,
      rawColumnIds: this.#rawColumnIds,
    });
    this.#current = segment;
    this.#currentSinceMs = clock.monotonicMs();
    opened(segment.handle);
    return segment;
  }

  /** Out of memory: seal what is here, and ask the main thread to evict what can be read again. */
  #makeRoom(): void {
    this.rotate();
    this.#context.pressed(this.#arena.index);
  }

  /** The arena in use, unless another has much more room: each one that is used holds a stage. */
  #roomiest(): SharedArena {
    const free = (arena: SharedArena) => arena.allocator.capacity() - arena.allocator.usedBytes();
    const best = this.#context.pool.roomiest(0);
    return free(best) > free(this.#arena) * 2 ? best : this.#arena;
  }
}
