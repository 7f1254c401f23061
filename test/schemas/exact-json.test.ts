import fc from "fast-check";
import { expect, test } from "vitest";
import { readExactJson, writeExactJson } from "#schemas/exact-json";

const leaf = fc.oneof(
  fc.bigInt(),
  fc.double(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
);
const key = fc.oneof(fc.string(), fc.constantFrom("$long", "$bytes", "$", "$$double"));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie("value")),
    fc.dictionary(key, tie("value"), { noNullPrototype: true }),
  ),
}));

test("what is written is read back exactly", () => {
  fc.assert(
    fc.property(value, (written) => {
      expect(readExactJson(writeExactJson(written), "test")).toEqual(written);
    }),
  );
});

test("anything else is refused by name", () => {
  expect(() => readExactJson("{", "tables/x/definition.json")).toThrow("tables/x/definition.json");
});
