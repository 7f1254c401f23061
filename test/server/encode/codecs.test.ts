import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packBits, packedBytes, unpackBits } from "#server/encode/bitpack";
import { ByteReader } from "#server/encode/byte-reader";
import { ByteWriter } from "#server/encode/byte-writer";
import { compareBytes, compareDecimals } from "#server/encode/bytes";
import { compressBlock, decompress, readCompressedHead } from "#server/encode/compress";
import { decodeDoubles, writeDoubles } from "#server/encode/doubles";
import { decodeEntries, readEntriesHead, writeEntries } from "#server/encode/front-coding";
import { decodeInts, readIntsHead, wordsFor, writeInts } from "#server/encode/integers";
import { decodeTexts, readTextsHead, writeTexts } from "#server/encode/text";
import { decodeUnsigned, readUnsigned, writeUnsigned } from "#server/encode/unsigned";
import { decodeValidity, validityBytes, writeValidity } from "#server/encode/validity";
import { testArena, testKernels } from "#test/server/segment/build";
import { decimal } from "#test/server/segment/rows";

const arena = testArena(8 << 20);
const kernels = testKernels(arena);
const { views } = arena;

/** Puts bytes into the arena and reads them there, as `open` does. */
function inArena<T>(bytes: Uint8Array, read: (from: ByteReader) => T): T {
  const at = arena.allocate(bytes.length + 64, "scratch");
  views.u8.set(bytes, at);
  try {
    const from = new ByteReader(views.u8, "test", at, at + bytes.length);
    const result = read(from);
    from.done();
    return result;
  } finally {
    arena.free(at);
  }
}

function withBlock<T>(bytes: number, use: (pointer: number) => T): T {
  const pointer = arena.allocate(bytes, "scratch");
  try {
    return use(pointer);
  } finally {
    arena.free(pointer);
  }
}

const u32s = (bits: number) =>
  fc.array(bits === 0 ? fc.constant(0) : fc.integer({ min: 0, max: 2 ** bits - 1 }), {
    maxLength: 300,
    size: "max",
  });

describe("codecs give back what was written", () => {
  test("bit packing, every width", () => {
    for (let bits = 0; bits <= 32; bits++) {
      fc.assert(
        fc.property(u32s(bits), fc.integer({ min: 0, max: 5 }), (list, shift) => {
          const values = Uint32Array.from(list);
          const packed = new Uint8Array(packedBytes(values.length, bits) + shift);
          packBits(values, values.length, bits, packed.subarray(shift));
          const got = new Uint32Array(values.length);
          unpackBits(packed, shift, values.length, bits, got, 0);
          expect(got).toEqual(values);
        }),
        { numRuns: 15 },
      );
    }
  });

  test("unsigned: packed, runs, deltas", () => {
    const vectors = fc.oneof(
      fc.integer({ min: 0, max: 32 }).chain(u32s),
      fc
        .array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 400 })), { maxLength: 5 })
        .map((runs) => runs.flatMap(([value, length]) => Array<number>(length).fill(value))),
      fc
        .tuple(
          fc.integer({ min: 0, max: 2 ** 31 }),
          fc.array(fc.integer({ min: -3, max: 60 }), { maxLength: 400, size: "max" }),
        )
        .map(([first, deltas]) => {
          let value = first;
          return deltas.map((delta) => (value = (value + delta) >>> 0));
        }),
    );
    const codecs = new Set<number>();
    fc.assert(
      fc.property(vectors, (list) => {
        const values = Uint32Array.from(list);
        const to = new ByteWriter();
        writeUnsigned(to, values, values.length);
        codecs.add(to.bytes()[0]);
        const bytes = to.bytes();
        expect(readUnsigned(new ByteReader(bytes, "test"), values.length)).toEqual(values);
        const largest = values.reduce((most, value) => Math.max(most, value), 0);
        const width = largest < 256 ? 1 : largest < 65_536 ? 2 : 4;
        withBlock((values.length + 128) * 4, (pointer) => {
          const view = width === 1 ? views.u8 : width === 2 ? views.u16 : views.u32;
          inArena(bytes, (from) => decodeUnsigned(from, values.length, { view, width, pointer }, kernels));
          expect([...view.subarray(pointer / width, pointer / width + values.length)]).toEqual(list);
        });
      }),
      { numRuns: 300 },
    );
    expect([...codecs].sort()).toEqual([0, 1, 2]);
  });

  test("ints, narrow and wide, with NULLs", () => {
    const int64 = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: 1_700_000_000_000n, max: 1_700_000_000_400n }),
      fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)),
    );
    const lists = fc.oneof(
      fc.array(fc.option(int64, { nil: null }), { maxLength: 200, size: "max" }),
      fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).chain((base) =>
        fc.array(fc.option(fc.bigInt({ min: base, max: base + 70_000n }), { nil: null }), {
          maxLength: 200,
        }),
      ),
    );
    fc.assert(
      fc.property(lists, (list) => {
        const rows = list.length;
        const words = wordsFor(rows);
        list.forEach((value, at) => {
          words.low[at] = Number(BigInt.asUintN(32, value ?? 77n));
          words.high[at] = Number(BigInt.asIntN(32, (value ?? 77n) >> 32n));
        });
        const nulls = Uint8Array.from(list, (value) => (value === null ? 1 : 0));
        const to = new ByteWriter();
        writeInts(to, words, rows, nulls);
        withBlock((rows + 128) * 8, (pointer) => {
          const head = inArena(to.bytes(), (from) => {
            const found = readIntsHead(from);
            decodeInts(from, found, rows, views, pointer, kernels);
            return found;
          });
          const { u8, u16, u32, i64 } = views;
          const view = head.width === 1 ? u8 : head.width === 2 ? u16 : head.width === 4 ? u32 : i64;
          const got = list.map((value, at) =>
            value === null ? null : head.base + BigInt(view[pointer / head.width + at]),
          );
          expect(got).toEqual(list);
        });
      }),
      { numRuns: 200 },
    );
  });

  test("doubles: decimals, singles, any, bit for bit", () => {
    const kinds = fc.oneof(
      fc.array(fc.double(), { maxLength: 200, size: "max" }),
      fc.array(fc.float(), { maxLength: 200, size: "max" }),
      fc.array(
        fc.integer({ min: -99_999, max: 99_999 }).map((cents) => cents / 100 + 0),
        { maxLength: 200, size: "max" },
      ),
      fc.array(
        fc.oneof(
          { weight: 40, arbitrary: fc.integer().map((tenths) => tenths / 10) },
          { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, 1 / 3, 5e-324) },
        ),
        { minLength: 1, maxLength: 200, size: "max" },
      ),
      fc.array(
        fc.integer({ min: 0, max: 999 }).map((cents) => Math.fround(cents / 100)),
        { maxLength: 200, size: "max" },
      ),
    );
    const codecs = new Set<number>();
    fc.assert(
      fc.property(
        kinds,
        fc.array(fc.boolean(), { minLength: 200, maxLength: 200, size: "max" }),
        fc.boolean(),
        (list, gaps, anyNull) => {
          const values = Float64Array.from(list);
          const nulls = anyNull ? Uint8Array.from(list, (_, at) => (gaps[at] ? 1 : 0)) : null;
          const to = new ByteWriter();
          writeDoubles(to, values, values.length, nulls);
          codecs.add(to.bytes()[0]);
          withBlock((values.length + 128) * 8, (pointer) =>
            withBlock((values.length + 128) * 8, (scratch) => {
              inArena(to.bytes(), (from) =>
                decodeDoubles(from, values.length, views, pointer, () => scratch, kernels),
              );
              list.forEach((value, at) => {
                if (nulls === null || nulls[at] === 0) expect(views.f64[(pointer >> 3) + at]).toBe(value);
              });
            }),
          );
        },
      ),
      { numRuns: 300 },
    );
    expect([...codecs].sort()).toEqual([0, 1, 2]);
  });

  test("validity", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 150, size: "max" }), (list) => {
        const nulls = Uint8Array.from(list, (isNull) => +isNull);
        const to = new ByteWriter();
        writeValidity(to, nulls, list.length);
        withBlock(validityBytes(list.length) + 8, (pointer) => {
          const count = inArena(to.bytes(), (from) => decodeValidity(from, list.length, views.u8, pointer));
          expect(count).toBe(list.filter(Boolean).length);
          for (let row = 0; row < validityBytes(list.length) * 8; row++) {
            expect((views.u8[pointer + (row >> 3)] >> (row & 7)) & 1).toBe(list[row] === false ? 1 : 0);
          }
        });
      }),
    );
  });

  test("sorted entries", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: "grapheme", maxLength: 10 }), { maxLength: 60, size: "max" }),
        (texts) => {
          const entries = texts.map((text) => new TextEncoder().encode(text));
          entries.sort((a, b) => compareBytes(a, 0, a.length, b, 0, b.length));
          const offsets = new Uint32Array(entries.length + 1);
          entries.forEach((entry, at) => {
            offsets[at + 1] = offsets[at] + entry.length;
          });
          const bytes = Uint8Array.from(entries.flatMap((entry) => [...entry]));
          const to = new ByteWriter();
          writeEntries(to, { count: entries.length, offsets, bytes });
          withBlock(bytes.length + 64, (text) =>
            withBlock((entries.length + 2) * 4, (at) => {
              inArena(to.bytes(), (from) => {
                const head = readEntriesHead(from, entries.length, bytes.length);
                decodeEntries(from, head, { u8: views.u8, u32: views.u32, offsets: at, bytes: text }, true);
              });
              entries.forEach((entry, index) => {
                const start = views.u32[(at >> 2) + index + 1];
                const end = views.u32[(at >> 2) + index + 2];
                expect([...views.u8.subarray(text + start, text + end)]).toEqual([...entry]);
              });
            }),
          );
        },
      ),
    );
  });

  test("raw text", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 40, size: "max" }), (rows) => {
        const to = new ByteWriter();
        const all = Uint8Array.from(rows.flatMap((row) => [...row]));
        writeTexts(
          to,
          Uint32Array.from(rows, (row) => row.length),
          rows.length,
          (target) => target.set(all),
        );
        withBlock(all.length + 64, (pointer) =>
          withBlock((rows.length + 1) * 4, (offsets) => {
            inArena(to.bytes(), (from) => {
              decodeTexts(from, rows.length, readTextsHead(from), {
                u8: views.u8,
                u32: views.u32,
                offsets,
                pointer,
              });
            });
            rows.forEach((row, at) => {
              const [start, end] = views.u32.subarray((offsets >> 2) + at, (offsets >> 2) + at + 2);
              expect([...views.u8.subarray(pointer + start, pointer + end)]).toEqual([...row]);
            });
          }),
        );
      }),
    );
  });

  test("compressed blocks, stored and zstd", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300, size: "max" }), fc.boolean(), (noise, repeat) => {
        const plain = repeat ? Uint8Array.from({ length: 500 }, (_, at) => noise[at % 7] ?? 1) : noise;
        const bytes = Buffer.concat(compressBlock(plain, 1.1));
        const from = new ByteReader(bytes, "test");
        const head = readCompressedHead(from, 1000);
        const got = head.compressed ? decompress(from, head.plainBytes) : from.raw(from.left());
        expect(Buffer.compare(got, plain)).toBe(0);
        expect(head.compressed).toBe(repeat || head.compressed);
      }),
    );
  });
});

test("decimals compare by value", () => {
  const scaled = (text: string): bigint => {
    const [whole, fraction = ""] = text.split(".");
    return BigInt(whole + fraction.padEnd(6, "0"));
  };
  const bytes = (text: string) => new TextEncoder().encode(text);
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const expected = scaled(a) < scaled(b) ? -1 : scaled(a) > scaled(b) ? 1 : 0;
      const [left, right] = [bytes(a), bytes(b)];
      expect(Math.sign(compareDecimals(left, 0, left.length, right, 0, right.length))).toBe(expected);
    }),
  );
});
