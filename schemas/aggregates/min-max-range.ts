/** MINMAXRANGE: greatest minus least, as a DOUBLE. State => least:f64 greatest:f64 present:f64 */
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { bound, expectCount, expectType } from "#schemas/aggregates/arguments";
import { FixedAccumulator, type Slots } from "#schemas/aggregates/fixed";
import { doubleLess, isNull, NullMarks } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";

class RangeAccumulator extends FixedAccumulator {
  constructor() {
    super(3);
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const [vector] = args;
    assert(vector.kind !== "text", "MINMAXRANGE is over numbers");
    for (let row = 0; row < rows; row++) {
      if (isNull(vector.nulls, row)) continue;
      const value = Number(vector.values[row]);
      this.offer((gids === null ? 0 : gids[row]) * 3, value, value);
    }
  }

  private offer(slot: number, least: number, greatest: number): void {
    const { f64 } = this.slots;
    if (f64[slot + 2] === 0 || doubleLess(least, f64[slot])) f64[slot] = least;
    if (f64[slot + 2] === 0 || doubleLess(f64[slot + 1], greatest)) f64[slot + 1] = greatest;
    f64[slot + 2] = 1;
  }

  protected mergeSlot(target: number, from: Slots, source: number): void {
    if (from.f64[source + 2] !== 0) this.offer(target, from.f64[source], from.f64[source + 1]);
  }

  protected finishRows(rows: number, slotOf: (row: number) => number): Vector {
    const values = new Float64Array(rows);
    const nulls = new NullMarks(rows);
    for (let row = 0; row < rows; row++) {
      const slot = slotOf(row);
      const { f64 } = this.slots;
      if (f64[slot + 2] === 0) nulls.mark(row);
      else values[row] = f64[slot + 1] - f64[slot];
    }
    return { kind: "double", type: "DOUBLE", rows, values, nulls: nulls.bits };
  }
}

export const minMaxRange: Aggregate = {
  name: "minMaxRange",
  aliases: [],
  documentation: "Greatest value minus least value, as a DOUBLE. NULL without values.",
  example: "MINMAXRANGE(price)",
  version: 1,
  bind(args) {
    expectCount("minMaxRange", args, { least: 1, most: 1 });
    expectType("minMaxRange", args, {
      index: 0,
      types: ["INT", "LONG", "FLOAT", "DOUBLE", "TIMESTAMP", "DATE"],
    });
    return bound("minMaxRange", 1, "DOUBLE");
  },
  layout: () => ({ kind: "fixed", stateBytes: 24 }),
  accumulator: () => new RangeAccumulator(),
};
