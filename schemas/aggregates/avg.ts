/** AVG: a DOUBLE from an exact sum where the argument is exact. Shares its states with SUM. */
import type { Aggregate, StateCall } from "#schemas/aggregates/aggregate";
import { bound, expectCount, expectNumber, isDouble, isInteger } from "#schemas/aggregates/arguments";
import { sum } from "#schemas/aggregates/sum";
import { SumDecimalAccumulator } from "#schemas/aggregates/sum-decimal";
import { SumDoubleAccumulator } from "#schemas/aggregates/sum-double";
import { SumIntegerAccumulator } from "#schemas/aggregates/sum-integer";

export const avg: Aggregate = {
  name: "avg",
  aliases: ["mean"],
  documentation: "Average of the values that are not NULL, as a DOUBLE.",
  example: "AVG(price)",
  version: 1,
  bind(args) {
    expectCount("avg", args, { least: 1, most: 1 });
    expectNumber("avg", args, 0);
    return bound("avg", 1, "DOUBLE");
  },
  layout: sum.layout,
  accumulator(call: StateCall) {
    const [{ type }] = call.args;
    if (isDouble(type)) return new SumDoubleAccumulator("average");
    if (isInteger(type)) return new SumIntegerAccumulator("average");
    return new SumDecimalAccumulator({ kind: "average", precision: null, scale: null }, type);
  },
};
