/** Groups cut by the only server: exactly those that the whole answer would begin with. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { OrderKey } from "#schemas/plan/expression";
import type { AggregateFragment } from "#server/execute/task";
import { column, piecesArbitrary, rowArbitrary } from "#test/server/execute/arbitrary";
import { groupsOf } from "#test/server/execute/naive";
import { buildStore } from "#test/server/execute/store";

const fragmentBy = (
  keys: readonly string[],
  order: readonly OrderKey[],
  rows: number,
): AggregateFragment => ({
  kind: "aggregate",
  table: "things",
  filter: null,
  hop: null,
  keys: keys.map(column),
  aggregates: [
    { name: "count", args: [], parameters: [], filter: null, type: "LONG" },
    { name: "sum", args: [column("long")], parameters: [], filter: null, type: "LONG" },
  ],
  top: { order, rows },
});

test("the top groups are the first of all groups, ties by the keys", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(rowArbitrary, { maxLength: 40 }),
      piecesArbitrary,
      fc.constantFrom(["long"], ["int", "flag"], ["name"], ["at"]),
      fc.constantFrom(0, 1),
      fc.boolean(),
      fc.integer({ min: 1, max: 6 }),
      async (rows, pieces, keys, aggregate, descending, wanted) => {
        const order: OrderKey = {
          expression: { kind: "column", type: "LONG", column: keys.length + aggregate, name: "it" },
          descending,
          nullsFirst: descending,
        };
        const fragment = fragmentBy(keys, [order], wanted);
        const store = buildStore(rows, pieces);
        try {
          const cut = groupsOf((await store.execute(fragment, { sole: true })).partial, fragment);
          const all = groupsOf((await store.execute(fragment, { sole: false })).partial, fragment);
          expect(cut.size).toBe(Math.min(wanted, all.size));
          for (const [key, values] of cut) expect(all.get(key)).toBe(values);
          const number = (values: string) => {
            const text = values.split(" | ")[aggregate];
            return text === "NULL" ? Number.POSITIVE_INFINITY : Number(text.split(" ")[1]);
          };
          const sorted = [...all.values()].map(number).sort((a, b) => (descending ? b - a : a - b));
          const found = [...cut.values()].map(number).sort((a, b) => (descending ? b - a : a - b));
          expect(found).toEqual(sorted.slice(0, wanted));
          const again = groupsOf((await store.execute(fragment, { sole: true })).partial, fragment);
          expect([...again]).toEqual([...cut]);
        } finally {
          store.close();
        }
      },
    ),
    { numRuns: 60 },
  );
});
