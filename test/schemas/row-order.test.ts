import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { firstInOrder, type SortKey } from "#schemas/row-order";
import { atOnce } from "#schemas/turns";
import type { SqlType, Value } from "#schemas/types";
import { vectorOf } from "#test/sql/values";

const texts = fc.oneof(
  fc.constantFrom("", "a", "a\0", "prefix", "prefix1", "prefix2", "ż", "\uffee", "😀"),
  fc.string({ maxLength: 9 }),
);
const types: readonly (readonly [SqlType, fc.Arbitrary<Value>])[] = [
  ["LONG", fc.oneof(fc.bigInt({ min: -4n, max: 4n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))],
  ["DOUBLE", fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity))],
  ["STRING", texts.map((text) => text.toWellFormed())],
  ["BIG_DECIMAL", fc.constantFrom("10", "9.5", "-1", "-10", "0", "9.50")],
];

const encoder = new TextEncoder();

/** The order of two values, written as plainly as can be. */
function plain(left: Value, right: Value, type: SqlType): number {
  if (typeof left === "string" && typeof right === "string") {
    if (type === "BIG_DECIMAL") return Number(left) - Number(right);
    return compareBytes(encoder.encode(left), encoder.encode(right));
  }
  if (Number.isNaN(left) || Number.isNaN(right)) return +Number.isNaN(left) - +Number.isNaN(right);
  return left! < right! ? -1 : left! > right! ? 1 : 0;
}

interface Key {
  readonly type: SqlType;
  readonly values: readonly Value[];
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Keys of the same number of rows, some of them in runs that rise or fall. */
const keyLists: fc.Arbitrary<readonly Key[]> = fc
  .tuple(fc.nat({ max: 200 }), fc.integer({ min: 1, max: 3 }))
  .chain(([rows, keys]) =>
    fc.array(
      fc.constantFrom(...types).chain(([type, value]) =>
        fc.record({
          type: fc.constant(type),
          values: fc
            .tuple(
              fc.array(fc.option(value, { freq: 8 }), { minLength: rows, maxLength: rows }),
              fc.constantFrom(0, 1, -1),
            )
            .map(([values, way]) => {
              if (way === 0) return values;
              const half = values.slice(0, rows >> 1);
              const given = half.filter((one) => one !== null).sort((a, b) => plain(a, b, type) * way);
              return [...given, ...values.slice(given.length)];
            }),
          descending: fc.boolean(),
          nullsFirst: fc.boolean(),
        }),
      ),
      { minLength: keys, maxLength: keys },
    ),
  );

function plainOrder(keys: readonly Key[], left: number, right: number): number {
  for (const { type, values, descending, nullsFirst } of keys) {
    const [a, b] = [values[left] as Value, values[right] as Value];
    if (a === null || b === null) {
      if (a !== b) return (a === null) === nullsFirst ? -1 : 1;
      continue;
    }
    const way = plain(a, b, type) * (descending ? -1 : 1);
    if (way !== 0) return way;
  }
  return left - right;
}

const rowsOf = (vector: Vector): number[] => Array.from({ length: vector.rows }, (_, row) => row);

test("the first rows are those of a plain sort, by any keys, however many are wanted", () => {
  fc.assert(
    fc.property(keyLists, fc.nat({ max: 220 }), (keys, wanted) => {
      const sortKeys: SortKey[] = keys.map(({ type, values, descending, nullsFirst }) => ({
        vector: vectorOf(type, values),
        descending,
        nullsFirst,
      }));
      const [first] = sortKeys as [SortKey];
      const expected = rowsOf(first.vector).sort((left, right) => plainOrder(keys, left, right));
      const found = atOnce(firstInOrder(first.vector.rows, sortKeys, wanted));
      expect([...found]).toEqual(expected.slice(0, wanted));
    }),
    { numRuns: 600 },
  );
});

test("a long sort may be left at any of its steps, and takes many", () => {
  const rows = 100_000;
  const values = BigInt64Array.from({ length: rows }, (_, row) => BigInt((row * 7919) % rows));
  const key: SortKey = {
    vector: { kind: "int", type: "LONG", rows, values, nulls: null },
    descending: true,
    nullsFirst: false,
  };
  let steps = 0;
  const sorting = firstInOrder(rows, [key], rows);
  let step = sorting.next();
  for (; step.done !== true; step = sorting.next()) steps++;
  expect(steps).toBeGreaterThan(100);
  expect(Array.from(step.value, (row) => Number(values[row]))).toEqual(
    Array.from({ length: rows }, (_, row) => rows - 1 - row),
  );
});
