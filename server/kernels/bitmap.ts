/** Twins of bitmap.as.ts. */
import type { Views } from "#server/arena/arena";
import type { Twin } from "#server/kernels/kernels";
import { isSet, populationOf, writeBitmap } from "#server/kernels/twin-access";

function combine(
  views: Views,
  rows: number,
  target: number,
  word: (index: number, words: Uint32Array) => number,
): number {
  let population = 0;
  const words = ((rows + 63) >>> 6) * 2;
  for (let index = 0; index < words; index++) {
    const bits = word(index, views.u32) >>> 0;
    views.u32[(target >>> 2) + index] = bits;
    population += populationOf(bits);
  }
  return population;
}

export const bitmapAnd: Twin<"bitmapAnd"> = (views, a, b, rows, target) =>
  combine(views, rows, target, (index, u32) => u32[(a >>> 2) + index] & u32[(b >>> 2) + index]);

export const bitmapOr: Twin<"bitmapOr"> = (views, a, b, rows, target) =>
  combine(views, rows, target, (index, u32) => u32[(a >>> 2) + index] | u32[(b >>> 2) + index]);

export const bitmapAndNot: Twin<"bitmapAndNot"> = (views, a, b, rows, target) =>
  combine(views, rows, target, (index, u32) => u32[(a >>> 2) + index] & ~u32[(b >>> 2) + index]);

export const bitmapNot: Twin<"bitmapNot"> = (views, a, rows, target) =>
  writeBitmap(views, rows, target, (row) => !isSet(views, a, row));

export const bitmapCopy: Twin<"bitmapCopy"> = (views, a, rows, target) =>
  combine(views, rows, target, (index, u32) => u32[(a >>> 2) + index]);

export const bitmapFill: Twin<"bitmapFill"> = (views, rows, from, until, target) =>
  writeBitmap(views, rows, target, (row) => row >= from && row < until);

export const bitmapPopulation: Twin<"bitmapPopulation"> = (views, bitmap, rows) => {
  let population = 0;
  for (let row = 0; row < rows; row++) population += +isSet(views, bitmap, row);
  return population;
};

export const bitmapPositions: Twin<"bitmapPositions"> = (views, bitmap, rows, positions) => {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    views.u32[(positions >>> 2) + count] = row;
    count += +isSet(views, bitmap, row);
  }
  return count;
};

export const bitmapFromBytes: Twin<"bitmapFromBytes"> = (views, bytes, rows, bitmap) =>
  writeBitmap(views, rows, bitmap, (row) => views.u8[bytes + row] !== 0);

export const zero: Twin<"zero"> = (views, pointer, bytes) => {
  views.u8.fill(0, pointer, pointer + bytes);
};

export const copy: Twin<"copy"> = (views, from, to, bytes) => {
  views.u8.copyWithin(to, from, from + bytes);
};
