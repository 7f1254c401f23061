import fc from "fast-check";
import roaring from "roaring";
import { describe, expect, test } from "vitest";
import { ByteReader } from "#server/encode/byte-reader";
import { ByteWriter } from "#server/encode/byte-writer";
import { buildInverted, readInverted } from "#server/index/inverted";
import { checkRoaring, setRoaring } from "#server/index/roaring-bits";
import { readZoneEntry, writeZone, zoneOfDoubles } from "#server/index/zone-map";

function rowsOf(words: Uint32Array, from: number): number[] {
  const rows: number[] = [];
  for (let bit = 0; bit < words.length * 32; bit++) {
    if (((words[bit >>> 5] >>> (bit & 31)) & 1) === 1) rows.push(from + bit);
  }
  return rows;
}

/** Unions every window and compares with the plain rows. */
function compare(
  ids: readonly number[],
  entries: number,
  sorted: boolean,
  chunkRows: number,
  wanted: number[],
) {
  const bytes = buildInverted(Uint32Array.from(ids), ids.length, entries, sorted);
  const index = readInverted(new ByteReader(bytes, "test"), ids.length, entries);
  for (let id = 0; id <= entries; id++) expect(index.count(id)).toBe(ids.filter((one) => one === id).length);
  for (let from = 0; from < ids.length; from += chunkRows) {
    const until = Math.min(ids.length, from + chunkRows);
    const words = new Uint32Array(Math.ceil(chunkRows / 64) * 2);
    const population = index.union(wanted, { from, until, words, at: 0 });
    const expected = ids
      .map((id, row) => ({ id, row }))
      .filter(({ id, row }) => wanted.includes(id) && row >= from && row < until);
    expect(rowsOf(words, from)).toEqual(expected.map(({ row }) => row));
    expect(population).toBe(expected.length);
  }
}

describe("inverted index", () => {
  test("has exactly the rows of the ids", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 100, size: "max" }),
        fc.constantFrom(1, 2, 3, 64, 100),
        fc.subarray([0, 1, 2, 3, 4, 5, 6]),
        fc.boolean(),
        (list, chunkRows, wanted, sorted) => {
          const order = (id: number) => (id === 0 ? 99 : id);
          const ids = sorted ? [...list].sort((a, b) => order(a) - order(b)) : list;
          compare(ids, 6, sorted, chunkRows, wanted);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("mixes bitmaps, runs and lists over many containers", () => {
    const ids = Array.from({ length: 140_000 }, (_, row) =>
      row < 70_000 ? 1 : row % 3 === 0 ? 2 : row % 997 === 0 ? 5 : row % 50_000 === 1 ? 4 : 3,
    );
    for (const wanted of [[1], [2, 4], [3, 5], [0, 4], [1, 2, 3, 4, 5]])
      compare(ids, 5, false, 65_536, wanted);
    compare(ids, 5, false, 1000, [2, 5]);
  });
});

test("Roaring's portable bytes are read where they lie, and damaged ones are refused", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 300, size: "max" }),
      fc.option(fc.tuple(fc.integer({ min: 0, max: 150_000 }), fc.integer({ min: 1, max: 40_000 })), {
        nil: null,
      }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (rows, run, place, flip) => {
        const bitmap = new roaring.RoaringBitmap32(rows);
        if (run !== null) bitmap.addRange(run[0], run[0] + run[1]);
        bitmap.runOptimize();
        const bytes = Uint8Array.from(bitmap.serialize("portable"));
        const words = new Uint32Array(6272);
        expect(setRoaring(bytes, 0, { from: 0, until: 200_001, words, at: 0 })).toBe(bitmap.size);
        expect(rowsOf(words, 0)).toEqual([...bitmap]);
        checkRoaring(new ByteReader(bytes, "test"), bytes.length, bitmap.size, 200_001);
        bytes[place % bytes.length] ^= flip;
        try {
          checkRoaring(new ByteReader(bytes, "test"), bytes.length, bitmap.size, 200_001);
          setRoaring(bytes, 0, { from: 0, until: 200_001, words, at: 0 });
        } catch (error) {
          expect(error).toMatchObject({ code: "SEGMENT_CORRUPT" });
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe("zone maps", () => {
  const zones = fc.array(fc.option(fc.double(), { nil: null }), { maxLength: 20 });
  test("come back as written", () => {
    fc.assert(
      fc.property(zones, (list) => {
        const nulls = Uint8Array.from(list, (value) => (value === null ? 1 : 0));
        const zone = zoneOfDoubles(
          Float64Array.from(list, (value) => value ?? 0),
          list.length,
          nulls,
        );
        const to = new ByteWriter();
        writeZone(to, zone, "double");
        const ints = { min: -5n, max: 2n ** 62n, nulls: 3, hasNaN: false };
        writeZone(to, ints, "int");
        const from = new ByteReader(to.bytes(), "test");
        expect(readZoneEntry(from, "double", list.length)).toEqual(zone);
        expect(readZoneEntry(from, "int", 10)).toEqual(ints);
      }),
    );
  });
});
