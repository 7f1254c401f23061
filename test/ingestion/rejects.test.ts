/** Refused rows of one body: the counts are of all, what is kept is bounded. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readBody } from "#ingestion/decode/body";
import { Decoder } from "#ingestion/decode/decoder";
import { Rejects, reasonsMax } from "#ingestion/rejects";
import { smallLimits } from "#test/setup/ingest";
import { testTable } from "#test/setup/tables";

const encode = (text: string) => new TextEncoder().encode(text);
const bounds = { deadLetters: 150, deadLetterBytes: 4 };

test("whatever is refused: all counted, the first hundred listed, the last kept, each cut", () => {
  const lines = fc.uniqueArray(fc.nat(5000), { minLength: 0, maxLength: 400 });
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 600 }), (found, reasons) => {
      const rejects = new Rejects(bounds);
      for (const line of found) rejects.add(line, `reason ${line % reasons}`, encode(`payload ${line}`));
      const sorted = found.toSorted((a, b) => a - b);
      expect(rejects.count).toBe(found.length);
      expect(rejects.listed.map(({ line }) => line)).toEqual(sorted.slice(0, 100));
      const last = found.slice(-bounds.deadLetters).toSorted((a, b) => a - b);
      expect(rejects.rows().map(({ line }) => line)).toEqual(last);
      for (const { payload } of rejects.rows()) expect(payload.buffer.byteLength).toBe(4);
      expect([...rejects.reasons.values()].reduce((sum, count) => sum + count, 0)).toBe(found.length);
      expect(rejects.reasons.size).toBeLessThanOrEqual(reasonsMax + 1);
    }),
  );
});

test("a body of more rows than bodyRows is refused by name, in every format", () => {
  const table = testTable([{ name: "v", type: "LONG" }]);
  const decoder = new Decoder(table, { ...smallLimits, bodyRows: 10 }, null);
  const bodies = [
    ["json", (rows: number) => `[${Array.from({ length: rows }, () => "{}").join()}]`],
    ["ndjson", (rows: number) => "{}\n".repeat(rows)],
    ["csv", (rows: number) => `v\n${"1\n".repeat(rows)}`],
  ] as const;
  for (const [format, body] of bodies) {
    expect(readBody(encode(body(10)), format, decoder).slices.count).toBe(10);
    expect(() => readBody(encode(body(11)), format, decoder)).toThrow("bodyRows = 10");
  }
});

test("CSV whose names make it larger than a frame as JSON is refused by name", () => {
  const name = "a_long_name".repeat(10);
  const table = testTable([{ name, type: "LONG" }]);
  const decoder = new Decoder(table, { ...smallLimits, frameBytes: 100_000 }, null);
  expect(() => readBody(encode(`${name}\n${"1\n".repeat(2000)}`), "csv", decoder)).toThrow(
    "frameBytes = 100000",
  );
});
