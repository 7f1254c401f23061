import fc from "fast-check";
import { expect, it } from "vitest";
import { isNestedDeeper, shapeOfJson } from "#schemas/json-bounds";

const unbounded = { depth: Number.POSITIVE_INFINITY, items: Number.POSITIVE_INFINITY };
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

it("depth is what the parser finds, whatever the texts hold", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: "grapheme" }), fc.nat(2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(shapeOfJson(utf8(text), unbounded).depth).toBe(depthOf(value));
    }),
  );
});

it("texts in quotes, escaped quotes and backslashes count for nothing", () => {
  expect(shapeOfJson(utf8('{"a\\"[[[": "]]\\\\", "b": ["[", "\\\\\\""]}'), unbounded)).toEqual({
    depth: 2,
    items: 5,
  });
});

it("ends early past a bound", () => {
  const deep = "[".repeat(10_000_000);
  expect(shapeOfJson(utf8(deep), { depth: 5, items: 1e9 }).depth).toBe(6);
  expect(shapeOfJson(utf8(`[${"1,".repeat(1000)}1]`), { depth: 5, items: 10 }).items).toBe(11);
  expect([isNestedDeeper("[[1]]", 1), isNestedDeeper("[[1]]", 2)]).toEqual([true, false]);
});
