/** MIN: the least value; text by UTF-8 bytes, NaN above every number. NULL without values. */
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { bound, expectCount } from "#schemas/aggregates/arguments";
import { extremeAccumulator, extremeLayout } from "#schemas/aggregates/extreme";

export const min: Aggregate = {
  name: "min",
  aliases: ["minlong", "minstring"],
  documentation: "MIN: the least value; text by UTF-8 bytes, NaN above every number. NULL without values.",
  example: "MIN(price)",
  version: 1,
  bind(args) {
    expectCount("min", args, { least: 1, most: 1 });
    return bound("min", 1, args[0].type);
  },
  layout: (call) => extremeLayout(call.type),
  accumulator: (call) => extremeAccumulator("least", call.type),
};
