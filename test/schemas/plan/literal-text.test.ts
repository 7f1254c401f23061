import { expect, test } from "vitest";
import { literalText } from "#schemas/plan/literal-text";

test("EXPLAIN shows a DATE as it is written", () => {
  expect(literalText({ kind: "literal", type: "DATE", value: 20_541n })).toBe("'2026-03-29'");
  expect(literalText({ kind: "literal", type: "DATE", value: null })).toBe("null");
  expect(literalText({ kind: "literal", type: "LONG", value: 20_541n })).toBe("20541");
});
