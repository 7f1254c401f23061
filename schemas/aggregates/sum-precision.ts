/** SUMPRECISION(x [, precision [, scale]]): the exact sum as a BIG_DECIMAL, rounded half up where asked. */
import type { Aggregate, StateCall } from "#schemas/aggregates/aggregate";
import { bound, expectCount, expectNumber, literalNumber } from "#schemas/aggregates/arguments";
import { SumDecimalAccumulator } from "#schemas/aggregates/sum-decimal";

const parameterOf = (call: StateCall, index: number): number | null => {
  const parameter = call.parameters[index];
  return typeof parameter === "number" ? parameter : null;
};

export const sumPrecision: Aggregate = {
  name: "sumPrecision",
  aliases: [],
  documentation: "Exact decimal sum; optionally rounded to significant digits and to digits after the point.",
  example: "SUMPRECISION(total_purchase, 20, 2)",
  version: 1,
  bind(args) {
    expectCount("sumPrecision", args, { least: 1, most: 3 });
    expectNumber("sumPrecision", args, 0);
    const parameters = args.slice(1).map((_, index) =>
      literalNumber("sumPrecision", args, {
        index: index + 1,
        least: index === 0 ? 1 : 0,
        most: 1000,
        whole: true,
      }),
    );
    return bound("sumPrecision", 1, "BIG_DECIMAL", parameters);
  },
  layout: () => ({ kind: "variable" }),
  accumulator: (call) =>
    new SumDecimalAccumulator(
      { kind: "sum", precision: parameterOf(call, 0), scale: parameterOf(call, 1) },
      call.args[0].type,
    ),
};
