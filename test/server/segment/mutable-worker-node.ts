/** A writer thread for mutable-threads.test.ts: appends rows whose values follow from their number. */
import { parentPort, workerData } from "node:worker_threads";
import { limits } from "#schemas/limits";
import { attachArena } from "#server/arena/attach";
import { createMutable } from "#server/segment/mutable";
import { appendRows, testKernels } from "#test/server/segment/build";
import { rowNumber, threadTable } from "#test/server/segment/thread-rows";

const { memory, rows } = workerData as { memory: WebAssembly.Memory; rows: number };
const arena = attachArena(memory, 0);
const writer = createMutable({
  id: "threads",
  table: threadTable,
  partition: 2,
  startOffset: 0n,
  arena,
  kernels: testKernels(arena),
  limits: { ...limits, chunkRows: 1000, segmentRows: rows },
});
writer.publish(0);
parentPort?.postMessage(writer.handle);
for (let from = 0; from < rows; ) {
  const count = Math.min(rows - from, 1 + ((from * 7919) % 173));
  const batch = Array.from({ length: count }, (_, at) => rowNumber(from + at));
  appendRows(writer, threadTable, batch, arena, BigInt(from));
  from += count;
  writer.publish(from);
}
parentPort?.postMessage("done");
