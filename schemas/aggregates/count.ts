/** COUNT(*) and COUNT(x): rows, or rows where x is not NULL. State => count:f64 */
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { bound, expectCount } from "#schemas/aggregates/arguments";
import { FixedAccumulator, type Slots } from "#schemas/aggregates/fixed";
import { corruptState } from "#schemas/aggregates/variable";
import { isNull } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";

class CountAccumulator extends FixedAccumulator {
  constructor() {
    super(1);
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const counts = this.slots.f64;
    const nulls = args.length === 0 ? null : args[0].nulls;
    if (nulls === null && gids === null) {
      counts[0] += rows;
      return;
    }
    for (let row = 0; row < rows; row++) {
      if (!isNull(nulls, row)) counts[gids === null ? 0 : gids[row]]++;
    }
  }

  protected mergeSlot(target: number, from: Slots, source: number): void {
    const rows = from.f64[source];
    if (!Number.isSafeInteger(rows) || rows < 0) corruptState("not a count");
    this.slots.f64[target] += rows;
  }

  protected finishRows(rows: number, slotOf: (row: number) => number): Vector {
    const values = new BigInt64Array(rows);
    for (let row = 0; row < rows; row++) values[row] = BigInt(this.slots.f64[slotOf(row)]);
    return { kind: "int", type: "LONG", rows, values, nulls: null };
  }
}

export const count: Aggregate = {
  name: "count",
  aliases: [],
  documentation: "Number of rows, or of rows where the argument is not NULL.",
  example: "COUNT(*)",
  version: 1,
  bind(args) {
    expectCount("count", args, { least: 0, most: 1 });
    return bound("count", args.length, "LONG");
  },
  layout: () => ({ kind: "fixed", stateBytes: 8 }),
  accumulator: () => new CountAccumulator(),
};
