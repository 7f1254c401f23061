/**
 * Queries that take turns at every step of their merges: each answers as if it were alone, whatever the others put into
 * the dictionaries, caches and arenas that all of them share; and one that is stopped at any step leaves nothing behind.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreError } from "#schemas/errors";
import type { Arena } from "#server/arena/arena";
import { evaluate } from "#server/execute/functions/evaluate";
import { Runtime } from "#server/execute/runtime";
import { runTask, type ScanPool } from "#server/execute/threads/pool";
import { kernelsFor } from "#server/kernels/instance";
import {
  aggregateFragment,
  column,
  piecesArbitrary,
  rowArbitrary,
  rowsFragment,
} from "#test/server/execute/arbitrary";
import { groupsOf, naiveGroups, rowsOf } from "#test/server/execute/naive";
import { buildStore, type Store, table, twin, usualOptions } from "#test/server/execute/store";
import type { Row } from "#test/server/segment/build";

const anyFragment = fc.oneof({ weight: 3, arbitrary: aggregateFragment }, rowsFragment);
type AnyFragment = Parameters<Store["execute"]>[0];

const countBy = (key: string): AnyFragment & { readonly kind: "aggregate" } => ({
  kind: "aggregate",
  table: "things",
  filter: null,
  hop: null,
  keys: [column(key)],
  aggregates: [{ name: "count", args: [], parameters: [], filter: null, type: "LONG" }],
  top: null,
});

/** A clock by which every step has lasted too long: everybody else has a turn after each. */
function impatient(): () => number {
  let nowMs = 0;
  return () => (nowMs += 1000);
}

async function answerOf(store: Store, fragment: AnyFragment, signal?: AbortSignal): Promise<string> {
  const { partial } = await store.execute(fragment, {}, signal);
  if (fragment.kind === "rows") return JSON.stringify(rowsOf(partial));
  return JSON.stringify([...groupsOf(partial, fragment)]);
}

test("queries that interleave answer as they do alone", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(rowArbitrary, { maxLength: 40 }),
      piecesArbitrary,
      fc.array(anyFragment, { minLength: 2, maxLength: 5 }),
      async (rows, pieces, fragments) => {
        const limits = { sliceChunks: 1 };
        const alone: string[] = [];
        for (const fragment of fragments) {
          const store = buildStore(rows, pieces, { limits });
          alone.push(await answerOf(store, fragment));
          store.close();
        }
        const tight = { arenas: 2, cacheBytes: 0, limits };
        const shared = buildStore(rows, pieces, { ...tight, monotonicMs: impatient() });
        try {
          const together = fragments.map((fragment) => answerOf(shared, fragment));
          expect(await Promise.all(together)).toEqual(alone);
        } finally {
          shared.close();
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("a query that is stopped at any step leaves no memory behind", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(rowArbitrary, { maxLength: 30 }),
      piecesArbitrary,
      anyFragment,
      fc.nat({ max: 60 }),
      async (rows, pieces, fragment, stopAt) => {
        const controller = new AbortController();
        let looks = Number.NEGATIVE_INFINITY;
        const clock = impatient();
        const monotonicMs = () => {
          if (looks++ === stopAt) controller.abort();
          return clock();
        };
        const tight = { arenas: 2, cacheBytes: 0, limits: { sliceChunks: 1 } };
        const store = buildStore(rows, pieces, { ...tight, monotonicMs });
        const settled = async () => {
          await store.executor.close();
          return store.arenas.map((arena) => arena.bytesUsed());
        };
        try {
          await answerOf(store, fragment); // chunks of sealed segments are loaded
          const before = await settled();
          looks = 0;
          await answerOf(store, fragment, controller.signal).catch((error: unknown) => {
            expect(error).toBeInstanceOf(StoreError);
            expect((error as StoreError).code).toBe("QUERY_CANCELLED");
          });
          expect(await settled()).toEqual(before);
        } finally {
          store.close();
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("a deadline takes effect in the middle of one slice's merge", async () => {
  const rows = Array.from({ length: 60 }, (_, row) => ({
    int: BigInt(row % 9),
    long: BigInt(row * 7),
    flag: true,
    at: BigInt(row) * 60_000n,
    price: row / 2,
    name: `name ${row}`,
    raw: `raw ${row}`,
    amount: "1",
  }));
  const distinct = { name: "distinctCount", args: [column("raw")], parameters: [], filter: null };
  const fragment: AnyFragment = {
    kind: "aggregate",
    table: "things",
    filter: null,
    hop: { timeColumn: 4, slideMs: 60_000n, sizeMs: 3_600_000n, startColumn: 100, endColumn: 101 },
    keys: [column("int")],
    aggregates: [{ ...distinct, type: "LONG" }],
    top: null,
  };
  const looksOf = async (deadlineMs: number, spinMs: number) => {
    let looks = 0;
    const clock = impatient();
    const monotonicMs = () => {
      looks++;
      const untilMs = performance.now() + spinMs;
      while (performance.now() < untilMs);
      return clock();
    };
    const store = buildStore(rows, [{ rows: 60, sealed: true, chunkRows: 64 }], {
      limits: { chunkRows: 64 },
      monotonicMs,
    });
    const code = await store.execute(fragment, { deadlineMs }).then(
      () => "answered",
      (error: unknown) => (error as StoreError).code,
    );
    store.close();
    return { code, looks };
  };
  const whole = await looksOf(Number.POSITIVE_INFINITY, 0);
  expect(whole.code).toBe("answered");
  expect(whole.looks).toBeGreaterThan(150);
  const cut = await looksOf(40, 2);
  expect(cut.code).toBe("QUERY_DEADLINE");
  expect(cut.looks).toBeLessThan(60);
});

test("a thread's error is the query's, even if a merge is stopped by it half way", async () => {
  const rows = fc.sample(rowArbitrary, { numRuns: 40, seed: 3 });
  const failing = (arenas: readonly Arena[]): ScanPool => {
    const runtime = new Runtime({
      evaluate,
      arenaAt: (index) => arenas[index]!,
      kernelsFor: (arena) => kernelsFor(arena, twin),
    });
    return {
      threads: 1,
      run: async (tasks, control, deliver) => {
        void deliver(runTask(runtime, tasks[0]!, control));
        control.stop();
        await new Promise((resolve) => setImmediate(resolve));
        throw new StoreError("QUERY_MEMORY", "too much");
      },
      close: async () => {},
    };
  };
  const store = buildStore(rows, [{ rows: 40, sealed: true, chunkRows: 4 }], {
    pool: failing,
    monotonicMs: impatient(),
    limits: { sliceChunks: 1, inlineNs: 0 },
  });
  const fragment = { ...countBy("name"), aggregates: [] };
  const code = await store.execute(fragment).then(
    () => "answered",
    (error: unknown) => (error as StoreError).code,
  );
  store.close();
  expect(code).toBe("QUERY_MEMORY");
});

test("a reader that another query leaves out meanwhile does not shift who releases what", async () => {
  const rows = fc.sample(rowArbitrary, { numRuns: 40, seed: 3 });
  const pieces = [
    { rows: 10, sealed: true, chunkRows: 4 },
    { rows: 30, sealed: false, chunkRows: 64 },
  ];
  const store = buildStore(rows, pieces, { monotonicMs: impatient() });
  const [sealed, mutable] = store.readers;
  let released = 0;
  const release = mutable!.release.bind(mutable);
  mutable!.release = () => {
    released++;
    release();
  };
  const shared = [sealed!, mutable!];
  const { signal } = new AbortController();
  const running = store.executor.execute(shared, countBy("name"), usualOptions, signal);
  shared.splice(0, 1);
  await running;
  expect(released).toBe(0);
  store.close();
});

describe.each(["name", "raw"])("codes of %s are the groups", (key) => {
  const half = 20_000; // enough for that, NULLs left out
  const rowOf = (row: number): Row => ({
    int: BigInt(row % 7),
    long: 1n,
    flag: true,
    at: 0n,
    price: row / 4,
    name: row % 11 === 0 ? null : `name ${row}`,
    raw: row % 13 === 0 ? null : `raw ${row}`,
    amount: "1",
  });
  // Three quarters of the second half's texts are the first half's too.
  const rows = Array.from({ length: half * 2 }, (_, row) => rowOf(row < half ? row : row - (half * 3) / 4));
  const sealed = { rows: half, sealed: true, chunkRows: 1 << 16 };
  const fragment: AnyFragment = {
    kind: "aggregate",
    table: "things",
    filter: null,
    hop: null,
    keys: [column(key)],
    aggregates: [
      { name: "count", args: [], parameters: [], filter: null, type: "LONG" },
      { name: "max", args: [column("price")], parameters: [], filter: null, type: "DOUBLE" },
    ],
    top: null,
  };
  const { signal } = new AbortController();

  test.each([
    ["sealed", [sealed, sealed]],
    ["sealed and mutable", [sealed, { ...sealed, sealed: false }]],
  ] as const)("and each has its own rows: %s", async (_, pieces) => {
    const store = buildStore(rows, pieces, { arenas: 2, limits: { chunkRows: 1 << 16 } });
    const { partial } = await store.execute(fragment);
    expect(groupsOf(partial, fragment)).toEqual(naiveGroups(table, rows, fragment));
    store.close();
  });

  test("and another query's texts, met between two steps, add none", async () => {
    const apart = Array.from({ length: half * 2 }, (_, row) => rowOf(row));
    const store = buildStore(apart, [sealed, sealed], {
      limits: { chunkRows: 1 << 16 },
      monotonicMs: impatient(),
    });
    const groups = async (reader: number) => {
      const readers = [store.readers[reader]!];
      const { partial } = await store.executor.execute(readers, fragment, usualOptions, signal);
      return groupsOf(partial, fragment);
    };
    const alone = [apart.slice(0, half), apart.slice(half)];
    expect(await Promise.all([groups(0), groups(1)])).toEqual(
      alone.map((part) => naiveGroups(table, part, fragment)),
    );
    store.close();
  });
});
