/** CAST: what goes there comes back, and what does not fit says so. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Expression } from "#schemas/plan/expression";
import type { SqlType, Value } from "#schemas/types";
import { evaluateRow } from "#server/execute/functions/evaluate";
import { literal, runExample, testContext } from "#test/server/functions/example";

const cast = (value: Expression, type: SqlType): Expression => ({
  kind: "call",
  name: "cast",
  type,
  args: [value],
});
const valueOfCast = (expression: Expression): Value => evaluateRow(expression, new Map(), testContext);

const roundTrips: readonly (readonly [SqlType, SqlType, fc.Arbitrary<Value>])[] = [
  ["INT", "STRING", fc.bigInt(-(2n ** 31n), 2n ** 31n - 1n)],
  ["LONG", "STRING", fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
  ["LONG", "BIG_DECIMAL", fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
  ["LONG", "TIMESTAMP", fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
  ["INT", "DOUBLE", fc.bigInt(-(2n ** 31n), 2n ** 31n - 1n)],
  ["DOUBLE", "STRING", fc.double().map((value) => (value === 0 ? 0 : value))],
  [
    "DOUBLE",
    "BIG_DECIMAL",
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  ],
  ["FLOAT", "STRING", fc.float().map((value) => (value === 0 ? 0 : value))],
  ["FLOAT", "DOUBLE", fc.float()],
  ["BOOLEAN", "STRING", fc.boolean()],
  ["BOOLEAN", "INT", fc.boolean()],
  ["TIMESTAMP", "STRING", fc.bigInt(-62_000_000_000_000n, 250_000_000_000_000n)],
  ["BYTES", "STRING", fc.uint8Array({ maxLength: 20 })],
  ["JSON", "STRING", fc.jsonValue().map((value) => JSON.stringify(value))],
];

describe("round trips", () => {
  test.each(roundTrips)("%s to %s and back", (from, to, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(valueOfCast(cast(cast(literal(from, value), to), from))).toEqual(value);
      }),
    );
  });
});

describe("casts", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["CAST('12.7' AS INT)", "12"],
    ["CAST('-0.5' AS LONG)", "0"],
    ["CAST(-2.9 AS INT)", "-2"],
    ["CAST('2026-01-02' AS TIMESTAMP)", "TIMESTAMP '2026-01-02 00:00:00'"],
    ["CAST('2026-01-02T03:04:05.678+02:00' AS TIMESTAMP)", "TIMESTAMP '2026-01-02 01:04:05.678'"],
    ["CAST('1000' AS TIMESTAMP)", "TIMESTAMP '1970-01-01 00:00:01'"],
    ["CAST(1000 AS TIMESTAMP)", "TIMESTAMP '1970-01-01 00:00:01'"],
    ["CAST('yes' AS BOOLEAN)", "true"],
    ["CAST(0.0 AS BOOLEAN)", "false"],
    ["CAST(true AS DOUBLE)", "1.0"],
    ["CAST('1e3' AS DECIMAL)", "DECIMAL '1000'"],
    ["CAST(0.1 AS DECIMAL)", "DECIMAL '0.1'"],
    ["CAST('NaN' AS DOUBLE)", "NaN"],
    ["CAST('-inf' AS DOUBLE)", "-Infinity"],
    ["CAST(1e3 AS STRING)".replace("1e3", "1000.0"), "'1000.0'"],
    ["CAST(NULL AS INT)", "NULL"],
    ["CAST(CAST('\"7\"' AS JSON) AS INT)", "7"],
    ["CAST('0aff' AS BYTES)", "X'0aff'"],
    ["CAST(DECIMAL '12.9' AS LONG)", "12"],
  ];
  test.each(cases)("%s", (text, result) => {
    expect(runExample(text)).toBe(result);
  });

  test.each([
    "CAST('x' AS INT)",
    "CAST('' AS DOUBLE)",
    "CAST('2026-02-30' AS TIMESTAMP)",
    "CAST('maybe' AS BOOLEAN)",
    "CAST('{' AS JSON)",
    "CAST('0af' AS BYTES)",
    "CAST('1,5' AS DECIMAL)",
  ])("%s is VALUE_SYNTAX", (text) =>
    expect(() => runExample(text)).toThrow(expect.objectContaining({ code: "VALUE_SYNTAX" })),
  );

  test.each([
    "CAST(2147483648 AS INT)",
    "CAST('9223372036854775808' AS LONG)",
    "CAST(CAST('NaN' AS DOUBLE) AS INT)",
    "CAST(CAST('1e30' AS DOUBLE) AS LONG)",
    "CAST(CAST('inf' AS DOUBLE) AS DECIMAL)",
  ])("%s is VALUE_RANGE", (text) =>
    expect(() => runExample(text)).toThrow(expect.objectContaining({ code: "VALUE_RANGE" })),
  );
});
