/** Stable sorting of permutations by 32-bit words: what sealing orders rows and dictionary entries with. */

const largeRows = 1 << 15;
const counts = new Uint32Array(1 << 16);

/**
 * Sorts order[from … until − 1] by words[order[i]], stable. `spare` has the same length as `order`. Digits
 * that are the same in every word cost nothing.
 */
export function sortByWord(
  order: Uint32Array,
  spare: Uint32Array,
  words: Uint32Array,
  from: number,
  until: number,
): void {
  let differing = 0;
  const first = words[order[from]];
  for (let at = from + 1; at < until; at++) differing |= words[order[at]] ^ first;
  if (differing === 0) return;
  const digitBits = until - from >= largeRows ? 16 : 8;
  const digits = 1 << digitBits;
  for (let shift = 0; shift < 32; shift += digitBits) {
    if (((differing >>> shift) & (digits - 1)) === 0) continue;
    sortByDigit(order, spare, words, { from, until, shift, digits });
  }
}

interface Digit {
  readonly from: number;
  readonly until: number;
  readonly shift: number;
  readonly digits: number;
}

function sortByDigit(
  order: Uint32Array,
  spare: Uint32Array,
  words: Uint32Array,
  { from, until, shift, digits }: Digit,
): void {
  const mask = digits - 1;
  counts.fill(0, 0, digits);
  for (let at = from; at < until; at++) counts[(words[order[at]] >>> shift) & mask]++;
  let start = from;
  for (let digit = 0; digit < digits; digit++) {
    const count = counts[digit];
    counts[digit] = start;
    start += count;
  }
  for (let at = from; at < until; at++) {
    const index = order[at];
    spare[counts[(words[index] >>> shift) & mask]++] = index;
  }
  order.set(spare.subarray(from, until), from);
}

/** 0, 1, 2 … */
export function identity(count: number): Uint32Array {
  const order = new Uint32Array(count);
  for (let at = 0; at < count; at++) order[at] = at;
  return order;
}
