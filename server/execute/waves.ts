/**
 * Scans in waves: a slice's chunks are made resident only when it is its turn, and let go when the wave is merged. While
 * memory is plenty there is one wave; a query over more than memory holds takes several.
 */
import { hasCode } from "#schemas/errors";
import type { Stepwise } from "#schemas/turns";
import { type Compiled, loaded } from "#server/execute/compile/compile";
import type { Query } from "#server/execute/query";
import type { Task } from "#server/execute/task";
import type { ScanResult } from "#server/execute/threads/pool";

/** Hands the slices' results over in the order of `compiled`; ends early when the query has enough. */
export async function scanInWaves<One extends Task>(
  query: Query,
  compiled: readonly Compiled<One>[],
  take: (result: ScanResult, index: number) => Stepwise,
): Promise<void> {
  const { control } = query;
  for (let from = 0; from < compiled.length && !control.ended; ) {
    const first = from;
    const tasks = await nextWave(query, compiled.slice(first));
    from += tasks.length;
    await query.scan(tasks, (result, index) => take(result, first + index));
    // The one after them may be half loaded: that is where memory ended.
    for (const { segment } of compiled.slice(first, from + 1)) segment.rest();
  }
  control.check();
}

/** As many tasks as memory takes, at least one; throws MEMORY_BUDGET when that is too many. */
async function nextWave<One extends Task>(query: Query, compiled: readonly Compiled<One>[]): Promise<One[]> {
  const tasks: One[] = [];
  for (const one of compiled) {
    try {
      tasks.push(loaded(one));
    } catch (error) {
      if (tasks.length === 0 || !hasCode(error, "MEMORY_BUDGET")) throw error;
      break;
    }
    if (!one.segment.makeRoom()) break;
    if (query.turns.isOver) await query.turns.pass();
  }
  return tasks;
}
