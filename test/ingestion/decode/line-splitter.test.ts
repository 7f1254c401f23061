/** The SIMD splitter finds the same lines as the plain loop. */
import fc from "fast-check";
import { expect, it } from "vitest";

import { LineSplitter } from "#ingestion/decode/line-splitter";
import { sliceLines } from "#ingestion/decode/lines";
import { compiledExtractor } from "#test/setup/extractor-node";

const splitter = new LineSplitter(await compiledExtractor(), { windowBytes: 64, linesMax: 5 });

it("splits like the plain loop, whatever the window", () => {
  const text = fc.array(fc.constantFrom("\n", "\r", " ", "a", "{}", "é", "x".repeat(30), "y".repeat(70)), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(text, fc.bigInt({ min: 0n, max: 2n ** 40n }), (pieces, offset) => {
      const bytes = new TextEncoder().encode(pieces.join(""));
      const plain = sliceLines(bytes, offset);
      const fast = splitter.slice(bytes, offset);
      expect(fast.count).toBe(plain.count);
      expect([...fast.starts.subarray(0, fast.count)]).toEqual([...plain.starts.subarray(0, plain.count)]);
      expect([...fast.lengths.subarray(0, fast.count)]).toEqual([...plain.lengths.subarray(0, plain.count)]);
      expect([...fast.offsets]).toEqual([...plain.offsets]);
    }),
    { numRuns: 500 },
  );
});
