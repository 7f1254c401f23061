/** Twins of decode.as.ts; the layout of packed bits stands at `DecodeKernels`. */
import type { Twin } from "#server/kernels/kernels";
import { narrow, storedAt } from "#server/kernels/twin-access";

/** Packed blocks may lie at any byte, so their words are read byte by byte. */
const wordAt = (u8: Uint8Array, at: number): number =>
  (u8[at] | (u8[at + 1] << 8) | (u8[at + 2] << 16) | (u8[at + 3] << 24)) >>> 0;

export const unpackBits: Twin<"unpackBits"> = (views, packed, bits, rows, width, to) => {
  const { array, start } = narrow(views, width, to);
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
  const padded = (rows + 127) & ~127;
  for (let row = 0; row < padded; row++) {
    const block = packed + (row >>> 7) * bits * 16;
    const bit = ((row & 127) >>> 2) * bits;
    const at = block + (bit >>> 5) * 16 + (row & 3) * 4;
    const shift = bit & 31;
    const low = bits === 0 ? 0 : wordAt(views.u8, at) >>> shift;
    const high = shift + bits > 32 ? wordAt(views.u8, at + 16) << (32 - shift) : 0;
    array[start + row] = ((low | high) & mask) >>> 0;
  }
};

export const packBits: Twin<"packBits"> = (views, values, bits, rows, to) => {
  const blocks = (rows + 127) >>> 7;
  views.u8.fill(0, to, to + blocks * bits * 16);
  for (let row = 0; row < blocks * 128 && bits > 0; row++) {
    const value = views.u32[(values >>> 2) + row];
    const bit = ((row & 127) >>> 2) * bits;
    const lane = to + (row >>> 7) * bits * 16 + (row & 3) * 4;
    for (let index = 0; index < bits; index++) {
      const target = bit + index;
      const at = lane + (target >>> 5) * 16 + ((target & 31) >>> 3);
      views.u8[at] |= ((value >>> index) & 1) << (target & 7);
    }
  }
};

export const prefixSums: Twin<"prefixSums"> = (views, deltas, rows, first, to) => {
  let sum = first;
  for (let row = 0; row < rows; row++) {
    const zigzag = BigInt.asUintN(64, views.i64[(deltas >>> 3) + row]);
    sum = BigInt.asIntN(64, sum + ((zigzag >> 1n) ^ -(zigzag & 1n)));
    views.i64[(to >>> 3) + row] = sum;
  }
};

export const decodeAlp: Twin<"decodeAlp"> = (views, width, values, base, rows, divisor, to) => {
  const stored = storedAt(views, width, values);
  for (let row = 0; row < rows; row++)
    views.f64[(to >>> 3) + row] = Number(BigInt.asIntN(64, base + stored(row))) / divisor;
};

export const fillRun: Twin<"fillRun"> = (views, width, to, from, until, value) => {
  if (width === 8) {
    views.i64.fill(value, (to >>> 3) + from, (to >>> 3) + until);
    return;
  }
  const { array, start } = narrow(views, width, to);
  array.fill(Number(BigInt.asUintN(32, value)), start + from, start + until);
};
