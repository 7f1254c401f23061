/** The executor of a server's main thread, over its arenas. */
import type { Limits } from "#schemas/limits";
import type { Clock } from "#schemas/world";
import type { Arena } from "#server/arena/arena";
import type { ArenaPool } from "#server/arena/pool";
import { evaluate } from "#server/execute/functions/evaluate";
import { Executor } from "#server/execute/run";
import { Runtime } from "#server/execute/runtime";
import type { ScanPool } from "#server/execute/threads/pool";
import type { Kernels } from "#server/kernels/kernels";
import type { Scanner } from "#server/server";

/** Scans on this thread, or on those of `scans` when that pays. */
export function makeScanner(parts: {
  readonly pool: ArenaPool;
  readonly kernels: (arena: Arena) => Kernels;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly hostName: string;
  readonly scans?: ScanPool;
}): Scanner {
  const { pool, kernels, limits, clock, hostName, scans } = parts;
  const runtime = new Runtime({ evaluate, arenaAt: (index) => pool.arena(index), kernelsFor: kernels });
  const times = { nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs() };
  return new Executor({ runtime, evaluate, limits, hostName, ...times, ...(scans ? { pool: scans } : {}) });
}
