/** MAX: the greatest value; text by UTF-8 bytes, NaN above every number. NULL without values. */
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { bound, expectCount } from "#schemas/aggregates/arguments";
import { extremeAccumulator, extremeLayout } from "#schemas/aggregates/extreme";

export const max: Aggregate = {
  name: "max",
  aliases: ["maxlong", "maxstring"],
  documentation: "MAX: the greatest value; text by UTF-8 bytes, NaN above every number. NULL without values.",
  example: "MAX(price)",
  version: 1,
  bind(args) {
    expectCount("max", args, { least: 1, most: 1 });
    return bound("max", 1, args[0].type);
  },
  layout: (call) => extremeLayout(call.type),
  accumulator: (call) => extremeAccumulator("greatest", call.type),
};
