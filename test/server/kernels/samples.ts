/** Random vectors for kernel tests: sizes around word borders, values around the borders of each width. */
import fc from "fast-check";
import type { AnyWidth, Width } from "#server/kernels/widths";

const rowsArbitrary = fc.oneof(
  fc.constantFrom(0, 1, 63, 64, 65, 127, 128, 129, 192, 256, 320),
  fc.integer({ min: 0, max: 400 }),
);

export const widths: readonly Width[] = [1, 2, 4];
export const anyWidths: readonly AnyWidth[] = [1, 2, 4, 8];

/** Largest stored value of a width. */
export const mostOf = (width: Width): number => 2 ** (8 * width) - 1;

/** A small generator of its own: fast-check shrinks the seed and the shape, not hundreds of values. */
export class Noise {
  private state: number;
  constructor(seed: number) {
    this.state = seed | 1;
  }
  /** Uniform 0 … 2^32 − 1. */
  next(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return this.state >>> 0;
  }
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }
}

export function narrowVector(
  width: Width,
  rows: number,
  noise: Noise,
  most = mostOf(width),
): Uint8Array | Uint16Array | Uint32Array {
  const array =
    width === 1 ? new Uint8Array(rows) : width === 2 ? new Uint16Array(rows) : new Uint32Array(rows);
  for (let row = 0; row < rows; row++)
    array[row] = noise.below(8) === 0 ? [0, most, most >>> 1][noise.below(3)] : noise.below(most + 1);
  return array;
}

/** int64 values; `small` keeps sums and products within 64 bits. */
export function wideVector(rows: number, noise: Noise, small: boolean): BigInt64Array {
  const edges = [0n, -1n, 1n, 2n ** 31n, -(2n ** 31n), 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n)];
  return BigInt64Array.from({ length: rows }, () => {
    if (!small && noise.below(6) === 0) return edges[noise.below(edges.length)];
    const value = (BigInt(noise.next()) << 32n) | BigInt(noise.next());
    return small ? BigInt.asIntN(34, value) : BigInt.asIntN(64, value);
  });
}

export function doubleVector(rows: number, noise: Noise, options: { special: boolean }): Float64Array {
  const edges = [0, -0, Number.NaN, Infinity, -Infinity, Number.MIN_VALUE, 1.5, -1.5];
  return Float64Array.from({ length: rows }, () => {
    if (options.special && noise.below(4) === 0) return edges[noise.below(edges.length)];
    return (noise.next() - 2 ** 31) / (1 + noise.below(1000));
  });
}

/** A stored vector of any width. */
export function anyVector(width: AnyWidth, rows: number, noise: Noise): ArrayBufferView {
  return width === 8 ? wideVector(rows, noise, true) : narrowVector(width, rows, noise);
}

/** Bits in words that are empty, full, sparse or half full; null at times. */
export function bits(rows: number, noise: Noise): boolean[] {
  const array: boolean[] = [];
  for (let word = 0; word * 64 < rows; word++) {
    const kind = noise.below(4);
    for (let row = word * 64; row < Math.min(rows, word * 64 + 64); row++)
      array.push(
        kind === 0 ? false : kind === 1 ? true : kind === 2 ? noise.below(16) === 0 : noise.below(2) === 0,
      );
  }
  return array;
}

export const maybeBits = (rows: number, noise: Noise): boolean[] | null =>
  noise.below(3) === 0 ? null : bits(rows, noise);

export const sample = fc.record({ rows: rowsArbitrary, seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }) });
