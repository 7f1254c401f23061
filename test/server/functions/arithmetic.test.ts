/** Integers exact or an error, decimals exact, rounding as people expect. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDecimals,
  canonicalDecimal,
  compareDecimals,
  decimalOf,
  divideDecimals,
  formatDecimal,
  multiplyDecimals,
  remainderDecimals,
  subtractDecimals,
} from "#schemas/decimal";
import type { Expression } from "#schemas/plan/expression";
import { evaluate } from "#server/execute/functions/evaluate";
import {
  exactDoubles,
  integersOf,
  nearestDoubles,
  valuesOf,
  vectorOf,
} from "#server/execute/functions/vectors";
import { call, literal, run, runExample, testContext } from "#test/server/functions/example";

const long = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.bigInt(-100n, 100n),
  fc.constantFrom(2n ** 53n, -(2n ** 53n), 2n ** 53n - 1n, 2n ** 63n - 1n, -(2n ** 63n)),
);
const fits = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

describe("integers", () => {
  const operations = {
    plus: (a: bigint, b: bigint) => a + b,
    minus: (a: bigint, b: bigint) => a - b,
    times: (a: bigint, b: bigint) => a * b,
    mod: (a: bigint, b: bigint) => a % b,
    div: (a: bigint, b: bigint) => a / b,
  };
  test.each(Object.entries(operations))("%s is exact or fails", (name, exact) => {
    const columns: Expression[] = [0, 1].map((column) => ({
      kind: "column",
      type: "LONG",
      column,
      name: `c${column}`,
    }));
    fc.assert(
      fc.property(fc.array(fc.tuple(long, long), { minLength: 1, maxLength: 5 }), (pairs) => {
        const usable = pairs.filter(([, b]) => b !== 0n || (name !== "mod" && name !== "div"));
        const vectors = [0, 1].map((at) =>
          vectorOf(
            "LONG",
            usable.map((pair) => pair[at]),
          ),
        );
        const compute = () =>
          valuesOf(
            evaluate(call(name, columns), { rows: usable.length, column: (id) => vectors[id] }, testContext),
          );
        const wanted = usable.map(([a, b]) => exact(a, b));
        if (wanted.every(fits)) expect(compute()).toEqual(wanted);
        else expect(compute).toThrow("does not fit LONG");
      }),
    );
  });

  test("the halves of integers", () => {
    fc.assert(
      fc.property(fc.array(long), (values) => {
        const array = BigInt64Array.from(values);
        const doubles = exactDoubles(array);
        expect(Array.from(nearestDoubles(array))).toEqual(values.map(Number));
        if (doubles === null)
          expect(values.some((value) => value >= 2n ** 53n || value < -(2n ** 53n))).toBe(true);
        else expect(Array.from(integersOf(doubles))).toEqual(values);
      }),
    );
  });

  test.each([
    "div(1, 0)",
    "mod(1, 0)",
    "intDiv(1, 0)",
    "negate(-9223372036854775808)",
    "abs(-9223372036854775808)",
    "widthBucket(1, 2, 2, 3)",
  ])("%s is VALUE_RANGE", (text) => {
    expect(() => runExample(text)).toThrow(expect.objectContaining({ code: "VALUE_RANGE" }));
  });
});

describe("decimals", () => {
  const decimal = fc
    .tuple(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.integer({ min: 0, max: 12 }))
    .map(([unscaled, scale]) => ({ unscaled, scale }));
  test("sums, products and order against a common scale", () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const at = (value: { unscaled: bigint; scale: number }, scale: number) =>
          value.unscaled * 10n ** BigInt(scale - value.scale);
        const same = (value: { unscaled: bigint; scale: number }, wanted: bigint, scale: number) =>
          expect(formatDecimal(value)).toBe(formatDecimal({ unscaled: wanted, scale }));
        same(addDecimals(a, b), at(a, 12) + at(b, 12), 12);
        same(subtractDecimals(a, b), at(a, 12) - at(b, 12), 12);
        same(multiplyDecimals(a, b), at(a, 12) * at(b, 12), 24);
        expect(Math.sign(compareDecimals(a, b))).toBe(
          at(a, 12) < at(b, 12) ? -1 : at(a, 12) > at(b, 12) ? 1 : 0,
        );
        expect(canonicalDecimal(formatDecimal(a))).toBe(formatDecimal(a));
        if (b.unscaled === 0n) return;
        same(remainderDecimals(a, b), at(a, 12) % at(b, 12), 12);
        const back = multiplyDecimals(divideDecimals(a, b), b);
        expect(Math.abs(Number(formatDecimal(subtractDecimals(back, a))))).toBeLessThanOrEqual(
          Math.abs(Number(formatDecimal(a))) * 1e-32,
        );
      }),
    );
  });

  test("canonical text", () => {
    expect(["1.50", "-0.0", "+7", "1e3", "12.5E-2", ".5", "007"].map(canonicalDecimal)).toEqual([
      "1.5",
      "0",
      "7",
      "1000",
      "0.125",
      "0.5",
      "7",
    ]);
    expect(["", ".", "1.2.3", "abc", "1e99999"].map(canonicalDecimal)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(run(call("divide", [literal("BIG_DECIMAL", "1"), literal("BIG_DECIMAL", "3")]))).toBe(
      `DECIMAL '0.${"3".repeat(34)}'`,
    );
    expect(decimalOf("2").scale).toBe(0);
  });
});

test("rounding goes by the digits people see", () => {
  const rounds: [string, string][] = [
    ["round(1.005, 2)", "1.01"],
    ["round(-2.5)", "-3.0"],
    ["round(0.285, 2)", "0.29"],
    ["round(123456.789, -2)", "123500.0"],
    ["round(7, 2)", "7"],
    ["round(1234567, 300)", "1234500"],
    ["truncate(1.29)", "1.0"],
    ["ceil(-0.5)", "0.0"],
    ["floor(DECIMAL '-1.5')", "DECIMAL '-2'"],
    ["round(DECIMAL '2.345', 2)", "DECIMAL '2.35'"],
  ];
  for (const [text, result] of rounds) expect(`${text} ${runExample(text)}`).toBe(`${text} ${result}`);
});

test("an hourly and five-minute grain as Superset writes them", () => {
  expect(runExample("round(dateTrunc('minute', TIMESTAMP '2026-01-01 00:07:30'), 300000)")).toBe(
    "TIMESTAMP '2026-01-01 00:05:00'",
  );
});
