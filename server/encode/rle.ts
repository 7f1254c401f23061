/**
 * Run lengths, for sorted and repetitive columns. Grammar: `runs` of unsigned.ts.
 */
import { bitsOf, packBits, packedBytes, unpackBits } from "#server/encode/bitpack";
import type { ByteReader } from "#server/encode/byte-reader";
import type { ByteWriter } from "#server/encode/byte-writer";

export interface RunPlan {
  readonly runs: number;
  readonly bits: number;
  readonly lengthBits: number;
  readonly bytes: number;
}

/** Counts the runs of the first `count` values. */
export function planRuns(values: Uint32Array, count: number, bits: number): RunPlan {
  let runs = 0;
  let longest = 1;
  let start = 0;
  for (let at = 1; at <= count; at++) {
    if (at < count && values[at] === values[start]) continue;
    if (at - start > longest) longest = at - start;
    runs++;
    start = at;
  }
  if (count === 0) runs = 0;
  const lengthBits = bitsOf(longest - 1);
  return { runs, bits, lengthBits, bytes: 5 + packedBytes(runs, bits) + packedBytes(runs, lengthBits) };
}

export function writeRuns(to: ByteWriter, values: Uint32Array, count: number, plan: RunPlan): void {
  const runValues = new Uint32Array(plan.runs);
  const lengths = new Uint32Array(plan.runs);
  let run = 0;
  let start = 0;
  for (let at = 1; at <= count; at++) {
    if (at < count && values[at] === values[start]) continue;
    runValues[run] = values[start];
    lengths[run++] = at - start - 1;
    start = at;
  }
  to.u32(plan.runs);
  to.u8(plan.lengthBits);
  to.align(4);
  packBits(runValues, plan.runs, plan.bits, to.take(packedBytes(plan.runs, plan.bits)));
  packBits(lengths, plan.runs, plan.lengthBits, to.take(packedBytes(plan.runs, plan.lengthBits)));
}

/** Fills `count` values of `target` from `targetAt`. */
export function readRuns(
  from: ByteReader,
  count: number,
  bits: number,
  target: Uint8Array | Uint16Array | Uint32Array,
  targetAt: number,
): void {
  const runs = from.u32AtMost(count, "runs");
  const lengthBits = from.u8AtMost(32, "bits of run lengths");
  from.align(4, 0);
  const values = new Uint32Array(runs);
  const lengths = new Uint32Array(runs);
  unpackBits(from.source, from.skip(packedBytes(runs, bits)), runs, bits, values, 0);
  unpackBits(from.source, from.skip(packedBytes(runs, lengthBits)), runs, lengthBits, lengths, 0);
  let row = 0;
  for (let run = 0; run < runs; run++) {
    const end = row + lengths[run] + 1;
    from.check(end <= count, `runs of ${count} rows together`, end);
    target.fill(values[run], targetAt + row, targetAt + end);
    row = end;
  }
  from.check(row === count, `runs of ${count} rows together`, row);
}
