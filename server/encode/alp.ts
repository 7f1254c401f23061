/**
 * Doubles that are decimals, as scaled integers (after ALP, Afroozeh and Boncz 2023): value = integer /
 * 10^exponent. The division rounds correctly, so a double that was parsed from a short decimal text comes
 * back bit for bit; the few that do not are exceptions.
 *
 * Alp => exponent:u8 (0 … 18) single:u8 (1: the quotient is rounded to a 32-bit float) exceptions:u32 Ints
 *        Unsigned(rows of the exceptions, ascending) align 8 f64[exceptions]
 */
import type { ByteReader } from "#server/encode/byte-reader";
import type { ByteWriter } from "#server/encode/byte-writer";
import {
  type DecodeViews,
  decodeInts,
  readIntsHead,
  type Words,
  wordsFor,
  writeInts,
} from "#server/encode/integers";
import { readUnsigned, type Unpacker, writeUnsigned } from "#server/encode/unsigned";

const exponentMax = 18;
const sampleRows = 256;
/** Integers past this are not exact after scaling. */
const integerMax = 2 ** 51;
/** More exceptions than one row in this many: not worth it. */
const exceptionEvery = 8;

const powers = Array.from({ length: exponentMax + 1 }, (_, exponent) => Number(`1e${exponent}`));

/** The compiled kernels, or their twins. */
export interface AlpKernels extends Unpacker {
  decodeAlp(
    width: 1 | 2 | 4 | 8,
    values: number,
    base: bigint,
    rows: number,
    divisor: number,
    to: number,
  ): void;
}

export interface AlpPlan {
  readonly exponent: number;
  readonly single: boolean;
  readonly words: Words;
  readonly exceptions: readonly number[];
}

/** Does the integer stand for exactly this double? */
function stands(integer: number, power: number, single: boolean, value: number): boolean {
  if (!(integer <= integerMax && integer >= -integerMax)) return false; // NaN too
  const quotient = integer / power;
  return Object.is(single ? Math.fround(quotient) : quotient, value);
}

/** The exponent under which most of a sample are integers; the smallest such. Null when too few are. */
function bestExponent(values: Float64Array, rows: number, nulls: Uint8Array | null, single: boolean) {
  const step = Math.max(1, Math.floor(rows / sampleRows));
  const sample: number[] = [];
  for (let row = 0; row < rows; row += step) if (nulls === null || nulls[row] === 0) sample.push(values[row]);
  let best = 0;
  let bestHits = -1;
  for (let exponent = 0; exponent <= exponentMax && bestHits < sample.length; exponent++) {
    const power = powers[exponent];
    let hits = 0;
    for (const value of sample) hits += +stands(Math.round(value * power) + 0, power, single, value);
    if (hits > bestHits) {
      best = exponent;
      bestHits = hits;
    }
  }
  return bestHits * exceptionEvery >= sample.length * (exceptionEvery - 1) ? best : null;
}

/** Scaled integers for these doubles, or null when they are not decimals. `single`: all are 32-bit floats. */
export function planAlp(
  values: Float64Array,
  rows: number,
  nulls: Uint8Array | null,
  single: boolean,
): AlpPlan | null {
  const exponent = bestExponent(values, rows, nulls, single);
  if (exponent === null) return null;
  const power = powers[exponent];
  const words = wordsFor(rows);
  const exceptions: number[] = [];
  let filler = 0;
  for (let row = 0; row < rows; row++) {
    if (nulls !== null && nulls[row] !== 0) continue;
    const value = values[row];
    let integer = Math.round(value * power) + 0;
    if (stands(integer, power, single, value)) filler = integer;
    else {
      exceptions.push(row);
      if (exceptions.length * exceptionEvery > rows + exceptionEvery) return null;
      integer = filler;
    }
    words.low[row] = integer;
    words.high[row] = Math.floor(integer / 4_294_967_296);
  }
  return { exponent, single, words, exceptions };
}

export function writeAlp(
  to: ByteWriter,
  plan: AlpPlan,
  values: Float64Array,
  rows: number,
  nulls: Uint8Array | null,
): void {
  const { exponent, single, words, exceptions } = plan;
  to.u8(exponent);
  to.u8(single ? 1 : 0);
  to.u32(exceptions.length);
  writeInts(to, words, rows, nulls);
  writeUnsigned(to, Uint32Array.from(exceptions), exceptions.length);
  to.align(8);
  for (const row of exceptions) to.f64(values[row]);
}

/** Decodes `rows` doubles to `pointer`; `scratch` has room for 8 bytes a row, rounded up to 128 rows. */
export function decodeAlp(
  from: ByteReader,
  rows: number,
  views: DecodeViews,
  pointer: number,
  scratch: number,
  kernels: AlpKernels,
): void {
  const exponent = from.u8AtMost(exponentMax, "exponent");
  const single = from.u8AtMost(1, "single flag") === 1;
  const exceptions = from.u32AtMost(rows, "exceptions");
  const head = readIntsHead(from);
  decodeInts(from, head, rows, views, scratch, kernels);
  kernels.decodeAlp(head.width, scratch, head.base, rows, powers[exponent], pointer);
  const to = pointer >> 3;
  const { f64 } = views;
  if (single) for (let row = 0; row < rows; row++) f64[to + row] = Math.fround(f64[to + row]);
  const positions = readUnsigned(from, exceptions);
  from.align(8, 0);
  for (const row of positions) {
    from.check(row < rows, `a row below ${rows}`, row);
    f64[to + row] = from.f64();
  }
}
