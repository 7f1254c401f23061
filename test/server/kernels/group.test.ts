/** Sums, group ids, grouped updates and merges: compiled = twin, and totals = the naive sums. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stateBytes } from "#server/kernels/kernels";
import type { AnyWidth, GidWidth } from "#server/kernels/widths";
import { type Pair, withPair } from "#test/server/kernels/pair";
import {
  anyVector,
  anyWidths,
  bits,
  doubleVector,
  maybeBits,
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

/** Group ids, ascending in runs when asked. */
function gidVector(rows: number, groups: number, ascending: boolean, noise: Noise): Uint32Array {
  const gids = Uint32Array.from({ length: rows }, () => noise.below(groups));
  return ascending ? gids.sort() : gids;
}

const integers = (array: ArrayBufferView): bigint[] =>
  Array.from(array as unknown as ArrayLike<number | bigint>, (value) => BigInt(value));

describe("whole vectors", () => {
  test.each(anyWidths)("sum, min, max of ints, width %i", (width) => {
    property((pair, rows, noise) => {
      const array = anyVector(width, rows, noise);
      const values = pair.put(array);
      const chosen = maybeBits(rows, noise);
      const bitmap = pair.bitmap(chosen);
      const sum = pair.zeros(stateBytes.sum);
      const full = pair.block(stateBytes.full);
      pair.call("clearFullInts", full, 1);
      for (let round = 0; round < 2; round++) {
        pair.call("sumInts", width, values, 1000n, rows, bitmap, sum);
        pair.call("fullInts", width, values, -77n, rows, bitmap, full);
      }
      pair.same(sum, stateBytes.sum, "sum");
      pair.same(full, stateBytes.full, "full");
      const selected = integers(array).filter((_, row) => chosen === null || chosen[row]);
      const total = selected.reduce((left, right) => left + right + 1000n, 0n);
      expect([...new BigInt64Array(pair.read(sum, 16))]).toEqual([BigInt(selected.length) * 2n, total * 2n]);
    });
  });

  test("sum of int64 in 128 bits", () => {
    property((pair, rows, noise) => {
      const values = pair.put(wideVector(rows, noise, false));
      const bitmap = pair.bitmap(maybeBits(rows, noise));
      const state = pair.zeros(stateBytes.wide);
      pair.call("sumWide", values, rows, bitmap, state);
      pair.same(state, stateBytes.wide);
    });
  });

  test("doubles, with and without NaN", () => {
    property((pair, rows, noise) => {
      for (const special of [false, true]) {
        const values = pair.put(doubleVector(rows, noise, { special }));
        const bitmap = pair.bitmap(maybeBits(rows, noise));
        const sum = pair.zeros(stateBytes.sum);
        const full = pair.block(stateBytes.full);
        pair.call("clearFullDoubles", full, 1);
        pair.call("sumDoubles", values, rows, bitmap, sum);
        pair.call("fullDoubles", values, rows, bitmap, special, full);
        pair.call("fullDoubles", values, rows, bitmap, special, full);
        sameDoubles(pair, sum, 2);
        sameDoubles(pair, full, 2);
        pair.same(full + 16, 16, "min and max");
      }
    });
  });
});

/** Sums may be NaN of either sign: compare values there, not bits. */
function sameDoubles(pair: Pair, pointer: number, count: number): void {
  const [left, right] = pair.both(pointer, count * 8).map((buffer) => [...new Float64Array(buffer)]);
  expect(left).toEqual(right);
}

describe("group ids", () => {
  const gidWidths: readonly GidWidth[] = [4, 8];

  test.each(anyWidths)("ints, buckets, boundaries, width %i", (width) => {
    property((pair, rows, noise) => {
      const array = anyVector(width, rows, noise);
      const values = pair.put(array);
      const validity = pair.bitmap(maybeBits(rows, noise));
      const all = integers(array);
      const least = all.reduce((left, right) => (right < left ? right : left), 0n);
      const size = BigInt(1 + noise.below(5000));
      const boundaries = BigInt64Array.from(
        { length: 5 },
        (_, index) => least + size * BigInt(index * index),
      );
      const borders = pair.put(boundaries);
      for (const gidWidth of gidWidths) {
        const gids = pair.zeros((rows + 4) * gidWidth);
        pair.call("gidInts", width, values, rows, validity, least, 1, true, gidWidth, gids);
        pair.same(gids, rows * gidWidth, "gidInts");
        pair.call("gidInts", width, values, rows, validity, least, 7, false, gidWidth, gids);
        pair.same(gids, rows * gidWidth, "gidInts composed");
        const origin = least - BigInt(noise.below(1000));
        pair.call("gidBuckets", width, values, rows, validity, origin, size, false, 1, true, gidWidth, gids);
        pair.same(gids, rows * gidWidth, "gidBuckets");
        pair.call("gidBoundaries", width, values, rows, validity, borders, 5, 6, false, gidWidth, gids);
        pair.same(gids, rows * gidWidth, "gidBoundaries");
      }
    });
  });

  test.each(anyWidths)("buckets of ascending values, width %i", (width) => {
    property((pair, rows, noise) => {
      const array = anyVector(width, rows, noise) as Uint8Array;
      const sorted = array.sort();
      const least = rows === 0 ? 0n : integers(sorted)[0];
      const spread = rows === 0 ? 1n : integers(sorted)[rows - 1] - least;
      for (const size of [spread / 3n + 1n, spread / 200n + 1n]) {
        const values = pair.put(sorted);
        const gids = pair.zeros((rows + 4) * 4);
        pair.call("gidBuckets", width, values, rows, 0, least - 1n, size, true, 1, true, 4, gids);
        pair.same(gids, rows * 4, "first");
        pair.call("gidBuckets", width, values, rows, 0, least - 1n, size, true, 300, false, 4, gids);
        pair.same(gids, rows * 4, "composed");
      }
    });
  });

  test("buckets are exact at their borders, up to 2^49 from the origin", () => {
    const sizes = fc.bigInt({ min: 1n, max: 2n ** 49n - 1n });
    fc.assert(
      fc.property(sample, sizes, fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n }), ({ seed }, size, origin) =>
        withPair((pair) => {
          const noise = new Noise(seed);
          const span = 2n ** 49n - 1n;
          const most = Math.min(Number(span / size), 2 ** 32 - 2);
          const array = BigInt64Array.from({ length: 200 }, () => {
            const border = BigInt(
              noise.below(2) === 0 ? most - noise.below(Math.min(most, 9) + 1) : noise.below(most + 1),
            );
            const delta = border * size + BigInt(noise.below(3) - 1);
            return origin + (delta < 0n ? 0n : delta > span ? span : delta);
          });
          const gids = pair.zeros(200 * 4);
          pair.call("gidBuckets", 8, pair.put(array), 200, 0, origin, size, false, 1, true, 4, gids);
          pair.same(gids, 200 * 4);
        }),
      ),
      { numRuns: 300 },
    );
  });

  test.each(widths)("ids and luts, width %i", (width) => {
    property((pair, rows, noise) => {
      const ids = pair.put(narrowVector(width, rows, noise, 200));
      const lut = pair.put(Uint32Array.from({ length: 256 }, () => noise.below(50)));
      for (const gidWidth of gidWidths) {
        const gids = pair.zeros((rows + 4) * gidWidth);
        pair.call("gidIds", width, ids, rows, 201, true, gidWidth, gids);
        pair.call("gidLut", width, ids, rows, lut, 50, false, gidWidth, gids);
        pair.call("gidIds", width, ids, rows, 201, false, gidWidth, gids);
        pair.same(gids, rows * gidWidth);
      }
    });
  });
});

/** Everything that can follow a grouped update of ints: state, then merged state. */
function groupedInts(pair: Pair, rows: number, noise: Noise, width: AnyWidth, ascending: boolean): void {
  const groups = 1 + noise.below(9);
  const copies = ascending ? 1 : noise.below(2) * 3 + 1;
  const values = pair.put(anyVector(width, rows, noise));
  const gids = pair.put(gidVector(rows, groups, ascending, noise));
  const bitmap = pair.bitmap(maybeBits(rows, noise));
  const entries = groups * copies;
  const count = pair.zeros(entries * stateBytes.count);
  const sum = pair.zeros(entries * stateBytes.sum);
  const full = pair.block(entries * stateBytes.full);
  pair.call("clearFullInts", full, entries);
  pair.call("groupCount", gids, rows, bitmap, copies, ascending, count);
  pair.call("groupSumInts", width, values, 12n, gids, rows, bitmap, copies, ascending, sum);
  pair.call("groupFullInts", width, values, -1n, gids, rows, bitmap, copies, ascending, full);
  pair.same(count, entries * stateBytes.count, "count");
  pair.same(sum, entries * stateBytes.sum, "sum");
  pair.same(full, entries * stateBytes.full, "full");
  const base = wideVector(1, noise, noise.below(2) === 0)[0] / 4n;
  // An empty group's target is never looked at.
  const counted = new Uint32Array(pair.read(count, entries * stateBytes.count));
  const isEmpty = (group: number) =>
    !counted.subarray(group * copies, (group + 1) * copies).some((rows) => rows > 0);
  const targets = Uint32Array.from({ length: groups }, (_, group) =>
    isEmpty(group) ? 0xffff_ffff : noise.below(groups),
  );
  const remap = noise.below(2) === 0 ? 0 : pair.put(targets);
  const merged = pair.block(groups * stateBytes.merged);
  const counts = pair.zeros(groups * stateBytes.mergedCount);
  pair.call("clearMerged", merged, groups);
  pair.call("mergeCount", count, groups, copies, remap, counts);
  pair.call("mergeSumInts", sum, groups, copies, remap, base, merged);
  pair.call("mergeFullInts", full, groups, copies, remap, base, merged);
  pair.call("mergeMerged", merged, groups, 0, merged);
  pair.call("mergeMergedCount", counts, groups, 0, counts);
  pair.same(merged, groups * stateBytes.merged, "merged");
  pair.same(counts, groups * stateBytes.mergedCount, "merged count");
}

describe("grouped updates and merges", () => {
  test.each(anyWidths)("ints, width %i", (width) => {
    property((pair, rows, noise) => groupedInts(pair, rows, noise, width, false));
    property((pair, rows, noise) => groupedInts(pair, rows, noise, width, true));
  });

  test("int64 in 128 bits", () => {
    property((pair, rows, noise) => {
      const ascending = noise.below(2) === 0;
      const copies = ascending ? 1 : 4;
      const array = wideVector(rows, noise, false);
      const values = pair.put(array);
      const gids = pair.put(gidVector(rows, 3, ascending, noise));
      const states = pair.zeros(3 * copies * stateBytes.wide);
      pair.call("groupSumWide", values, gids, rows, 0, copies, ascending, states);
      pair.same(states, 3 * copies * stateBytes.wide);
      const merged = pair.block(3 * stateBytes.merged);
      pair.call("clearMerged", merged, 3);
      pair.call("mergeWide", states, 3, copies, pair.put(new Uint32Array(3)), merged);
      pair.same(merged, 3 * stateBytes.merged);
      const words = new BigInt64Array(pair.read(merged, stateBytes.merged));
      const total = BigInt.asUintN(64, words[1]) + (words[2] << 64n);
      expect(total).toBe(array.reduce((left, right) => left + right, 0n));
    });
  });

  test("doubles", () => {
    property((pair, rows, noise) => {
      const ascending = noise.below(2) === 0;
      const special = noise.below(2) === 0;
      const copies = ascending ? 1 : noise.below(2) * 3 + 1;
      const groups = 5;
      const values = pair.put(doubleVector(rows, noise, { special }));
      const gids = pair.put(gidVector(rows, groups, ascending, noise));
      const bitmap = pair.bitmap(maybeBits(rows, noise));
      const sums = pair.zeros(groups * copies * stateBytes.sum);
      const fulls = pair.block(groups * copies * stateBytes.full);
      pair.call("clearFullDoubles", fulls, groups * copies);
      pair.call("groupSumDoubles", values, gids, rows, bitmap, copies, ascending, sums);
      pair.call("groupFullDoubles", values, gids, rows, bitmap, special, copies, ascending, fulls);
      sameDoubles(pair, sums, groups * copies * 2);
      const remap = pair.put(Uint32Array.from({ length: groups }, () => noise.below(groups)));
      const mergedSums = pair.zeros(groups * stateBytes.sum);
      const mergedFulls = pair.block(groups * stateBytes.full);
      pair.call("clearFullDoubles", mergedFulls, groups);
      for (const target of [remap, 0]) {
        pair.call("mergeSumDoubles", sums, groups, copies, target, mergedSums);
        pair.call("mergeFullDoubles", fulls, groups, copies, target, mergedFulls);
      }
      sameDoubles(pair, mergedSums, groups * 2);
      for (let group = 0; group < groups; group++) {
        sameDoubles(pair, mergedFulls + group * stateBytes.full, 2);
        pair.same(mergedFulls + group * stateBytes.full + 16, 16, "min and max");
      }
    });
  });
});

describe("distinct", () => {
  test.each(widths)("ids and pairs, width %i", (width) => {
    property((pair, rows, noise) => {
      const card = 200;
      const groups = 3;
      const ids = pair.put(narrowVector(width, rows, noise, card - 1));
      const gids = pair.put(gidVector(rows, groups, false, noise));
      const bitmap = pair.bitmap(maybeBits(rows, noise));
      const seen = pair.zeros(32);
      pair.call("distinctIds", width, ids, rows, bitmap, seen);
      pair.same(seen, 32, "seen");
      const list = pair.block((card + 16) * 4);
      const count = pair.call("distinctList", seen, card, list);
      pair.same(list, count * 4, "list");
      const pairs = pair.zeros(80);
      pair.call("distinctPairs", width, ids, gids, rows, bitmap, card, pairs);
      pair.same(pairs, 80, "pairs");
      const counts = pair.block(groups * 4);
      pair.call("distinctCounts", pairs, groups, card, counts);
      pair.same(counts, groups * 4, "counts");
    });
  });

  test("HyperLogLog of many calls on one set of registers", () => {
    property((pair, rows, noise) => {
      const precision = 4 + noise.below(5);
      const registers = pair.zeros(2 ** precision);
      const all = 2 ** precision * 20;
      const values = pair.put(wideVector(all, noise, false));
      const bitmap = pair.bitmap(maybeBits(rows, noise));
      pair.call("hllInts", 8, values, 0n, 0, rows, bitmap, precision, registers);
      for (const base of [1n, 2n]) pair.call("hllInts", 8, values, base, 0, all, 0, precision, registers);
      pair.call("hllInts", 4, values, 3n, 0, all, 0, precision, registers);
      pair.same(registers, 2 ** precision);
    });
  });

  test("HyperLogLog", () => {
    property((pair, rows, noise) => {
      const precision = 4 + noise.below(9);
      const bytes = 2 * 2 ** precision;
      const bitmap = pair.bitmap(bits(rows, noise));
      const gids = pair.put(gidVector(rows, 2, false, noise));
      const hashes = pair.put(wideVector(256, noise, false));
      const registers = pair.zeros(bytes);
      for (const width of anyWidths) {
        const values = pair.put(anyVector(width, rows, noise));
        pair.call(
          "hllInts",
          width,
          values,
          wideVector(1, noise, false)[0],
          gids,
          rows,
          bitmap,
          precision,
          registers,
        );
      }
      for (const width of widths) {
        const ids = pair.put(narrowVector(width, rows, noise, 255));
        pair.call("hllIds", width, ids, 0, rows, bitmap, hashes, precision, registers);
      }
      const doubles = pair.put(doubleVector(rows, noise, { special: true }));
      pair.call("hllDoubles", doubles, gids, rows, bitmap, precision, registers);
      const texts = pair.put(Uint8Array.from({ length: 4096 }, () => noise.below(256)));
      const offsets = pair.put(Uint32Array.from({ length: rows + 1 }, () => noise.below(4000)).sort());
      pair.call("hllTexts", offsets, texts, gids, rows, bitmap, precision, registers);
      pair.same(registers, bytes, "registers");
      const into = pair.put(Uint8Array.from({ length: bytes }, () => noise.below(20)));
      pair.call("hllMerge", registers, into, bytes - noise.below(8));
      pair.same(into, bytes, "merged");
    });
  });
});
