/**
 * Exact decimals as text: BIG_DECIMAL values are canonical plain text ("-12.5", "0", "3"): no exponent, no plus sign,
 * no leading zeros, no trailing zeros after the point, no "-0". So equal values are equal bytes.
 */

/** value = unscaled / 10^scale */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

const powers: bigint[] = [1n];

export function powerOfTen(exponent: number): bigint {
  while (powers.length <= exponent) powers.push(powers[powers.length - 1] * 10n);
  return powers[exponent];
}

const decimalPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;

/** Digits a decimal may have; longer ones are refused by `parseDecimal`. */
export const decimalDigitsMax = 4096;

/** The decimal a text says, or null when it says none. Exponents are allowed here. */
export function parseDecimal(text: string): Decimal | null {
  const match = decimalPattern.exec(text.trim());
  if (match === null) return null;
  const whole = match[2];
  const fraction = match[3] ?? "";
  if (whole.length + fraction.length === 0) return null;
  const exponent = match[4] === undefined ? 0 : Number(match[4]);
  if (whole.length + fraction.length + Math.abs(exponent) > decimalDigitsMax) return null;
  const digits = BigInt(whole + fraction);
  const signed = match[1] === "-" ? -digits : digits;
  const scale = fraction.length - exponent;
  return scale >= 0 ? { unscaled: signed, scale } : { unscaled: signed * powerOfTen(-scale), scale: 0 };
}

/** Canonical text. */
export function formatDecimal(decimal: Decimal): string {
  let { unscaled, scale } = decimal;
  if (unscaled === 0n) return "0";
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`;
  return negative ? `-${text}` : text;
}

export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return {
    unscaled:
      left.unscaled * powerOfTen(scale - left.scale) + right.unscaled * powerOfTen(scale - right.scale),
    scale,
  };
}

/** Negative, zero or positive as left is less than, equal to or greater than right. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const scale = Math.max(left.scale, right.scale);
  const a = left.unscaled * powerOfTen(scale - left.scale);
  const b = right.unscaled * powerOfTen(scale - right.scale);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The same for canonical texts. */
export function compareDecimalTexts(left: string, right: string): number {
  if (left === right) return 0;
  const a = parseDecimal(left);
  const b = parseDecimal(right);
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return compareDecimals(a, b);
}
