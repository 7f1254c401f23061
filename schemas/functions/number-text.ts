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
