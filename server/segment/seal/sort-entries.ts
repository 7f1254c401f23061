/** Sorting many byte strings: by windows of eight bytes as two words, then within groups that are equal so far. */
import { type CompareEntries, compareBytes } from "#server/encode/bytes";
import { identity, sortByWord } from "#server/segment/seal/radix-sort";

/** Strings in one array: entry i is bytes[starts[i] … starts[i] + lengths[i]). */
export interface TextPool {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
  readonly count: number;
}

const smallGroup = 24;

/** The order of the entries by their bytes; equal ones in any order. */
export function sortEntries(pool: TextPool): Uint32Array {
  const { bytes, starts, lengths, count } = pool;
  const order = identity(count);
  const spare = new Uint32Array(count);
  const high = new Uint32Array(count);
  const low = new Uint32Array(count);
  const work: { from: number; until: number; depth: number }[] = [{ from: 0, until: count, depth: 0 }];
  while (work.length > 0) {
    const { from, until, depth } = work.pop()!;
    if (until - from <= smallGroup) {
      insertionSort(order, pool, from, until, depth);
      continue;
    }
    for (let at = from; at < until; at++) {
      const entry = order[at];
      const left = lengths[entry] - depth;
      const start = starts[entry] + depth;
      high[entry] = wordAt(bytes, start, left);
      low[entry] = wordAt(bytes, start + 4, left - 4);
    }
    sortByWord(order, spare, low, from, until);
    sortByWord(order, spare, high, from, until);
    for (let start = from; start < until; ) {
      const entry = order[start];
      let end = start + 1;
      while (end < until && high[order[end]] === high[entry] && low[order[end]] === low[entry]) end++;
      if (end - start > 1) {
        const open = finishShort(order, lengths, start, end, depth + 8);
        if (end - open > 1) work.push({ from: open, until: end, depth: depth + 8 });
      }
      start = end;
    }
  }
  return order;
}

/** Up to four bytes as a word, first byte highest, zeros where the entry has ended. */
function wordAt(bytes: Uint8Array, at: number, left: number): number {
  if (left >= 4)
    return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  if (left <= 0) return 0;
  let word = bytes[at] << 24;
  if (left > 1) word |= bytes[at + 1] << 16;
  if (left > 2) word |= bytes[at + 2] << 8;
  return word >>> 0;
}

/**
 * Of entries that are equal so far: those that have ended come first, shorter ones before longer ones (they differ in
 * zero bytes only). Returns where the others begin.
 */
function finishShort(
  order: Uint32Array,
  lengths: Uint32Array,
  from: number,
  until: number,
  depth: number,
): number {
  const ended: number[] = [];
  const others: number[] = [];
  for (let at = from; at < until; at++) (lengths[order[at]] <= depth ? ended : others).push(order[at]);
  if (ended.length === 0) return from;
  ended.sort((a, b) => lengths[a] - lengths[b]);
  order.set(ended, from);
  order.set(others, from + ended.length);
  return from + ended.length;
}

function insertionSort(order: Uint32Array, pool: TextPool, from: number, until: number, depth: number): void {
  const { bytes, starts, lengths } = pool;
  for (let at = from + 1; at < until; at++) {
    const entry = order[at];
    const start = starts[entry] + depth;
    const length = lengths[entry] - depth;
    let place = at;
    for (; place > from; place--) {
      const before = order[place - 1];
      if (compareBytes(bytes, starts[before] + depth, lengths[before] - depth, bytes, start, length) <= 0)
        break;
      order[place] = before;
    }
    order[place] = entry;
  }
}

/** The same by any order of entries, for the rare types. */
export function sortEntriesBy(
  { bytes, starts, lengths, count }: TextPool,
  compare: CompareEntries,
): Uint32Array {
  return identity(count).sort((a, b) => compare(bytes, starts[a], lengths[a], bytes, starts[b], lengths[b]));
}
