/** Order and equality of byte strings: UTF-8 text compares by its bytes, decimals by their value. */

/** Compares two stretches of bytes; they may lie in different memories. Negative, zero or positive. */
export function compareBytes(
  left: Uint8Array,
  leftStart: number,
  leftLength: number,
  right: Uint8Array,
  rightStart: number,
  rightLength: number,
): number {
  const length = leftLength < rightLength ? leftLength : rightLength;
  for (let at = 0; at < length; at++) {
    const difference = left[leftStart + at] - right[rightStart + at];
    if (difference !== 0) return difference;
  }
  return leftLength - rightLength;
}

/** Are two stretches of one length equal? */
export function equalBytes(
  left: Uint8Array,
  leftStart: number,
  right: Uint8Array,
  rightStart: number,
  length: number,
): boolean {
  for (let at = 0; at < length; at++) {
    if (left[leftStart + at] !== right[rightStart + at]) return false;
  }
  return true;
}

const minus = 0x2d;
const point = 0x2e;

/** Compares two canonical plain decimals ("-12.5", no needless zeros, no plus sign) by value. */
export function compareDecimals(
  left: Uint8Array,
  leftStart: number,
  leftLength: number,
  right: Uint8Array,
  rightStart: number,
  rightLength: number,
): number {
  const leftMinus = leftLength > 0 && left[leftStart] === minus;
  const rightMinus = rightLength > 0 && right[rightStart] === minus;
  if (leftMinus !== rightMinus) return leftMinus ? -1 : 1;
  const skip = leftMinus ? 1 : 0;
  const sign = leftMinus ? -1 : 1;
  const leftWhole = wholeDigits(left, leftStart + skip, leftLength - skip);
  const rightWhole = wholeDigits(right, rightStart + skip, rightLength - skip);
  if (leftWhole !== rightWhole) return sign * (leftWhole - rightWhole);
  return (
    sign *
    compareBytes(left, leftStart + skip, leftLength - skip, right, rightStart + skip, rightLength - skip)
  );
}

function wholeDigits(bytes: Uint8Array, start: number, length: number): number {
  for (let at = 0; at < length; at++) if (bytes[start + at] === point) return at;
  return length;
}

/** How the entries of a column order. */
export type CompareEntries = typeof compareBytes;
