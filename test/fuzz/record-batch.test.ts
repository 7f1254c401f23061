/** Damaged Kafka batches and fetch responses: the right values or STREAM_CORRUPT, never anything else. */

import { crc32c } from "@node-rs/crc32";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFetchResponse } from "#ingestion/decode/fetch-response";
import { emptiedBatch, readBatchHeader } from "#ingestion/decode/record-batch";
import { StoreError } from "#schemas/errors";
import { batchOf, codecNumbers, type ReadValue, readValues } from "#test/setup/kafka-batch-node";

/** Large enough for all in one group, or so small that it takes many. */
const inGroups = fc.constantFrom(1 << 20, 16);
const small = { unpackedBytes: 1 << 16, recordBytes: 1 << 12 };

/** Runs; the only error allowed is STREAM_CORRUPT. */
async function allowed<T>(run: () => Promise<T> | T): Promise<T | "corrupt"> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StoreError && error.code === "STREAM_CORRUPT") return "corrupt";
    throw error;
  }
}

const values = fc.array(fc.option(fc.string({ unit: "grapheme", maxLength: 40 }), { nil: null }), {
  minLength: 1,
  maxLength: 20,
});
const codecs = fc.constantFrom(...codecNumbers);

describe("record batches", () => {
  test("read what was written", () =>
    fc.assert(
      fc.asyncProperty(values, codecs, inGroups, async (rows, codec, unpackedBytes) => {
        const found = await readValues(batchOf(rows, { codec }), { unpackedBytes, recordBytes: 1 << 20 });
        expect(found.map(({ value }) => value)).toEqual(rows);
        expect(found.map(({ offset }) => Number(offset))).toEqual(rows.map((_, at) => 100 + at));
      }),
    ));

  test("a flipped byte is found", () =>
    fc.assert(
      fc.asyncProperty(
        values,
        codecs,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (rows, codec, at, flip) => {
          const batch = batchOf(rows, { codec });
          const index = 21 + (at % (batch.length - 21));
          batch[index] = (batch[index] as number) ^ flip;
          expect(await allowed(() => readValues(batch, small))).toBe("corrupt");
        },
      ),
    ));

  test("lies under a right CRC do not get through, however the batch is read", () =>
    fc.assert(
      fc.asyncProperty(
        values,
        codecs,
        fc.nat(),
        fc.nat(255),
        inGroups,
        async (rows, codec, at, lie, unpackedBytes) => {
          const batch = batchOf(rows, { codec });
          batch[21 + (at % (batch.length - 21))] = lie;
          new DataView(batch.buffer).setUint32(17, crc32c(batch.subarray(21)));
          const found = await allowed(() => readValues(batch, { unpackedBytes, recordBytes: 1 << 20 }));
          if (found !== "corrupt") expect((found as ReadValue[]).length).toBeLessThanOrEqual(1 << 20);
        },
      ),
      { numRuns: 1000 },
    ));

  test("every truncation is refused or asks for more", async () => {
    const batch = batchOf(["a", "b", null], { codec: 0 });
    for (let length = 0; length < batch.length; length++)
      expect(await allowed(() => readValues(batch.slice(0, length), small))).toBe("corrupt");
  });
});

function responseOf(records: Uint8Array, aborted: readonly (readonly [bigint, bigint])[] = []): Uint8Array {
  const head = Buffer.alloc(4 + 2 + 4 + 4 + 3 + 4 + 4 + 2 + 8 * 3 + 4 + aborted.length * 16 + 4);
  let at = 10;
  at = head.writeInt32BE(1, at);
  at = head.writeInt16BE(1, at);
  at = head.write("t", at) + at;
  at = head.writeInt32BE(1, at);
  at = head.writeInt32BE(0, at);
  at = head.writeInt16BE(0, at);
  at = head.writeBigInt64BE(200n, at);
  at = head.writeBigInt64BE(200n, at);
  at = head.writeBigInt64BE(50n, at);
  at = head.writeInt32BE(aborted.length, at);
  for (const [producer, first] of aborted)
    at = head.writeBigInt64BE(first, head.writeBigInt64BE(producer, at));
  head.writeInt32BE(records.length, at);
  return Buffer.concat([head, records]);
}

describe("fetch responses", () => {
  const first = batchOf(["a", "b"], { base: 100n });
  const second = batchOf(["c"], { base: 102n });

  test("keep whole batches from the asked offset on", () => {
    const cut = Buffer.concat([first, second, second.subarray(0, 30)]);
    const found = readFetchResponse(responseOf(cut), 102n);
    expect(found).toMatchObject({ errorCode: 0, endOffset: 200n, startOffset: 50n, newestMs: 1007 });
    expect(found.batches.map(({ baseOffset, endOffset }) => [baseOffset, endOffset])).toEqual([[102n, 103n]]);
  });

  test("an aborted transaction keeps its offsets and loses its records", async () => {
    const mine = batchOf(["x", "y"], { base: 100n, attributes: 16, codec: 1 });
    const found = readFetchResponse(responseOf(mine, [[42n, 100n]]), 100n);
    const [batch] = found.batches;
    expect([batch?.baseOffset, batch?.endOffset]).toEqual([100n, 102n]);
    expect(await readValues((batch as { bytes: Uint8Array }).bytes, small)).toEqual([]);
    expect(readBatchHeader(emptiedBatch(mine), 0)).toMatchObject({ count: 0, endOffset: 102n });
  });

  test("truncated anywhere: whole batches or STREAM_CORRUPT", async () => {
    const whole = responseOf(Buffer.concat([first, second]));
    for (let length = 0; length < whole.length; length++) {
      const found = await allowed(() => readFetchResponse(whole.subarray(0, length), 100n));
      expect(found).toBe("corrupt");
    }
  });
});
