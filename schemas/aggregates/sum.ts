/** SUM: integers exactly in 128 bits with a LONG answer, doubles as DOUBLE, decimals exactly. NULL without values. */
import type { Aggregate, StateCall } from "#schemas/aggregates/aggregate";
import { bound, expectCount, expectNumber, isDouble, isInteger } from "#schemas/aggregates/arguments";
import { SumDecimalAccumulator } from "#schemas/aggregates/sum-decimal";
import { SumDoubleAccumulator } from "#schemas/aggregates/sum-double";
import { SumIntegerAccumulator } from "#schemas/aggregates/sum-integer";
import type { SqlType } from "#schemas/types";

const resultOf = (type: SqlType): SqlType =>
  isDouble(type) ? "DOUBLE" : isInteger(type) ? "LONG" : "BIG_DECIMAL";

export const sum: Aggregate = {
  name: "sum",
  aliases: ["sumint", "sumlong"],
  documentation: "Sum of the values that are not NULL; NULL when there is none.",
  example: "SUM(total_purchase)",
  version: 1,
  bind(args) {
    expectCount("sum", args, { least: 1, most: 1 });
    return bound("sum", 1, resultOf(expectNumber("sum", args, 0)));
  },
  layout(call: StateCall) {
    const [{ type }] = call.args;
    if (isDouble(type)) return { kind: "fixed", stateBytes: 16 };
    return isInteger(type) ? { kind: "fixed", stateBytes: 24 } : { kind: "variable" };
  },
  accumulator(call: StateCall) {
    const [{ type }] = call.args;
    if (isDouble(type)) return new SumDoubleAccumulator("sum");
    if (isInteger(type)) return new SumIntegerAccumulator("sum");
    return new SumDecimalAccumulator({ kind: "sum", precision: null, scale: null }, type);
  },
};
