/** Numbers as text: doubles by their fewest digits, and never looking like an integer. */

/** "12.0", "0.1", "1.0E21", "NaN", "-Infinity". */
export function doubleText(value: number): string {
  const text = String(value === 0 ? 0 : value);
  if (!/[.eNI]/.test(text)) return `${text}.0`;
  const exponent = text.indexOf("e");
  if (exponent < 0) return text;
  const digits = text.slice(0, exponent);
  return `${digits.includes(".") ? digits : `${digits}.0`}E${text.slice(exponent + 1).replace("+", "")}`;
}

/** As `doubleText`, with the fewest digits that name this 32-bit float. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return doubleText(short);
  }
  return doubleText(value);
}

/** Adding and taking away 1.5 · 2^52 rounds to the nearest integer. */
const rounder = 6_755_399_441_055_744;
const hundredthTexts = Array.from({ length: 100 }, (_, hundredths) =>
  hundredths % 10 === 0 ? `.${hundredths / 10}` : `.${hundredths < 10 ? "0" : ""}${hundredths}`,
);

/**
 * The text of a number with two digits behind the point at most, as money has, or null for any other. Below these
 * bounds two neighbouring hundredths are two numbers, so the text is the shortest; it takes a fifth of the time of
 * finding the fewest digits of any number.
 */
export function hundredthsText(value: number, { isFloat }: { readonly isFloat: boolean }): string | null {
  const units = value * 100 + rounder - rounder;
  const most = isFloat ? 2 ** 23 : 2 ** 30;
  if (!(units <= most && units >= -most)) return null;
  const back = units / 100;
  if ((isFloat ? Math.fround(back) : back) !== value || Object.is(value, -0)) return null;
  const size = units < 0 ? -units : units;
  const whole = Math.floor(size / 100);
  const text = whole + hundredthTexts[size - whole * 100];
  return units < 0 ? `-${text}` : text;
}
