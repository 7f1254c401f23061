/** Two values have one fingerprint only if they say the same. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Fingerprint } from "#server/execute/fingerprint";

const of = (value: unknown): string => new Fingerprint().add(value).text();

const plain = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(fc.string(), fc.integer(), fc.double(), fc.bigInt(), fc.boolean(), fc.constant(null)),
    fc.uint8Array(),
    fc.uint32Array(),
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("tree"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).tree;

/** A text that differs wherever values do. */
const written = (value: unknown): string => {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${[...(value as Uint8Array)].join()})`;
  if (Array.isArray(value)) return `[${value.map(written).join()}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([name, field]) => `${JSON.stringify(name)}:${written(field)}`)
      .join()}}`;
  return JSON.stringify(value);
};

test("equal values have equal fingerprints, others have others", () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(plain, (value) => {
      const text = written(value);
      expect(of(value)).toBe(of(structuredClone(value)));
      const known = seen.get(of(value));
      if (known !== undefined) expect(text).toBe(known);
      seen.set(of(value), text);
    }),
    { numRuns: 2000 },
  );
});

test("neighbours differ: one bit, one place, one kind", () => {
  const values: unknown[] = [
    "",
    "a",
    "b",
    "ab",
    ["a", "b"],
    ["ab"],
    [["a"], "b"],
    [],
    {},
    [[]],
    [{}],
    null,
    undefined,
  ];
  values.push(
    1,
    1n,
    "1",
    true,
    false,
    0,
    -0,
    Number.NaN,
    { a: 1 },
    { b: 1 },
    { a: "b" },
    ["a", 1],
    ["1", "a"],
  );
  values.push(
    Uint8Array.of(1, 0, 0, 0),
    Uint32Array.of(1),
    Int32Array.of(1),
    Uint8Array.of(1),
    Uint8Array.of(1, 0),
  );
  for (let bit = 0; bit < 256; bit++) {
    const words = new Uint32Array(8);
    words[bit >> 5] = 1 << (bit & 31);
    values.push(words, BigInt(2) ** BigInt(bit), `x${bit}`);
  }
  expect(new Set(values.map(of)).size).toBe(values.length - 1); // 2^0 is the 1n above
  expect(new Set(values.map((value) => of(value).slice(0, 8))).size).toBeGreaterThan(values.length - 4);
});

test("depth costs no stack", () => {
  let deep: unknown = null;
  for (let at = 0; at < 200_000; at++) deep = [deep];
  expect(of(deep)).toHaveLength(32);
});
