import fc from "fast-check";
import { expect, test } from "vitest";
import { compareText } from "#schemas/text";

test("text is ordered as its UTF-8 bytes are", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "é", "\u{ffff}", "\u{e000}", "\u{10000}", "😀") });
  fc.assert(
    fc.property(text, text, (left, right) => {
      const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
      expect(Math.sign(compareText(left, right))).toBe(expected);
    }),
  );
});
