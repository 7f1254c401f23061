/** SUMPRECISION over machine numbers equals the sum of their shortest decimals, whatever they are and in any split. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SumDecimalAccumulator } from "#schemas/aggregates/sum-decimal";
import type { Vector } from "#schemas/batch";
import { addDecimals, type Decimal, formatDecimal, parseDecimal } from "#schemas/decimal";
import { floatText } from "#schemas/functions/number-text";

const zero: Decimal = { unscaled: 0n, scale: 0 };
type Kind = "DOUBLE" | "FLOAT" | "LONG";

function vectorOf(kind: Kind, values: readonly (number | bigint | null)[]): Vector {
  const rows = values.length;
  const isNull = values.map((value) => value === null);
  const nulls = isNull.includes(true) ? new Uint8Array((rows + 7) >> 3) : null;
  isNull.forEach((is, row) => {
    if (is && nulls !== null) nulls[row >> 3] |= 1 << (row & 7);
  });
  if (kind === "LONG")
    return {
      kind: "int",
      type: kind,
      rows,
      nulls,
      values: BigInt64Array.from(values, (value) => BigInt(value ?? 0)),
    };
  return {
    kind: "double",
    type: kind,
    rows,
    nulls,
    values: Float64Array.from(values, (value) => Number(value ?? 0)),
  };
}

const textOf = (kind: Kind, value: number | bigint): string =>
  kind === "FLOAT" ? floatText(Number(value)) : String(value);

function naive(kind: Kind, values: readonly (number | bigint | null)[]): string | null {
  const decimals = values.flatMap((value) => (value === null ? [] : [parseDecimal(textOf(kind, value))!]));
  return decimals.length === 0 ? null : formatDecimal(decimals.reduce(addDecimals, zero));
}

const accumulatorOf = (kind: Kind) =>
  new SumDecimalAccumulator({ kind: "sum", precision: null, scale: null }, kind);

function textsOf(vector: Vector): (string | null)[] {
  if (vector.kind !== "text") throw new TypeError("a decimal is text");
  const { ids, entries, nulls } = vector;
  return Array.from(ids, (id, row) =>
    nulls !== null && (nulls[row >> 3] & (1 << (row & 7))) !== 0
      ? null
      : new TextDecoder().decode(entries.bytes.subarray(entries.offsets[id], entries.offsets[id + 1])),
  );
}

const money = fc.integer({ min: -9_999_999, max: 9_999_999 }).map((cents) => cents / 100);
const scaled = fc
  .tuple(fc.integer({ min: -(10 ** 6), max: 10 ** 6 }), fc.integer({ min: -14, max: 14 }))
  .map(([digits, exponent]) => Number(`${digits}e${exponent}`));
const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true });
const doubles = fc.oneof({ weight: 6, arbitrary: money }, scaled, { weight: 1, arbitrary: anyDouble });
const numbers: Readonly<Record<Kind, fc.Arbitrary<number | bigint>>> = {
  DOUBLE: doubles,
  FLOAT: doubles.map(Math.fround).filter(Number.isFinite),
  LONG: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer().map(BigInt)),
};

describe.each(["DOUBLE", "FLOAT", "LONG"] as const)("an exact sum of %s", (kind) => {
  const cells = fc.array(fc.option(numbers[kind], { freq: 8 }), { maxLength: 60 });

  it("equals the sum of shortest decimals, in groups, with NULLs or without", () => {
    fc.assert(
      fc.property(cells, fc.boolean(), fc.integer({ min: 1, max: 3 }), (drawn, full, groups) => {
        const values = full ? drawn.filter((value) => value !== null) : drawn;
        const accumulator = accumulatorOf(kind);
        accumulator.resize(groups);
        const gids = groups === 1 ? null : Uint32Array.from(values, (_, row) => row % groups);
        accumulator.update([vectorOf(kind, values)], gids, values.length);
        const wanted = Array.from({ length: groups }, (_, group) =>
          naive(
            kind,
            values.filter((__, row) => row % groups === group),
          ),
        );
        expect(textsOf(accumulator.finish(null))).toEqual(wanted);
      }),
      { numRuns: 400 },
    );
  });

  it("is the same when parts are summed apart and merged, and when it is told before it goes on", () => {
    fc.assert(
      fc.property(cells, fc.nat(60), (values, cut) => {
        const [whole, left, right] = [accumulatorOf(kind), accumulatorOf(kind), accumulatorOf(kind)];
        for (const each of [whole, left, right]) each.resize(1);
        const parts = [values.slice(0, cut), values.slice(cut)];
        for (const part of parts) {
          whole.update([vectorOf(kind, part)], null, part.length);
          whole.finish(null);
        }
        left.update([vectorOf(kind, parts[0])], null, parts[0].length);
        right.update([vectorOf(kind, parts[1])], null, parts[1].length);
        left.merge(right.states(null, { final: false }), null);
        expect(textsOf(whole.finish(null))).toEqual([naive(kind, values)]);
        expect(textsOf(left.finish(null))).toEqual([naive(kind, values)]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("an exact sum", () => {
  const sumOf = (kind: Kind, values: readonly number[]): string | null => {
    const accumulator = accumulatorOf(kind);
    accumulator.resize(1);
    accumulator.update([vectorOf(kind, values)], null, values.length);
    return textsOf(accumulator.finish(null))[0];
  };

  it("has no digits that nobody wrote", () => {
    expect(sumOf("DOUBLE", [0.1, 0.2])).toBe("0.3");
    expect(sumOf("FLOAT", [0.1, 0.2].map(Math.fround))).toBe("0.3");
    expect(
      sumOf(
        "FLOAT",
        Array.from({ length: 1000 }, () => Math.fround(12.34)),
      ),
    ).toBe("12340");
  });

  it("goes past 2^53 units, and on", () => {
    expect(
      sumOf(
        "DOUBLE",
        Array.from({ length: 20_000 }, () => 999_999_999_999.99),
      ),
    ).toBe("19999999999999800");
    expect(sumOf("DOUBLE", [9e14, 0.125, 9e14, 1e-9])).toBe("1800000000000000.125000001");
  });

  it("refuses what is no decimal", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => sumOf("DOUBLE", [1, value])).toThrow(/not a decimal number/);
  });
});
