/**
 * Where tasks run. The inline pool runs them on the calling thread, one slice at a time, letting other work
 * in between; `pool-node.ts` has the one with worker threads. Results may come in any order.
 */
import { unreachable } from "#schemas/errors";
import type { Control, Runtime } from "#server/execute/runtime";
import { type AggregateResult, scanAggregate } from "#server/execute/scan-aggregate";
import { type RowsResult, scanRows } from "#server/execute/scan-rows";
import type { Task } from "#server/execute/task";

export type ScanResult = AggregateResult | RowsResult;

export interface ScanPool {
  readonly threads: number;
  /**
   * Runs all tasks; `deliver` is called on this thread for each result. Answers the threads' busy time in ns (0: this
   * thread's, not measured). Rejects with the first error after every thread
   * has let go of the query. When the control ends early, tasks not begun are skipped.
   */
  run(tasks: readonly Task[], control: Control, deliver: (result: ScanResult) => void): Promise<number>;
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

/** Lets timers, sockets and other queries have their turn. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Tasks on the calling thread. */
export class InlinePool implements ScanPool {
  readonly threads = 0;
  private readonly owner: Runtime;

  constructor(owner: Runtime) {
    this.owner = owner;
  }

  async run(
    tasks: readonly Task[],
    control: Control,
    deliver: (result: ScanResult) => void,
  ): Promise<number> {
    for (let next = control.take(); next < tasks.length && !control.ended; next = control.take()) {
      deliver(runTask(this.owner, tasks[next], control));
      if (next + 1 < tasks.length) await breathe();
    }
    return 0;
  }

  async close(): Promise<void> {}
}
