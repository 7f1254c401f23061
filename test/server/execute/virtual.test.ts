/** $segmentName, $docId and $hostName answer as if rows held them: the naive model does hold them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AggregateCall, Expression } from "#schemas/plan/expression";
import type { Hop } from "#schemas/plan/plan";
import { type Column, docIdColumn, hostNameColumn, segmentNameColumn } from "#schemas/table";
import type { AggregateFragment, RowsFragment } from "#server/execute/task";
import { call, column, literal, piecesArbitrary } from "#test/server/execute/arbitrary";
import { groupsOf, naiveGroups, naiveRows, rowsOf } from "#test/server/execute/naive";
import { buildStore, type Store, table } from "#test/server/execute/store";
import type { Row } from "#test/server/segment/build";

const virtual = ({ type, id, name }: Column): Expression => ({ kind: "column", type, column: id, name });
const segmentName = virtual(segmentNameColumn);
const docId = virtual(docIdColumn);
const hostName = virtual(hostNameColumn);
const text = (value: string) => literal("STRING", value);
const int = (value: bigint) => literal("INT", value);

const plus = (left: Expression, right: Expression) => call("plus", "LONG", left, right);

const withPlaces = {
  ...table,
  columns: [...table.columns, segmentNameColumn, docIdColumn, hostNameColumn],
};

/** The rows as they lie in the store's segments. */
function placed(store: Store, rows: readonly Row[]): Row[] {
  const places = store.readers.flatMap(({ id, rows: count }) =>
    Array.from({ length: count }, (_, row) => ({
      $segmentName: id,
      $docId: BigInt(row),
      $hostName: "here",
    })),
  );
  return rows.map((row, index) => ({ ...row, ...places[index] }));
}

/** Times ascend, so that sealing leaves the order as it is. */
const rowsArbitrary = fc
  .array(
    fc.record({ int: fc.option(fc.bigInt({ min: -2n, max: 3n })), name: fc.constantFrom("a", "b", null) }),
    {
      maxLength: 30,
    },
  )
  .map((rows) => rows.map((row, index): Row => ({ ...row, at: BigInt(index) * 600_000n })));

const number = fc.integer({ min: -1, max: 15 }).map((value) => int(BigInt(value)));
const name = fc.constantFrom("segment0", "segment1", "segment2", "", "zzz").map(text);
const comparisons = ["equals", "notEquals", "lessThan", "greaterThanOrEqual"] as const;
const comparison = fc.constantFrom(...comparisons);
const condition: fc.Arbitrary<Expression> = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.tuple(comparison, number).map(([op, value]) => call(op, "BOOLEAN", docId, value)),
    fc.tuple(comparison, number).map(([op, value]) => call(op, "BOOLEAN", value, docId)),
    comparison.map((op) => call(op, "BOOLEAN", call("cast", "DOUBLE", docId), literal("DOUBLE", 2.5))),
    comparison.map((op) => call(op, "BOOLEAN", docId, column("int"))),
    fc.tuple(number, number).map(([low, high]) => call("between", "BOOLEAN", docId, low, high)),
    fc.array(number, { minLength: 1, maxLength: 5 }).map((some) => call("in", "BOOLEAN", docId, ...some)),
    fc.constantFrom(docId, segmentName, hostName).map((one) => call("isNull", "BOOLEAN", one)),
    fc.tuple(comparison, name).map(([op, value]) => call(op, "BOOLEAN", segmentName, value)),
    fc.array(name, { minLength: 1, maxLength: 3 }).map((some) => call("in", "BOOLEAN", segmentName, ...some)),
    name.map((value) => call("notEquals", "BOOLEAN", hostName, value)),
    fc.constant(call("like", "BOOLEAN", segmentName, text("%1"))),
    fc.constant(call("equals", "BOOLEAN", segmentName, column("name"))),
    fc.constant(call("greaterThan", "BOOLEAN", column("int"), int(0n))),
    fc
      .tuple(fc.constantFrom("and", "or"), tie("tree"), tie("tree"))
      .map(([op, left, right]) => call(op, "BOOLEAN", left, right)),
    tie("tree").map((inner) => call("not", "BOOLEAN", inner)),
  ),
})).tree;
const filter = fc.option(condition, { nil: null });

const key = fc.constantFrom(
  segmentName,
  docId,
  hostName,
  call("upper", "STRING", segmentName),
  call("mod", "INT", docId, int(3n)),
  column("name"),
);

const calls: readonly Omit<AggregateCall, "filter">[] = [
  { name: "count", args: [segmentName], parameters: [], type: "LONG" },
  { name: "count", args: [docId], parameters: [], type: "LONG" },
  { name: "sum", args: [docId], parameters: [], type: "LONG" },
  { name: "avg", args: [docId], parameters: [], type: "DOUBLE" },
  { name: "min", args: [docId], parameters: [], type: "INT" },
  { name: "max", args: [segmentName], parameters: [], type: "STRING" },
  { name: "min", args: [hostName], parameters: [], type: "STRING" },
  { name: "distinctCount", args: [segmentName], parameters: [], type: "LONG" },
  { name: "distinctCount", args: [docId], parameters: [], type: "LONG" },
  { name: "distinctCountHll", args: [segmentName], parameters: [8n], type: "LONG" },
  { name: "distinctCountHll", args: [docId], parameters: [8n], type: "LONG" },
  { name: "percentile", args: [docId], parameters: [50n], type: "DOUBLE" },
  { name: "sum", args: [call("length", "INT", segmentName)], parameters: [], type: "LONG" },
  { name: "sum", args: [plus(docId, column("int"))], parameters: [], type: "LONG" },
  { name: "max", args: [plus(column("int"), docId)], parameters: [], type: "LONG" },
  { name: "distinctCount", args: [plus(docId, docId)], parameters: [], type: "LONG" },
];
const aggregate = fc.tuple(fc.constantFrom(...calls), filter).map(([one, own]) => ({ ...one, filter: own }));

const hop: Hop = { timeColumn: 4, slideMs: 900_000n, sizeMs: 1_800_000n, startColumn: -101, endColumn: -102 };
const base = { filter, hop: fc.option(fc.constant(hop), { nil: null, freq: 4 }) };

const aggregateFragment: fc.Arbitrary<AggregateFragment> = fc
  .record({
    ...base,
    keys: fc.array(key, { maxLength: 3 }),
    aggregates: fc.array(aggregate, { maxLength: 3 }),
  })
  .map((parts) => ({ kind: "aggregate", ...parts, table: table.name, top: null }));

const rowsFragment: fc.Arbitrary<RowsFragment> = fc
  .record({
    ...base,
    order: fc.array(fc.record({ expression: key, descending: fc.boolean(), nullsFirst: fc.boolean() }), {
      maxLength: 2,
    }),
    rows: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ order, ...parts }) => {
    const all = [segmentName, docId, hostName, column("at")];
    // By place at the end, so that the order is one.
    const ties = [segmentName, docId].map((expression) => ({
      expression,
      descending: false,
      nullsFirst: false,
    }));
    const project = [...all, ...order.map(({ expression }) => expression)];
    return { kind: "rows", ...parts, table: table.name, project, order: [...order, ...ties] };
  });

test("groups by, over and of the columns are those of rows that hold them, kept ones too", async () => {
  await fc.assert(
    fc.asyncProperty(rowsArbitrary, piecesArbitrary, aggregateFragment, async (rows, pieces, fragment) => {
      const store = buildStore(rows, pieces);
      try {
        const wanted = naiveGroups(withPlaces, placed(store, rows), fragment);
        // Another fragment with the same slices takes them from the cache, not the whole answer.
        const another: AggregateFragment = { ...fragment, top: { order: [], rows: 1000 } };
        const computed = await store.execute(fragment, { useCache: false });
        const first = await store.execute(fragment, { useCache: true });
        const kept = await store.execute(fragment, { useCache: true });
        const slices = await store.execute(another, { useCache: true, sole: false });
        for (const { partial } of [computed, first, kept, slices])
          expect(groupsOf(partial, fragment)).toEqual(wanted);
      } finally {
        store.close();
      }
    }),
    { numRuns: 300 },
  );
});

test("rows in the order of the columns", async () => {
  await fc.assert(
    fc.asyncProperty(rowsArbitrary, piecesArbitrary, rowsFragment, async (rows, pieces, fragment) => {
      const store = buildStore(rows, pieces);
      try {
        const { partial } = await store.execute(fragment);
        expect(rowsOf(partial)).toEqual(naiveRows(withPlaces, placed(store, rows), fragment));
      } finally {
        store.close();
      }
    }),
    { numRuns: 200 },
  );
});
