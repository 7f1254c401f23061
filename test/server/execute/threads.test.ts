/** Scan threads: the same digits as one thread; cancel, deadline and budget; failed threads; nothing leaks. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StoreError } from "#schemas/errors";
import { limits } from "#schemas/limits";
import { createArena, type SharedArena } from "#server/arena/attach";
import { evaluate } from "#server/execute/functions/evaluate";
import { Executor } from "#server/execute/run";
import { Runtime } from "#server/execute/runtime";
import type { AggregateFragment, RowsFragment } from "#server/execute/task";
import type { ScanPool } from "#server/execute/threads/pool";
import type { ThreadPool } from "#server/execute/threads/pool-node";
import { type KernelSource, kernelsFor } from "#server/kernels/instance";
import { loadKernels } from "#server/kernels/load-kernels-node";
import type { SegmentReader } from "#server/segment/reader";
import { call, column, literal } from "#test/server/execute/arbitrary";
import { groupsOf, rowsOf } from "#test/server/execute/naive";
import { table, usualOptions } from "#test/server/execute/store";
import { startThreads } from "#test/server/execute/threads-node";
import { buildMutable, buildSealed, type Row } from "#test/server/segment/build";

const rows: Row[] = Array.from({ length: 12_000 }, (_, index) => ({
  int: BigInt(index % 11) - 3n,
  long: index % 17 === 0 ? null : BigInt(index * 7919) % 1009n,
  at: BigInt(index) * 1000n,
  // Sums of these depend on the order of additions in their last digits.
  price: index % 19 === 0 ? null : Math.sin(index) * 10 ** (index % 17),
  name: index % 13 === 0 ? null : `name ${(index * 31) % 101}`,
  raw: `raw ${index}`,
  flag: index % 3 === 0,
}));

const arenas: SharedArena[] = [0, 1].map((index) => createArena(64 << 20, index, { poison: true }));
let kernels: KernelSource;
let readers: SegmentReader[] = [];
const closers: (() => void)[] = [];
const pools: ThreadPool[] = [];

function executorWith(pool: ScanPool | null): { readonly executor: Executor; readonly runtime: Runtime } {
  const runtime = new Runtime({
    evaluate,
    arenaAt: (index) => arenas[index],
    kernelsFor: (arena) => kernelsFor(arena, kernels),
  });
  const own = { ...limits, chunkRows: 256, sliceChunks: 2, inlineNs: 0 };
  const times = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  const parts = { runtime, evaluate, limits: own, hostName: "here", ...times };
  return { executor: new Executor(pool === null ? parts : { ...parts, pool }), runtime };
}

beforeAll(async () => {
  kernels = await loadKernels();
  readers = [0, 1, 2, 3].map((index) => {
    const build = index === 3 ? buildMutable : buildSealed;
    const arena = arenas[index % 2];
    const built = build(table, rows.slice(index * 3000, index * 3000 + 3000), {
      id: `segment${index}`,
      arena,
      kernels: kernelsFor(arena, kernels),
      chunkRows: 256,
      startOffset: BigInt(index * 3000),
    });
    closers.push(() => built.close());
    return built.reader;
  });
  pools.push(await startThreads(arenas, kernels, 1), await startThreads(arenas, kernels, 2));
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  for (const close of closers) close();
});

const sums: AggregateFragment = {
  kind: "aggregate",
  table: table.name,
  filter: call("notEquals", "BOOLEAN", column("int"), literal("INT", 2n)),
  hop: null,
  keys: [column("name")],
  aggregates: ["sum", "avg", "min", "max"].map((name) => ({
    name,
    args: [column("price")],
    parameters: [],
    filter: null,
    type: "DOUBLE",
  })),
  top: null,
};
const best: RowsFragment = {
  kind: "rows",
  table: table.name,
  filter: null,
  hop: null,
  project: [column("at"), column("raw"), column("name")],
  order: [{ expression: column("long"), descending: true, nullsFirst: false }],
  rows: 25,
};
const options = { ...usualOptions, queryBytes: 1 << 28 };
const signal = new AbortController().signal;

describe("any number of threads", () => {
  test("gives the same digits, again and again", async () => {
    const inline = await executorWith(null).executor.execute(readers, sums, options, signal);
    const expected = groupsOf(inline.partial, sums);
    expect(expected.size).toBe(102);
    for (const pool of pools) {
      const { executor, runtime } = executorWith(pool);
      for (let again = 0; again < 5; again++) {
        const shuffled = again % 2 === 0 ? readers : [...readers].reverse();
        const { partial } = await executor.execute(shuffled, sums, options, signal);
        expect(groupsOf(partial, sums)).toEqual(expected);
      }
      runtime.close();
    }
  });

  test("gives the same rows", async () => {
    const inline = await executorWith(null).executor.execute(readers, best, options, signal);
    for (const pool of pools) {
      const { partial } = await executorWith(pool).executor.execute(readers, best, options, signal);
      expect(rowsOf(partial)).toEqual(rowsOf(inline.partial));
    }
  });

  test("stops early when a limit without order has enough rows", async () => {
    const few = { ...best, order: [], rows: 3 };
    const { stats, partial } = await executorWith(pools[1]).executor.execute(readers, few, options, signal);
    expect(rowsOf(partial)).toHaveLength(3);
    expect(stats.rowsScanned).toBeLessThan(rows.length);
  });
});

describe("a query that must stop", () => {
  const codeOf = async (run: Promise<unknown>): Promise<string> => {
    try {
      await run;
    } catch (error) {
      return error instanceof StoreError ? error.code : String(error);
    }
    return "none";
  };

  test("is cancelled by its signal, before and while it runs", async () => {
    const { executor } = executorWith(pools[1]);
    const aborted = AbortSignal.abort();
    expect(await codeOf(executor.execute(readers, sums, options, aborted))).toBe("QUERY_CANCELLED");
    const controller = new AbortController();
    const running = codeOf(executor.execute(readers, sums, options, controller.signal));
    controller.abort();
    expect(await running).toBe("QUERY_CANCELLED");
  });

  test("lets others have their turn between two results", async () => {
    const [pool] = pools;
    let turn = 0;
    let counting = setImmediate(function count() {
      turn++;
      counting = setImmediate(count);
    });
    const turns: number[] = [];
    const run: ScanPool["run"] = (tasks, control, deliver) =>
      pool.run(tasks, control, (result) => {
        // While the first one is taken, the others arrive.
        const until = performance.now() + (turns.length === 0 ? 100 : 0);
        while (performance.now() < until);
        turns.push(turn);
        return deliver(result);
      });
    const { executor } = executorWith({ threads: pool.threads, run, close: async () => {} });
    await executor.execute(readers, sums, options, signal);
    clearImmediate(counting);
    expect(turns.length).toBeGreaterThan(10);
    expect(new Set(turns).size).toBe(turns.length);
  });

  test("ends at its deadline", async () => {
    const { executor } = executorWith(pools[1]);
    const late = { ...options, deadlineMs: Date.now() - 1 };
    expect(await codeOf(executor.execute(readers, sums, late, signal))).toBe("QUERY_DEADLINE");
  });

  test("is refused the memory that it may not have", async () => {
    const { executor } = executorWith(pools[1]);
    const poor = { ...options, queryBytes: 20_000 };
    const wide = { ...sums, keys: [column("raw")] };
    expect(await codeOf(executor.execute(readers, wide, poor, signal))).toBe("QUERY_MEMORY");
  });

  test("fails by the error of a function, and others go on", async () => {
    const { executor } = executorWith(pools[1]);
    const failing: AggregateFragment = {
      ...sums,
      filter: call("greaterThan", "BOOLEAN", call("cast", "LONG", column("raw")), literal("LONG", 0n)),
    };
    const [failed, fine] = await Promise.all([
      codeOf(executor.execute(readers, failing, options, signal)),
      executor.execute(readers, sums, options, signal),
    ]);
    expect(["VALUE_SYNTAX", "VALUE_RANGE"]).toContain(failed);
    expect(groupsOf(fine.partial, sums).size).toBe(102);
  });

  test("fails by our own fault alone: its thread is replaced", async () => {
    const { executor } = executorWith(pools[1]);
    const ours = { ...sums, filter: call("noSuchFunction", "BOOLEAN", column("raw")) };
    expect(await codeOf(executor.execute(readers, ours, options, signal))).toBe("INTERNAL");
    for (let again = 0; again < 3; again++) {
      const { partial } = await executor.execute(readers, sums, options, signal);
      expect(groupsOf(partial, sums).size).toBe(102);
    }
  });

  const stateBytes = () => arenas.map((arena) => arena.allocator.usedBy("state"));

  /** The pool with something done once several results are there: the first is about to be taken, others wait. */
  const withFirst = (pool: ThreadPool, act: () => void): { pool: ScanPool; delivered: () => number } => {
    let delivered = 0;
    const run: ScanPool["run"] = (tasks, control, deliver) =>
      pool.run(tasks, control, (result) => {
        if (delivered++ > 0) return deliver(result);
        const until = performance.now() + 100;
        while (performance.now() < until);
        act();
        return deliver(result);
      });
    return { pool: { threads: pool.threads, run, close: async () => {} }, delivered: () => delivered };
  };

  const many = { ...sums, keys: [column("raw"), column("int")] };

  test.each([0, 1])("gives back every result that it had no use for any more (%i)", async (at) => {
    const before = stateBytes();
    for (let again = 0; again < 3; again++) {
      const controller = new AbortController();
      const { pool, delivered } = withFirst(pools[at], () => controller.abort());
      const { executor, runtime } = executorWith(pool);
      expect(await codeOf(executor.execute(readers, many, options, controller.signal))).toBe(
        "QUERY_CANCELLED",
      );
      expect(delivered(), "the others were put aside").toBe(1);
      runtime.close();
      expect(stateBytes()).toEqual(before);
    }
  });

  test.each([0, 1])("gives back what was taken before a later slice failed (%i)", async (at) => {
    const before = stateBytes();
    const { pool } = withFirst(pools[at], () => undefined);
    const { executor, runtime } = executorWith(pool);
    // Past INT's range from row 10,738 on.
    const large = call("times", "LONG", call("cast", "LONG", column("at")), literal("LONG", 200n));
    const failing = {
      ...many,
      filter: call("greaterThanOrEqual", "BOOLEAN", call("cast", "INT", large), literal("INT", 0n)),
    };
    expect(await codeOf(executor.execute(readers, failing, options, signal))).toBe("VALUE_RANGE");
    const poor = { ...options, queryBytes: 1_000_000 };
    expect(await codeOf(executor.execute(readers, many, poor, signal))).toBe("QUERY_MEMORY");
    expect(await codeOf(executor.execute(readers, many, options, signal))).toBe("none");
    runtime.close();
    expect(stateBytes()).toEqual(before);
  });

  test("leaves no memory behind", async () => {
    const { executor, runtime } = executorWith(null);
    await executor.execute(readers, sums, options, signal);
    runtime.close();
    const before = arenas.map((arena) => arena.bytesUsed());
    for (const fragment of [sums, best, { ...sums, keys: [column("raw"), column("int")] }]) {
      await codeOf(executor.execute(readers, fragment, options, signal));
      await codeOf(executor.execute(readers, fragment, { ...options, queryBytes: 30_000 }, signal));
    }
    runtime.close();
    expect(arenas.map((arena) => arena.bytesUsed())).toEqual(before);
  });
});
