/** Sums of integers: exact in 128 bits. State => low:u64 high:i64 count:f64 */
import { FixedAccumulator, type Slots } from "#schemas/aggregates/fixed";
import { intsOf, isNull, NullMarks } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { StoreError } from "#schemas/errors";

export class SumIntegerAccumulator extends FixedAccumulator {
  private readonly answer: "sum" | "average";

  constructor(answer: "sum" | "average") {
    super(3);
    this.answer = answer;
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const { values, nulls } = intsOf(args[0]);
    const { u64, i64, f64 } = this.slots;
    for (let row = 0; row < rows; row++) {
      if (isNull(nulls, row)) continue;
      const slot = (gids === null ? 0 : gids[row]) * 3;
      const value = values[row];
      const before = u64[slot];
      const after = BigInt.asUintN(64, before + BigInt.asUintN(64, value));
      u64[slot] = after;
      const carry = (after < before ? 1 : 0) - (value < 0n ? 1 : 0);
      if (carry !== 0) i64[slot + 1] += BigInt(carry);
      f64[slot + 2]++;
    }
  }

  protected mergeSlot(target: number, from: Slots, source: number): void {
    const { u64, i64, f64 } = this.slots;
    const before = u64[target];
    const after = BigInt.asUintN(64, before + from.u64[source]);
    u64[target] = after;
    const high = BigInt.asIntN(64, i64[target + 1] + from.i64[source + 1]);
    i64[target + 1] = after < before ? BigInt.asIntN(64, high + 1n) : high;
    f64[target + 2] += from.f64[source + 2];
  }

  protected finishRows(rows: number, slotOf: (row: number) => number): Vector {
    return this.answer === "sum" ? this.finishSums(rows, slotOf) : this.finishAverages(rows, slotOf);
  }

  private finishSums(rows: number, slotOf: (row: number) => number): Vector {
    const values = new BigInt64Array(rows);
    const nulls = new NullMarks(rows);
    const { i64, f64 } = this.slots;
    for (let row = 0; row < rows; row++) {
      const slot = slotOf(row);
      const low = i64[slot];
      if (f64[slot + 2] === 0) nulls.mark(row);
      else if (i64[slot + 1] !== (low < 0n ? -1n : 0n)) throw this.tooLarge(slot);
      else values[row] = low;
    }
    return { kind: "int", type: "LONG", rows, values, nulls: nulls.bits };
  }

  private finishAverages(rows: number, slotOf: (row: number) => number): Vector {
    const values = new Float64Array(rows);
    const nulls = new NullMarks(rows);
    for (let row = 0; row < rows; row++) {
      const slot = slotOf(row);
      const count = this.slots.f64[slot + 2];
      if (count === 0) nulls.mark(row);
      else values[row] = this.quotient(slot, count);
    }
    return { kind: "double", type: "DOUBLE", rows, values, nulls: nulls.bits };
  }

  /** The sum rounded once to a double, then divided. */
  private quotient(slot: number, count: number): number {
    const low = this.slots.i64[slot];
    if (this.slots.i64[slot + 1] === (low < 0n ? -1n : 0n)) return Number(low) / count;
    return Number(this.wide(slot)) / count;
  }

  private wide(slot: number): bigint {
    return (this.slots.i64[slot + 1] << 64n) + this.slots.u64[slot];
  }

  private tooLarge(slot: number): StoreError {
    return new StoreError(
      "VALUE_RANGE",
      `SUM is ${this.wide(slot)}, which does not fit a LONG; use SUMPRECISION for an exact decimal`,
    );
  }
}
