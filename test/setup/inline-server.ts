/** Production's server on one thread, over any world and catalog: for the simulation and for tests of whole lives. */
import { Host } from "#ingestion/host";
import type { CatalogClient } from "#schemas/catalog";
import { AssertionError, StoreError } from "#schemas/errors";
import type { IngestEnvironment } from "#schemas/ingest";
import { type Limits, limits as usualLimits } from "#schemas/limits";
import type { World } from "#schemas/world";
import { ArenaPool } from "#server/arena/pool";
import { type Composed, compose } from "#server/compose";
import { IngestSide } from "#server/ingest/side";
import { kernelsFor } from "#server/kernels/instance";
import { makeScanner } from "#server/scanner";
import { readRecord } from "#server/sealing/read-record";
import { SealSide } from "#server/sealing/side";
import { Cache } from "#server/segment/cache";
import { openSegment } from "#server/segment/open";
import { type Pace, usualPace } from "#server/server";

/** Small, so that a few hundred rows seal, merge and fill a disk. */
export const smallLimits: Limits = {
  ...usualLimits,
  chunkRows: 64,
  sliceChunks: 2,
  segmentRows: 128,
  segmentMs: 400,
  stageRows: 16,
  stageTextBytes: 1 << 16,
  recordBytes: 1 << 14,
  textBytes: 1 << 12,
  logFileBytes: 2048,
  arenaBytes: 1 << 24,
};

export interface InlineOptions {
  readonly world: World;
  readonly catalog: CatalogClient;
  readonly limits?: Limits;
  readonly memoryBytes?: number;
  readonly pace?: Partial<Pace>;
  /** Where tables on Kafka read; by default there is none. */
  readonly stream?: Pick<IngestEnvironment, "openSource" | "sliceKafka" | "crcKafka">;
}

const noStream: NonNullable<InlineOptions["stream"]> = {
  openSource: ({ stream }) => {
    if (stream.kind === "embedded") return null;
    throw new StoreError("TABLE_DEFINITION", "this test has no Kafka");
  },
  sliceKafka: () => {
    throw new AssertionError("no table of this test reads Kafka");
  },
  crcKafka: async () => null,
};

/** Starts it; resolves when everything that was there before can be queried. */
export function inlineServer(options: InlineOptions): Promise<Composed> {
  const { world, catalog, limits = smallLimits, stream = noStream } = options;
  const budgetBytes = options.memoryBytes ?? 1 << 24;
  const pool = ArenaPool.create({ budgetBytes, arenaBytes: limits.arenaBytes, poison: true });
  const kernels = (arena: Parameters<typeof kernelsFor>[0]) => kernelsFor(arena, { kind: "twin" });
  const cache = new Cache(budgetBytes / 4);
  return compose({
    name: "inline",
    world,
    limits,
    catalog,
    pool,
    sealer: new SealSide({ world, limits, pool, kernels }),
    scanner: makeScanner({ pool, kernels, limits, clock: world.clock, hostName: "inline" }),
    openSegment: ({ path }) => {
      const arena = pool.roomiest(0);
      return openSegment({ disk: world.disk, path, arena, kernels: kernels(arena), cache });
    },
    evict: (arena) => void cache.release(pool.arena(arena), budgetBytes),
    topics: { list: async () => [], sample: async () => [] },
    pace: { ...usualPace, maintainMs: 300, mergeSegmentsMin: 3, ...options.pace },
    startIngest: async (listener) => [
      new IngestSide({
        world,
        limits,
        pool,
        kernels,
        listener,
        makeHost: (parts) => new Host({ world, limits, extractor: null, ...stream, ...parts }),
      }),
    ],
    readRecord: (path) => readRecord(world, path),
  });
}
