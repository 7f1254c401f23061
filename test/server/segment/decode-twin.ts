/** The decoding kernels in plain TypeScript. */
import type { Views } from "#server/arena/arena";
import { unpackBits } from "#server/encode/bitpack";
import { hashBytes } from "#server/kernels/hash";
import type { Kernels } from "#server/kernels/kernels";

/** What codecs and sealed segments need of the kernels. */
export function decodeTwins({
  u8,
  u16,
  u32,
  i64,
  f64,
}: Views): Pick<Kernels, "unpackBits" | "decodeAlp" | "hashTexts"> {
  return {
    unpackBits(packed, bits, rows, width, to) {
      unpackBits(u8, packed, rows, bits, width === 1 ? u8 : width === 2 ? u16 : u32, to / width);
    },
    decodeAlp(width, values, base, rows, divisor, to) {
      for (let row = 0; row < rows; row++) {
        const at = values / width + row;
        const stored = width === 8 ? i64[at] : BigInt(width === 1 ? u8[at] : width === 2 ? u16[at] : u32[at]);
        f64[(to >> 3) + row] = Number(base + stored) / divisor;
      }
    },
    hashTexts(bytes, offsets, count, hashes) {
      const words = { low: 0, high: 0 };
      for (let at = 0; at < count; at++) {
        const start = u32[(offsets >> 2) + at];
        hashBytes(u8, bytes + start, u32[(offsets >> 2) + at + 1] - start, words);
        u32[(hashes >> 2) + at * 2] = words.low;
        u32[(hashes >> 2) + at * 2 + 1] = words.high;
      }
    },
  };
}
