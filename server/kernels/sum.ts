/** Twins of sum.as.ts; state layouts in `stateBytes`. */
import type { Views } from "#server/arena/arena";
import { lowerDouble, lowerInt } from "#server/kernels/full-state";
import type { Twin } from "#server/kernels/kernels";
import { eachRow, isSet, narrow, storedAt } from "#server/kernels/twin-access";

/** Set bits of a word from which its rows go to the eight lanes. */
const dense = 12;

export const sumInts: Twin<"sumInts"> = (views, width, values, shift, rows, bitmap, state) => {
  let count = 0n;
  let sum = 0n;
  if (width === 8) {
    eachRow(views, rows, bitmap, (row) => {
      count++;
      sum += views.i64[(values >>> 3) + row];
    });
  } else {
    const { array, start } = narrow(views, width, values);
    let total = 0; // exact below 2^53: at most 2^21 rows of 32 bits a call
    let selected = 0;
    for (let row = 0; row < rows; row++) {
      const one = +isSet(views, bitmap, row);
      selected += one;
      total += array[start + row] * one;
    }
    count = BigInt(selected);
    sum = BigInt(total);
  }
  views.i64[state >>> 3] += count;
  views.i64[(state >>> 3) + 1] += sum + shift * count;
};

export const sumWide: Twin<"sumWide"> = (views, values, rows, bitmap, state) => {
  const at = state >>> 3;
  eachRow(views, rows, bitmap, (row) => {
    const value = views.i64[(values >>> 3) + row];
    views.i64[at]++;
    views.i64[at + 1] += value & 0xffffffffn;
    views.i64[at + 2] += value >> 32n;
  });
};

/** Which rows of a run count, and whether words may be sparse (see `sumDoubles`). */
export interface Chosen {
  readonly has: (row: number) => boolean;
  readonly cut: boolean;
}

export function sumChosenDoubles(
  views: Views,
  values: number,
  rows: number,
  chosen: Chosen,
  state: number,
): void {
  const lanes = new Float64Array(8);
  let ninth = 0;
  let count = 0;
  for (let first = 0; first < rows; first += 64) {
    const selected: number[] = [];
    for (let row = first; row < Math.min(rows, first + 64); row++) if (chosen.has(row)) selected.push(row);
    count += selected.length;
    const toLanes = !chosen.cut || selected.length >= dense;
    for (const row of selected) {
      const value = views.f64[(values >>> 3) + row];
      if (toLanes) lanes[row & 7] += value;
      else ninth += value;
    }
  }
  const even = lanes[0] + lanes[2] + (lanes[4] + lanes[6]);
  const odd = lanes[1] + lanes[3] + (lanes[5] + lanes[7]);
  views.f64[state >>> 3] += count;
  views.f64[(state >>> 3) + 1] += even + odd + ninth;
}

export const sumDoubles: Twin<"sumDoubles"> = (views, values, rows, bitmap, state) => {
  const has = (row: number) => isSet(views, bitmap, row);
  sumChosenDoubles(views, values, rows, { has, cut: bitmap !== 0 }, state);
};

export const fullInts: Twin<"fullInts"> = (views, width, values, shift, rows, bitmap, state) => {
  sumInts(views, width, values, shift, rows, bitmap, state);
  const stored = storedAt(views, width, values);
  eachRow(views, rows, bitmap, (row) => lowerInt(views, state, shift + stored(row)));
};

export const fullDoubles: Twin<"fullDoubles"> = (views, values, rows, bitmap, _hasNaN, state) => {
  sumDoubles(views, values, rows, bitmap, state);
  eachRow(views, rows, bitmap, (row) => lowerDouble(views, state, views.f64[(values >>> 3) + row]));
};
