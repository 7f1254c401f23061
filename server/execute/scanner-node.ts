/** The executor with its scan threads, as the server's composition root starts it. */
import type { Limits } from "#schemas/limits";
import type { Log } from "#schemas/world";
import type { ArenaPool } from "#server/arena/pool";
import { evaluate } from "#server/execute/functions/evaluate";
import { ThreadPool } from "#server/execute/pool-node";
import { Executor } from "#server/execute/run";
import { Runtime } from "#server/execute/runtime";
import { type KernelSource, kernelsFor } from "#server/kernels/instance";

export interface ScannerOptions {
  readonly pool: ArenaPool;
  readonly kernels: KernelSource;
  readonly limits: Limits;
  /** 0: everything runs on the calling thread. */
  readonly threads: number;
  readonly nowMs: () => number;
  readonly log: Log;
}

export async function startScanner(options: ScannerOptions): Promise<Executor> {
  const { pool, kernels, limits, threads, nowMs, log } = options;
  const runtime = new Runtime({
    evaluate,
    arenaAt: (index) => pool.arena(index),
    kernelsFor: (arena) => kernelsFor(arena, kernels),
  });
  const parts = { runtime, evaluate, limits, nowMs };
  if (threads === 0) return new Executor(parts);
  const threadPool = await ThreadPool.start({
    memories: pool.memories(),
    kernels,
    threads,
    log,
    discard: (result) => {
      if (result.kind !== "aggregate") return;
      for (const pointer of result.pointers) pool.arena(result.arena).free(pointer);
    },
  });
  return new Executor({ ...parts, pool: threadPool });
}
