/**
 * Frames and messages: goldens for every kind, round trips, and bytes that are not what they should be. The only
 * outcomes allowed: the right value, or FRAME_CORRUPT, without memory that a length merely claims.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Vector } from "#schemas/batch";
import { StoreError } from "#schemas/errors";
import { limits } from "#schemas/limits";
import { FrameReader, FrameWriter } from "#schemas/wire/bytes";
import { crc32 } from "#schemas/wire/crc32";
import { type Frame, FrameStream, frameHeadBytes, writeFrame } from "#schemas/wire/frame";
import { frameOf, messageOfFrame } from "#schemas/wire/messages";
import { readVector, writeVector } from "#schemas/wire/result";
import { valuesOf, vectorOf } from "#server/execute/functions/vectors";
import { messages } from "#test/schemas/wire/examples";
import { seededRandom } from "#test/setup/random";
import { root } from "#test/setup/sources-node";

const bodyBytesMax = 1 << 20;

function bytesOfFrame(frame: Frame): Uint8Array {
  const [head, body] = writeFrame(frame, bodyBytesMax);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

const framesOf = (...chunks: Uint8Array[]): Frame[] => {
  const stream = new FrameStream(bodyBytesMax);
  return chunks.flatMap((chunk) => [...stream.push(chunk)]);
};

/** A value, or FRAME_CORRUPT; anything else fails the test. */
function valueOrCorrupt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError && error.code === "FRAME_CORRUPT") return null;
    throw error;
  }
}

describe.each(Object.entries(messages))("%s", (name, message) => {
  const frame = frameOf(7, message);
  const bytes = bytesOfFrame(frame);

  test("is read as it was written", () => {
    const [read] = framesOf(bytes);
    expect(read.request).toBe(7);
    expect(messageOfFrame(read)).toEqual(message);
  });

  test("has the bytes it always had", () => {
    const path = join(root, "test/golden/wire", `${name}.bin`);
    if (process.env.UPDATE_GOLDEN === "1" && !existsSync(path)) writeFileSync(path, bytes);
    expect(Buffer.from(readFileSync(path)).equals(Buffer.from(bytes))).toBe(true);
  });

  test("cut short at every byte, it is never another message", () => {
    for (let end = 0; end < bytes.length; end++) expect(framesOf(bytes.subarray(0, end))).toEqual([]);
    for (let end = 0; end < frame.body.length; end++) {
      const part = { ...frame, body: frame.body.subarray(0, end) };
      expect(valueOrCorrupt(() => messageOfFrame(part))).toBe(null);
    }
  });

  test("every flipped bit of the frame is noticed", () => {
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] ^= 1 << (at % 8);
      const read = valueOrCorrupt(() => framesOf(flipped));
      // A length that grew leaves the frame unfinished; nothing else passes.
      expect(read === null || read.length === 0).toBe(true);
    }
  });

  test("bytes changed behind the checksum's back give a value or FRAME_CORRUPT", () => {
    const random = seededRandom(bytes.length);
    for (let round = 0; round < 400; round++) {
      const body = frame.body.slice();
      const changes = 1 + random.below(4);
      for (let change = 0; change < changes && body.length > 0; change++) {
        const at = random.below(body.length);
        body[at] = random.chance(0.3) ? 255 : random.below(256);
      }
      valueOrCorrupt(() => messageOfFrame({ ...frame, body }));
    }
  });
});

describe("the stream", () => {
  const all = Object.values(messages).map((message, request) => frameOf(request, message));
  const bytes = Uint8Array.from(all.flatMap((frame) => [...bytesOfFrame(frame)]));

  test("frames come whole however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes) => {
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length];
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(framesOf(...chunks).map(messageOfFrame)).toEqual(Object.values(messages));
      }),
    );
  });

  test("a body past the bound is refused before it comes", () => {
    const head = bytesOfFrame(frameOf(1, messages["lines"])).slice(0, frameHeadBytes);
    new DataView(head.buffer).setUint32(9, bodyBytesMax + 1, true);
    expect(() => framesOf(head)).toThrow(expect.objectContaining({ code: "FRAME_CORRUPT" }));
    const stream = new FrameStream(limits.frameBytes);
    new DataView(head.buffer).setUint32(9, limits.frameBytes, true);
    expect([...stream.push(head)]).toEqual([]);
    expect(stream.pending).toBe(frameHeadBytes);
  });

  test("counts that the bytes cannot hold are refused before anything is made", () => {
    const writer = new FrameWriter();
    writer.u8(0);
    writer.u8(2);
    writer.u32(0xffff_ffff);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readVector(new FrameReader(writer.bytes()))).toThrow("rows");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  test("an expression without an end is refused", () => {
    const writer = new FrameWriter();
    writer.text("s");
    writer.u8(1);
    writer.text("t");
    writer.flag(true);
    for (let depth = 0; depth < 5000; depth++) {
      writer.u8(2);
      writer.u8(2);
      writer.text("f");
      writer.u32(1);
    }
    const frame = { kind: 6, request: 1, body: writer.bytes() };
    expect(() => messageOfFrame(frame)).toThrow(expect.objectContaining({ code: "FRAME_CORRUPT" }));
  });
});

describe("vectors", () => {
  const roundTrip = (vector: Vector): Vector => {
    const writer = new FrameWriter();
    writeVector(writer, vector);
    const reader = new FrameReader(writer.bytes());
    const read = readVector(reader);
    reader.done();
    return read;
  };

  test("of any values come back", () => {
    const cases = fc.oneof(
      fc.array(fc.option(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n))).map((values) => vectorOf("LONG", values)),
      fc.array(fc.option(fc.double())).map((values) => vectorOf("DOUBLE", values)),
      fc.array(fc.option(fc.string({ unit: "grapheme" }))).map((values) => vectorOf("STRING", values)),
      fc.array(fc.option(fc.uint8Array())).map((values) => vectorOf("BYTES", values)),
    );
    fc.assert(
      fc.property(cases, (vector) => {
        expect(valuesOf(roundTrip(vector))).toEqual(valuesOf(vector));
      }),
    );
  });

  test("rows that use little of a dictionary send little of it", () => {
    const dictionary = vectorOf(
      "STRING",
      Array.from({ length: 1000 }, (_, at) => `entry ${at}`),
    );
    if (dictionary.kind !== "text") throw new Error("text");
    const few: Vector = { ...dictionary, rows: 3, ids: Uint32Array.of(500, 7, 500) };
    const read = roundTrip(few);
    expect(valuesOf(read)).toEqual(valuesOf(few));
    expect(read.kind === "text" && read.entries.count).toBe(2);
  });
});

test("the checksum is zlib's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 100 }), (first, second) => {
      expect(crc32(first)).toBe(zlibCrc32(first));
      expect(crc32(second, crc32(first))).toBe(zlibCrc32(second, zlibCrc32(first)));
    }),
  );
});
