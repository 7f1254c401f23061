import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupRows } from "#broker/groups";
import { valueAt } from "#broker/vectors";
import type { Vector } from "#schemas/batch";
import { firstInOrder } from "#schemas/row-order";
import { compareText } from "#schemas/text";
import { atOnce } from "#schemas/turns";
import type { SqlType, Value } from "#schemas/types";
import { joinVectors, pickRows } from "#schemas/vector-rows";
import { vectorOf } from "#test/sql/values";

const columns: readonly (readonly [SqlType, fc.Arbitrary<Value>])[] = [
  [
    "LONG",
    fc.oneof(
      fc.bigInt({ min: -3n, max: 3n }),
      fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 32n, -(2n ** 32n)),
    ),
  ],
  [
    "DOUBLE",
    fc.constantFrom(0, -0, 1.5, -1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  ],
  ["STRING", fc.constantFrom("", "a", "A", "ab", "ż", "\uffee", "😀")],
  ["BIG_DECIMAL", fc.constantFrom("10", "9.5", "-1", "-10", "0")],
  ["BOOLEAN", fc.boolean()],
];

/** A vector of any type with NULLs, its text entries shared or not. */
const column = fc
  .constantFrom(...columns)
  .chain(([type, value]) =>
    fc
      .tuple(fc.array(fc.option(value, { freq: 4 }), { maxLength: 30 }), fc.boolean())
      .map(([values, shared]) =>
        shared ? pickRows(vectorOf(type, values), Uint32Array.from(values.keys())) : vectorOf(type, values),
      ),
  );

function compareValues(left: Value, right: Value, type: SqlType): number {
  if (typeof left === "string" && typeof right === "string") {
    return type === "BIG_DECIMAL" ? Number(left) - Number(right) : compareText(left, right);
  }
  if (Number.isNaN(left) || Number.isNaN(right)) return +Number.isNaN(left) - +Number.isNaN(right);
  return left! < right! ? -1 : left! > right! ? 1 : 0;
}

const all = (vector: Vector): Uint32Array => Uint32Array.from({ length: vector.rows }, (_, row) => row);

describe("order", () => {
  it("is that of a plain sort, whole or cut to the first rows", () => {
    fc.assert(
      fc.property(
        column,
        fc.boolean(),
        fc.boolean(),
        fc.nat({ max: 40 }),
        (vector, descending, nullsFirst, count) => {
          const wanted = [...all(vector)].sort((left, right) => {
            const [a, b] = [valueAt(vector, left), valueAt(vector, right)];
            if (a === null || b === null)
              return (a === b ? 0 : (a === null) === nullsFirst ? -1 : 1) || left - right;
            return compareValues(a, b, vector.type) * (descending ? -1 : 1) || left - right;
          });
          const found = atOnce(firstInOrder(vector.rows, [{ vector, descending, nullsFirst }], count));
          expect([...found]).toEqual(wanted.slice(0, count));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("groups", () => {
  it("are rows of equal values, in order of first appearance", () => {
    fc.assert(
      fc.property(column, (vector) => {
        const seen: Value[] = [];
        const wanted = [...all(vector)].map((row) => {
          const value = valueAt(vector, row);
          const same = (other: Value) =>
            value === null || other === null
              ? value === other
              : compareValues(value, other, vector.type) === 0;
          const at = seen.findIndex(same);
          return at >= 0 ? at : seen.push(value) - 1;
        });
        const { count, gids, firstRows: firsts } = atOnce(groupRows([vector], vector.rows));
        expect([...gids]).toEqual(wanted);
        expect(count).toBe(seen.length);
        expect([...firsts].map((row) => gids[row])).toEqual([...firsts.keys()]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("vectors", () => {
  it("one after the other hold what they held", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...columns),
        fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 4 }),
        ([type, value], sizes) => {
          const parts = sizes.map((size, index) =>
            fc.sample(fc.option(value), { numRuns: size, seed: index }),
          );
          const whole = joinVectors(
            parts.map((values) => vectorOf(type, values)),
            type,
          );
          expect([...all(whole)].map((row) => valueAt(whole, row))).toEqual(parts.flat());
        },
      ),
    );
  });
});
