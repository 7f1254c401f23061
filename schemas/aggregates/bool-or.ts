/** BOOLOR: true when some value is true. NULL without values. */
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { bound, expectCount, expectType } from "#schemas/aggregates/arguments";
import { extremeAccumulator, extremeLayout } from "#schemas/aggregates/extreme";

export const boolOr: Aggregate = {
  name: "boolOr",
  aliases: [],
  documentation: "BOOLOR: true when some value is true. NULL without values.",
  example: "BOOLOR(is_member)",
  version: 1,
  bind(args) {
    expectCount("boolOr", args, { least: 1, most: 1 });
    expectType("boolOr", args, { index: 0, types: ["BOOLEAN"] });
    return bound("boolOr", 1, "BOOLEAN");
  },
  layout: () => extremeLayout("BOOLEAN"),
  accumulator: () => extremeAccumulator("greatest", "BOOLEAN"),
};
