/** Hash tables, moving, arithmetic, decoding, dictionaries and best rows: compiled = twin, and round trips hold. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hashBytes64, hashDouble, hashInt64 } from "#server/kernels/hash";
import { arithmetic, hashBytes } from "#server/kernels/kernels";
import { type Pair, withPair } from "#test/server/kernels/pair";
import {
  anyVector,
  anyWidths,
  bits,
  doubleVector,
  maybeBits,
  mostOf,
  Noise,
  narrowVector,
  sample,
  wideVector,
  widths,
} from "#test/server/kernels/samples";

function property(run: (pair: Pair, rows: number, noise: Noise) => void): void {
  fc.assert(
    fc.property(sample, ({ rows, seed }) => withPair((pair) => run(pair, rows, new Noise(seed)))),
    {
      numRuns: 60,
    },
  );
}

test("hashing keys to gids, growing on the way", () => {
  property((pair, rows, noise) => {
    const array = wideVector(rows, noise, false).map((value) => (noise.below(2) ? value : value % 40n));
    const keys = pair.put(array);
    const chosen = maybeBits(rows, noise);
    const bitmap = pair.bitmap(chosen);
    const gids = pair.zeros(rows * 4);
    let capacity = 16;
    let table = pair.block(hashBytes(capacity));
    pair.call("hashClear", table, capacity);
    let done = 0;
    for (;;) {
      done = pair.call("hashIntern", table, keys, done, rows, bitmap, gids);
      if (done === rows) break;
      capacity *= 2;
      const larger = pair.block(hashBytes(capacity));
      pair.call("hashClear", larger, capacity);
      pair.call("hashGrow", table, larger);
      table = larger;
    }
    pair.same(gids, rows * 4, "gids");
    const groups = pair.call("hashGroups", table);
    const at = pair.call("hashKeys", table);
    pair.same(at, groups * 8, "keys");
    const found = new BigInt64Array(pair.read(at, groups * 8));
    const ids = new Uint32Array(pair.read(gids, rows * 4));
    for (let row = 0; row < rows; row++)
      if (chosen === null || chosen[row]) expect(found[ids[row]]).toBe(array[row]);
  });
});

describe("moving values", () => {
  test.each(anyWidths)("gather, scatter, widen, width %i", (width) => {
    property((pair, rows, noise) => {
      const values = pair.put(anyVector(width, rows, noise));
      const order = Uint32Array.from({ length: rows }, (_, row) => row).sort(() => noise.below(3) - 1);
      const positions = pair.put(order);
      const base = wideVector(1, noise, false)[0];
      const moved = pair.zeros(rows * width);
      pair.call("gather", width, values, positions, rows, moved);
      pair.same(moved, rows * width, "gather");
      pair.call("scatter", width, values, positions, rows, moved);
      pair.same(moved, rows * width, "scatter");
      const wide = pair.zeros(rows * 8 + 16);
      pair.call("gatherInts", width, values, base, positions, rows, wide);
      pair.same(wide, rows * 8, "gatherInts");
      pair.call("widenInts", width, values, base, rows, wide);
      pair.same(wide, rows * 8, "widenInts");
      pair.call("widenDoubles", width, values, base, rows, wide);
      pair.same(wide, rows * 8, "widenDoubles");
      pair.call("decodeAlp", width, values, noise.below(2) ? base : BigInt(noise.next()), rows, 100, wide);
      pair.same(wide, rows * 8, "decodeAlp");
      const words = Math.ceil(rows / 64) * 8;
      const target = pair.block(words);
      pair.call("gatherBits", pair.bitmap(bits(rows, noise)), positions, rows, target);
      pair.same(target, words, "gatherBits");
      pair.call("fillRun", width, moved, Math.floor(rows / 3), Math.floor(rows / 2), base);
      pair.same(moved, rows * width, "fillRun");
    });
  });

  test.each(widths)("ids, width %i", (width) => {
    property((pair, rows, noise) => {
      const ids = pair.put(narrowVector(width, rows, noise, 250));
      const positions = pair.put(Uint32Array.from({ length: rows }, () => noise.below(rows)));
      const to = pair.zeros(rows * 8 + 16);
      pair.call("gatherIds", width, ids, positions, rows, to);
      pair.same(to, rows * 4, "gatherIds");
      pair.call("widenIds", width, ids, rows, to);
      pair.same(to, rows * 4, "widenIds");
      for (const entryWidth of anyWidths) {
        const lut = pair.put(anyVector(entryWidth, 251, noise));
        pair.call("mapLut", width, ids, rows, entryWidth, lut, to);
        pair.same(to, rows * entryWidth, "mapLut");
      }
    });
  });
});

test("arithmetic over vectors and constants", () => {
  property((pair, rows, noise) => {
    const to = pair.zeros(rows * 8 + 16);
    const small = noise.below(2) === 0;
    const ints = [0, 1].map(() => pair.put(wideVector(rows, noise, small)));
    const doubles = [0, 1].map(() => pair.put(doubleVector(rows, noise, { special: false })));
    for (const operation of Object.values(arithmetic)) {
      pair.call("arithmeticDoubles", operation, doubles[0], doubles[1], rows, to);
      pair.same(to, rows * 8);
      pair.call("arithmeticDoublesConstant", operation, doubles[0], 1.25, noise.below(2) === 0, rows, to);
      pair.same(to, rows * 8);
      if (operation === arithmetic.divide) continue;
      pair.call("arithmeticInts", operation, ints[0], ints[1], rows, to);
      pair.same(to, rows * 8);
      const constant = wideVector(1, noise, small)[0];
      pair.call("arithmeticIntsConstant", operation, ints[0], constant, noise.below(2) === 0, rows, to);
      pair.same(to, rows * 8);
    }
  });
});

describe("decoding", () => {
  test("bits: every width packs and unpacks", () => {
    fc.assert(
      fc.property(sample, fc.integer({ min: 0, max: 32 }), ({ rows, seed }, packedBits) =>
        withPair((pair) => {
          const noise = new Noise(seed);
          const padded = Math.ceil(rows / 128) * 128;
          const array = new Uint32Array(padded);
          for (let row = 0; row < rows; row++) array[row] = noise.below(2 ** packedBits);
          const values = pair.put(array);
          const bytes = (padded / 128) * packedBits * 16;
          const packed = pair.zeros(bytes + 1);
          const offset = noise.below(2);
          pair.call("packBits", values, packedBits, rows, packed + offset);
          pair.same(packed, bytes + 1, "packed");
          for (const width of widths) {
            if (packedBits > width * 8) continue;
            const to = pair.block(padded * width);
            pair.call("unpackBits", packed + offset, packedBits, rows, width, to);
            pair.same(to, padded * width, "unpacked");
            if (width === 4) expect(new Uint32Array(pair.read(to, padded * 4))).toEqual(array);
          }
        }),
      ),
      { numRuns: 150 },
    );
  });

  test("prefix sums", () => {
    property((pair, rows, noise) => {
      const deltas = pair.put(wideVector(rows, noise, false));
      pair.call("prefixSums", deltas, rows, wideVector(1, noise, false)[0], deltas);
      pair.same(deltas, rows * 8);
    });
  });
});

/** A text table with room for `entries` entries and `textBytes` of new text. */
function textTable(pair: Pair, entries: number, textBytes: number): number {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(entries, 1) * 2));
  const text = pair.zeros(textBytes);
  return pair.put(
    Uint32Array.of(
      pair.zeros(capacity * 8),
      capacity - 1,
      0,
      entries,
      pair.zeros((entries + 1) * 8),
      pair.zeros((entries + 1) * 8),
      text,
      text + textBytes,
      0,
      0,
      ...new Array<number>(6).fill(0),
    ),
  );
}

describe("dictionaries", () => {
  const texts = fc.array(fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("", "a", "aaaaaaaa")), {
    maxLength: 80,
  });

  test("intern, find and rehash", () => {
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 400 }),
        (words, entries, room) =>
          withPair((pair) => {
            const cells = new Uint32Array(words.length * 2);
            const encoded = words.map((word) => new TextEncoder().encode(word));
            encoded.forEach((bytes, row) => {
              cells[row * 2] = pair.put(bytes);
              cells[row * 2 + 1] = bytes.length;
            });
            const rows = words.length;
            const tags = pair.put(Uint8Array.from(words, (_, row) => (row % 7 === 3 ? 0 : 3)));
            const values = pair.put(cells);
            const ids = pair.zeros(rows * 4);
            const table = textTable(pair, entries, room);
            const done = pair.call("internTexts", table, tags, values, 0, rows, ids);
            pair.same(ids, done * 4, "ids");
            pair.same(table, 40, "header");
            const header = new Uint32Array(pair.read(table, 64));
            pair.same(header[5], (header[2] + 1) * 8, "hashes");
            pair.same(header[4], (header[2] + 1) * 8, "directory");
            const found = new Uint32Array(pair.read(ids, rows * 4));
            for (let row = 0; row < done; row++) {
              const id = row % 7 === 3 ? 0 : pair.call("findText", table, cells[row * 2], cells[row * 2 + 1]);
              expect(found[row]).toBe(id);
              const stored = new BigUint64Array(pair.read(header[5] + id * 8, 8))[0];
              if (id !== 0) expect(stored).toBe(hashBytes64(encoded[row]));
            }
            const slotBytes = (header[1] + 1) * 8;
            pair.fill(header[0], slotBytes, 0);
            pair.call("rehashTexts", table);
            if (done > 0 && found[0] > 0)
              expect(pair.call("findText", table, cells[0], cells[1])).toBe(found[0]);
          }),
      ),
      { numRuns: 100 },
    );
  });

  test("raw text gets the same ids", () => {
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 9999 }),
        (words, entries, seed) =>
          withPair((pair) => {
            const rows = words.length;
            const encoded = words.map((word) => new TextEncoder().encode(word));
            const offsets = new Uint32Array(rows + 1);
            encoded.forEach((bytes, row) => {
              offsets[row + 1] = offsets[row] + bytes.length;
            });
            const bytes = pair.put(Buffer.concat(encoded));
            const bitmap = pair.bitmap(maybeBits(rows, new Noise(seed)));
            const ids = pair.zeros(rows * 4);
            const table = textTable(pair, entries, 1000);
            const done = pair.call("internSlices", table, pair.put(offsets), bytes, 0, rows, bitmap, ids);
            pair.same(ids, done * 4, "ids");
            pair.same(table, 40, "header");
          }),
      ),
      { numRuns: 60 },
    );
  });

  test("hashes of texts, ints and doubles are those of hash.ts", () => {
    fc.assert(
      fc.property(texts, (words) =>
        withPair((pair) => {
          const encoded = words.map((word) => new TextEncoder().encode(word));
          const offsets = new Uint32Array(words.length + 1);
          encoded.forEach((bytes, index) => {
            offsets[index + 1] = offsets[index] + bytes.length;
          });
          const hashes = pair.zeros(words.length * 8);
          const bytes = pair.put(Buffer.concat(encoded));
          pair.call("hashTexts", bytes, pair.put(offsets), words.length, hashes);
          pair.same(hashes, words.length * 8);
          const found = new BigUint64Array(pair.read(hashes, words.length * 8));
          encoded.forEach((text, index) => {
            expect(found[index]).toBe(hashBytes64(text));
          });
        }),
      ),
      { numRuns: 40 },
    );
    expect(hashInt64(-1n)).toBe(hashBytes64(new Uint8Array(8).fill(255)));
    expect(hashDouble(-0)).toBe(hashInt64(0n));
    expect(hashDouble(Number.NaN)).toBe(hashInt64(0x7ff8000000000000n));
  });
});

describe("best rows", () => {
  /** Heap entries as sorted text: the layout of the heap differs. */
  function entries(pair: Pair, values: number, rows: number, count: number): readonly string[][] {
    const rowNumbers = pair.both(rows, count * 4).map((buffer) => new Uint32Array(buffer));
    return pair
      .both(values, count * 8)
      .map((buffer, side) =>
        Array.from(new BigInt64Array(buffer), (bits, at) => `${rowNumbers[side][at]}:${bits}`).sort(),
      );
  }

  test.each([...anyWidths, "doubles"] as const)("%s", (width) => {
    property((pair, rows, noise) => {
      const limit = 1 + noise.below(12);
      const heapValues = pair.zeros(limit * 8);
      const heapRows = pair.zeros(limit * 4);
      const descending = noise.below(2) === 0;
      const base = wideVector(1, noise, true)[0];
      let count = 0;
      for (const firstRow of [1000, 0, 500]) {
        const bitmap = pair.bitmap(maybeBits(rows, noise));
        if (width === "doubles") {
          const values = pair.put(
            doubleVector(rows, noise, { special: true }).map((value) => (value === 0 ? 0 : value)),
          );
          count = pair.call(
            "topDoubles",
            values,
            rows,
            bitmap,
            descending,
            limit,
            count,
            firstRow,
            heapValues,
            heapRows,
          );
        } else {
          const array =
            width === 8
              ? wideVector(rows, noise, true)
              : narrowVector(width, rows, noise, Math.min(mostOf(width), 90));
          const values = pair.put(array);
          count = pair.call(
            "topInts",
            width,
            values,
            base,
            rows,
            bitmap,
            descending,
            limit,
            count,
            firstRow,
            heapValues,
            heapRows,
          );
        }
        const [left, right] = entries(pair, heapValues, heapRows, count);
        expect(left).toEqual(right);
      }
    });
  });
});

test("zero and copy", () => {
  property((pair, rows, noise) => {
    const from = pair.put(narrowVector(1, rows, noise));
    const to = pair.block(rows);
    pair.call("copy", from, to, rows);
    pair.call("zero", from, Math.floor(rows / 2));
    pair.same(from, rows);
    pair.same(to, rows);
  });
});
