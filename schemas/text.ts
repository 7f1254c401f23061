/** The one order of text: by UTF-8 bytes, which is the order of code points. JavaScript's `<` compares UTF-16 units. */

/** Negative when `left` comes first, positive when `right` does, 0 when they are equal. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const first = left.charCodeAt(at);
    const second = right.charCodeAt(at);
    if (first === second) continue;
    // Surrogates (code points past U+FFFF) sort after U+E000 … U+FFFF although their units are smaller.
    const firstHigh = first >= 0xd800 && first <= 0xdfff;
    const secondHigh = second >= 0xd800 && second <= 0xdfff;
    if (firstHigh !== secondHigh && first >= 0xd800 && second >= 0xd800) return firstHigh ? 1 : -1;
    return first - second;
  }
  return left.length - right.length;
}
