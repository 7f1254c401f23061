/** Kept results: the same answer, to the digit, without scanning sealed segments again. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AggregateFragment } from "#server/execute/task";
import { aggregateFragment, column, piecesArbitrary, rowArbitrary } from "#test/server/execute/arbitrary";
import { groupsOf } from "#test/server/execute/naive";
import { buildStore } from "#test/server/execute/store";

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
          const sealed = store.readers.filter(
            (reader) => reader.state === "sealed" && reader.rows > 0,
          ).length;
          if (fragment.filter === null && fragment.hop === null)
            expect(second.stats.segmentsCached).toBe(sealed);
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

test("consuming rows are scanned every time, sealed ones once", async () => {
  const store = buildStore(rows, sealedPieces);
  await store.execute(sumByName, { useCache: true });
  const { stats } = await store.execute(sumByName, { useCache: true });
  expect(stats.segmentsCached).toBe(2);
  expect(stats.rowsScanned).toBe(5);
  const bypassed = await store.execute(sumByName, { useCache: false });
  expect(bypassed.stats.segmentsCached).toBe(0);
  expect(bypassed.stats.rowsScanned).toBe(15);
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

test("the cache keeps to its bound and forgets segments", async () => {
  const store = buildStore(rows, sealedPieces, { limits: { resultCacheBytes: 8192 } });
  for (let bound = 0n; bound < 40n; bound++) {
    const filter = {
      kind: "call",
      name: "notEquals",
      type: "BOOLEAN",
      args: [column("int"), { kind: "literal", type: "INT", value: bound % 4n }],
    } as const;
    await store.execute({ ...sumByName, filter, keys: [column("int"), column("name")] }, { useCache: true });
  }
  expect(store.executor.cacheBytes()).toBeLessThan(8192 + 65_536);
  store.executor.forget("segment0");
  const { stats } = await store.execute(sumByName, { useCache: true });
  expect(stats.segmentsCached).toBeLessThan(2);
  store.close();
});
