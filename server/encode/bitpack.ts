/**
 * Vertical bit-packing in blocks of 128 values, the layout of `DecodeKernels.unpackBits`: value i of a block
 * lies in lane i & 3 at bit (i >> 2) × bits of the lane's stream; word j of lane l is u32 number j × 4 + l of
 * the block.
 *
 * Packed => block[ceil(values / 128)]     block => u32[bits × 4], the last one padded with zeros; bits 0 … 32
 */

const blockValues = 128;

/** Bits that the largest of some values needs. */
export const bitsOf = (largest: number): number => 32 - Math.clz32(largest);

/** Bytes of `count` packed values. */
export const packedBytes = (count: number, bits: number): number =>
  Math.ceil(count / blockValues) * bits * 16;

/** Packs the first `count` values, each below 2^bits, into `target` (packedBytes long, zeroed). */
export function packBits(values: Uint32Array, count: number, bits: number, target: Uint8Array): void {
  if (bits === 0) return;
  const words = new Uint32Array(target.length / 4);
  const blockWords = bits * 4;
  for (let at = 0; at < count; at++) {
    const inBlock = at & 127;
    const bit = (inBlock >> 2) * bits;
    const shift = bit & 31;
    const word = ((at - inBlock) / blockValues) * blockWords + (bit >> 5) * 4 + (inBlock & 3);
    const value = values[at];
    words[word] |= value << shift;
    if (shift + bits > 32) words[word + 4] |= value >>> (32 - shift);
  }
  target.set(new Uint8Array(words.buffer));
}

/** Unpacks `count` values from `source` at byte `start` into `target`. The bytes must be there. */
export function unpackBits(
  source: Uint8Array,
  start: number,
  count: number,
  bits: number,
  target: Uint8Array | Uint16Array | Uint32Array,
  targetAt: number,
): void {
  if (bits === 0) {
    target.fill(0, targetAt, targetAt + count);
    return;
  }
  const words = wordsOf(source, start, packedBytes(count, bits));
  const mask = bits === 32 ? -1 : (1 << bits) - 1;
  const blockWords = bits * 4;
  for (let at = 0; at < count; at++) {
    const inBlock = at & 127;
    const bit = (inBlock >> 2) * bits;
    const shift = bit & 31;
    const word = ((at - inBlock) / blockValues) * blockWords + (bit >> 5) * 4 + (inBlock & 3);
    let value = words[word] >>> shift;
    if (shift + bits > 32) value |= words[word + 4] << (32 - shift);
    target[targetAt + at] = (value & mask) >>> 0;
  }
}

function wordsOf(source: Uint8Array, start: number, bytes: number): Uint32Array {
  const at = source.byteOffset + start;
  if (at % 4 === 0) return new Uint32Array(source.buffer, at, bytes / 4);
  return new Uint32Array(source.slice(start, start + bytes).buffer);
}
