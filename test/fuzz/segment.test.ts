/**
 * Damaged segment files: every prefix, random flips, and flips whose checksums were made right again. The
 * only outcomes allowed are the right rows or SEGMENT_CORRUPT; with forged checksums wrong values may come
 * out, but no other error.
 */
import { readFileSync } from "node:fs";
import { crc32 } from "@node-rs/crc32";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreError } from "#schemas/errors";
import type { Table } from "#schemas/table";
import { ByteReader } from "#server/encode/byte-reader";
import { decompress, readCompressedHead } from "#server/encode/compress";
import { Cache } from "#server/segment/cache";
import {
  type Block,
  type Footer,
  readTrailer,
  trailerBytes,
  writeFooter,
  writeTrailer,
} from "#server/segment/format";
import type { SegmentReader } from "#server/segment/reader";
import { openBytes, rowsOf, testArena } from "#test/server/segment/build";
import { goldenFiles } from "#test/server/segment/golden-rows";

const arena = testArena(32 << 20);

/** Reads everything a scan could touch. */
function readAll(bytes: Uint8Array, table: Table): unknown {
  const { reader, close } = openBytes(bytes, "damaged", { arena, cache: new Cache(1 << 24) });
  try {
    return readColumns(reader, table);
  } finally {
    close();
  }
}

function readColumns(reader: SegmentReader, table: Table): unknown {
  const bitmap = arena.allocate(8192, "scratch");
  try {
    for (const { id } of table.columns) {
      const column = reader.column(id);
      if (column?.dictionary !== null) void column?.dictionary.layout;
      if (column?.inverted == null) continue;
      const { last } = column.inverted.idsOf(1n, column.dictionary === null ? 2n ** 63n - 1n : 1n);
      const ids = [...new Set([0, 1, last])];
      for (let chunk = 0; chunk < Math.min(reader.chunks, 4); chunk++)
        column.inverted.union(ids, chunk, bitmap);
    }
    return reader.rows <= 700 ? rowsOf(reader, table, { hidden: true }) : null;
  } finally {
    arena.free(bitmap);
  }
}

/** The rows, or null when the damage was noticed. Fails on any other error. */
function attempt(bytes: Uint8Array, table: Table, codes: readonly string[]): unknown {
  try {
    return readAll(bytes, table);
  } catch (error) {
    if (error instanceof StoreError && codes.includes(error.code)) {
      if (error.code === "SEGMENT_CORRUPT") expect(error.message).toContain("damaged");
      return null;
    }
    throw error;
  } finally {
    expect(arena.bytesUsed()).toBe(0);
  }
}

const files = goldenFiles.map(({ name, table }) => {
  const golden = new Uint8Array(readFileSync(new URL(`../golden/segments/${name}`, import.meta.url)));
  return { name, table, golden };
});

describe.each(files)("$name", ({ table, golden }) => {
  const expected = readAll(golden, table);

  test("cut off anywhere", () => {
    for (let length = 0; length < golden.length; length++) {
      expect(attempt(golden.subarray(0, length), table, ["SEGMENT_CORRUPT"])).toBeNull();
    }
  });

  test("flipped anywhere: the right rows or an error", () => {
    fc.assert(
      fc.property(fc.nat(golden.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = golden.slice();
        bytes[at] ^= flip;
        const got = attempt(bytes, table, ["SEGMENT_CORRUPT"]);
        if (got !== null) expect(got).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  const { footer, content } = footerOf(golden);
  const blocks = footer.columns.flatMap((column) => [
    ...column.chunks,
    ...column.optional,
    ...(column.dictionary === null ? [] : [column.dictionary]),
  ]);

  test("blocks flipped under forged checksums", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.constantFrom(...blocks), damage, (block, flips) => {
        const bytes = golden.slice();
        const inside = bytes.subarray(block.offset, block.offset + block.bytes);
        for (const [at, flip] of flips) inside[at % inside.length] ^= flip;
        attempt(forged(bytes, footer, block, crc32(inside)), table, ["SEGMENT_CORRUPT", "MEMORY_BUDGET"]);
      }),
      { numRuns: 400 },
    );
  });

  test("footers flipped under forged checksums", () => {
    fc.assert(
      fc.property(fc.nat(content.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = content.slice();
        changed[at] ^= flip;
        attempt(withFooter(golden, changed), table, ["SEGMENT_CORRUPT", "MEMORY_BUDGET"]);
      }),
      { numRuns: 300 },
    );
  });
});

function footerOf(bytes: Uint8Array): { footer: Footer; content: Uint8Array } {
  const { segment, close } = openBytes(bytes, "golden");
  close();
  const trailer = readTrailer(bytes.subarray(bytes.length - trailerBytes), "golden", bytes.length);
  const start = trailer.footerOffset;
  const from = new ByteReader(bytes.slice(start, start + trailer.footerBytes), "golden");
  const head = readCompressedHead(from, 1 << 20);
  return {
    footer: segment.footer,
    content: head.compressed ? decompress(from, head.plainBytes) : from.raw(from.left()),
  };
}

/** The file with another footer, not compressed, under right checksums. */
function withFooter(bytes: Uint8Array, content: Uint8Array): Uint8Array {
  const { footerOffset } = readTrailer(bytes.subarray(bytes.length - trailerBytes), "golden", bytes.length);
  const footer = Buffer.alloc(content.length + 8);
  footer.writeUInt32LE(content.length, 4);
  footer.set(content, 8);
  const trailer = writeTrailer({ footerOffset, footerBytes: footer.length, footerCrc: crc32(footer) });
  return Buffer.concat([bytes.subarray(0, footerOffset), footer, trailer]);
}

/** The file with another checksum for one block. */
function forged(bytes: Uint8Array, footer: Footer, block: Block, crc: number): Uint8Array {
  const fix = <T extends Block>(one: T): T => (one.offset === block.offset ? { ...one, crc } : one);
  const columns = footer.columns.map((column) => ({
    ...column,
    chunks: column.chunks.map(fix),
    optional: column.optional.map(fix),
    dictionary: column.dictionary === null ? null : fix(column.dictionary),
  }));
  return withFooter(bytes, writeFooter({ ...footer, columns }));
}
