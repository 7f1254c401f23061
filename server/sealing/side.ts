/** The seal thread's work: readers in, one whole and durable file out. It holds no state but a cache while it merges. */
import type { Limits } from "#schemas/limits";
import type { SegmentRecord } from "#schemas/segment";
import type { World } from "#schemas/world";
import type { SharedArena } from "#server/arena/attach";
import type { ArenaPool } from "#server/arena/pool";
import type { Kernels } from "#server/kernels/kernels";
import type { MergeJob, Sealer, SealJob } from "#server/sealing/port";
import { Cache } from "#server/segment/cache";
import { openMutable } from "#server/segment/mutable-reader";
import { openSegment } from "#server/segment/open";
import { encodeSegment } from "#server/segment/seal/seal";

export interface SealSideOptions {
  readonly world: World;
  readonly limits: Limits;
  readonly pool: ArenaPool;
  readonly kernels: (arena: SharedArena) => Kernels;
  /** A whole segment was encoded, and is garbage now. */
  readonly afterwards?: () => void;
}

export class SealSide implements Sealer {
  readonly #options: SealSideOptions;

  constructor(options: SealSideOptions) {
    this.#options = options;
  }

  async seal(job: SealJob): Promise<SegmentRecord> {
    try {
      return await this.#seal(job);
    } finally {
      this.#options.afterwards?.();
    }
  }

  async #seal(job: SealJob): Promise<SegmentRecord> {
    const { world, limits, pool } = this.#options;
    const { handle, frozen, path, createdMs } = job;
    const { id, partition, start, end, definition } = frozen;
    const reader = openMutable(handle, pool.arena(handle.arena)).reader();
    const { record, chunks } = encodeSegment([reader], {
      id,
      table: definition,
      path,
      chunkRows: limits.chunkRows,
      ranges: [{ partition, start, end }],
      lineage: [],
      keepFromMs: null,
      createdMs,
    });
    world.failpoint("seal-encoded");
    await world.disk.writeAtomic(path, chunks);
    return record;
  }

  async merge(job: MergeJob): Promise<SegmentRecord> {
    const { world, limits, pool, kernels } = this.#options;
    const { table, inputs, id, path, keepFromMs, createdMs } = job;
    const cache = new Cache(0);
    const arena = pool.roomiest(0);
    const segments: ReturnType<typeof openSegment>[] = [];
    try {
      for (const input of inputs)
        segments.push(
          openSegment({ disk: world.disk, path: input.path, arena, kernels: kernels(arena), cache }),
        );
      const readers = segments.map((segment) => segment.reader());
      const lineage = inputs.map((input) => input.id);
      const options = { id, table, path, chunkRows: limits.chunkRows, lineage, keepFromMs, createdMs };
      const { record, chunks } = encodeSegment(readers, options);
      for (const reader of readers) reader.release();
      world.failpoint("merge-encoded");
      await world.disk.writeAtomic(path, chunks);
      return record;
    } finally {
      for (const segment of segments) segment.close();
      this.#options.afterwards?.();
    }
  }

  async close(): Promise<void> {}
}
