/** Inverted indexes in queries: that few rows are found by them, and that no answer changes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Expression } from "#schemas/plan/expression";
import type { SqlType } from "#schemas/types";
import type { AggregateFragment, RowsFragment } from "#server/execute/task";
import {
  call,
  column,
  filterArbitrary,
  literal,
  piecesArbitrary,
  rowArbitrary,
} from "#test/server/execute/arbitrary";
import { groupsOf, naiveGroups, naiveRows, rowsOf } from "#test/server/execute/naive";
import { buildStore, table as plainTable } from "#test/server/execute/store";
import type { Row } from "#test/server/segment/build";

const table = { ...plainTable, invertedColumns: ["name", "int", "long", "flag", "at"] };

const rowsWhere = (filter: Expression): RowsFragment => ({
  kind: "rows",
  table: table.name,
  filter,
  hop: null,
  project: table.columns.map(({ name }) => column(name)),
  order: [],
  rows: 10_000,
});

const countWhere = (filter: Expression): AggregateFragment => ({
  kind: "aggregate",
  table: table.name,
  filter,
  hop: null,
  keys: [column("int")],
  aggregates: [{ name: "count", args: [], parameters: [], filter: null, type: "LONG" }],
  top: null,
});

test("random predicates have the rows of the naive evaluator, and kept results are of the same predicate", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(rowArbitrary, { maxLength: 90, size: "max" }),
      piecesArbitrary,
      fc.array(filterArbitrary, { minLength: 2, maxLength: 2 }),
      async (rows, pieces, filters) => {
        const sealed = pieces.map((piece) => ({ ...piece, sealed: true, rows: piece.rows * 3 }));
        const store = buildStore(rows, sealed, { table });
        try {
          for (const filter of filters) {
            const fragment = rowsWhere(filter);
            const { partial } = await store.execute(fragment);
            expect(rowsOf(partial).sort()).toEqual(naiveRows(table, rows, fragment).sort());
          }
          for (const filter of [...filters, ...filters]) {
            const fragment = countWhere(filter);
            const { partial } = await store.execute(fragment, { useCache: true });
            expect(groupsOf(partial, fragment)).toEqual(naiveGroups(table, rows, fragment));
          }
        } finally {
          store.close();
        }
      },
    ),
    { numRuns: 100 },
  );
});

/** Every value of int, from −200, five times; long is wide, flag nearly always true, at ascending. */
const rows: readonly Row[] = Array.from({ length: 2000 }, (_, row) => ({
  int: row % 97 === 5 ? null : BigInt(((row * 7) % 400) - 200),
  long: BigInt((row * 13) % 500) * 2n ** 40n - 2n ** 47n,
  flag: row % 100 === 3 ? false : row % 11 === 0 ? null : true,
  at: BigInt(row >> 3) * 1000n,
  name: `n${row % 200}`,
}));

const is = (name: string, left: string, type: SqlType, value: bigint | boolean | string) =>
  call(name, "BOOLEAN", column(left), literal(type, value));
const int = (name: string, value: bigint) => is(name, "int", "INT", value);
const ints = (...values: readonly bigint[]) =>
  call("in", "BOOLEAN", column("int"), ...values.map((value) => literal("INT", value)));

describe("an inverted index of integers", () => {
  test.each<[string, Expression, readonly string[]]>([
    ["equality", int("equals", -7n), ["inverted(int)"]],
    ["IN", ints(-199n, 3n, 77n), ["inverted(int)"]],
    ["a long IN", ints(...Array.from({ length: 18 }, (_, at) => BigInt(at * 3 - 20))), []],
    [
      "a long IN of values that are rare",
      ints(3n, ...Array.from({ length: 40 }, (_, at) => BigInt(at * 3 + 300))),
      ["inverted(int)"],
    ],
    [
      "a small range",
      call("and", "BOOLEAN", int("greaterThan", -3n), int("lessThanOrEqual", 2n)),
      ["inverted(int)"],
    ],
    [
      "a range less some values",
      call("and", "BOOLEAN", int("greaterThan", 190n), int("notEquals", 195n)),
      ["inverted(int)"],
    ],
    ["alternatives", call("or", "BOOLEAN", int("equals", 5n), int("equals", 5n)), ["inverted(int)"]],
    [
      "alternatives and a range",
      call("and", "BOOLEAN", ints(1n, 2n, 3n), int("lessThan", 3n)),
      ["inverted(int)"],
    ],
    ["a value that is not there", is("equals", "long", "LONG", 5n), []],
    ["LONG", is("equals", "long", "LONG", -(2n ** 47n)), ["inverted(long)"]],
    ["a rare BOOLEAN", is("equals", "flag", "BOOLEAN", false), ["inverted(flag)"]],
    ["not a common one", is("equals", "flag", "BOOLEAN", true), []],
    ["not a wide range", int("greaterThan", -100n), []],
    ["not other than", int("notEquals", 5n), []],
    [
      "the rarest of two columns",
      call("and", "BOOLEAN", is("equals", "name", "STRING", "n7"), int("equals", 5n)),
      ["inverted(int)"],
    ],
    ["not where rows are in order", is("equals", "at", "TIMESTAMP", 5000n), ["sorted(at)"]],
    [
      "but for IN there",
      call("in", "BOOLEAN", column("at"), literal("TIMESTAMP", 5000n), literal("TIMESTAMP", 90_000n)),
      ["inverted(at)"],
    ],
  ])("%s", async (_what, filter, indexes) => {
    const store = buildStore(rows, [{ rows: 2000, sealed: true, chunkRows: 128 }], { table });
    try {
      const fragment = rowsWhere(filter);
      const { partial, stats } = await store.execute(fragment);
      const expected = naiveRows(table, rows, fragment);
      expect(rowsOf(partial).sort()).toEqual(expected.sort());
      expect(stats.indexes).toEqual(indexes);
      if (indexes.length > 0) expect(stats.entriesInFilter).toBeLessThanOrEqual(2000);
    } finally {
      store.close();
    }
  });
});
