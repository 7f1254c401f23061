/** Queries over more than memory holds: slices come and go in waves, and what they pin is let go of. */
import { expect, test } from "vitest";
import { StoreError } from "#schemas/errors";
import type { AggregateFragment, RowsFragment } from "#server/execute/task";
import { column } from "#test/server/execute/arbitrary";
import { groupsOf, naiveGroups, naiveRows, rowsOf } from "#test/server/execute/naive";
import { buildStore, table } from "#test/server/execute/store";
import type { Row } from "#test/server/segment/build";

const segments = 8;
const segmentRows = 5000;
const arenaBytes = 6 << 20; // the scratch of a scan takes four of them

const rows = Array.from(
  { length: segments * segmentRows },
  (_, row): Row => ({
    int: BigInt(row % 3),
    long: BigInt(row * 1_000_003),
    flag: true,
    at: BigInt(row),
    price: row / 3,
    name: "one",
    raw: `some text of row ${row} that is as long as any`,
    amount: "1",
  }),
);
const pieces = Array.from({ length: segments }, () => ({ rows: segmentRows, sealed: true, chunkRows: 8192 }));
const options = { arenaBytes, limits: { chunkRows: 8192, sliceChunks: 1 } };

const max = (name: string, type: "DOUBLE" | "LONG" | "STRING") =>
  ({ name: "max", args: [column(name)], parameters: [], filter: null, type }) as const;

const wide: AggregateFragment = {
  kind: "aggregate",
  table: "things",
  filter: null,
  hop: null,
  keys: [column("int")],
  aggregates: [max("price", "DOUBLE"), max("long", "LONG"), max("raw", "STRING")],
  top: null,
};

const best: RowsFragment = {
  kind: "rows",
  table: "things",
  filter: null,
  hop: null,
  project: ["raw", "long", "price", "at"].map(column),
  order: [{ expression: column("price"), descending: true, nullsFirst: false }],
  rows: 5,
};

test("columns larger than the arena are scanned, and nothing stays pinned", async () => {
  const store = buildStore(rows, pieces, options);
  const decodedBytes = rows.length * (8 + 8 + 50);
  expect(decodedBytes).toBeGreaterThan(arenaBytes - (4 << 20));
  for (let round = 0; round < 2; round++) {
    const { partial } = await store.execute(wide);
    expect(groupsOf(partial, wide)).toEqual(naiveGroups(table, rows, wide));
    expect(rowsOf((await store.execute(best)).partial)).toEqual(naiveRows(table, rows, best));
  }
  const all = await Promise.all([store.execute(wide), store.execute(best), store.execute(wide)]);
  expect(groupsOf(all[2].partial, wide)).toEqual(groupsOf(all[0].partial, wide));
  // Everything can be evicted again: no reader is left with a pin.
  expect(store.cache.pinnedBytes).toBe(0);
  store.close();
});

test("one slice that does not fit is refused by name, and the next query goes on", async () => {
  const one = [{ rows: rows.length, sealed: true, chunkRows: 1 << 16 }];
  const store = buildStore(rows, one, { arenaBytes: 24 << 20, limits: { chunkRows: 1 << 16 } });
  const hold = store.arenas[0]!.allocate((24 << 20) - store.arenas[0]!.bytesUsed() - (6 << 20), "scratch");
  const refused = await store.execute(wide).then(
    () => "answered",
    (error: unknown) => (error instanceof StoreError ? error.code : String(error)),
  );
  expect(refused).toBe("MEMORY_BUDGET");
  store.arenas[0]!.free(hold);
  const { partial } = await store.execute(wide);
  expect(groupsOf(partial, wide)).toEqual(naiveGroups(table, rows, wide));
  store.close();
});
