/** Names, casts and result types of calls, and the errors that help. */
import { describe, expect, test } from "vitest";
import { canCast, castTypeOf, commonType } from "#schemas/functions/coerce";
import { functionNamed, resolveFunction } from "#schemas/functions/resolve";
import type { Argument } from "#schemas/functions/signature";
import { functionTable } from "#schemas/functions/table";
import { type SqlType, sqlTypes } from "#schemas/types";

const column = (type: SqlType): Argument => ({ type });
const text = (literal: string): Argument => ({ type: "STRING", literal });

const cases: readonly (readonly [string, readonly Argument[], SqlType, readonly (SqlType | null)[]])[] = [
  ["DATE_TRUNC", [text("day"), column("TIMESTAMP")], "TIMESTAMP", [null, null]],
  ["datetrunc", [text("day"), column("LONG")], "LONG", [null, null]],
  [
    "datetrunc",
    [text("day"), column("TIMESTAMP"), text("MILLISECONDS"), text("UTC"), text("SECONDS")],
    "LONG",
    [null, null, null, null, null],
  ],
  ["plus", [column("INT"), column("INT")], "LONG", [null, null]],
  ["plus", [column("INT"), column("DOUBLE")], "DOUBLE", ["DOUBLE", null]],
  ["plus", [column("TIMESTAMP"), column("INT")], "TIMESTAMP", [null, "LONG"]],
  ["minus", [column("TIMESTAMP"), column("TIMESTAMP")], "LONG", [null, null]],
  ["divide", [column("LONG"), column("LONG")], "DOUBLE", ["DOUBLE", "DOUBLE"]],
  ["times", [column("BIG_DECIMAL"), column("DOUBLE")], "BIG_DECIMAL", [null, "BIG_DECIMAL"]],
  ["equals", [column("TIMESTAMP"), text("2026-01-01")], "BOOLEAN", [null, "TIMESTAMP"]],
  ["equals", [column("LONG"), text("12")], "BOOLEAN", [null, "LONG"]],
  ["equals", [column("LONG"), { type: "DOUBLE", literal: 5 }], "BOOLEAN", [null, "LONG"]],
  ["equals", [column("LONG"), { type: "DOUBLE", literal: 5.5 }], "BOOLEAN", ["DOUBLE", null]],
  ["case", [column("BOOLEAN"), column("INT"), column("DOUBLE")], "DOUBLE", [null, "DOUBLE", null]],
  [
    "coalesce",
    [column("INT"), { type: "UNKNOWN", literal: null }, column("LONG")],
    "LONG",
    ["LONG", null, null],
  ],
  ["jsonextractscalar", [column("JSON"), text("$.a"), text("INT")], "INT", [null, null, null]],
  ["upper", [column("LONG")], "STRING", ["STRING"]],
  [
    "dateTimeConvert",
    [column("LONG"), text("EPOCH"), text("1:DAYS:SIMPLE_DATE_FORMAT:yyyy"), text("1:DAYS")],
    "STRING",
    [null, null, null, null],
  ],
];

test.each(cases)("%s(%j)", (name, args, type, coercions) => {
  expect(resolveFunction(name, args)).toEqual({ name: functionNamed(name)!.name, type, coercions });
});

describe("errors", () => {
  const faults: readonly (readonly [string, readonly Argument[], string, string])[] = [
    ["datetrunk", [], "FUNCTION_UNKNOWN", "did you mean dateTrunc?"],
    ["xyzzyplugh", [], "FUNCTION_UNKNOWN", "there is no function xyzzyplugh"],
    ["upper", [], "FUNCTION_ARGUMENTS", "expected 1 argument(s), found 0"],
    ["equals", [column("STRING"), column("LONG")], "FUNCTION_ARGUMENTS", "CAST one of them"],
    ["year", [column("STRING")], "FUNCTION_ARGUMENTS", "time is STRING, expected time"],
    ["dateTrunc", [column("STRING"), column("LONG")], "FUNCTION_ARGUMENTS", "unit must be a literal"],
    ["plus", [column("STRING"), column("LONG")], "FUNCTION_ARGUMENTS", "left + right"],
    ["case", [column("BOOLEAN"), column("INT"), column("STRING")], "FUNCTION_ARGUMENTS", "CASE WHEN"],
  ];
  test.each(faults)("%s(%j) is %s", (name, args, code, message) => {
    expect(() => resolveFunction(name, args)).toThrow(expect.objectContaining({ code }));
    expect(() => resolveFunction(name, args)).toThrow(message);
  });

  test("names that the caller knows are suggested too", () => {
    expect(() => resolveFunction("suum", [], ["sum"])).toThrow("did you mean sum?");
  });
});

test("every type can become text and come back, and has a name for CAST", () => {
  for (const type of Object.keys(sqlTypes) as SqlType[]) {
    if (type === "UNKNOWN") continue;
    expect(canCast(type, "STRING") && canCast("STRING", type)).toBe(true);
    expect(castTypeOf(type)).toBe(type);
  }
  expect(castTypeOf("double  precision")).toBe("DOUBLE");
  expect(castTypeOf("blob")).toBe(null);
});

test("a common type does not depend on the order", () => {
  const types = Object.keys(sqlTypes) as SqlType[];
  for (const left of types)
    for (const right of types)
      expect(commonType([column(left), column(right)])).toBe(commonType([column(right), column(left)]));
});

test("every function says what it does", () => {
  for (const { name, doc, aliases } of functionTable) {
    expect(`${name}: ${doc}`).toMatch(/[.…]$/);
    expect(aliases).not.toContain(name);
  }
});
