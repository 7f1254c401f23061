/** A table, rows over it, and segments of any mixture, with an executor over them. */
import { type Limits, limits as usualLimits } from "#schemas/limits";
import type { Fragment } from "#schemas/plan/plan";
import type { ExecuteOptions } from "#schemas/plan/server-client";
import type { Arena } from "#server/arena/arena";
import { createArena } from "#server/arena/attach";
import { evaluate } from "#server/execute/functions/evaluate";
import type { Answer } from "#server/execute/query";
import { Executor } from "#server/execute/run";
import { Runtime } from "#server/execute/runtime";
import type { ScanPool } from "#server/execute/threads/pool";
import { type KernelSource, kernelsFor } from "#server/kernels/instance";
import { Cache } from "#server/segment/cache";
import type { SegmentReader } from "#server/segment/reader";
import { buildMutable, buildSealed, type Row, tableOf } from "#test/server/segment/build";

export const table = tableOf(
  "things",
  {
    int: "INT",
    long: "LONG",
    flag: "BOOLEAN",
    at: "TIMESTAMP",
    price: "DOUBLE",
    name: "STRING",
    raw: "STRING",
    amount: "BIG_DECIMAL",
  },
  { rawColumns: ["raw"], invertedColumns: ["name"] },
);

/** One segment of a store: the next `rows` rows. */
export interface Piece {
  readonly rows: number;
  readonly sealed: boolean;
  readonly chunkRows: number;
}

export interface StoreOptions {
  readonly kernels?: KernelSource;
  readonly limits?: Partial<Limits>;
  readonly pool?: (arenas: readonly Arena[]) => ScanPool;
  readonly table?: typeof table;
  /** Segments are spread over this many arenas. */
  readonly arenas?: number;
  readonly arenaBytes?: number;
  /** What decoded chunks of sealed segments may hold. */
  readonly cacheBytes?: number;
  /** For turns; time stands still when left out. */
  readonly monotonicMs?: () => number;
  readonly hostName?: string;
}

export interface Store {
  readonly executor: Executor;
  readonly readers: readonly SegmentReader[];
  readonly arenas: readonly Arena[];
  readonly cache: Cache;
  execute(fragment: Fragment, options?: Partial<ExecuteOptions>, signal?: AbortSignal): Promise<Answer>;
  close(): void;
}

export const twin: KernelSource = { kind: "twin" };

export const usualOptions: ExecuteOptions = {
  deadlineMs: Number.POSITIVE_INFINITY,
  useCache: false,
  queryBytes: 1 << 28,
  timeZone: "UTC",
  nowMs: 1_700_000_000_000,
  sole: true,
};

/** Cuts rows into pieces; the last piece takes what is left. */
export function buildStore(
  rows: readonly Row[],
  pieces: readonly Piece[],
  options: StoreOptions = {},
): Store {
  const source = options.kernels ?? twin;
  const arenas = Array.from({ length: options.arenas ?? 1 }, (_, index) =>
    createArena(options.arenaBytes ?? 64 << 20, index, { poison: true }),
  );
  const cache = new Cache(options.cacheBytes ?? 1 << 30);
  const closers: (() => void)[] = [];
  const readers: SegmentReader[] = [];
  let from = 0;
  pieces.forEach((piece, index) => {
    const until = index === pieces.length - 1 ? rows.length : Math.min(rows.length, from + piece.rows);
    const arena = arenas[index % arenas.length];
    const build = piece.sealed ? buildSealed : buildMutable;
    const built = build(options.table ?? table, rows.slice(from, until), {
      id: `segment${index}`,
      arena,
      kernels: kernelsFor(arena, source),
      chunkRows: piece.chunkRows,
      startOffset: BigInt(from),
      cache,
    });
    readers.push(built.reader);
    closers.push(() => built.close());
    from = until;
  });
  const runtime = new Runtime({
    evaluate,
    arenaAt: (index) => arenas[index],
    kernelsFor: (arena) => kernelsFor(arena, source),
  });
  const limits = { ...usualLimits, chunkRows: 4, sliceChunks: 2, ...options.limits };
  const monotonicMs = options.monotonicMs ?? (() => 0);
  const { hostName = "here" } = options;
  const parts = { runtime, evaluate, limits, hostName, nowMs: () => 0, monotonicMs };
  const executor = new Executor(options.pool ? { ...parts, pool: options.pool(arenas) } : parts);
  return {
    executor,
    readers,
    cache,
    arenas,
    execute: (fragment, own = {}, signal = new AbortController().signal) =>
      executor.execute(readers, fragment, { ...usualOptions, ...own }, signal),
    close: () => {
      runtime.close();
      for (const close of closers) close();
    },
  };
}
