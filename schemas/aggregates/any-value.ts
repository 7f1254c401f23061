/** ANYVALUE: a value that is not NULL: the first met, so the same each time. NULL without values. */
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { bound, expectCount } from "#schemas/aggregates/arguments";
import { extremeAccumulator, extremeLayout } from "#schemas/aggregates/extreme";

export const anyValue: Aggregate = {
  name: "anyValue",
  aliases: [],
  documentation:
    "ANYVALUE: a value that is not NULL: the first met, so the same each time. NULL without values.",
  example: "ANYVALUE(category)",
  version: 1,
  bind(args) {
    expectCount("anyValue", args, { least: 1, most: 1 });
    return bound("anyValue", 1, args[0].type);
  },
  layout: (call) => extremeLayout(call.type),
  accumulator: (call) => extremeAccumulator("first", call.type),
};
