/** Three-valued logic, and what CASE, COALESCE, AND and OR protect. */
import { describe, expect, test } from "vitest";
import type { Expression } from "#schemas/plan/expression";
import { evaluate } from "#server/execute/functions/evaluate";
import { valuesOf, vectorOf } from "#server/execute/functions/vectors";
import { call, literal, run, runExample, testContext } from "#test/server/functions/example";

const truths = [true, false, null] as const;
const truth = (value: boolean | null): Expression => literal("BOOLEAN", value);

/** Kleene's tables. */
const and = (a: boolean | null, b: boolean | null) =>
  a === false || b === false ? false : a === null || b === null ? null : true;
const or = (a: boolean | null, b: boolean | null) =>
  a === true || b === true ? true : a === null || b === null ? null : false;

describe("three-valued logic", () => {
  test("AND, OR and NOT by Kleene's tables", () => {
    const print = (value: boolean | null) => (value === null ? "NULL" : String(value));
    for (const a of truths) {
      expect(run(call("not", [truth(a)]))).toBe(print(a === null ? null : !a));
      for (const b of truths) {
        expect(run(call("and", [truth(a), truth(b)]))).toBe(print(and(a, b)));
        expect(run(call("or", [truth(a), truth(b)]))).toBe(print(or(a, b)));
      }
    }
  });

  test("IN with a NULL among the choices", () => {
    expect(runExample("in(1, 1, NULL)")).toBe("true");
    expect(runExample("in(2, 1, NULL)")).toBe("NULL");
    expect(runExample("in(NULL, 1, 2)")).toBe("NULL");
    expect(runExample("in('b', 'a', 'b')")).toBe("true");
  });

  test("NaN equals itself and is greatest", () => {
    const nan = literal("DOUBLE", Number.NaN);
    expect(run(call("equals", [nan, nan]))).toBe("true");
    expect(run(call("greaterThan", [nan, literal("DOUBLE", Number.POSITIVE_INFINITY)]))).toBe("true");
    expect(run(call("lessThan", [nan, literal("DOUBLE", 1)]))).toBe("false");
  });

  test("text compares by UTF-8 bytes, not by UTF-16 units", () => {
    expect(runExample("lessThan('\uffee', '\u{1f600}')")).toBe("true");
  });
});

describe("what is skipped cannot fail", () => {
  const rows = 4;
  const divisor = vectorOf("LONG", [2n, 0n, null, 5n]);
  const column: Expression = { kind: "column", type: "LONG", column: 0, name: "x" };
  const quotient = call("div", [literal("LONG", 10n), column]);
  const values = (expression: Expression) =>
    valuesOf(evaluate(expression, { rows, column: () => divisor }, testContext));

  test("CASE", () => {
    const guarded = call("case", [
      call("notEquals", [column, literal("LONG", 0n)]),
      quotient,
      literal("LONG", -1n),
    ]);
    expect(values(guarded)).toEqual([5n, -1n, -1n, 2n]);
  });

  test("AND and OR", () => {
    const large = call("greaterThan", [quotient, literal("LONG", 3n)]);
    expect(values(call("and", [call("notEquals", [column, literal("LONG", 0n)]), large]))).toEqual([
      true,
      false,
      null,
      false,
    ]);
    expect(values(call("or", [call("equals", [column, literal("LONG", 0n)]), large]))).toEqual([
      true,
      true,
      null,
      false,
    ]);
  });

  test("COALESCE", () => {
    const first = call("nullIf", [column, literal("LONG", 2n)]);
    expect(values(call("coalesce", [first, call("div", [literal("LONG", 7n), column])]))).toEqual([
      3n,
      0n,
      null,
      5n,
    ]);
  });

  test("what is not skipped fails", () => {
    expect(() => values(quotient)).toThrow("divided by zero");
  });
});
