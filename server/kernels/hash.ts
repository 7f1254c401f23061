/**
 * The 64-bit hash of dictionary entries and of values in sketches, bit for bit what the compiled kernels compute
 * (`text.as.ts`). Two 32-bit lanes, so that JavaScript needs no 64-bit product. It is stored in segment files and in
 * HyperLogLog registers: changing it needs a new format version.
 *
 * hash(bytes) = lanes a, b seeded by the length; each 4-byte little-endian word w (the last one padded with zeros):
 *   a = (a ^ w) × 0x9e3779b1, a ^= a >>> 15;  b = (b + w) × 0x85ebca77, b ^= b >>> 13
 * then both are mixed into each other; the result is b in the high and a in the low half.
 */

/** Two words that a hash leaves behind; owned by the caller, so hashing allocates nothing. */
export interface HashWords {
  low: number;
  high: number;
}

const seedA = 0x2545f491;
const seedB = 0x6c62272e;
const multiplierA = 0x9e3779b1;
const multiplierB = 0x85ebca77;

/** The finaliser of MurmurHash3: a bijection of 32-bit words in which every input bit reaches every output bit. */
export function mix32(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function finish(a: number, b: number, words: HashWords): void {
  const mixedA = mix32(a);
  const mixedB = mix32((b + mixedA) | 0);
  words.low = (mix32((mixedA + mixedB) | 0) ^ mixedB) >>> 0;
  words.high = mixedB >>> 0;
}

/** Hash of `length` bytes from `start`. */
export function hashBytes(bytes: Uint8Array, start: number, length: number, words: HashWords): void {
  let a = seedA ^ length;
  let b = (seedB + length) | 0;
  const wholeEnd = start + (length & ~3);
  let at = start;
  for (; at < wholeEnd; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    a = Math.imul(a ^ word, multiplierA);
    a ^= a >>> 15;
    b = Math.imul((b + word) | 0, multiplierB);
    b ^= b >>> 13;
  }
  const rest = length & 3;
  if (rest > 0) {
    let word = bytes[at];
    if (rest > 1) word |= bytes[at + 1] << 8;
    if (rest > 2) word |= bytes[at + 2] << 16;
    a = Math.imul(a ^ word, multiplierA);
    a ^= a >>> 15;
    b = Math.imul((b + word) | 0, multiplierB);
    b ^= b >>> 13;
  }
  finish(a, b, words);
}

/** Hash of the 8 little-endian bytes of a 64-bit value given as two words. */
export function hashWords(low: number, high: number, words: HashWords): void {
  let a = seedA ^ 8;
  let b = (seedB + 8) | 0;
  a = Math.imul(a ^ low, multiplierA);
  a ^= a >>> 15;
  b = Math.imul((b + low) | 0, multiplierB);
  b ^= b >>> 13;
  a = Math.imul(a ^ high, multiplierA);
  a ^= a >>> 15;
  b = Math.imul((b + high) | 0, multiplierB);
  b ^= b >>> 13;
  finish(a, b, words);
}

const shared: HashWords = { low: 0, high: 0 };
const asBigint = (words: HashWords): bigint => (BigInt(words.high) << 32n) | BigInt(words.low);

/** Hash of a whole array as an unsigned 64-bit integer. */
export function hashBytes64(bytes: Uint8Array): bigint {
  hashBytes(bytes, 0, bytes.length, shared);
  return asBigint(shared);
}

/** Hash of an int64 value (its 8 little-endian bytes). */
export function hashInt64(value: bigint): bigint {
  const low = Number(BigInt.asUintN(32, value)) | 0;
  const high = Number(BigInt.asUintN(32, value >> 32n)) | 0;
  hashWords(low, high, shared);
  return asBigint(shared);
}

const doubleBits = new DataView(new ArrayBuffer(8));

/** Hash of a double: −0.0 as 0.0, every NaN as one. */
export function hashDouble(value: number): bigint {
  doubleBits.setFloat64(0, value === 0 ? 0 : value, true);
  const low = Number.isNaN(value) ? 0 : doubleBits.getInt32(0, true);
  const high = Number.isNaN(value) ? 0x7ff80000 : doubleBits.getInt32(4, true);
  hashWords(low, high, shared);
  return asBigint(shared);
}
