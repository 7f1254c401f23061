import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader } from "#server/encode/byte-reader";
import { type Words, wordsFor } from "#server/encode/integers";
import { buildRanked, rankedValuesMax, readRanked } from "#server/index/ranked";

type Cell = bigint | null;

const int64 = 2n ** 63n;
const widths = {
  booleans: fc.bigInt({ min: 0n, max: 1n }),
  bytes: fc.bigInt({ min: -3n, max: 3n }),
  ints: fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n - 1n }),
  "past one word": fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n }),
  longs: fc.oneof(
    fc.constantFrom(-int64, -int64 + 1n, -1n, 0n, 2n ** 32n, int64 - 1n),
    fc.bigInt({ min: -int64, max: int64 - 1n }),
  ),
};

function wordsOf(cells: readonly Cell[]): { words: Words; nulls: Uint8Array | null } {
  const words = wordsFor(cells.length);
  cells.forEach((cell, row) => {
    words.low[row] = Number(BigInt.asUintN(32, cell ?? 0n));
    words.high[row] = Number(BigInt.asIntN(32, (cell ?? 0n) >> 32n));
  });
  const nulls = Uint8Array.from(cells, (cell) => +(cell === null));
  return { words, nulls: nulls.includes(1) ? nulls : null };
}

const compareCells = (left: Cell, right: Cell): number =>
  left === null || right === null
    ? +(left === null) - +(right === null)
    : left < right
      ? -1
      : +(left > right);

/** Bytes of the index over the cells in an order, and the cells in that order. */
function build(cells: readonly Cell[], order: readonly number[], sorted: boolean) {
  const rows = sorted ? [...order].sort((a, b) => compareCells(cells[a], cells[b])) : order;
  const bytes = buildRanked({ ...wordsOf(cells), order: Uint32Array.from(rows), sorted });
  return { bytes, ordered: rows.map((row) => cells[row]) };
}

describe("inverted index of integers", () => {
  test.each(Object.entries(widths))("%s: a range's rows are those of a scan", (_name, values) => {
    const cells = fc.array(fc.option(values, { nil: null, freq: 4 }), { maxLength: 60, size: "max" });
    const bounds = fc.tuple(widths.longs, values, values, fc.boolean());
    fc.assert(
      fc.property(cells, bounds, fc.boolean(), fc.nat(), (list, [far, one, two, wide], sorted, skip) => {
        const kept = list.map((_, row) => row).filter((row) => row % 7 !== skip % 9);
        const { bytes, ordered } = build(list, kept.reverse(), sorted);
        const distinct = new Set(ordered.filter((cell) => cell !== null));
        expect(bytes === null).toBe(distinct.size === 0);
        if (bytes === null) return;
        const index = readRanked(new ByteReader(bytes, "test"), ordered.length);
        expect(index.count(0)).toBe(ordered.filter((cell) => cell === null).length);
        const pair = wide ? [far, one] : [one, two];
        const [low, high] = pair.sort(compareCells);
        const { first, last } = index.idsOf(low, high);
        const inside = (cell: Cell) => cell !== null && cell >= low && cell <= high;
        expect(Math.max(0, last - first + 1)).toBe([...distinct].filter(inside).length);
        const ids = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
        const words = new Uint32Array(Math.ceil(ordered.length / 64) * 2);
        const population = index.union(ids, { from: 0, until: ordered.length, words, at: 0 });
        expect(ordered.map((_, row) => ((words[row >> 5] >>> (row & 31)) & 1) === 1)).toEqual(
          ordered.map(inside),
        );
        expect(population).toBe(ordered.filter(inside).length);
        expect(ids.reduce((sum, id) => sum + index.count(id), 0)).toBe(population);
      }),
      { numRuns: 60 },
    );
  });

  test("as many values as allowed have one, one more has none", () => {
    const cells = Array.from({ length: rankedValuesMax + 1 }, (_, row) => BigInt(row) * 4_294_967_297n - 99n);
    const rows = cells.map((_, row) => row);
    expect(build(cells, rows, false).bytes).toBeNull();
    const { bytes } = build(cells, rows.slice(1), false);
    const index = readRanked(new ByteReader(bytes!, "test"), rankedValuesMax);
    expect(index.idsOf(-99n, 4_294_967_198n)).toEqual({ first: 1, last: 1 });
    expect(index.idsOf(-int64, int64 - 1n)).toEqual({ first: 1, last: rankedValuesMax });
  });

  test("damaged bytes are refused or read as some index", () => {
    const cells = Array.from({ length: 900 }, (_, row) =>
      row % 11 === 0 ? null : BigInt((row * 7) % 5) - 2n,
    );
    const { bytes } = build([...cells, int64 - 1n], [...cells.keys(), cells.length], false);
    fc.assert(
      fc.property(fc.nat(bytes!.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(), (at, flip, cut) => {
        const damaged = bytes!.slice(0, cut % 3 === 0 ? cut % bytes!.length : bytes!.length);
        if (at < damaged.length) damaged[at] ^= flip;
        try {
          const index = readRanked(new ByteReader(damaged, "test"), 901);
          const { first, last } = index.idsOf(-int64, int64 - 1n);
          const words = new Uint32Array(32);
          for (let id = first; id <= last; id++) index.union([id], { from: 0, until: 901, words, at: 0 });
        } catch (error) {
          expect(error).toMatchObject({ code: "SEGMENT_CORRUPT" });
        }
      }),
      { numRuns: 300 },
    );
    const outOfOrder = bytes!.slice();
    new DataView(outOfOrder.buffer).setBigInt64(4, int64 - 2n, true);
    expect(() => readRanked(new ByteReader(outOfOrder, "test"), 901)).toThrow(/expected a value above/);
  });
});
