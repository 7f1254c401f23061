/**
 * Sums of doubles, in the order of rows and merges. State => sum:f64 count:f64
 */
import { FixedAccumulator, type Slots } from "#schemas/aggregates/fixed";
import { doublesOf, isNull, NullMarks } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";

export class SumDoubleAccumulator extends FixedAccumulator {
  private readonly answer: "sum" | "average";

  constructor(answer: "sum" | "average") {
    super(2);
    this.answer = answer;
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const { values, nulls } = doublesOf(args[0]);
    const { f64 } = this.slots;
    for (let row = 0; row < rows; row++) {
      if (isNull(nulls, row)) continue;
      const slot = (gids === null ? 0 : gids[row]) * 2;
      f64[slot] += values[row];
      f64[slot + 1]++;
    }
  }

  protected mergeSlot(target: number, from: Slots, source: number): void {
    this.slots.f64[target] += from.f64[source];
    this.slots.f64[target + 1] += from.f64[source + 1];
  }

  protected finishRows(rows: number, slotOf: (row: number) => number): Vector {
    const values = new Float64Array(rows);
    const nulls = new NullMarks(rows);
    const { f64 } = this.slots;
    for (let row = 0; row < rows; row++) {
      const slot = slotOf(row);
      if (f64[slot + 1] === 0) nulls.mark(row);
      else values[row] = this.answer === "sum" ? f64[slot] : f64[slot] / f64[slot + 1] + 0;
    }
    return { kind: "double", type: "DOUBLE", rows, values, nulls: nulls.bits };
  }
}
