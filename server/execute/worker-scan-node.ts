/**
 * A scan thread: attaches to the arenas, then runs tasks of whatever query it is told about until it is terminated. Tasks
 * are taken from the query's counter, so fast threads take more.
 */
import { parentPort, workerData } from "node:worker_threads";
import { assert, messageOf, StoreError } from "#schemas/errors";
import { ArenaPool } from "#server/arena/pool";
import { evaluate } from "#server/execute/functions/evaluate";
import { runTask } from "#server/execute/pool";
import type { FromScanWorker, ScanWorkerData, ToScanWorker } from "#server/execute/pool-node";
import { Control, Runtime } from "#server/execute/runtime";
import { kernelsFor } from "#server/kernels/instance";

/** Tasks a thread may be ahead of the merge: bounds the states that wait. */
const aheadMax = 8;

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
  port.on("message", ({ query, tasks, shared }: ToScanWorker) => {
    const control = new Control(shared);
    const startNs = process.hrtime.bigint();
    try {
      for (let next = control.take(); next < tasks.length && !control.ended; next = control.take()) {
        control.waitFor(next, aheadMax);
        if (control.ended) break;
        post({ kind: "result", query, result: runTask(runtime, tasks[next], control) });
      }
      post({ kind: "done", query, busyNs: Number(process.hrtime.bigint() - startNs) });
    } catch (error) {
      control.stop();
      const code = error instanceof StoreError ? error.code : null;
      post({ kind: "failed", query, code, message: messageOf(error) });
    }
  });
  post({ kind: "ready" });
}

serve();
