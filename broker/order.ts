/**
 * The order of rows: by several keys, NULLs first or last, text by UTF-8 bytes, decimals by value, NaN after every
 * number. Rows that are equal in all keys stay in the order they had.
 */
import { entryAt, isNullAt } from "#broker/vectors";
import { compareBytes } from "#schemas/aggregates/vectors";
import type { TextEntries, Vector } from "#schemas/batch";
import { compareDecimalTexts } from "#schemas/decimal";

export interface SortKey {
  readonly vector: Vector;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

type Compare = (left: number, right: number) => number;

const decoder = new TextDecoder();

/** The place of each entry among the used ones; equal entries share a place. */
function ranksOf(entries: TextEntries, ids: Uint32Array, type: Vector["type"]): Float64Array {
  const used = [...new Set(ids)];
  const compareEntries: Compare =
    type === "BIG_DECIMAL"
      ? (left, right) =>
          compareDecimalTexts(decoder.decode(entryAt(entries, left)), decoder.decode(entryAt(entries, right)))
      : (left, right) => compareBytes(entryAt(entries, left), entryAt(entries, right));
  used.sort(compareEntries);
  const ranks = new Float64Array(entries.count);
  let rank = 0;
  used.forEach((id, index) => {
    if (index > 0 && compareEntries(used[index - 1], id) !== 0) rank++;
    ranks[id] = rank;
  });
  return ranks;
}

const compareNumbers = (left: number, right: number): number => {
  if (left < right) return -1;
  if (left > right) return 1;
  if (left === right) return 0;
  return Number.isNaN(left) ? (Number.isNaN(right) ? 0 : 1) : -1;
};

/** Compares two rows by value, NULLs aside. */
function valueCompare(vector: Vector): Compare {
  switch (vector.kind) {
    case "int": {
      const { values } = vector;
      // Halves instead of bigints: no allocation per comparison.
      const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
      return (left, right) =>
        words[2 * left + 1] - words[2 * right + 1] || (words[2 * left] >>> 0) - (words[2 * right] >>> 0);
    }
    case "double": {
      const { values } = vector;
      return (left, right) => compareNumbers(values[left], values[right]);
    }
    case "text": {
      const { ids, entries, type } = vector;
      const ranks = ranksOf(entries, ids, type);
      return (left, right) => ranks[ids[left]] - ranks[ids[right]];
    }
  }
}

function keyCompare({ vector, descending, nullsFirst }: SortKey): Compare {
  const byValue = valueCompare(vector);
  const directed: Compare = descending ? (left, right) => byValue(right, left) : byValue;
  const { nulls } = vector;
  if (nulls === null) return directed;
  const nullSide = nullsFirst ? -1 : 1;
  return (left, right) => {
    const leftNull = isNullAt(nulls, left);
    const rightNull = isNullAt(nulls, right);
    if (leftNull || rightNull) return leftNull === rightNull ? 0 : leftNull ? nullSide : -nullSide;
    return directed(left, right);
  };
}

/** The comparison over all keys; equal rows by their number. */
function rowCompare(keys: readonly SortKey[]): Compare {
  const compares = keys.map(keyCompare);
  if (compares.length === 1) {
    const [compare] = compares;
    return (left, right) => compare(left, right) || left - right;
  }
  return (left, right) => {
    for (const compare of compares) {
      const order = compare(left, right);
      if (order !== 0) return order;
    }
    return left - right;
  };
}

/** Keeps the first `count` rows in a heap whose root is the last of them. */
function topRows(rows: Uint32Array, count: number, compare: Compare): Uint32Array {
  const heap = rows.slice(0, count);
  const sink = (start: number): void => {
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) return;
      if (child + 1 < count && compare(heap[child + 1], heap[child]) > 0) child++;
      if (compare(heap[child], heap[at]) <= 0) return;
      [heap[at], heap[child]] = [heap[child], heap[at]];
      at = child;
    }
  };
  for (let at = (count >> 1) - 1; at >= 0; at--) sink(at);
  for (let index = count; index < rows.length; index++) {
    if (compare(rows[index], heap[0]) >= 0) continue;
    heap[0] = rows[index];
    sink(0);
  }
  return heap.sort(compare);
}

/** The first `count` of the rows in order; all of them without keys. */
export function firstRows(rows: Uint32Array, keys: readonly SortKey[], count: number): Uint32Array {
  if (keys.length === 0) return rows.subarray(0, count);
  if (count === 0) return rows.subarray(0, 0);
  const compare = rowCompare(keys);
  if (count < rows.length >> 2) return topRows(rows, count, compare);
  return rows.slice().sort(compare).subarray(0, count);
}
