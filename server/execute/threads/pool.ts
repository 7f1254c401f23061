/**
 * Where tasks run. The inline pool runs them on the calling thread, one slice at a time, letting other work
 * in between; `pool-node.ts` has the one with worker threads. Results may come in any order.
 */
import { unreachable } from "#schemas/errors";
import { breathe } from "#schemas/turns";
import type { Control, Runtime } from "#server/execute/runtime";
import { type AggregateResult, scanAggregate } from "#server/execute/scan/scan-aggregate";
import { type RowsResult, scanRows } from "#server/execute/scan/scan-rows";
import type { Task } from "#server/execute/task";

export type ScanResult = AggregateResult | RowsResult;

/** Frees what a result holds in its arena. */
export function freeBlocks(
  result: ScanResult,
  arenaAt: (index: number) => { free(pointer: number): void },
): void {
  if (result.kind !== "aggregate") return;
  const arena = arenaAt(result.arena);
  for (const { pointer } of result.blocks) arena.free(pointer);
}

/** Takes a result, or puts it aside; resolves when all that can be taken is; rejects by our own fault alone. */
export type Deliver = (result: ScanResult) => Promise<void>;

export interface ScanPool {
  readonly threads: number;
  /**
   * Runs all tasks; `deliver` is called on this thread for each result, and whoever computes on this thread waits for it.
   * Answers the threads' busy time in ns (0: this thread's, not measured). Rejects with the first error after every
   * thread has let go of the query. When the control ends early, tasks not begun are skipped.
   */
  run(tasks: readonly Task[], control: Control, deliver: Deliver): Promise<number>;
  close(): Promise<void>;
}

/** One task, on whatever thread. */
export function runTask(owner: Runtime, task: Task, control: Control): ScanResult {
  switch (task.kind) {
    case "aggregate":
      return scanAggregate(owner, task, control);
    case "rows":
      return scanRows(owner, task, control);
    default:
      return unreachable(task);
  }
}

/** Tasks on the calling thread. */
export class InlinePool implements ScanPool {
  readonly threads = 0;
  private readonly owner: Runtime;

  constructor(owner: Runtime) {
    this.owner = owner;
  }

  async run(tasks: readonly Task[], control: Control, deliver: Deliver): Promise<number> {
    for (let next = control.take(); next < tasks.length && !control.ended; next = control.take()) {
      await deliver(runTask(this.owner, tasks[next], control));
      if (next + 1 < tasks.length) await breathe();
    }
    return 0;
  }

  async close(): Promise<void> {}
}
