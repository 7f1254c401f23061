/** Kept results: the same answer, to the digit, without scanning sealed segments again. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AggregateFragment } from "#server/execute/task";
import type { SegmentReader } from "#server/segment/reader";
import {
  aggregateFragment,
  call,
  column,
  literal,
  piecesArbitrary,
  rowArbitrary,
} from "#test/server/execute/arbitrary";
import { groupsOf } from "#test/server/execute/naive";
import { buildStore, usualOptions } from "#test/server/execute/store";

const sealedPieces = [
  { rows: 5, sealed: true, chunkRows: 2 },
  { rows: 5, sealed: true, chunkRows: 4 },
  { rows: 5, sealed: false, chunkRows: 2 },
];

test("a repeated query answers the same from the cache", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(rowArbitrary, { maxLength: 30 }),
      piecesArbitrary,
      aggregateFragment,
      async (rows, pieces, fragment) => {
        const store = buildStore(rows, pieces);
        try {
          const plain = await store.execute(fragment, { useCache: false });
          const first = await store.execute(fragment, { useCache: true });
          const second = await store.execute(fragment, { useCache: true });
          expect(groupsOf(first.partial, fragment)).toEqual(groupsOf(plain.partial, fragment));
          expect(groupsOf(second.partial, fragment)).toEqual(groupsOf(plain.partial, fragment));
          expect(plain.stats.segmentsCached).toBe(0);
          const held = store.readers.filter(({ rows }) => rows > 0).length;
          if (fragment.filter === null && fragment.hop === null)
            expect(second.stats.segmentsCached).toBe(held);
        } finally {
          store.close();
        }
      },
    ),
    { numRuns: 40 },
  );
});

const rows = Array.from({ length: 15 }, (_, index) => ({
  int: BigInt(index % 4),
  price: index / 8,
  name: ["a", "b"][index % 2],
  at: BigInt(index) * 1000n,
}));
const sumByName: AggregateFragment = {
  kind: "aggregate",
  table: "things",
  filter: null,
  hop: null,
  keys: [column("name")],
  aggregates: [{ name: "sum", args: [column("price")], parameters: [], filter: null, type: "DOUBLE" }],
  top: null,
};

/** The same rows, but not the same answer: its key is another's. */
const another: AggregateFragment = { ...sumByName, top: { order: [], rows: 1000 } };

test("the states of sealed segments are kept, and whole answers over rows that stay as they are", async () => {
  const store = buildStore(rows, sealedPieces);
  const made = await store.execute(sumByName, { useCache: true });
  expect(made.stats).toMatchObject({ segmentsCached: 0, rowsScanned: 15 });
  const grown = await store.execute(another, { useCache: true, sole: false });
  expect(grown.stats).toMatchObject({ segmentsCached: 2, rowsScanned: 5 });
  const again = await store.execute(sumByName, { useCache: true });
  expect(again.stats).toMatchObject({ segmentsCached: 3, rowsScanned: 0, rowsMatched: 15 });
  expect(groupsOf(again.partial, sumByName)).toEqual(groupsOf(made.partial, sumByName));
  const bypassed = await store.execute(sumByName, { useCache: false });
  expect(bypassed.stats).toMatchObject({ segmentsCached: 0, rowsScanned: 15 });
  store.close();
});

/** The same reader with other validity. */
const withGeneration = (reader: SegmentReader, generation: number): SegmentReader => {
  const other: SegmentReader = new Proxy(reader, {
    get: (target, name) => {
      if (name === "generation") return generation;
      if (name === "fork") return () => other;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return other;
};

test("rows that stop to count are other rows", async () => {
  const store = buildStore(rows, [{ rows: 15, sealed: true, chunkRows: 4 }]);
  const [reader] = store.readers;
  const ask = async (generation: number) => {
    const options = { ...usualOptions, useCache: true };
    const { signal } = new AbortController();
    const asked = store.executor.execute([withGeneration(reader, generation)], sumByName, options, signal);
    return (await asked).stats.segmentsCached;
  };
  expect([await ask(1), await ask(1), await ask(2), await ask(2), await ask(1)]).toEqual([0, 1, 0, 1, 1]);
  store.close();
});

test("a predicate that a segment's zones make true does not matter", async () => {
  const store = buildStore(rows, sealedPieces);
  const since = (ms: bigint): AggregateFragment => ({
    ...sumByName,
    filter: {
      kind: "call",
      name: "greaterThanOrEqual",
      type: "BOOLEAN",
      args: [column("at"), { kind: "literal", type: "TIMESTAMP", value: ms }],
    },
  });
  await store.execute(since(-2n), { useCache: true });
  const { stats } = await store.execute(since(-1n), { useCache: true });
  expect(stats.segmentsCached).toBe(2);
  const inside = await store.execute(since(2000n), { useCache: true });
  expect(inside.stats.segmentsCached).toBe(1);
  store.close();
});

const bounded = (bound: bigint): AggregateFragment => {
  const args = [column("int"), { kind: "literal", type: "INT", value: bound } as const];
  const filter = { kind: "call", name: "notEquals", type: "BOOLEAN", args } as const;
  return { ...sumByName, filter, keys: [column("int"), column("name")] };
};

test("the cache keeps to its bound, its keys counted", async () => {
  const store = buildStore(rows, sealedPieces, { limits: { resultCacheBytes: 65_536 } });
  for (let bound = 0n; bound < 200n; bound++) {
    await store.execute(bounded(bound), { useCache: true });
    expect(store.executor.cacheBytes()).toBeLessThan(65_536 + 32_768);
  }
  expect(store.executor.cacheBytes()).toBeGreaterThan(20_000);
  store.close();
});

test("a key is as small for a function over a wide dictionary as for none, and so is what is kept beside", async () => {
  const wide = Array.from({ length: 3000 }, (_, index) => ({
    name: `a name of some length ${index}`,
    price: 1,
  }));
  const store = buildStore(wide, [{ rows: 3000, sealed: true, chunkRows: 1024 }], {
    limits: { resultCacheBytes: 1 << 20, chunkRows: 1024, sliceChunks: 16 },
  });
  for (let times = 0; times < 100; times++) {
    const key = call("concat", "STRING", column("name"), literal("STRING", `<${times}>`));
    await store.execute({ ...sumByName, keys: [key] }, { useCache: true });
  }
  expect(store.executor.cacheBytes()).toBeLessThan(3 << 20);
  store.close();
});

test("what was made from a segment is forgotten with it", async () => {
  const store = buildStore(rows, sealedPieces);
  await store.execute(sumByName, { useCache: true });
  const before = store.executor.cacheBytes();
  store.executor.forget("segment0");
  expect(store.executor.cacheBytes()).toBeLessThan(before);
  const { stats } = await store.execute(sumByName, { useCache: true });
  expect(stats.segmentsCached).toBe(1);
  for (const { id } of store.readers) store.executor.forget(id);
  const codes = store.executor.cacheBytes();
  expect((await store.execute(sumByName, { useCache: true })).stats.segmentsCached).toBe(0);
  expect(store.executor.cacheBytes()).toBeGreaterThan(codes);
  store.close();
});
