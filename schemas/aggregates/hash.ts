/**
 * The 64-bit hash behind sketches, bit for bit that of `server/kernels/hash.ts` (a test compares them), so registers
 * filled by kernels and by vectors agree. It is part of the wire format: it never changes within a version.
 */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/** Murmur3's finaliser: every input bit changes every output bit. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function finish(a: number, b: number): Hash64 {
  const first = mix(a);
  const second = mix((b + first) | 0);
  return { low: (mix((first + second) | 0) ^ second) >>> 0, high: second >>> 0 };
}

const seedA = 0x2545f491;
const seedB = 0x6c62272e;

const stepA = (a: number, word: number): number => {
  const next = Math.imul(a ^ word, 0x9e3779b1);
  return next ^ (next >>> 15);
};
const stepB = (b: number, word: number): number => {
  const next = Math.imul((b + word) | 0, 0x85ebca77);
  return next ^ (next >>> 13);
};

/** Hash of bytes. */
export function hashBytes(bytes: Uint8Array): Hash64 {
  let a = seedA ^ bytes.length;
  let b = (seedB + bytes.length) | 0;
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    a = stepA(a, word);
    b = stepB(b, word);
  }
  let last = 0;
  for (let at = bytes.length - 1; at >= whole; at--) last = (last << 8) | bytes[at];
  return whole === bytes.length ? finish(a, b) : finish(stepA(a, last), stepB(b, last));
}

/** Hash of the 8 bytes of a 64-bit integer, or of a double's bits. */
export function hashWord(word: bigint): Hash64 {
  const low = Number(BigInt.asUintN(32, word)) | 0;
  const high = Number(BigInt.asUintN(32, word >> 32n)) | 0;
  return finish(stepA(stepA(seedA ^ 8, low), high), stepB(stepB((seedB + 8) | 0, low), high));
}
