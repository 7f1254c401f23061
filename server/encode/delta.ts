/**
 * Differences between neighbours, modulo 2^32, above their smallest: for $offset, for ascending times and ids.
 * Grammar: `deltas` of unsigned.ts.
 */
import { bitsOf, packBits, packedBytes, unpackBits } from "#server/encode/bitpack";
import type { ByteReader } from "#server/encode/byte-reader";
import type { ByteWriter } from "#server/encode/byte-writer";

export interface DeltaPlan {
  readonly deltaMin: number;
  readonly deltaBits: number;
  readonly bytes: number;
}

/** Finds the smallest and largest difference of the first `count` values. */
export function planDeltas(values: Uint32Array, count: number): DeltaPlan {
  let min = 0x7fffffff;
  let max = -0x80000000;
  let before = values[0];
  for (let at = 1; at < count; at++) {
    const value = values[at];
    const delta = (value - before) | 0;
    if (delta < min) min = delta;
    if (delta > max) max = delta;
    before = value;
  }
  if (count < 2) min = max = 0;
  const deltaBits = bitsOf((max - min) >>> 0);
  return { deltaMin: min, deltaBits, bytes: 9 + packedBytes(Math.max(0, count - 1), deltaBits) };
}

export function writeDeltas(to: ByteWriter, values: Uint32Array, count: number, plan: DeltaPlan): void {
  const deltas = new Uint32Array(Math.max(0, count - 1));
  for (let at = 0; at < deltas.length; at++) deltas[at] = values[at + 1] - values[at] - plan.deltaMin;
  to.u8(plan.deltaBits);
  to.u32(count > 0 ? values[0] : 0);
  to.i32(plan.deltaMin);
  to.align(4);
  packBits(deltas, deltas.length, plan.deltaBits, to.take(packedBytes(deltas.length, plan.deltaBits)));
}

/** Fills `count` values of `target` from `targetAt`; each must fit `bits`. */
export function readDeltas(
  from: ByteReader,
  count: number,
  bits: number,
  target: Uint8Array | Uint16Array | Uint32Array,
  targetAt: number,
): void {
  const deltaBits = from.u8AtMost(32, "bits of deltas");
  let value = from.u32();
  const deltaMin = from.i32();
  from.align(4, 0);
  const deltas = new Uint32Array(Math.max(0, count - 1));
  unpackBits(
    from.source,
    from.skip(packedBytes(deltas.length, deltaBits)),
    deltas.length,
    deltaBits,
    deltas,
    0,
  );
  let seen = value;
  if (count > 0) target[targetAt] = value;
  for (let at = 0; at < deltas.length; at++) {
    value = (value + deltas[at] + deltaMin) >>> 0;
    seen |= value;
    target[targetAt + at + 1] = value;
  }
  from.check(bits === 32 || seen >>> 0 < 2 ** bits, `values of ${bits} bits`, seen >>> 0);
}
