/**
 * Exact decimals: an integer and how many of its digits are behind the point. The canonical text has no exponent, no
 * trailing zero behind the point, no plus and no negative zero, so equal values are equal bytes.
 */
import { StoreError } from "#schemas/errors";
import { schemaBounds } from "#schemas/limits";

export interface Decimal {
  readonly unscaled: bigint;
  /** ≥ 0. */
  readonly scale: number;
}

export const decimalDigitsMax = schemaBounds.decimalDigits;
/** Significant digits of a quotient that does not end. */
const quotientDigits = 34;

const powers: bigint[] = [1n];
/** 10 to a power of 0 or more. */
export const powerOfTen = (exponent: number): bigint => (powers[exponent] ??= 10n ** BigInt(exponent));

const shape = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?\s*$/;

/** The decimal that the text writes ("-12.50", "1e3"), or null. */
export function parseDecimal(text: string): Decimal | null {
  const match = shape.exec(text);
  if (match === null) return null;
  const whole = match[2];
  const fraction = match[3] ?? "";
  const exponent = Number(match[4] ?? 0);
  if (whole.length + fraction.length === 0) return null;
  if (whole.length + fraction.length + Math.abs(exponent) > decimalDigitsMax) return null;
  const digits = BigInt(whole + fraction);
  const unscaled = match[1] === "-" ? -digits : digits;
  const scale = fraction.length - exponent;
  return scale >= 0 ? { unscaled, scale } : { unscaled: unscaled * powerOfTen(-scale), scale: 0 };
}

/** The canonical text of a decimal. */
export function formatDecimal({ unscaled, scale }: Decimal): string {
  if (scale === 0) return unscaled.toString();
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 48) end--;
  const text =
    end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`;
  return unscaled < 0n ? `-${text}` : text;
}

/** The canonical form of a number's text, or null when it is none. */
export function canonicalDecimal(text: string): string | null {
  const decimal = parseDecimal(text);
  return decimal === null ? null : formatDecimal(decimal);
}

/** The decimal behind canonical text; VALUE_SYNTAX for anything else. */
export function decimalOf(text: string): Decimal {
  const decimal = parseDecimal(text);
  if (decimal === null) throw new StoreError("VALUE_SYNTAX", `expected a decimal number, found "${text}"`);
  return decimal;
}

/** The decimal with the fewest digits that reads as this double; NaN and the infinities have none. */
export function decimalOfNumber(value: number): Decimal {
  const decimal = Number.isFinite(value) ? parseDecimal(String(value)) : null;
  if (decimal === null) throw new StoreError("VALUE_RANGE", `${value} is not a decimal number`);
  return decimal;
}

export const numberOfDecimal = ({ unscaled, scale }: Decimal): number => Number(`${unscaled}e${-scale}`) + 0;

const unscaledAt = (value: Decimal, scale: number): bigint =>
  value.unscaled * powerOfTen(scale - value.scale);

/** < 0, 0 or > 0, by value. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const scale = Math.max(left.scale, right.scale);
  const [a, b] = [unscaledAt(left, scale), unscaledAt(right, scale)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The same for canonical texts; what is no number comes first. */
export function compareDecimalTexts(left: string, right: string): number {
  if (left === right) return 0;
  const a = parseDecimal(left);
  const b = parseDecimal(right);
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return compareDecimals(a, b);
}

export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return { unscaled: unscaledAt(left, scale) + unscaledAt(right, scale), scale };
}

export const negateDecimal = (value: Decimal): Decimal => ({ unscaled: -value.unscaled, scale: value.scale });

export const subtractDecimals = (left: Decimal, right: Decimal): Decimal =>
  addDecimals(left, negateDecimal(right));

export function multiplyDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = left.scale + right.scale;
  if (scale > decimalDigitsMax)
    throw new StoreError(
      "VALUE_RANGE",
      `a product with ${scale} digits behind the point exceeds ${decimalDigitsMax}`,
    );
  return { unscaled: left.unscaled * right.unscaled, scale };
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** The quotient of integers, rounded half away from zero. */
function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const remainder = dividend % divisor;
  if (magnitude(remainder) * 2n < magnitude(divisor)) return quotient;
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}

/** Exact where the quotient ends within 34 significant digits, else rounded to them, half away from zero. */
export function divideDecimals(left: Decimal, right: Decimal): Decimal {
  if (right.unscaled === 0n) throw new StoreError("VALUE_RANGE", "division of a decimal by zero");
  const lengths = magnitude(left.unscaled).toString().length - magnitude(right.unscaled).toString().length;
  const shift = Math.max(0, quotientDigits - lengths, right.scale - left.scale);
  const unscaled = divideHalfUp(left.unscaled * powerOfTen(shift), right.unscaled);
  return { unscaled, scale: left.scale - right.scale + shift };
}

/** The remainder with the sign of left. */
export function remainderDecimals(left: Decimal, right: Decimal): Decimal {
  if (right.unscaled === 0n) throw new StoreError("VALUE_RANGE", "division of a decimal by zero");
  const scale = Math.max(left.scale, right.scale);
  return { unscaled: unscaledAt(left, scale) % unscaledAt(right, scale), scale };
}

export type Rounding = "halfUp" | "towardZero" | "floor" | "ceiling";

/** The value with at most `digits` digits behind the point; a negative number rounds before it. */
export function roundDecimal(value: Decimal, digits: number, rounding: Rounding): Decimal {
  if (digits >= value.scale) return value;
  if (value.scale - digits > 2 * decimalDigitsMax) return { unscaled: 0n, scale: 0 };
  const unit = powerOfTen(value.scale - digits);
  let quotient: bigint;
  if (rounding === "halfUp") quotient = divideHalfUp(value.unscaled, unit);
  else {
    quotient = value.unscaled / unit;
    const rest = value.unscaled % unit;
    if (rounding === "floor" && rest < 0n) quotient -= 1n;
    if (rounding === "ceiling" && rest > 0n) quotient += 1n;
  }
  return digits >= 0
    ? { unscaled: quotient, scale: digits }
    : { unscaled: quotient * powerOfTen(-digits), scale: 0 };
}
