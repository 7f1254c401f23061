/** BOOLAND: true when every value that is not NULL is true. NULL without values. */
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { bound, expectCount, expectType } from "#schemas/aggregates/arguments";
import { extremeAccumulator, extremeLayout } from "#schemas/aggregates/extreme";

export const boolAnd: Aggregate = {
  name: "boolAnd",
  aliases: ["every"],
  documentation: "BOOLAND: true when every value that is not NULL is true. NULL without values.",
  example: "BOOLAND(is_member)",
  version: 1,
  bind(args) {
    expectCount("boolAnd", args, { least: 1, most: 1 });
    expectType("boolAnd", args, { index: 0, types: ["BOOLEAN"] });
    return bound("boolAnd", 1, "BOOLEAN");
  },
  layout: () => extremeLayout("BOOLEAN"),
  accumulator: () => extremeAccumulator("least", "BOOLEAN"),
};
