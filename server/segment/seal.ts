/**
 * The seal thread's work, written against World and arenas so that any thread can do it: a frozen mutable segment, or
 * several sealed ones, become one durable file and its catalog record.
 */
import type { Limits } from "#schemas/limits";
import type { SegmentRecord, SourceRange } from "#schemas/segment";
import type { Table } from "#schemas/table";
import type { World } from "#schemas/world";
import type { Arena } from "#server/arena/arena";
import type { Kernels } from "#server/kernels/kernels";
import { Cache } from "#server/segment/cache";
import type { MutableHandle } from "#server/segment/mutable-layout";
import { openMutable } from "#server/segment/mutable-reader";
import { openSegment, type SealedSegment } from "#server/segment/open";
import { encodeSegment } from "#server/segment/seal/seal";

/** What the seal thread works with. */
export interface SealContext {
  readonly world: Pick<World, "disk" | "failpoint">;
  readonly limits: Pick<Limits, "chunkRows">;
  /** The arena with this index: where a mutable segment lies. */
  readonly arenaOf: (index: number) => Arena;
  readonly kernelsOf: (arena: Arena) => Kernels;
}

export interface SealRequest {
  readonly table: Table;
  readonly handle: MutableHandle;
  /** The id of the sealed segment. */
  readonly id: string;
  readonly path: string;
  /** The offsets it stands for, rejected records included. */
  readonly ranges: readonly SourceRange[];
  readonly createdMs: number;
}

/** Seals a frozen segment. When it resolves the file is whole and durable. */
export async function sealJob(context: SealContext, request: SealRequest): Promise<SegmentRecord> {
  const { world, limits, arenaOf } = context;
  const { handle, table, id, path, ranges, createdMs } = request;
  const reader = openMutable(handle, arenaOf(handle.arena)).reader();
  try {
    const { record, chunks } = encodeSegment([reader], {
      id,
      table,
      path,
      ranges,
      createdMs,
      chunkRows: limits.chunkRows,
      lineage: [],
      keepFromMs: null,
    });
    world.failpoint("seal-encoded");
    await world.disk.writeAtomic(path, chunks);
    return record;
  } finally {
    reader.release();
  }
}

export interface MergeRequest {
  readonly table: Table;
  readonly inputs: readonly SegmentRecord[];
  readonly id: string;
  readonly path: string;
  /** Rows before this time are left out; null keeps all. */
  readonly keepFromMs: bigint | null;
  readonly createdMs: number;
}

/** Merges sealed segments into one. `arena` lends the memory to decode them. */
export async function mergeJob(
  context: SealContext,
  request: MergeRequest,
  arena: Arena,
): Promise<SegmentRecord> {
  const { world, limits, kernelsOf } = context;
  const { table, inputs, id, path, keepFromMs, createdMs } = request;
  const cache = new Cache(0);
  const opened: SealedSegment[] = [];
  try {
    for (const input of inputs) {
      opened.push(
        openSegment({ disk: world.disk, path: input.path, arena, kernels: kernelsOf(arena), cache }),
      );
    }
    const readers = opened.map((segment) => segment.reader());
    const { record, chunks } = encodeSegment(readers, {
      id,
      table,
      path,
      createdMs,
      keepFromMs,
      chunkRows: limits.chunkRows,
      ranges: inputs.flatMap((input) => input.ranges),
      lineage: inputs.map((input) => input.id),
    });
    for (const reader of readers) reader.release();
    world.failpoint("merge-encoded");
    await world.disk.writeAtomic(path, chunks);
    return record;
  } finally {
    for (const segment of opened) segment.close();
  }
}
