/** Damaged Kafka batches and fetch responses: the right values or STREAM_CORRUPT, never anything else. */

import { gzipSync, zstdCompressSync } from "node:zlib";
import { crc32c } from "@node-rs/crc32";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFetchResponse } from "#ingestion/decode/fetch-response";
import { emptiedBatch, readBatchHeader, sliceKafkaBatch } from "#ingestion/decode/record-batch";
import { StoreError } from "#schemas/errors";

const bytesMax = 1 << 20;

function varint(value: number): number[] {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  const bytes: number[] = [];
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

function recordBytes(value: string | null, offsetDelta: number): number[] {
  const bytes = value === null ? [] : [...Buffer.from(value)];
  const body = [
    0,
    ...varint(7),
    ...varint(offsetDelta),
    ...varint(-1),
    ...varint(value === null ? -1 : bytes.length),
    ...bytes,
    0,
  ];
  return [...varint(body.length), ...body];
}

/** A batch as a producer would write it. */
function batchOf(
  values: readonly (string | null)[],
  options: { codec?: number; attributes?: number; base?: bigint } = {},
): Uint8Array {
  const { codec = 0, attributes = 0, base = 100n } = options;
  const plain = Buffer.from(values.flatMap((value, index) => recordBytes(value, index)));
  const records = codec === 1 ? gzipSync(plain) : codec === 4 ? zstdCompressSync(plain) : plain;
  const batch = Buffer.alloc(61 + records.length);
  batch.writeBigInt64BE(base, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(codec | attributes, 21);
  batch.writeInt32BE(values.length - 1, 23);
  batch.writeBigInt64BE(1000n, 27);
  batch.writeBigInt64BE(1007n, 35);
  batch.writeBigInt64BE(42n, 43);
  batch.writeInt32BE(values.length, 57);
  records.copy(batch, 61);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return new Uint8Array(batch);
}

const raw = (bytes: Uint8Array) => ({ kind: "kafka", baseOffset: 100n, endOffset: 100n, bytes }) as const;

function valuesOf(bytes: Uint8Array): (string | null)[] {
  const found = sliceKafkaBatch(raw(bytes), bytesMax);
  return Array.from({ length: found.count }, (_, row) => {
    const start = found.starts[row] as number;
    const length = found.lengths[row] as number;
    return length < 0 ? null : Buffer.from(found.bytes.subarray(start, start + length)).toString();
  });
}

/** Runs; the only error allowed is STREAM_CORRUPT. */
function allowed<T>(run: () => T): T | "corrupt" {
  try {
    return run();
  } catch (error) {
    if (error instanceof StoreError && error.code === "STREAM_CORRUPT") return "corrupt";
    throw error;
  }
}

const values = fc.array(fc.option(fc.string({ unit: "grapheme", maxLength: 40 }), { nil: null }), {
  minLength: 1,
  maxLength: 20,
});
const codecs = fc.constantFrom(0, 1, 4);

describe("record batches", () => {
  test("read what was written", () => {
    fc.assert(
      fc.property(values, codecs, (rows, codec) => {
        expect(valuesOf(batchOf(rows, { codec }))).toEqual(rows);
      }),
    );
  });

  test("a flipped byte is found", () => {
    fc.assert(
      fc.property(values, codecs, fc.nat(), fc.integer({ min: 1, max: 255 }), (rows, codec, at, flip) => {
        const batch = batchOf(rows, { codec });
        const index = 21 + (at % (batch.length - 21));
        batch[index] = (batch[index] as number) ^ flip;
        expect(allowed(() => valuesOf(batch))).toBe("corrupt");
      }),
    );
  });

  test("lies under a right CRC do not get through", () => {
    fc.assert(
      fc.property(
        values,
        codecs,
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        (rows, codec, at, lie) => {
          const batch = batchOf(rows, { codec });
          batch.set(lie.subarray(0, 1), 21 + (at % (batch.length - 21)));
          new DataView(batch.buffer).setUint32(17, crc32c(batch.subarray(21)));
          const found = allowed(() => sliceKafkaBatch(raw(batch), bytesMax).count);
          if (found !== "corrupt") expect(found).toBeLessThanOrEqual(bytesMax);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("every truncation is refused or asks for more", () => {
    const batch = batchOf(["a", "b", null], { codec: 0 });
    for (let length = 0; length < batch.length; length++) {
      expect(allowed(() => valuesOf(batch.slice(0, length)))).toBe("corrupt");
    }
  });

  test("what unpacks to more than the bound is refused", () => {
    for (const codec of [1, 4]) {
      expect(allowed(() => valuesOf(batchOf(["x".repeat(bytesMax + 1)], { codec })))).toBe("corrupt");
    }
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

  test("an aborted transaction keeps its offsets and loses its records", () => {
    const mine = batchOf(["x", "y"], { base: 100n, attributes: 16, codec: 1 });
    const found = readFetchResponse(responseOf(mine, [[42n, 100n]]), 100n);
    const [batch] = found.batches;
    expect([batch?.baseOffset, batch?.endOffset]).toEqual([100n, 102n]);
    expect(sliceKafkaBatch(batch as never, bytesMax).count).toBe(0);
    expect(readBatchHeader(emptiedBatch(mine), 0)).toMatchObject({ count: 0, endOffset: 102n });
  });

  test("truncated anywhere: whole batches or STREAM_CORRUPT", () => {
    const whole = responseOf(Buffer.concat([first, second]));
    for (let length = 0; length < whole.length; length++) {
      const found = allowed(() => readFetchResponse(whole.subarray(0, length), 100n));
      expect(found).toBe("corrupt");
    }
  });
});
