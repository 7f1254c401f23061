/**
 * A literal takes its partner's type: 0.1 beside a FLOAT is the FLOAT that is shown as 0.1, '12' beside a LONG is one.
 * Where the partner's type does not hold its value, both meet in one that does.
 */
import { type Decimal, parseDecimal } from "#schemas/decimal";
import type { Argument } from "#schemas/functions/signature";
import { type SqlType, sqlTypes } from "#schemas/types";

export const isTextLiteral = (argument: Argument): boolean =>
  argument.type === "STRING" && argument.literal !== undefined && argument.literal !== null;

const numberTypes: readonly SqlType[] = ["INT", "LONG", "FLOAT", "DOUBLE", "BIG_DECIMAL"];

/** What the arguments are common for: compared, or chosen from. */
export interface Meeting {
  readonly isComparison: boolean;
}

/**
 * A number or a text that stands in the query and was not cast. Compared decimals yield even then, for doubles may be
 * NaN or infinite.
 */
const isFree = ({ type, literal, isCast }: Argument, { isComparison }: Meeting): boolean =>
  literal !== undefined &&
  literal !== null &&
  (isCast !== true || (type === "BIG_DECIMAL" && isComparison)) &&
  (type === "STRING" || numberTypes.includes(type));

const [longLeast, longMost] = sqlTypes.LONG.range;
const isLong = (value: bigint): boolean => value >= longLeast && value <= longMost;

/** As it was written; a double's own text where that is not known. */
const writtenOf = ({ written, literal }: Argument): string => written ?? String(literal).trim();

/** The whole number that a decimal is, or null. */
function wholeOf(decimal: Decimal | null): bigint | null {
  if (decimal === null) return null;
  const power = 10n ** BigInt(decimal.scale);
  return decimal.unscaled % power === 0n ? decimal.unscaled / power : null;
}

/** The type of a number written as text: LONG when it is one, BIG_DECIMAL past LONG, DOUBLE otherwise. */
export function numberTypeOf(text: string): "LONG" | "DOUBLE" | "BIG_DECIMAL" {
  if (!/^\s*[+-]?\d{1,40}\s*$/.test(text)) return "DOUBLE";
  return isLong(BigInt(text.trim().replace("+", ""))) ? "LONG" : "BIG_DECIMAL";
}

/** Whether the nearest FLOAT stands for the number: fractions always, whole numbers when it is the same one. */
function isFloat(value: number): boolean {
  const nearest = Math.fround(value);
  if (nearest === value || Number.isNaN(value)) return true;
  return Number.isFinite(nearest) && nearest !== 0 && !Number.isInteger(value);
}

/** The type that a free literal takes beside FLOATs or DOUBLEs. */
const besideFloats = (argument: Argument, partner: "FLOAT" | "DOUBLE"): SqlType =>
  partner === "FLOAT" && isFloat(Number(writtenOf(argument))) ? "FLOAT" : "DOUBLE";

/** Below it doubles and integers compare as their values do. */
const exactMax = 2 ** 53;

/** The type that a free literal takes beside integers in a comparison. */
function besideIntegers(argument: Argument): SqlType {
  const { type } = argument;
  if (type === "INT" || type === "LONG") return type;
  const decimal = parseDecimal(writtenOf(argument));
  const whole = wholeOf(decimal);
  if (whole !== null && isLong(whole)) return "LONG";
  return decimal === null || Math.abs(Number(writtenOf(argument))) < exactMax ? "DOUBLE" : "BIG_DECIMAL";
}

/** The arguments with free literals of their partners' type, which all that is no free literal has in common. */
export function besidePartners(
  args: readonly Argument[],
  partner: SqlType | null,
  meeting: Meeting,
): readonly Argument[] {
  const { isComparison } = meeting;
  const retyped = (typeOf: (argument: Argument) => SqlType): readonly Argument[] =>
    args.map((argument) => (isFree(argument, meeting) ? { ...argument, type: typeOf(argument) } : argument));
  if (partner === "FLOAT" || partner === "DOUBLE")
    return retyped((argument) => besideFloats(argument, partner));
  if (!isComparison || (partner !== "INT" && partner !== "LONG" && partner !== "TIMESTAMP")) return args;
  if (partner === "TIMESTAMP")
    return retyped((argument) => (argument.type === "DOUBLE" ? besideIntegers(argument) : argument.type));
  const exact = retyped(besideIntegers);
  const isFar = ({ literal }: Argument): boolean => Math.abs(Number(literal)) >= exactMax;
  // As a DOUBLE beside 2.5 a LONG would meet its neighbours.
  return exact.some(({ type }) => type === "DOUBLE") &&
    exact.some((each) => isFree(each, meeting) && isFar(each))
    ? exact.map((each) =>
        isFree(each, meeting) && Number.isFinite(Number(each.literal))
          ? { ...each, type: "BIG_DECIMAL" }
          : each,
      )
    : exact;
}

/** What all that is no free literal is asked for: its types. */
export const partnersOf = (args: readonly Argument[], meeting: Meeting): readonly SqlType[] =>
  args.filter((argument) => !isFree(argument, meeting)).map((argument) => argument.type);
