/** Aggregates: any split merges to the whole, states survive their bytes, corrupt bytes are refused, arguments checked. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AggregateArgument, StateCall } from "#schemas/aggregates/aggregate";
import { hashBytes, hashWord } from "#schemas/aggregates/hash";
import { aggregateNamed, aggregates } from "#schemas/aggregates/registry";
import type { Vector } from "#schemas/batch";
import { StoreError } from "#schemas/errors";
import type { States } from "#schemas/plan/server-client";
import type { SqlType, Value } from "#schemas/types";
import { valuesOf, vectorOf } from "#server/execute/functions/vectors";
import { hashBytes64, hashInt64 } from "#server/kernels/hash";

const values: Readonly<Partial<Record<SqlType, fc.Arbitrary<Value>>>> = {
  LONG: fc.oneof(fc.bigInt({ min: -5n, max: 5n }), fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })),
  // Sums of quarters are exact, so the order of additions does not matter here.
  DOUBLE: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -40, max: 40 }).map((value) => value / 4) },
    fc.constant(Number.NaN),
  ),
  BOOLEAN: fc.boolean(),
  TIMESTAMP: fc.bigInt({ min: 0n, max: 20n }),
  STRING: fc.constantFrom("", "a", "ab", "é", "\u{1f600}"),
  BIG_DECIMAL: fc.constantFrom("0", "1.5", "-2.25", "100000000000000000000"),
};

interface Case {
  readonly name: string;
  readonly types: readonly SqlType[];
  readonly extra: readonly AggregateArgument[];
}

const text = (literal: string): AggregateArgument => ({ type: "STRING", literal });
const number = (literal: bigint): AggregateArgument => ({ type: "INT", literal });
const each = (name: string, types: readonly SqlType[], extra: readonly AggregateArgument[] = []): Case[] =>
  types.map((type) => ({ name, types: [type], extra }));
const all: readonly SqlType[] = ["LONG", "DOUBLE", "BOOLEAN", "TIMESTAMP", "STRING", "BIG_DECIMAL"];
const numbers: readonly SqlType[] = ["LONG", "DOUBLE", "BIG_DECIMAL"];

const cases: readonly Case[] = [
  { name: "count", types: [], extra: [] },
  ...each("count", all),
  ...each("sum", ["DOUBLE", "BIG_DECIMAL"]),
  ...each("avg", numbers),
  ...["min", "max", "anyValue", "distinctCount", "distinctCountHll"].flatMap((name) => each(name, all)),
  ...each("percentile", numbers, [number(90n)]),
  ...each("sumPrecision", ["LONG", "BIG_DECIMAL"]),
  ...each("minMaxRange", ["LONG", "DOUBLE"]),
  ...["boolAnd", "boolOr"].flatMap((name) => each(name, ["BOOLEAN"])),
  ...["firstWithTime", "lastWithTime"].flatMap((name) => [
    { name, types: ["LONG", "TIMESTAMP"] as const, extra: [text("LONG")] },
    { name, types: ["STRING", "TIMESTAMP"] as const, extra: [text("STRING")] },
  ]),
];

function callOf({ name, types, extra }: Case): StateCall {
  const aggregate = aggregateNamed(name)!;
  const bound = aggregate.bind([...types.map((type) => ({ type })), ...extra]);
  return {
    name: bound.name,
    type: bound.type,
    parameters: bound.parameters,
    args: types.slice(0, bound.columns).map((type) => ({ type })),
  };
}

const accumulatorOf = (call: StateCall) => aggregateNamed(call.name)!.accumulator(call);
const vectorsOf = (call: StateCall, rows: readonly (readonly Value[])[]): Vector[] =>
  call.args.map(({ type }, index) =>
    vectorOf(
      type,
      rows.map((row) => row[index]),
    ),
  );

/** The states as another process would receive them: other memory, any alignment. */
function received(states: States): States {
  const shifted = new Uint8Array(states.bytes.length + 3);
  shifted.set(states.bytes, 3);
  return { ...states, bytes: shifted.subarray(3) };
}

const groupsMax = 3;

describe.each(cases.map((one) => ({ title: `${one.name}(${one.types.join(", ")})`, one })))(
  "$title",
  ({ one }) => {
    const call = callOf(one);
    const row = fc.tuple(...one.types.map((type) => fc.option(values[type]!, { nil: null, freq: 5 })));
    const placed = fc.tuple(fc.nat(groupsMax - 1), row);
    const update = (rows: readonly (readonly [number, readonly Value[]])[]) => {
      const accumulator = accumulatorOf(call);
      accumulator.resize(groupsMax);
      const gids = Uint32Array.from(rows, ([group]) => group);
      accumulator.update(
        vectorsOf(
          call,
          rows.map(([, cells]) => cells),
        ),
        gids,
        rows.length,
      );
      return accumulator;
    };

    test("merge(update(a), update(b)) = update(a ++ b), by bytes and by targets", () => {
      fc.assert(
        fc.property(fc.array(placed, { maxLength: 12 }), fc.array(placed, { maxLength: 12 }), (a, b) => {
          const whole = update([...a, ...b]);
          const merged = accumulatorOf(call);
          merged.resize(groupsMax);
          // Groups come reversed, and go back to their places.
          const reversed = Uint32Array.of(2, 1, 0);
          merged.merge(received(update(a).states(reversed, { final: false })), reversed);
          merged.merge(received(update(b).states(null, { final: false })), null);
          expect(valuesOf(merged.finish(null))).toEqual(valuesOf(whole.finish(null)));
          // Final states only finish, or merge into nothing.
          const finished = accumulatorOf(call);
          finished.resize(groupsMax);
          finished.merge(received(whole.states(null, { final: true })), null);
          expect(valuesOf(finished.finish(null))).toEqual(valuesOf(whole.finish(null)));
        }),
        { numRuns: 25 },
      );
    });

    test("an empty group is NULL, or 0 for counts", () => {
      const accumulator = accumulatorOf(call);
      accumulator.resize(1);
      const counts = one.name.includes("ount");
      expect(valuesOf(accumulator.finish(null))).toEqual([counts ? 0n : null]);
    });

    test("any bytes are states or FRAME_CORRUPT", () => {
      const { kind } = aggregateNamed(call.name)!.layout(call);
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
          const accumulator = accumulatorOf(call);
          accumulator.resize(64);
          const states: States =
            kind === "variable"
              ? { kind, bytes, offsets: Uint32Array.of(0, bytes.length) }
              : { kind: "fixed", bytes, stateBytes: 8 };
          try {
            accumulator.merge(states, null);
            accumulator.finish(null);
          } catch (error) {
            expect(error).toBeInstanceOf(StoreError);
            expect(["FRAME_CORRUPT", "VALUE_RANGE"]).toContain((error as StoreError).code);
          }
        }),
        { numRuns: 60 },
      );
    });
  },
);

describe("the registry", () => {
  test("names ignore case and underscores, and PERCENTILE95 is spelt out", () => {
    expect(aggregateNamed("DISTINCT_COUNT")?.name).toBe("distinctCount");
    expect(aggregateNamed("LastWithTime")?.name).toBe("lastWithTime");
    expect(aggregateNamed("upper")).toBeNull();
    expect(aggregateNamed("PERCENTILE95")?.bind([{ type: "LONG" }]).parameters).toEqual([95]);
    expect(aggregateNamed("percentile101")).toBeNull();
  });

  test("every aggregate refuses what it cannot take, saying what it expects", () => {
    const refused = (name: string, args: readonly AggregateArgument[]) => {
      expect(() => aggregateNamed(name)!.bind(args)).toThrow(
        expect.objectContaining({ code: "FUNCTION_ARGUMENTS" }),
      );
    };
    for (const { name } of aggregates)
      refused(
        name,
        Array.from({ length: 5 }, () => ({ type: "LONG" })),
      );
    refused("sum", [{ type: "STRING" }]);
    refused("percentile", [{ type: "LONG" }, { type: "LONG" }]);
    refused("percentile", [{ type: "LONG" }, { type: "INT", literal: 101n }]);
    refused("distinctCountHll", [{ type: "LONG" }, { type: "INT", literal: 30n }]);
    refused("lastWithTime", [{ type: "STRING" }, { type: "TIMESTAMP" }, text("LONG")]);
    refused("boolAnd", [{ type: "LONG" }]);
  });

  test("SUM of integers is a LONG from 128 bits", () => {
    const call = callOf({ name: "sum", types: ["LONG"], extra: [] });
    const most = 2n ** 63n - 1n;
    const sumOf = (...own: bigint[]) => {
      const accumulator = accumulatorOf(call);
      accumulator.resize(1);
      accumulator.update([vectorOf("LONG", own)], null, own.length);
      return valuesOf(accumulator.finish(null))[0];
    };
    expect(sumOf(most, most, -most, -5n)).toBe(most - 5n);
    expect(sumOf(-most, -most, most, most)).toBe(0n);
    expect(() => sumOf(most, 1n)).toThrow(/SUMPRECISION/);
  });

  test("SUMPRECISION rounds half away from zero", () => {
    const rounded = (own: string, precision: bigint, scale: bigint) => {
      const call = callOf({
        name: "sumPrecision",
        types: ["BIG_DECIMAL"],
        extra: [number(precision), number(scale)],
      });
      const accumulator = accumulatorOf(call);
      accumulator.resize(1);
      accumulator.update([vectorOf("BIG_DECIMAL", [own])], null, 1);
      return valuesOf(accumulator.finish(null))[0];
    };
    expect(rounded("123.456", 20n, 2n)).toBe("123.46");
    expect(rounded("-123.455", 20n, 2n)).toBe("-123.46");
    expect(rounded("98765", 2n, 0n)).toBe("99000");
  });

  test("an HLL estimate is near the truth and its hash is the kernels'", () => {
    const call = callOf({ name: "distinctCountHll", types: ["LONG"], extra: [number(12n)] });
    const accumulator = accumulatorOf(call);
    accumulator.resize(1);
    const own = Array.from({ length: 20_000 }, (_, index) => BigInt(index) * 77n);
    accumulator.update([vectorOf("LONG", own)], null, own.length);
    const [estimated] = valuesOf(accumulator.finish(null));
    expect(Math.abs(Number(estimated) / 20_000 - 1)).toBeLessThan(0.06);
    const joined = ({ high, low }: { readonly high: number; readonly low: number }) =>
      (BigInt(high) << 32n) | BigInt(low);
    for (const word of [0n, -1n, 123456789n, -(2n ** 63n)])
      expect(joined(hashWord(word))).toBe(hashInt64(word));
    for (const written of ["", "a", "abc", "abcd", "abcdefghi"]) {
      const bytes = new TextEncoder().encode(written);
      expect(joined(hashBytes(bytes))).toBe(hashBytes64(bytes));
    }
  });
});
