/**
 * Vectors of unsigned 32-bit values: dictionary ids, ints below their frame of reference, lengths, runs. The smallest
 * of three codecs is taken, so bytes depend on the values only.
 *
 * Unsigned => codec:u8 bits:u8 body          every value < 2^bits; Packed parts begin at a multiple of 4 bytes
 * body     => 0 packed: Packed(values, bits)
 *             1 runs:   runs:u32 lengthBits:u8 Packed(values, bits) Packed(lengths − 1, lengthBits)
 *             2 deltas: deltaBits:u8 first:u32 deltaMin:u32
 *                       Packed(value[i + 1] − value[i] − deltaMin mod 2^32, deltaBits)
 */
import { bitsOf, packBits, packedBytes, unpackBits } from "#server/encode/bitpack";
import type { ByteReader } from "#server/encode/byte-reader";
import type { ByteWriter } from "#server/encode/byte-writer";
import { type DeltaPlan, planDeltas, readDeltas, writeDeltas } from "#server/encode/delta";
import { planRuns, type RunPlan, readRuns, writeRuns } from "#server/encode/rle";

const codecs = { packed: 0, runs: 1, deltas: 2 } as const;

/** Decodes bulk data into the arena: the compiled kernels, or their twins. */
export interface Unpacker {
  unpackBits(packed: number, bits: number, rows: number, width: 1 | 2 | 4, to: number): void;
}

interface UnsignedPlan {
  readonly codec: number;
  readonly bits: number;
  readonly bytes: number;
  readonly runs: RunPlan | null;
  readonly deltas: DeltaPlan | null;
}

/** Chooses the codec for the first `count` values and says how many bytes they take (alignment left out). */
function planUnsigned(values: Uint32Array, count: number): UnsignedPlan {
  let largest = 0;
  for (let at = 0; at < count; at++) if (values[at] > largest) largest = values[at];
  const bits = bitsOf(largest);
  const packed: UnsignedPlan = {
    codec: codecs.packed,
    bits,
    bytes: 2 + packedBytes(count, bits),
    runs: null,
    deltas: null,
  };
  if (bits === 0) return packed;
  const runs = planRuns(values, count, bits);
  const deltas = planDeltas(values, count);
  let best = packed;
  if (2 + runs.bytes < best.bytes)
    best = { codec: codecs.runs, bits, bytes: 2 + runs.bytes, runs, deltas: null };
  if (2 + deltas.bytes < best.bytes)
    best = { codec: codecs.deltas, bits, bytes: 2 + deltas.bytes, runs: null, deltas };
  return best;
}

/** Writes the first `count` values. */
export function writeUnsigned(to: ByteWriter, values: Uint32Array, count: number): void {
  const plan = planUnsigned(values, count);
  to.u8(plan.codec);
  to.u8(plan.bits);
  if (plan.runs !== null) writeRuns(to, values, count, plan.runs);
  else if (plan.deltas !== null) writeDeltas(to, values, count, plan.deltas);
  else {
    to.align(4);
    packBits(values, count, plan.bits, to.take(packedBytes(count, plan.bits)));
  }
}

/** What a reader says before the values are decoded. */
interface UnsignedHead {
  readonly codec: number;
  readonly bits: number;
}

function readHead(from: ByteReader): UnsignedHead {
  return {
    codec: from.u8AtMost(codecs.deltas, "codec of integers"),
    bits: from.u8AtMost(32, "bits of integers"),
  };
}

/** Reads `count` values into a new array. */
export function readUnsigned(from: ByteReader, count: number): Uint32Array {
  const values = new Uint32Array(count);
  const { codec, bits } = readHead(from);
  if (codec === codecs.runs) readRuns(from, count, bits, values, 0);
  else if (codec === codecs.deltas) readDeltas(from, count, bits, values, 0);
  else {
    from.align(4, 0);
    unpackBits(from.source, from.skip(packedBytes(count, bits)), count, bits, values, 0);
  }
  return values;
}

/** Where decoded values of a width go in an arena: the view of that width, and its address. */
export interface Target {
  readonly view: Uint8Array | Uint16Array | Uint32Array;
  readonly width: 1 | 2 | 4;
  readonly pointer: number;
}

/**
 * Reads `count` values into the arena; the reader must be over the same arena's bytes. `target` has room for
 * a multiple of 128 values.
 */
export function decodeUnsigned(from: ByteReader, count: number, target: Target, kernels: Unpacker): void {
  const { codec, bits } = readHead(from);
  from.check(bits <= target.width * 8, `values of ${target.width} bytes`, `${bits} bits`);
  const at = target.pointer / target.width;
  if (codec === codecs.runs) readRuns(from, count, bits, target.view, at);
  else if (codec === codecs.deltas) readDeltas(from, count, bits, target.view, at);
  else {
    from.align(4, 0);
    kernels.unpackBits(from.skip(packedBytes(count, bits)), bits, count, target.width, target.pointer);
  }
}
