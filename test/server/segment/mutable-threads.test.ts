import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { MutableHandle } from "#server/segment/mutable-layout";
import { openMutable } from "#server/segment/mutable-reader";
import type { SegmentReader } from "#server/segment/reader";
import { cell, testArena } from "#test/server/segment/build";
import { rowNumber, threadTable } from "#test/server/segment/thread-rows";

const rows = 60_000;

/** Everything a snapshot says fits its number of rows. */
function check(reader: SegmentReader): void {
  const { rows: visible } = reader;
  expect(reader.freshnessMs).toBe(visible);
  expect(reader.ranges).toEqual([{ partition: 2, start: 0n, end: BigInt(visible) }]);
  const numbers = reader.column(1)!.stats;
  expect([numbers.min, numbers.max]).toEqual(visible === 0 ? [null, null] : [0n, BigInt(visible - 1)]);
  expect(reader.column(2)!.stats.nulls).toBe(Math.ceil(visible / 11));
  expect(reader.column(4)!.stats.nulls).toBe(Math.ceil(visible / 5));
  for (const row of [0, visible >> 1, visible - 2, visible - 1, (visible * 31) % Math.max(1, visible)]) {
    if (row < 0 || row >= visible) continue;
    const got = Object.fromEntries(threadTable.columns.map(({ id, name }) => [name, cell(reader, id, row)]));
    expect(got).toEqual(rowNumber(row));
  }
  reader.release();
}

test("snapshots taken while another thread writes are whole", async () => {
  const arena = testArena(128 << 20);
  const worker = new Worker(new URL("./mutable-worker-node.ts", import.meta.url), {
    workerData: { memory: arena.memory, rows },
  });
  const failed = once(worker, "error").then(([error]) => Promise.reject(error));
  const [handle] = (await Promise.race([once(worker, "message"), failed])) as [MutableHandle];
  const ended = Promise.race([once(worker, "message"), failed]);
  const view = openMutable(handle, arena);
  const seen = new Set<number>();
  let last = 0;
  while (last < rows) {
    const reader = view.reader();
    expect(reader.rows).toBeGreaterThanOrEqual(last);
    last = reader.rows;
    seen.add(last);
    check(reader);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  await worker.terminate();
  expect(seen.size).toBeGreaterThan(5);
}, 30_000);
