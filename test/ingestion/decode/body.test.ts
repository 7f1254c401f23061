/** The lines that a push's answer names are the user's, and finding them reads the body once. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readBody } from "#ingestion/decode/body";
import { Decoder } from "#ingestion/decode/decoder";
import { limits } from "#schemas/limits";
import { testTable } from "#test/setup/tables";

const decoder = new Decoder(testTable([{ name: "v", type: "LONG" }]), limits, null);
const encoder = new TextEncoder();

/** Bytes that count how often they are searched. */
class Searched extends Uint8Array {
  searches = 0;
  override indexOf(byte: number, from?: number): number {
    this.searches++;
    return super.indexOf(byte, from);
  }
}

test("a record's line, asked in any order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
      fc.infiniteStream(fc.nat()),
      (kinds, ask) => {
        const text = kinds.map((isBlank) => (isBlank ? "" : "{}")).join("\n");
        const lines = kinds.flatMap((isBlank, at) => (isBlank ? [] : [at + 1]));
        const { slices, lineOf } = readBody(encoder.encode(text), "ndjson", decoder);
        expect(slices.count).toBe(lines.length);
        for (let at = 0; at < lines.length * 2; at++) {
          const record = (ask.next().value as number) % lines.length;
          expect(lineOf(record)).toBe(lines[record]);
        }
      },
    ),
  );
});

test("the lines of a body of nothing but rejects cost one reading", () => {
  const count = 5_000;
  const body = new Searched(encoder.encode("nope\n".repeat(count)));
  const { lineOf } = readBody(body, "ndjson", decoder);
  body.searches = 0;
  for (let record = 0; record < count; record++) expect(lineOf(record)).toBe(record + 1);
  expect(body.searches).toBeLessThan(3 * count);
});
