/** Queries over more than memory holds: slices come and go in waves, and what they pin is let go of. */
import { expect, test } from "vitest";
import { StoreError } from "#schemas/errors";
import type { Arena } from "#server/arena/arena";
import { evaluate } from "#server/execute/functions/evaluate";
import { Runtime } from "#server/execute/runtime";
import type { AggregateFragment, RowsFragment } from "#server/execute/task";
import { InlinePool, type ScanPool } from "#server/execute/threads/pool";
import { kernelsFor } from "#server/kernels/instance";
import { column } from "#test/server/execute/arbitrary";
import { groupsOf, naiveGroups, naiveRows, rowsOf } from "#test/server/execute/naive";
import { buildStore, table, twin } from "#test/server/execute/store";
import type { Row } from "#test/server/segment/build";

const segments = 8;
const segmentRows = 4000;

const rows = Array.from(
  { length: segments * segmentRows },
  (_, row): Row => ({
    int: BigInt(row % 3),
    long: BigInt(row * 1_000_003),
    flag: true,
    at: BigInt(row),
    price: row / 3,
    name: "one",
    raw: `some text of row ${row} ${"that is as long as any other text ".repeat(8)}`,
    amount: "1",
  }),
);
const pieces = Array.from({ length: segments }, () => ({ rows: segmentRows, sealed: true, chunkRows: 8192 }));

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

/** An inline pool that tells of every wave. */
const telling =
  (tell: () => void) =>
  (arenas: readonly Arena[]): ScanPool => {
    const inline = new InlinePool(
      new Runtime({
        evaluate,
        arenaAt: (index) => arenas[index]!,
        kernelsFor: (arena) => kernelsFor(arena, twin),
      }),
    );
    const run: ScanPool["run"] = (tasks, control, deliver) => {
      tell();
      return inline.run(tasks, control, deliver);
    };
    return { threads: 2, run, close: async () => {} };
  };

const limits = { chunkRows: 8192, sliceChunks: 1, inlineNs: 0 };

test("columns larger than what chunks may hold are scanned in waves, and nothing stays pinned", async () => {
  const cacheBytes = 2 << 20;
  const pinned: number[] = [];
  const pool = telling(() => pinned.push(store.cache.pinnedBytes));
  const store = buildStore(rows, pieces, { cacheBytes, limits, pool });
  const { partial } = await store.execute(wide);
  expect(groupsOf(partial, wide)).toEqual(naiveGroups(table, rows, wide));
  expect(pinned.length).toBeGreaterThan(2);
  expect(pinned.length).toBeLessThan(segments);
  expect(Math.max(...pinned)).toBeLessThan(cacheBytes + segmentRows * (8 + 8 + 320));
  const together = [wide, best, wide].map((fragment) => store.execute(fragment));
  const [first, found, third] = await Promise.all(together);
  expect(groupsOf(first!.partial, wide)).toEqual(groupsOf(third!.partial, wide));
  expect(rowsOf(found!.partial)).toEqual(naiveRows(table, rows, best));
  // Everything can be evicted again: no reader is left with a pin.
  expect(store.cache.pinnedBytes).toBe(0);
  store.close();
});

test("one slice that does not fit is refused by name, and the next query goes on", async () => {
  const one = [{ rows: rows.length, sealed: true, chunkRows: 1 << 16 }];
  const store = buildStore(rows, one, { arenaBytes: 64 << 20, limits: { chunkRows: 1 << 16 } });
  const hold = store.arenas[0]!.allocate((64 << 20) - store.arenas[0]!.bytesUsed() - (6 << 20), "scratch");
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

test.each([40, 57])(
  "with %d of 64 MB taken by rows that are not sealed, small segments stay in one wave",
  async (mb) => {
    const narrow = { ...wide, aggregates: [max("price", "DOUBLE")] };
    let waves = 0;
    const store = buildStore(
      rows.slice(0, 8000),
      pieces.map((piece) => ({ ...piece, rows: 1000 })),
      {
        arenaBytes: 64 << 20,
        limits,
        pool: telling(() => waves++),
      },
    );
    const [arena] = store.arenas;
    const hog = arena!.allocate((mb << 20) - arena!.bytesUsed(), "mutable");
    await store.execute(narrow);
    const kept = store.cache.bytes;
    await store.execute(narrow);
    expect(waves).toBe(2);
    expect(store.cache.bytes).toBe(kept);
    arena!.free(hog);
    store.close();
  },
);
