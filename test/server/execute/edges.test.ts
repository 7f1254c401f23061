/** Ends of number ranges, empty and missing things; and that the fast paths are taken. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AggregateCall, Expression } from "#schemas/plan/expression";
import type { AggregateFragment, RowsFragment } from "#server/execute/task";
import { call, column, extremes, literal, piecesArbitrary } from "#test/server/execute/arbitrary";
import { groupsOf, naiveGroups, rowsOf } from "#test/server/execute/naive";
import { buildStore, type Piece, table, usualOptions } from "#test/server/execute/store";
import type { Row } from "#test/server/segment/build";

const aggregate = (
  name: string,
  args: readonly Expression[],
  type: AggregateCall["type"],
  parameters: AggregateCall["parameters"] = [],
): AggregateCall => ({ name, args, parameters, filter: null, type });

const fragmentOf = (
  keys: readonly Expression[],
  aggregates: readonly AggregateCall[],
  filter: Expression | null = null,
): AggregateFragment => ({
  kind: "aggregate",
  table: table.name,
  filter,
  hop: null,
  keys,
  aggregates,
  top: null,
});

describe("numbers at the ends of their ranges", () => {
  const long = fc.oneof(fc.constantFrom(...extremes, 0n), fc.bigInt({ min: -3n, max: 3n }));
  const double = fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    5e-324,
    0,
    1e308,
    1,
  );
  const row = fc.record({ long: fc.option(long), price: fc.option(double), flag: fc.boolean() });

  test("integers keep all 64 bits, NaN is greatest and equal to itself", async () => {
    const fragment = fragmentOf(
      [column("flag")],
      [
        ...["min", "max"].map((name) => aggregate(name, [column("long")], "LONG")),
        ...["min", "max"].map((name) => aggregate(name, [column("price")], "DOUBLE")),
        aggregate("distinctCount", [column("long")], "LONG"),
        aggregate("distinctCount", [column("price")], "LONG"),
        aggregate("sumPrecision", [column("long")], "BIG_DECIMAL"),
        aggregate("percentile", [column("price")], "DOUBLE", [50]),
        aggregate("count", [column("long")], "LONG"),
      ],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), piecesArbitrary, async (rows, pieces) => {
        const store = buildStore(rows, pieces);
        try {
          const { partial } = await store.execute(fragment);
          expect(groupsOf(partial, fragment)).toEqual(naiveGroups(table, rows, fragment));
          for (const key of ["long", "price"]) {
            const byKey = fragmentOf([column(key)], [aggregate("count", [], "LONG")]);
            const groups = groupsOf((await store.execute(byKey)).partial, byKey);
            expect(groups).toEqual(naiveGroups(table, rows, byKey));
          }
        } finally {
          store.close();
        }
      }),
      { numRuns: 60 },
    );
  });

  test("a sum past 64 bits passes through them and back, or names SUMPRECISION", async () => {
    const fragment = fragmentOf([], [aggregate("sum", [column("long")], "LONG")]);
    const there: Row[] = [{ long: extremes[0] }, { long: 5n }, { long: -9n }];
    const pieces: Piece[] = [
      { rows: 2, sealed: true, chunkRows: 2 },
      { rows: 9, sealed: false, chunkRows: 2 },
    ];
    const store = buildStore(there, pieces);
    const { partial } = await store.execute(fragment);
    expect(groupsOf(partial, fragment).get("")).toBe(`bigint ${extremes[0] - 4n}`);
    store.close();
    const over = buildStore(there.slice(0, 2), pieces);
    const answer = await over.execute(fragment);
    expect(() => groupsOf(answer.partial, fragment)).toThrow(/SUMPRECISION/);
    over.close();
  });
});

describe("nothing there", () => {
  test("no segments, empty segments and a column that came later", async () => {
    const fragment = fragmentOf(
      [],
      [
        aggregate("count", [], "LONG"),
        aggregate("sum", [column("notThere")], "LONG"),
        aggregate("max", [column("int")], "INT"),
        aggregate("distinctCount", [column("notThere")], "LONG"),
      ],
    );
    for (const rows of [[], [{ name: "a" }]]) {
      const store = buildStore(rows, [{ rows: 1, sealed: true, chunkRows: 2 }]);
      const groups = groupsOf((await store.execute(fragment)).partial, fragment);
      expect(groups.get("")).toBe(`bigint ${rows.length} | NULL | NULL | bigint 0`);
      const none = await store.executor.execute([], fragment, usualOptions, new AbortController().signal);
      expect(groupsOf(none.partial, fragment).get("")).toBe("bigint 0 | NULL | NULL | bigint 0");
      store.close();
    }
  });
});

const many: Row[] = Array.from({ length: 2000 }, (_, index) => ({
  at: BigInt(index) * 1000n,
  int: BigInt(index % 50),
  name: `name ${index % 100}`,
  price: index / 2,
}));
const manyPieces: Piece[] = [
  { rows: 1000, sealed: true, chunkRows: 100 },
  { rows: 1000, sealed: true, chunkRows: 100 },
];
const count = [aggregate("count", [], "LONG")];

describe("the fast path is taken", () => {
  const store = () => buildStore(many, manyPieces);

  test("zones leave out segments and chunks, sorted columns become runs of rows", async () => {
    const own = store();
    const late = fragmentOf(
      [],
      count,
      call("greaterThanOrEqual", "BOOLEAN", column("at"), literal("TIMESTAMP", 1_950_000n)),
    );
    const { partial, stats } = await own.execute(late);
    expect(groupsOf(partial, late).get("")).toBe("bigint 50");
    expect(stats).toMatchObject({ segmentsPruned: 1, segmentsProcessed: 1, segmentsMatched: 1 });
    expect(stats.rowsScanned).toBe(100);
    expect(stats.indexes).toEqual(["sorted(at)"]);
    const byPrice = fragmentOf(
      [],
      count,
      call("lessThan", "BOOLEAN", column("price"), literal("DOUBLE", 10)),
    );
    expect((await own.execute(byPrice)).stats.rowsScanned).toBe(100);
    own.close();
  });

  test("a value that no dictionary has needs no row", async () => {
    const own = store();
    const absent = fragmentOf(
      [],
      count,
      call("equals", "BOOLEAN", column("name"), literal("STRING", "nobody")),
    );
    const { stats } = await own.execute(absent);
    expect(stats).toMatchObject({ rowsScanned: 0, segmentsPruned: 2 });
    own.close();
  });

  test("few rows come from the inverted index", async () => {
    const own = store();
    const one = fragmentOf([], count, call("equals", "BOOLEAN", column("name"), literal("STRING", "name 7")));
    const { partial, stats } = await own.execute(one);
    expect(groupsOf(partial, one).get("")).toBe("bigint 20");
    expect(stats.indexes).toEqual(["inverted(name)"]);
    own.close();
  });

  test("the newest rows are found without the older ones", async () => {
    const own = store();
    const newest: RowsFragment = {
      kind: "rows",
      table: table.name,
      filter: null,
      hop: null,
      project: [column("at")],
      order: [{ expression: column("at"), descending: true, nullsFirst: true }],
      rows: 5,
    };
    const { partial, stats } = await own.execute(newest);
    expect(rowsOf(partial)[0]).toBe("bigint 1999000");
    expect(stats.rowsScanned).toBeLessThan(1000);
    own.close();
  });

  test("EXPLAIN says so", async () => {
    const own = store();
    const filter = call("equals", "BOOLEAN", column("name"), literal("STRING", "name 7"));
    const lines = await own.executor.explain(own.readers, fragmentOf([column("int")], count, filter));
    expect(lines).toEqual([
      "GROUP_BY(keys:int, groups:flat, aggregates:count(*), states:rows)",
      "FILTER(equals(name, 'name 7'), as:bitmaps, indexes:inverted(name))",
      "SCAN(things, segments:2 of 2, slices:10, rows:2000 of 2000)",
    ]);
    own.close();
  });
});
