/**
 * A scan thread: attaches to the arenas, then runs tasks of whatever queries it is told about until it is
 * terminated. Tasks come from each query's counter, so fast threads take more; queries take turns task by
 * task, so a long one does not keep a short one waiting.
 */
import { parentPort, workerData } from "node:worker_threads";
import { assert, messageOf, StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import { ArenaPool } from "#server/arena/pool";
import { evaluate } from "#server/execute/functions/evaluate";
import { Control, Runtime } from "#server/execute/runtime";
import type { Task } from "#server/execute/task";
import { runTask } from "#server/execute/threads/pool";
import type { FromScanWorker, ScanWorkerData, ToScanWorker } from "#server/execute/threads/pool-node";
import { kernelsFor } from "#server/kernels/instance";

const aheadMax = serverBounds.tasksAhead;

interface Active {
  readonly query: number;
  readonly tasks: readonly Task[];
  readonly control: Control;
  busyNs: number;
}

class ScanThread {
  private readonly runtime: Runtime;
  private readonly post: (message: FromScanWorker) => void;
  private readonly active: Active[] = [];

  constructor(runtime: Runtime, post: (message: FromScanWorker) => void) {
    this.runtime = runtime;
    this.post = post;
  }

  begin({ query, tasks, shared }: ToScanWorker): void {
    this.active.push({ query, tasks, control: new Control(shared), busyNs: 0 });
    if (this.active.length === 1) this.step();
  }

  /** One task of the query whose turn it is; then messages and the other queries have theirs. */
  private step(): void {
    const [one] = this.active;
    const waiting = one.control.isAhead(aheadMax);
    if (waiting && this.active.every(({ control }) => control.isAhead(aheadMax))) one.control.pause();
    const ended = !waiting && this.advance(one);
    this.active.shift();
    if (!ended) this.active.push(one);
    if (this.active.length > 0) setImmediate(() => this.step());
  }

  /** Runs the query's next task; true when there is none left for this thread. */
  private advance(one: Active): boolean {
    const { query, tasks, control } = one;
    try {
      const next = control.ended ? tasks.length : control.take();
      if (next >= tasks.length) {
        this.post({ kind: "done", query, busyNs: one.busyNs });
        return true;
      }
      const startNs = process.hrtime.bigint();
      const result = runTask(this.runtime, tasks[next], control);
      one.busyNs += Number(process.hrtime.bigint() - startNs);
      this.post({ kind: "result", query, result });
      return false;
    } catch (error) {
      control.stop();
      const code = error instanceof StoreError ? error.code : null;
      this.post({ kind: "failed", query, code, message: messageOf(error) });
      return true;
    }
  }
}

function serve(): void {
  assert(parentPort !== null, "a scan thread has a parent");
  const port = parentPort;
  const data = workerData as ScanWorkerData;
  const pool = ArenaPool.attach(data.memories);
  const runtime = new Runtime({
    evaluate,
    arenaAt: (index) => pool.arena(index),
    kernelsFor: (arena) => kernelsFor(arena, data.kernels),
  });
  const post = (message: FromScanWorker) => port.postMessage(message);
  const thread = new ScanThread(runtime, post);
  port.on("message", (message: ToScanWorker) => thread.begin(message));
  post({ kind: "ready" });
}

serve();
