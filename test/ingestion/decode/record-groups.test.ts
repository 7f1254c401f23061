/** Batches that unpack to more than should be in memory: read in rounds, whatever their codec; only a record can be too large. */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { compressSync } from "lz4-napi";
import snappy from "snappyjs";
import { describe, expect, test } from "vitest";
import { decompress, decompressPieces } from "#ingestion/decode/decompress";
import { readKafkaBatch } from "#ingestion/decode/record-batch";
import {
  batchAround,
  codecNumbers,
  pack,
  rawBatch,
  readValues,
  recordOf,
} from "#test/setup/kafka-batch-node";

const limits = { unpackedBytes: 1 << 20, recordBytes: 200_000 };
const rows = Array.from({ length: 20_000 }, (_, n) =>
  Buffer.from(JSON.stringify({ n, name: `row ${n}`, text: "äöü ".repeat(n % 60) })),
);
const plain = Buffer.concat(rows.map((row, at) => recordOf(row, at)));
const packed = codecNumbers.slice(1);
const framings = [
  ...packed.map((codec) => ({ codec, framing: "xerial" as const })),
  { codec: 2, framing: "raw" as const },
];

describe("a batch that unpacks to more than may be in memory", () => {
  test.each(framings)("codec $codec, $framing: every record, in groups that stay small", async (how) => {
    const batch = batchAround(pack(how.codec, plain, how.framing), rows.length, { codec: how.codec });
    let groups = 0;
    let offset = 100n;
    for await (const group of readKafkaBatch(rawBatch(batch, rows.length), limits)) {
      groups++;
      expect(group.bytes.length).toBeLessThan(6 << 20);
      for (let row = 0; row < group.count; row++) {
        const start = group.starts[row] as number;
        const value = group.bytes.subarray(start, start + (group.lengths[row] as number));
        if (!rows[Number(offset) - 100]?.equals(value)) throw new Error(`offset ${offset} differs`);
        expect(group.offsets[row]).toBe(offset++);
      }
    }
    expect(offset).toBe(100n + BigInt(rows.length));
    expect(groups).toBeGreaterThan(1);
  });

  test("LZ4 blocks that reach back into those before them", async () => {
    const blocks: Uint8Array[] = [Buffer.from("04224d18" + "40" + "40" + "c0", "hex")];
    for (let at = 0; at < plain.length; at += 64 << 10) {
      const dictionary = plain.subarray(Math.max(0, at - (64 << 10)), at);
      const part = plain.subarray(at, at + (64 << 10));
      const block = (at === 0 ? compressSync(part) : compressSync(part, dictionary)).subarray(4);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(block.length);
      blocks.push(length, block);
    }
    const batch = batchAround(Buffer.concat([...blocks, Buffer.alloc(4)]), rows.length, { codec: 3 });
    const found = await readValues(batch, limits);
    expect(found.map(({ value }) => value)).toEqual(rows.map(String));
  });

  test("a count that is not true is found, and nothing is read twice", async () => {
    for (const count of [rows.length - 1, rows.length + 1]) {
      const batch = batchAround(zstdCompressSync(plain), count, { codec: 4 });
      const read = readValues(batch, limits);
      if (count < rows.length) expect((await read).length).toBe(count);
      else await expect(read).rejects.toMatchObject({ code: "STREAM_CORRUPT" });
    }
  });

  test("damage behind the first groups is STREAM_CORRUPT", async () => {
    const cut = zstdCompressSync(plain);
    const batch = batchAround(cut.subarray(0, cut.length - 200), rows.length, { codec: 4 });
    await expect(readValues(batch, limits)).rejects.toMatchObject({ code: "STREAM_CORRUPT" });
  });
});

describe("a record that is too large", () => {
  const small = Buffer.from('{"n":1}');
  const large = Buffer.alloc(limits.recordBytes * 30, "x");
  test.each(framings)(
    "codec $codec, $framing: comes with its size and offset; the rest is read",
    async (how) => {
      const records = [
        recordOf(small, 0),
        recordOf(large, 1),
        recordOf(small, 2, { key: large }),
        recordOf(small, 3),
        recordOf(small, 4, { pad: large.length }),
      ];
      const batch = batchAround(pack(how.codec, Buffer.concat(records), how.framing), 5, {
        codec: how.codec,
      });
      const found = await readValues(batch, limits);
      expect(found.map(({ offset }) => Number(offset))).toEqual([100, 101, 102, 103, 104]);
      expect(found.map(({ length }) => length > limits.recordBytes)).toEqual([
        false,
        true,
        true,
        false,
        true,
      ]);
      expect(found[3]?.value).toBe('{"n":1}');
      expect(found[1]?.length).toBeGreaterThanOrEqual(large.length);
      expect(found[1]?.value?.startsWith("xxxx")).toBe(true);
    },
  );

  test("by its key or headers alone, also where nothing is packed", async () => {
    const batch = batchAround(
      Buffer.concat([
        recordOf(small, 0, { key: large }),
        recordOf(small, 1),
        recordOf(small, 2, { pad: large.length }),
      ]),
      3,
    );
    const found = await readValues(batch, limits);
    expect(found.map(({ length }) => length > limits.recordBytes)).toEqual([true, false, true]);
  });
});

describe("bombs", () => {
  /** A record's head that promises `length` bytes, and that many zeroes, packed without ever being in memory. */
  const layers = 4;
  const zeroes = Buffer.alloc(64 << 20);

  test("a record of gigabytes ends as soon as it is known to be the last", async () => {
    const head = Buffer.concat([Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]), Buffer.from([0, 14, 0, 1])]);
    const bomb = zstdCompressSync(Buffer.concat([head, zeroes]));
    const before = process.memoryUsage().arrayBuffers;
    const found = await readValues(batchAround(bomb, 1, { codec: 4 }), limits);
    expect(found).toMatchObject([{ offset: 100n, length: 0x7fffffff }]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20);
  });

  test.each([
    { codec: 1, bomb: () => Buffer.concat(Array.from({ length: layers }, () => gzipSync(zeroes))) },
    { codec: 4, bomb: () => Buffer.concat(Array.from({ length: layers }, () => zstdCompressSync(zeroes))) },
    { codec: 2, bomb: () => Buffer.from(snappy.compress(zeroes)) },
  ])("codec $codec: what it unpacks to is never in memory", async ({ codec, bomb }) => {
    const packedBomb = bomb();
    expect(decompress(codec, packedBomb, limits.unpackedBytes)).toBeNull();
    let bytes = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    for await (const piece of decompressPieces(codec, packedBomb)) {
      bytes += piece.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(bytes).toBeGreaterThanOrEqual(zeroes.length);
    expect(most).toBeLessThan(40 << 20);
  });

  test("a snappy length that its bytes could not reach is refused before anything is made", async () => {
    const lie = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]), Buffer.alloc(100)]);
    await expect(readValues(batchAround(lie, 1, { codec: 2 }), limits)).rejects.toMatchObject({
      code: "STREAM_CORRUPT",
    });
  });
});
