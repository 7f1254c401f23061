/**
 * DISTINCTCOUNTHLL(x [, log2m]): an estimate of the number of different values from 2^log2m registers (default 8, as
 * Pinot's; the relative error is about 1.04 / sqrt(2^log2m), 6.5 % by default).
 * State => register:u8[2^log2m], the greatest rank of each; all zero: empty.
 */
import type { Aggregate, StateCall } from "#schemas/aggregates/aggregate";
import { bound, expectCount, literalNumber } from "#schemas/aggregates/arguments";
import { wordOfDouble } from "#schemas/aggregates/distinct-count";
import { FixedAccumulator, type Slots } from "#schemas/aggregates/fixed";
import { type Hash64, hashBytes, hashWord } from "#schemas/aggregates/hash";
import { entryBytes, isNull } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";

const defaultLog2m = 8;

/** Register in the low 16 bits, rank (≥ 1) above them, for a value's hash. */
function registerAndRank(hash: Hash64, log2m: number): number {
  const register = hash.high >>> (32 - log2m);
  const rest = ((hash.high << log2m) | (log2m === 0 ? 0 : hash.low >>> (32 - log2m))) >>> 0;
  const rank = rest === 0 ? 33 + Math.min(Math.clz32(hash.low << log2m), 32 - log2m) : Math.clz32(rest) + 1;
  return register | (rank << 16);
}

/** The estimate of one group's registers: harmonic mean, linear counting while registers are empty. */
function estimate(registers: Uint8Array): number {
  const count = registers.length;
  let zeros = 0;
  let sum = 0;
  for (let at = 0; at < count; at++) {
    if (registers[at] === 0) zeros++;
    sum += 2 ** -registers[at];
  }
  const alpha =
    count === 16 ? 0.673 : count === 32 ? 0.697 : count === 64 ? 0.709 : 0.7213 / (1 + 1.079 / count);
  const raw = (alpha * count * count) / sum;
  if (raw <= 2.5 * count && zeros > 0) return Math.round(count * Math.log(count / zeros));
  return Math.round(raw);
}

/** The hash that every server agrees on for one value of a vector. */
function hashAt(vector: Vector, row: number): Hash64 {
  switch (vector.kind) {
    case "int":
      return hashWord(vector.values[row]);
    case "double":
      return hashWord(BigInt.asIntN(64, wordOfDouble(vector.values[row])));
    case "text":
      return hashBytes(entryBytes(vector.entries, vector.ids[row]));
  }
}

class HllAccumulator extends FixedAccumulator {
  readonly log2m: number;

  constructor(log2m: number) {
    super((1 << log2m) / 8);
    this.log2m = log2m;
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const [vector] = args;
    const packed = vector.kind === "text" ? this.perEntry(vector) : null;
    for (let row = 0; row < rows; row++) {
      if (isNull(vector.nulls, row)) continue;
      const value =
        packed !== null && vector.kind === "text"
          ? packed[vector.ids[row]]
          : registerAndRank(hashAt(vector, row), this.log2m);
      this.offer(gids === null ? 0 : gids[row], value);
    }
  }

  private perEntry(vector: Extract<Vector, { kind: "text" }>): Uint32Array | null {
    if (vector.entries.count > vector.rows) return null;
    const packed = new Uint32Array(vector.entries.count);
    for (let id = 0; id < packed.length; id++) {
      packed[id] = registerAndRank(hashBytes(entryBytes(vector.entries, id)), this.log2m);
    }
    return packed;
  }

  /** Takes a value's register and rank, packed by `registerAndRank`. */
  offer(group: number, packed: number): void {
    const at = group * this.stateBytes + (packed & 0xffff);
    const { u8 } = this.slots;
    const rank = packed >>> 16;
    if (u8[at] < rank) u8[at] = rank;
  }

  protected mergeSlot(target: number, from: Slots, source: number): void {
    const { u8 } = this.slots;
    for (let at = 0; at < this.stateBytes; at++) {
      const rank = from.u8[source * 8 + at];
      if (u8[target * 8 + at] < rank) u8[target * 8 + at] = rank;
    }
  }

  protected finishRows(rows: number, slotOf: (row: number) => number): Vector {
    const values = new BigInt64Array(rows);
    for (let row = 0; row < rows; row++) {
      const start = slotOf(row) * 8;
      values[row] = BigInt(estimate(this.slots.u8.subarray(start, start + this.stateBytes)));
    }
    return { kind: "int", type: "LONG", rows, values, nulls: null };
  }
}

const log2mOf = (call: StateCall): number => Number(call.parameters[0] ?? defaultLog2m);

export const distinctCountHll: Aggregate = {
  name: "distinctCountHll",
  aliases: [],
  documentation:
    "Estimated number of different values that are not NULL (HyperLogLog with 2^log2m registers).",
  example: "DISTINCTCOUNTHLL(transaction_id, 12)",
  version: 1,
  bind(args) {
    expectCount("distinctCountHll", args, { least: 1, most: 2 });
    const log2m =
      args.length < 2
        ? defaultLog2m
        : literalNumber("distinctCountHll", args, { index: 1, least: 4, most: 16, whole: true });
    return bound("distinctCountHll", 1, "LONG", [log2m]);
  },
  layout: (call) => ({ kind: "fixed", stateBytes: 1 << log2mOf(call) }),
  accumulator: (call) => new HllAccumulator(log2mOf(call)),
};
