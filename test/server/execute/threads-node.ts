/** Scan threads over a test's arenas. */
import type { Arena } from "#server/arena/arena";
import { ThreadPool } from "#server/execute/threads/pool-node";
import type { KernelSource } from "#server/kernels/instance";

export const startThreads = (
  arenas: readonly Arena[],
  kernels: KernelSource,
  threads: number,
): Promise<ThreadPool> =>
  ThreadPool.start({
    memories: arenas.map((arena) => arena.memory),
    kernels,
    threads,
    log: () => undefined,
    arenas: { arena: (index) => arenas[index] },
  });
