/** Functions on numbers. */
import { isFloating, isInteger } from "#schemas/functions/coerce";
import { type Argument, type SignatureEntry, signaturesOf } from "#schemas/functions/signature";
import type { SqlType } from "#schemas/types";

/** INT stays safe as LONG; FLOAT computes as DOUBLE; the rest keep their type. */
const widened = (args: readonly Argument[]): SqlType =>
  args[0].type === "INT" ? "LONG" : isFloating(args[0].type) ? "DOUBLE" : args[0].type;

/** A function of one or more doubles. */
const real = (
  name: string,
  doc: string,
  example: readonly [string, string],
  more: Partial<SignatureEntry> = {},
): SignatureEntry => ({ name, parameters: "x: double", result: "DOUBLE", doc, examples: [example], ...more });

/** A function of integers. */
const whole = (
  name: string,
  doc: string,
  example: readonly [string, string],
  parameters = "left: integer, right: integer",
): SignatureEntry => ({ name, parameters, result: "LONG", doc, examples: [example] });

const rounding = "x: any, digits?: integer";

const entries: readonly SignatureEntry[] = [
  {
    name: "abs",
    parameters: "x: number",
    result: widened,
    doc: "The value without its sign.",
    examples: [["abs(-3)", "3"]],
  },
  {
    name: "ceil",
    aliases: ["ceiling"],
    parameters: "x: number",
    result: widened,
    doc: "The smallest whole number not below x.",
    examples: [["ceil(1.2)", "2.0"]],
  },
  {
    name: "floor",
    parameters: "x: number",
    result: widened,
    doc: "The largest whole number not above x.",
    examples: [["floor(-1.2)", "-2.0"]],
  },
  {
    name: "round",
    parameters: rounding,
    result: (args) =>
      args[0].type === "TIMESTAMP" ? "TIMESTAMP" : args[0].type === "UNKNOWN" ? "DOUBLE" : widened(args),
    doc:
      "x rounded to a number of decimal digits, halves away from zero. A TIMESTAMP, or an integer with a second " +
      "argument above 18, is rounded down to a multiple of it: ROUND(ts, 300000) starts its five minutes. In the `pinot` " +
      "dialect see roundTo.",
    examples: [
      ["round(2.675, 2)", "2.68"],
      ["round(1234, -2)", "1200"],
      ["round(TIMESTAMP '2026-01-01 00:07:30', 300000)", "TIMESTAMP '2026-01-01 00:05:00'"],
    ],
  },
  {
    name: "roundTo",
    parameters: "x: time, size: integer",
    result: (args) => (isInteger(args[0].type) ? "LONG" : "TIMESTAMP"),
    doc:
      "An integer or a time cut towards zero to a multiple of size. In the `pinot` dialect ROUND(x, size) of integers and " +
      "times is this, as in Pinot.",
    examples: [["roundTo(1699173605, 10)", "1699173600"]],
  },
  {
    name: "roundDecimal",
    parameters: "x: number, digits?: integer",
    result: widened,
    doc: "x rounded to a number of decimal digits, halves away from zero.",
    examples: [["roundDecimal(1.25, 1)", "1.3"]],
  },
  {
    name: "truncate",
    aliases: ["trunc"],
    parameters: "x: number, digits?: integer",
    result: widened,
    doc: "x cut to a number of decimal digits, towards zero.",
    examples: [["truncate(-1.29, 1)", "-1.2"]],
  },
  real("sign", "-1, 0 or 1.", ["sign(-2.5)", "-1.0"]),
  real("exp", "e to the power of x.", ["exp(0)", "1.0"]),
  real("exp2", "2 to the power of x.", ["exp2(10)", "1024.0"]),
  real("exp10", "10 to the power of x.", ["exp10(3)", "1000.0"]),
  real("ln", "Natural logarithm.", ["ln(1)", "0.0"], { aliases: ["log"] }),
  real("log2", "Logarithm to base 2.", ["log2(8)", "3.0"]),
  real("log10", "Logarithm to base 10.", ["log10(1000)", "3.0"]),
  real("log1p", "Natural logarithm of 1 + x.", ["log1p(0)", "0.0"]),
  real("sqrt", "Square root.", ["sqrt(9)", "3.0"]),
  real("cbrt", "Cube root.", ["cbrt(27)", "3.0"]),
  real("pow", "x to the power of y.", ["pow(2, 3)", "8.0"], {
    aliases: ["power"],
    parameters: "x: double, y: double",
  }),
  real("hypot", "√(x² + y²).", ["hypot(3, 4)", "5.0"], { parameters: "x: double, y: double" }),
  real("sin", "Sine of radians.", ["sin(0)", "0.0"]),
  real("cos", "Cosine of radians.", ["cos(0)", "1.0"]),
  real("tan", "Tangent of radians.", ["tan(0)", "0.0"]),
  real("cot", "Cotangent of radians.", ["round(cot(1), 6)", "0.642093"]),
  real("asin", "Arc sine.", ["asin(0)", "0.0"]),
  real("acos", "Arc cosine.", ["acos(1)", "0.0"]),
  real("atan", "Arc tangent.", ["atan(0)", "0.0"]),
  real("atan2", "Angle of the point (x, y).", ["atan2(0, 1)", "0.0"], {
    parameters: "y: double, x: double",
  }),
  real("sinh", "Hyperbolic sine.", ["sinh(0)", "0.0"]),
  real("cosh", "Hyperbolic cosine.", ["cosh(0)", "1.0"]),
  real("tanh", "Hyperbolic tangent.", ["tanh(0)", "0.0"]),
  real("degrees", "Radians as degrees.", ["degrees(pi())", "180.0"]),
  real("radians", "Degrees as radians.", ["radians(0)", "0.0"]),
  real("pi", "π.", ["round(pi(), 6)", "3.141593"], { parameters: "" }),
  real("e", "Euler's number.", ["round(e(), 6)", "2.718282"], { parameters: "" }),
  real("isNaN", "1 for NaN, else 0.", ["isNaN(0)", "0"], { result: "INT" }),
  real("isFinite", "0 for NaN and the infinities, else 1.", ["isFinite(1)", "1"], { result: "INT" }),
  real("isInfinite", "1 for the infinities, else 0.", ["isInfinite(divide(1, 0))", "1"], { result: "INT" }),
  real(
    "ifNotFinite",
    "x, or the second value for NaN and the infinities.",
    ["ifNotFinite(divide(1, 0), 0)", "0.0"],
    { parameters: "x: double, otherwise: double" },
  ),
  real(
    "widthBucket",
    "Which of n equal buckets of [low, high) holds x: 1 … n; 0 below, n + 1 above.",
    ["widthBucket(5, 0, 10, 5)", "3"],
    { result: "INT", parameters: "x: double, low: double, high: double, n: double" },
  ),
  whole("div", "Whole quotient, towards zero. By zero is an error.", ["div(-7, 2)", "-3"]),
  whole("intDiv", "Whole quotient, rounded down. By zero is an error.", ["intDiv(-7, 2)", "-4"]),
  whole("intDivOrZero", "As intDiv, but 0 when divided by zero.", ["intDivOrZero(7, 0)", "0"]),
  whole("moduloOrZero", "Remainder, but 0 when divided by zero.", ["moduloOrZero(7, 0)", "0"]),
  whole("positiveModulo", "Remainder that is never negative.", ["positiveModulo(-7, 3)", "2"]),
  whole("gcd", "Greatest common divisor.", ["gcd(12, 18)", "6"]),
  whole("lcm", "Least common multiple.", ["lcm(4, 6)", "12"]),
  whole("bitAnd", "Bits set in both.", ["bitAnd(6, 3)", "2"]),
  whole("bitOr", "Bits set in one.", ["bitOr(6, 3)", "7"]),
  whole("bitXor", "Bits set in exactly one.", ["bitXor(6, 3)", "5"]),
  whole("bitNot", "Every bit turned.", ["bitNot(0)", "-1"], "value: integer"),
  whole("bitShiftLeft", "Bits moved left, by the count modulo 64.", ["bitShiftLeft(1, 4)", "16"]),
  whole("bitShiftRight", "Bits moved right, the sign kept.", ["bitShiftRight(-16, 2)", "-4"]),
  whole("bitCount", "Number of bits set.", ["bitCount(255)", "8"], "value: integer"),
];

export const numberSignatures = signaturesOf("number", entries);
