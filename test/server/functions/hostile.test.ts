/** Every function over values of every type, and any text as a pattern, a path, a format or a value: an answer or an error of ours, never anything else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { StoreError } from "#schemas/errors";
import { functionNamed } from "#schemas/functions/resolve";
import { functionTable } from "#schemas/functions/table";
import type { Expression } from "#schemas/plan/expression";
import type { SqlType, Value } from "#schemas/types";
import { evaluate } from "#server/execute/functions/evaluate";
import { valuesOf, vectorOf } from "#server/execute/functions/vectors";
import { call, literal, run, testContext } from "#test/server/functions/example";

const piece = fc.constantFrom(
  ..."ab01()[]{}|*+?.^$\\-,:<>=!&%_'\"/ \n",
  "😀",
  "\\d",
  "\\p{L}",
  "(?:",
  "(?i)",
  "{2}",
  "yyyy",
  "MM",
  "'T'",
  "$.",
  "1:",
  "DAYS",
  "EPOCH",
);
const text = fc.oneof(fc.string({ unit: piece, maxLength: 12 }), fc.string({ unit: "binary", maxLength: 8 }));
const of = (value: string) => literal("STRING", value);

const calls: readonly (readonly [string, (a: string, b: string) => ReturnType<typeof call>])[] = [
  ["regexpLike", (a, b) => call("regexpLike", [of(a), of(b)])],
  ["regexpReplace", (a, b) => call("regexpReplace", [of(a), of(b), of(a)])],
  ["regexpExtract", (a, b) => call("regexpExtract", [of(a), of(b), literal("LONG", 1n)])],
  ["like", (a, b) => call("like", [of(a), of(b), literal("BOOLEAN", true)])],
  ["jsonExtractScalar", (a, b) => call("jsonExtractScalar", [of(a), of(b), of("STRING")])],
  ["fromDateTime", (a, b) => call("fromDateTime", [of(a), of(b)])],
  ["toDateTime", (a) => call("toDateTime", [literal("TIMESTAMP", 0n), of(a)])],
  ["dateTimeConvert", (a, b) => call("dateTimeConvert", [literal("LONG", 1n), of(a), of(b), of("1:DAYS")])],
  ["dateTrunc", (a, b) => call("dateTrunc", [of(a), literal("LONG", 1n), of("MILLISECONDS"), of(b)])],
  ["ago", (a) => call("ago", [of(a)])],
  ["CAST AS TIMESTAMP", (a) => ({ kind: "call", name: "cast", type: "TIMESTAMP", args: [of(a)] })],
  ["CAST AS BIG_DECIMAL", (a) => ({ kind: "call", name: "cast", type: "BIG_DECIMAL", args: [of(a)] })],
  ["CAST AS LONG", (a) => ({ kind: "call", name: "cast", type: "LONG", args: [of(a)] })],
  ["urlDecode", (a) => call("urlDecode", [of(a)])],
  ["fromBase64", (a) => call("fromBase64", [of(a)])],
  ["translate", (a, b) => call("translate", [of(a), of(b), of(a)])],
];

test.each(calls)("%s", (_, make) => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      try {
        run(make(a, b));
      } catch (error) {
        expect(error).toBeInstanceOf(StoreError);
      }
    }),
    { numRuns: 300 },
  );
});

const values: Readonly<Record<SqlType, fc.Arbitrary<Value>>> = {
  INT: fc.oneof(fc.bigInt(-3n, 70n), fc.constantFrom(-(2n ** 31n), 2n ** 31n - 1n)),
  LONG: fc.oneof(fc.bigInt(-3n, 70n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.constantFrom(-(2n ** 63n))),
  FLOAT: fc.float(),
  DOUBLE: fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 2.5)),
  BIG_DECIMAL: fc.constantFrom("0", "-1.5", "99999999999999999999.5", "0.00000000000000000001"),
  BOOLEAN: fc.boolean(),
  TIMESTAMP: fc.oneof(fc.bigInt(-(10n ** 13n), 10n ** 13n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
  DATE: fc.bigInt(-(10n ** 9n), 10n ** 9n),
  STRING: text,
  JSON: fc.jsonValue().map((value) => JSON.stringify(value)),
  BYTES: fc.uint8Array({ maxLength: 6 }),
  UNKNOWN: fc.constant(null),
};
const typeNames = Object.keys(values) as SqlType[];
const known = fc.constantFrom(
  "day",
  "MONTH",
  "1:DAYS",
  "EPOCH",
  "TIMESTAMP",
  "UTC",
  "Europe/Berlin",
  "$.a",
  "INT",
  "PT1H",
  "yyyy",
);

/** A column's expression, or a literal; with the values of its rows. */
const argument = (at: number) =>
  fc.constantFrom(...typeNames).chain((type) => {
    const value = fc.option(type === "STRING" ? fc.oneof(text, known) : values[type], { freq: 6 });
    const column: Expression = { kind: "column", type, column: at, name: `c${at}` };
    return fc.record({
      expression: fc.oneof(
        fc.constant(column),
        value.map((own) => literal(type, own)),
      ),
      rows: fc.array(value, { minLength: 3, maxLength: 3 }),
      type: fc.constant(type),
    });
  });

test.each(functionTable.map(({ name }) => name).filter((name) => name !== "cast"))(
  "%s of anything",
  (name) => {
    const { parameters } = functionNamed(name)!;
    const most = parameters.length + (parameters.at(-1)?.repeated ? 2 : 0);
    const least = parameters.filter((parameter) => !parameter.optional).length;
    const args = fc
      .integer({ min: least, max: most })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => argument(at))));
    fc.assert(
      fc.property(args, (given) => {
        const vectors = given.map(({ type, rows }) => vectorOf(type, rows));
        try {
          const expression = call(
            name,
            given.map((one) => one.expression),
          );
          const result = evaluate(expression, { rows: 3, column: (id) => vectors[id] }, testContext);
          expect(result.rows).toBe(3);
          expect(result.type).toBe(expression.type);
          expect(valuesOf(result)).toHaveLength(3);
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
        }
      }),
      { numRuns: 80 },
    );
  },
);
