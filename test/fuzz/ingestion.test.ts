/**
 * Bytes that nobody wrote: the right value or an error that says so, never a TypeError, a hang or a huge
 * allocation.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { DeadLetters } from "#ingestion/dead-letters";
import { readBody } from "#ingestion/decode/body";
import { Decoder } from "#ingestion/decode/decoder";
import { encodeFileHeader, encodeRecord, type LogEntry } from "#ingestion/log/format";
import { IdempotencyKeys } from "#ingestion/log/keys";
import { recoverFiles } from "#ingestion/log/recover";
import { StoreError } from "#schemas/errors";
import { limits } from "#schemas/limits";
import { compiledExtractor } from "#test/setup/extractor-node";
import { memoryStage } from "#test/setup/stage";
import { testTable } from "#test/setup/tables";
import { memoryWorld } from "#test/setup/world";

const extractor = await compiledExtractor();
const table = testTable([
  { name: "v", type: "LONG" },
  { name: "t", type: "TIMESTAMP" },
  { name: "s", type: "STRING" },
  { name: "d", type: "DOUBLE" },
  { name: "j", type: "JSON" },
]);
const small = { ...limits, stageRows: 16, stageTextBytes: 1 << 17, recordBytes: 1 << 14 };
const encoder = new TextEncoder();

/** Changes, cuts, doubles and swaps parts of sound bytes. */
const damaged = (sound: Uint8Array) =>
  fc
    .array(fc.record({ kind: fc.nat(3), at: fc.nat(sound.length), length: fc.nat(40), byte: fc.nat(255) }), {
      minLength: 1,
      maxLength: 6,
    })
    .map((changes) => {
      let bytes = Uint8Array.from(sound);
      for (const { kind, at, length, byte } of changes) {
        const from = Math.min(at, bytes.length);
        const part = bytes.subarray(from, from + length);
        if (kind === 0 && from < bytes.length) bytes[from] = byte;
        if (kind === 1) bytes = bytes.slice(0, from);
        if (kind === 2)
          bytes = Uint8Array.from([...bytes.subarray(0, from), ...part, ...bytes.subarray(from)]);
        if (kind === 3)
          bytes = Uint8Array.from([...part, ...bytes.subarray(0, from), ...bytes.subarray(from + length)]);
      }
      return bytes;
    });

function isKnown(error: unknown): boolean {
  return error instanceof StoreError && ["BODY_SYNTAX", "LOG_CORRUPT"].includes(error.code);
}

const body = encoder.encode(
  '{"v":1,"t":"2024-05-06 07:08:09.123","s":"a\\n\\u00e9","d":1.5e3,"j":{"a":[1,"x"]}}\n{"v":-9,"s":"plain text","d":0.25}\n',
);
const csv = encoder.encode('v,s,d\r\n1,"a ""b"", c",2.5\r\n2,"x\ny",\r\n');

describe("fuzz", () => {
  it.each(["ndjson", "json", "csv"] as const)("%s bodies", (format) => {
    const sound =
      format === "csv"
        ? csv
        : format === "json"
          ? encoder.encode(`[${new TextDecoder().decode(body).trim().replace("\n", ",\n")}]`)
          : body;
    const stage = memoryStage(table, small);
    fc.assert(
      fc.property(damaged(sound), (bytes) => {
        for (const module of [extractor, null]) {
          const decoder = new Decoder(table, small, module);
          try {
            const { slices, lineOf } = readBody(bytes, format, decoder);
            for (let at = 0; at < slices.count; ) {
              const { next, rejects } = decoder.decode(stage, slices, at);
              for (const { record, reason } of rejects) {
                expect(lineOf(record)).toBeGreaterThan(0);
                expect(reason).not.toBe("");
              }
              expect(next).toBeGreaterThan(at);
              at = next;
            }
          } catch (error) {
            expect(isKnown(error), String(error)).toBe(true);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it("log files: a prefix of what was written, or damage that is named", async () => {
    const entries = Array.from({ length: 6 }, (_, at): LogEntry => {
      const payload = encoder.encode(`{"v":${at}}\n`.repeat(3));
      return {
        kind: "rows",
        baseOffset: BigInt(at * 3),
        endOffset: BigInt(at * 3 + 3),
        note: encoder.encode("n"),
        payload,
      };
    });
    const chunks: Uint8Array[] = [encodeFileHeader()];
    for (const entry of entries) chunks.push(...encodeRecord(entry, Buffer.concat(chunks).length));
    await fc.assert(
      fc.asyncProperty(damaged(Buffer.concat(chunks)), async (bytes) => {
        const world = memoryWorld();
        world.disk.plant("log/000000000001.log", bytes);
        const found: LogEntry[] = [];
        const { torn, corrupt } = await recoverFiles(world, "log", (entry) => void found.push(entry));
        // A part that was written twice, whole, is sound: only the checks of offsets, further up, can know.
        for (const entry of found)
          expect(entries.some(({ baseOffset }) => baseOffset === entry.baseOffset)).toBe(true);
        if (corrupt !== null) expect(isKnown(corrupt.error)).toBe(true);
        if (torn !== null) expect(torn.position + torn.bytes).toBe(bytes.length);
      }),
      { numRuns: 400 },
    );
  });

  it("key files and dead letters", async () => {
    const world = memoryWorld();
    const options = { path: "keys", windowMs: 1e6, keysMax: 10, bytesMax: 1e6 };
    const keys = new IdempotencyKeys(world, options);
    const answer = { accepted: 1, rejected: 0, rejects: [], partition: 0, offset: "1" };
    keys.add({ key: "a", hash: "h", atMs: world.clock.nowMs(), answer });
    await keys.keep();
    const letters = new DeadLetters(world, limits, "letters");
    await letters.open();
    await letters.record(0, [{ offset: 1n, reason: "r", payload: encoder.encode("p") }]);
    for (const path of ["keys", "letters"]) {
      await fc.assert(
        fc.asyncProperty(damaged(world.disk.peek(path).slice()), async (bytes) => {
          const other = memoryWorld();
          other.disk.plant(path, bytes);
          const lost =
            path === "keys"
              ? await new IdempotencyKeys(other, options).load()
              : await new DeadLetters(other, limits, path).open();
          if (lost !== null) expect(isKnown(lost)).toBe(true);
        }),
        { numRuns: 200 },
      );
    }
  });
});
