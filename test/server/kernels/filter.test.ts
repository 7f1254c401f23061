/** Filters and bitmaps: compiled = twin for every width, and = the naive answer where that is one line. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare } from "#server/kernels/kernels";
import { type Pair, withPair } from "#test/server/kernels/pair";
import {
  bits,
  doubleVector,
  mostOf,
  Noise,
  narrowVector,
  sample,
  wideVector,
  widths,
} from "#test/server/kernels/samples";

const bitmapBytes = (rows: number) => Math.ceil(rows / 64) * 8;

function property(run: (pair: Pair, rows: number, noise: Noise) => void): void {
  fc.assert(
    fc.property(sample, ({ rows, seed }) => withPair((pair) => run(pair, rows, new Noise(seed)))),
    {
      numRuns: 60,
    },
  );
}

describe("filters", () => {
  test.each(widths)("range, width %i", (width) => {
    property((pair, rows, noise) => {
      const array = narrowVector(width, rows, noise);
      const values = pair.put(array);
      const bitmap = pair.block(bitmapBytes(rows));
      for (const most of [mostOf(width), 255, 2 ** 32 - 1]) {
        const low = noise.below(most + 1);
        const high = noise.below(most + 1);
        const population = pair.call("filterRange", width, values, rows, low, high, bitmap);
        pair.same(bitmap, bitmapBytes(rows));
        expect(population).toBe([...array].filter((value) => value >= low && value <= high).length);
      }
    });
  });

  test("range, int64", () => {
    property((pair, rows, noise) => {
      const array = wideVector(rows, noise, false);
      const values = pair.put(array);
      const bitmap = pair.block(bitmapBytes(rows));
      const [low, high] = wideVector(2, noise, false);
      const population = pair.call("filterRangeInt64", values, rows, low, high, bitmap);
      pair.same(bitmap, bitmapBytes(rows));
      expect(population).toBe([...array].filter((value) => value >= low && value <= high).length);
    });
  });

  test("range, doubles, all flags", () => {
    property((pair, rows, noise) => {
      const values = pair.put(doubleVector(rows, noise, { special: true }));
      const bitmap = pair.block(bitmapBytes(rows));
      for (let flags = 0; flags < 8; flags++) {
        const [low, high] = doubleVector(2, noise, { special: true });
        pair.call("filterRangeDoubles", values, rows, low, high, flags, bitmap);
        pair.same(bitmap, bitmapBytes(rows), `flags ${flags} ${low} ${high}`);
      }
    });
  });

  test.each(widths)("lut, width %i", (width) => {
    property((pair, rows, noise) => {
      const most = Math.min(mostOf(width), 999);
      const ids = pair.put(narrowVector(width, rows, noise, most));
      const lut = pair.put(Uint8Array.from({ length: 1000 }, () => noise.below(3)));
      const bitmap = pair.block(bitmapBytes(rows));
      pair.call("filterLut", width, ids, rows, lut, bitmap);
      pair.same(bitmap, bitmapBytes(rows));
    });
  });

  test("comparisons of vectors", () => {
    property((pair, rows, noise) => {
      const bitmap = pair.block(bitmapBytes(rows));
      const left = wideVector(rows, noise, false);
      const ints = [
        pair.put(left),
        pair.put(left.map((value) => (noise.below(2) ? value : value + 1n))),
      ] as const;
      const doubles = [0, 1].map(() => pair.put(doubleVector(rows, noise, { special: true })));
      for (const operation of Object.values(compare)) {
        pair.call("compareInts", operation, ints[0], ints[1], rows, bitmap);
        pair.same(bitmap, bitmapBytes(rows));
        pair.call("compareDoubles", operation, doubles[0], doubles[1], rows, bitmap);
        pair.same(bitmap, bitmapBytes(rows), `operation ${operation}`);
      }
    });
  });

  test("lower bounds", () => {
    property((pair, rows, noise) => {
      for (const width of widths) {
        const values = pair.put(narrowVector(width, rows, noise).sort());
        pair.call("lowerBound", width, values, rows, noise.below(mostOf(width) + 2));
      }
      const values = pair.put(wideVector(rows, noise, false).sort());
      pair.call("lowerBoundInt64", values, rows, wideVector(1, noise, false)[0]);
    });
  });
});

describe("bitmaps", () => {
  test("combinations, populations, positions", () => {
    property((pair, rows, noise) => {
      const left = bits(rows, noise);
      const [a, b] = [pair.bitmap(left), pair.bitmap(bits(rows, noise))];
      const target = pair.block(bitmapBytes(rows));
      for (const name of ["bitmapAnd", "bitmapOr", "bitmapAndNot"] as const) {
        pair.call(name, a, b, rows, target);
        pair.same(target, bitmapBytes(rows), name);
      }
      for (const name of ["bitmapNot", "bitmapCopy"] as const) {
        pair.call(name, a, rows, target);
        pair.same(target, bitmapBytes(rows), name);
      }
      const from = noise.below(rows + 1);
      pair.call("bitmapFill", rows, from, from + noise.below(rows - from + 1), target);
      pair.same(target, bitmapBytes(rows), "bitmapFill");
      expect(pair.call("bitmapPopulation", a, rows)).toBe(left.filter(Boolean).length);
      const positions = pair.block((rows + 16) * 4);
      const count = pair.call("bitmapPositions", a, rows, positions);
      pair.same(positions, count * 4, "positions");
      const bytes = pair.put(Uint8Array.from(left, (bit) => (bit ? 1 + noise.below(255) : 0)));
      pair.call("bitmapFromBytes", bytes, rows, target);
      pair.same(target, bitmapBytes(rows), "bitmapFromBytes");
    });
  });
});
