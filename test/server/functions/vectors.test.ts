/** A vector's rows are what each row gives alone: NULLs, shared entries, constants and casts included. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Vector } from "#schemas/batch";
import type { Expression } from "#schemas/plan/expression";
import type { SqlType, Value } from "#schemas/types";
import { evaluate, evaluateFilter, evaluateRow } from "#server/execute/functions/evaluate";
import { valuesOf, vectorOf } from "#server/execute/functions/vectors";
import { call, literal, testContext } from "#test/server/functions/example";

const columnOf = (column: number, type: SqlType): Expression => ({
  kind: "column",
  type,
  column,
  name: `c${column}`,
});

const arbitraryOf: Readonly<Partial<Record<SqlType, fc.Arbitrary<Value>>>> = {
  LONG: fc.oneof(fc.bigInt(-20n, 20n), fc.bigInt(-(2n ** 60n), 2n ** 60n)),
  DOUBLE: fc.oneof(fc.double({ noNaN: false }), fc.integer({ min: -5, max: 5 })),
  BOOLEAN: fc.boolean(),
  TIMESTAMP: fc.bigInt(-(10n ** 13n), 10n ** 13n),
  STRING: fc.oneof(fc.constantFrom("", "a", "Mango", "naïve", "x😀y"), fc.string()),
  BIG_DECIMAL: fc.constantFrom("0", "-1.5", "12", "0.001", "99999999999999999999.5"),
};

/** Rows of a type where a quarter is NULL and values repeat. */
const rowsOf = (type: SqlType, rows: number): fc.Arbitrary<Value[]> =>
  fc.array(arbitraryOf[type]!, { minLength: 1, maxLength: 4 }).chain((few) =>
    fc.array(fc.oneof(fc.constantFrom(...few), fc.constantFrom(...few), fc.constant(null)), {
      minLength: rows,
      maxLength: rows,
    }),
  );

const cases: readonly (readonly [string, readonly (SqlType | Expression)[]])[] = [
  ["equals", ["LONG", "LONG"]],
  ["lessThan", ["DOUBLE", "DOUBLE"]],
  ["greaterThanOrEqual", ["STRING", "STRING"]],
  ["lessThan", ["BIG_DECIMAL", "BIG_DECIMAL"]],
  ["notEquals", ["STRING", literal("STRING", "a")]],
  ["between", ["LONG", literal("LONG", -3n), "LONG"]],
  ["in", ["LONG", literal("LONG", 1n), literal("LONG", 2n)]],
  ["in", ["STRING", "STRING", literal("UNKNOWN", null)]],
  ["in", ["DOUBLE", "DOUBLE", literal("DOUBLE", 1)]],
  ["in", ["STRING", ...["a", "", "x", "Mango"].map((text) => literal("STRING", text))]],
  ["in", ["STRING", ...["a", "b", "x", null].map((text) => literal("STRING", text))]],
  ["isDistinctFrom", ["STRING", "STRING"]],
  ["isNotDistinctFrom", ["LONG", "LONG"]],
  ["and", ["BOOLEAN", "BOOLEAN", "BOOLEAN"]],
  ["or", ["BOOLEAN", "BOOLEAN", literal("UNKNOWN", null)]],
  ["not", ["BOOLEAN"]],
  ["isTrue", ["BOOLEAN"]],
  ["isNull", ["STRING"]],
  ["coalesce", ["STRING", "STRING", literal("STRING", "z")]],
  ["coalesce", ["DOUBLE", "LONG"]],
  ["nullIf", ["LONG", "LONG"]],
  ["least", ["LONG", "LONG", "LONG"]],
  ["greatest", ["STRING", "STRING"]],
  ["case", ["BOOLEAN", "STRING", "BOOLEAN", "STRING", literal("STRING", "else")]],
  ["case", ["BOOLEAN", "LONG", literal("UNKNOWN", null)]],
  ["minus", ["TIMESTAMP", "TIMESTAMP"]],
  ["plus", ["DOUBLE", "LONG"]],
  ["times", ["BIG_DECIMAL", "BIG_DECIMAL"]],
  ["divide", ["LONG", "LONG"]],
  ["upper", ["STRING"]],
  ["concatenate", ["STRING", "STRING"]],
  ["concat", ["STRING", "STRING"]],
  ["concatWS", ["STRING", "STRING", "STRING"]],
  ["substr", ["STRING", literal("LONG", 1n), literal("LONG", 3n)]],
  ["like", ["STRING", literal("STRING", "%a_%")]],
  ["like", ["STRING", "STRING"]],
  ["length", ["STRING"]],
  ["splitPart", ["STRING", literal("STRING", "a"), literal("LONG", 1n)]],
  ["round", ["DOUBLE", literal("LONG", 2n)]],
  ["abs", ["DOUBLE"]],
  ["dateTrunc", [literal("STRING", "day"), "TIMESTAMP", literal("STRING", "Europe/Berlin")]],
  ["dateTrunc", [literal("STRING", "month"), "TIMESTAMP"]],
  ["hour", ["TIMESTAMP"]],
  ["toDateTime", ["TIMESTAMP", literal("STRING", "yyyy-MM-dd HH")]],
];

function checkRows(expression: Expression, columns: readonly Vector[]): void {
  const rows = columns[0].rows;
  const whole = valuesOf(evaluate(expression, { rows, column: (id) => columns[id] }, testContext));
  const single = whole.map((_, row) => {
    const alone = new Map(columns.map((column, id) => [id, vectorOf(column.type, [valuesOf(column)[row]])]));
    return evaluateRow(expression, alone, testContext);
  });
  expect(whole).toEqual(single);
}

describe("rows of a vector", () => {
  test.each(
    cases.map(
      ([name, args]) =>
        [
          `${name}(${args.map((arg) => (typeof arg === "string" ? arg : arg.kind)).join()})`,
          name,
          args,
        ] as const,
    ),
  )("%s", (_, name, args) => {
    const types = args.filter((arg) => typeof arg === "string");
    const rows = 13;
    fc.assert(
      fc.property(fc.tuple(...types.map((type) => rowsOf(type, rows))), (values) => {
        let next = 0;
        const given = args.map((arg) => (typeof arg === "string" ? columnOf(next++, arg) : arg));
        const vectors = values.map((own, at) => vectorOf(types[at], own));
        checkRows(call(name, given), vectors);
      }),
      { numRuns: 30 },
    );
  });

  test("a NULL row holds zero", () => {
    const a = vectorOf("LONG", [1n, null, 3n]);
    const sum = evaluate(
      call("plus", [columnOf(0, "LONG"), literal("LONG", 5n)]),
      { rows: 3, column: () => a },
      testContext,
    );
    expect(sum.kind === "int" && Array.from(sum.values)).toEqual([6n, 0n, 8n]);
    expect(valuesOf(sum)).toEqual([6n, null, 8n]);
  });

  test("entries shared by rows are computed once", () => {
    const rows = 1000;
    const text = vectorOf("STRING", ["", "one", "two"]);
    if (text.kind !== "text") throw new Error("text");
    const many: Vector = {
      ...text,
      rows,
      ids: Uint32Array.from({ length: rows }, (_, row) => 2 + (row % 2)),
    };
    const turned = evaluate(
      call("reverse", [columnOf(0, "STRING")]),
      { rows, column: () => many },
      testContext,
    );
    expect(turned.kind === "text" && turned.entries.count).toBe(3);
    expect(valuesOf(turned).slice(0, 2)).toEqual(["eno", "owt"]);
  });

  test("a filter's bits are the rows that are true", () => {
    const rows = 70;
    const flags = Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? null : row % 3 === 1));
    const input = { rows, column: () => vectorOf("BOOLEAN", flags) };
    const { bitmap, population } = evaluateFilter(columnOf(0, "BOOLEAN"), input, testContext);
    const bits = flags.map((_, row) => ((bitmap[row >> 5] >>> (row & 31)) & 1) === 1);
    expect(bits).toEqual(flags.map((flag) => flag === true));
    expect(population).toBe(flags.filter((flag) => flag === true).length);
  });

  test("no rows give no rows", () => {
    const empty = vectorOf("STRING", []);
    const input = { rows: 0, column: () => empty };
    expect(valuesOf(evaluate(call("upper", [columnOf(0, "STRING")]), input, testContext))).toEqual([]);
    expect(valuesOf(evaluate(literal("LONG", 1n), input, testContext))).toEqual([]);
    const both = call("and", [literal("BOOLEAN", true), literal("BOOLEAN", false)]);
    expect(valuesOf(evaluate(both, input, testContext))).toEqual([]);
  });
});
