/** Whole numbers as literals. */
import { literal } from "#broker/bind/constant";
import type { Expression } from "#schemas/plan/expression";
import { sqlTypes } from "#schemas/types";

const fits = (value: bigint, type: "INT" | "LONG"): boolean => {
  const [least, most] = sqlTypes[type].range;
  return value >= least && value <= most;
};

/** A whole number as a literal of the smallest type that holds it. */
export function integerLiteral(value: bigint): Expression {
  if (fits(value, "INT")) return literal("INT", value);
  return fits(value, "LONG") ? literal("LONG", value) : literal("BIG_DECIMAL", value.toString());
}
