/**
 * The order of rows: by several keys, NULLs where each key says, text by UTF-8 bytes, decimals by value, NaN after
 * every number; rows equal in all keys keep their order. Most comparisons are of one number a row, which the first
 * key's values are cut to; only rows with equal ones are compared in full.
 */
import { orderOf } from "#schemas/aggregates/extreme";
import { doubleLess, entryBytes, isNull } from "#schemas/aggregates/vectors";
import type { TextEntries, Vector } from "#schemas/batch";
import { type Stepwise, stepItems } from "#schemas/turns";

export interface SortKey {
  readonly vector: Vector;
  /** How rows compare by value, NULLs apart, where that is known without the vector; NULL rows must not be asked. */
  readonly compare?: (left: number, right: number) => number;
  readonly isNull?: (row: number) => boolean;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

type Compare = (left: number, right: number) => number;

/** Shorter runs are sorted by insertion. */
const runRowsMin = 24;

function valueOrder(vector: Vector): Compare {
  switch (vector.kind) {
    case "int": {
      const { values } = vector;
      // Halves instead of bigints: a comparison allocates nothing.
      const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
      return (left, right) =>
        words[2 * left + 1] - words[2 * right + 1] || (words[2 * left] >>> 0) - (words[2 * right] >>> 0);
    }
    case "double": {
      const { values } = vector;
      return (left, right) =>
        doubleLess(values[left], values[right]) ? -1 : doubleLess(values[right], values[left]) ? 1 : 0;
    }
    case "text": {
      const order = orderOf(vector.type);
      const { ids, entries } = vector;
      return (left, right) =>
        ids[left] === ids[right] ? 0 : order(entryBytes(entries, ids[left]), entryBytes(entries, ids[right]));
    }
  }
}

function nullsOf({ nulls }: Vector): ((row: number) => boolean) | null {
  return nulls === null ? null : (row) => isNull(nulls, row);
}

function keyOrder(key: SortKey): Compare {
  const { descending, nullsFirst } = key;
  const byValue = key.compare ?? valueOrder(key.vector);
  const directed: Compare = descending ? (left, right) => byValue(right, left) : byValue;
  const nullAt = key.isNull ?? nullsOf(key.vector);
  if (nullAt === null) return directed;
  const side = nullsFirst ? -1 : 1;
  return (left, right) => {
    const leftNull = nullAt(left);
    const rightNull = nullAt(right);
    if (leftNull || rightNull) return leftNull === rightNull ? 0 : leftNull ? side : -side;
    return directed(left, right);
  };
}

/** The key's order, made when rows are first compared by it: ties of the keys before it may never come. */
function lazyOrder(key: SortKey): Compare {
  let order: Compare | null = null;
  return (left, right) => {
    order ??= keyOrder(key);
    return order(left, right);
  };
}

/** Compares rows by all keys, then by their numbers. */
function fullOrder(keys: readonly SortKey[]): Compare {
  const orders = keys.map((key, index) => (index === 0 ? keyOrder(key) : lazyOrder(key)));
  return (left, right) => {
    for (const order of orders) {
      const way = order(left, right);
      if (way !== 0) return way;
    }
    return left - right;
  };
}

/** The first six bytes as a number: it grows with the text, if not with every one. */
function textStart({ offsets, bytes }: TextEntries, id: number): number {
  const from = offsets[id];
  const length = offsets[id + 1] - from;
  let start = 0;
  for (let at = 0; at < 6; at++) start = start * 256 + (at < length ? bytes[from + at] : 0);
  return start;
}

/** A number a row that grows with the value, if not with every one; null: there is none. */
function valueRank(vector: Vector): ((row: number) => number) | null {
  switch (vector.kind) {
    case "int": {
      const { values } = vector;
      const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
      return (row) => words[2 * row + 1] * 2 ** 32 + (words[2 * row] >>> 0);
    }
    case "double": {
      const { values } = vector;
      return (row) => (Number.isNaN(values[row]) ? Number.POSITIVE_INFINITY : values[row]);
    }
    case "text": {
      if (vector.type === "BIG_DECIMAL") return null;
      const { ids, entries } = vector;
      return (row) => textStart(entries, ids[row]);
    }
  }
}

/** Each row's number by the first key, in the order's direction. */
function* ranksOf({ vector, descending, nullsFirst }: SortKey, rows: number): Stepwise<Float64Array | null> {
  const rankOf = valueRank(vector);
  if (rankOf === null) return null;
  const ranks = new Float64Array(rows);
  const { nulls } = vector;
  const nullRank = nullsFirst ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  for (let row = 0; row < rows; row++) {
    if (nulls !== null && isNull(nulls, row)) ranks[row] = nullRank;
    else ranks[row] = descending ? -rankOf(row) : rankOf(row);
    if (row % stepItems === 0) yield;
  }
  return ranks;
}

function* orderOfRows(keys: readonly SortKey[], rows: number): Stepwise<Compare> {
  const full = fullOrder(keys);
  const [first] = keys;
  const ranks = first.compare === undefined ? yield* ranksOf(first, rows) : null;
  if (ranks === null) return full;
  return (left, right) => {
    const a = ranks[left];
    const b = ranks[right];
    return a < b ? -1 : a > b ? 1 : full(left, right);
  };
}

/** The first `wanted` of rows 0 … rows − 1 in order: a bounded heap when few are wanted, else a sort. */
export function* firstInOrder(
  rows: number,
  keys: readonly SortKey[],
  wanted: number,
): Stepwise<Uint32Array<ArrayBuffer>> {
  const count = Math.min(rows, wanted);
  if (keys.length === 0 || count === 0) return sequence(count);
  const order = yield* orderOfRows(keys, rows);
  if (count * 8 >= rows) return (yield* sorted(sequence(rows), order)).subarray(0, count);
  return yield* sorted(yield* leastRows(rows, order, count), order);
}

/** `count` numbers from `first` on. */
export function sequence(count: number, first = 0): Uint32Array<ArrayBuffer> {
  const numbers = new Uint32Array(count);
  for (let at = 0; at < count; at++) numbers[at] = first + at;
  return numbers;
}

/** The first `count` of all rows, in no order. */
function* leastRows(rows: number, order: Compare, count: number): Stepwise<Uint32Array<ArrayBuffer>> {
  const heap = sequence(count);
  for (let at = (count >> 1) - 1; at >= 0; at--) {
    siftDown(heap, at, order);
    if (at % stepItems === 0) yield;
  }
  for (let row = count; row < rows; row++) {
    if (order(row, heap[0]) < 0) {
      heap[0] = row;
      siftDown(heap, 0, order);
    }
    if (row % stepItems === 0) yield;
  }
  return heap;
}

/** The heap's root is its last row in order. */
function siftDown(heap: Uint32Array, from: number, order: Compare): void {
  const row = heap[from];
  let at = from;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && order(heap[child + 1], heap[child]) > 0) child++;
    if (order(heap[child], row) <= 0) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = row;
}

/** Merges the runs that are there already: lists of sorted slices cost little more than a look. */
function* sorted(rows: Uint32Array<ArrayBuffer>, order: Compare): Stepwise<Uint32Array<ArrayBuffer>> {
  let from = rows;
  let starts = yield* runsOf(from, order);
  let into = new Uint32Array(starts.length > 2 ? rows.length : 0);
  while (starts.length > 2) {
    const merged = [0];
    for (let run = 0; run + 1 < starts.length; run += 2) {
      const end = starts[Math.min(run + 2, starts.length - 1)];
      yield* mergeRuns({ from, into, order }, starts[run], starts[run + 1], end);
      merged.push(end);
    }
    [from, into] = [into, from];
    starts = merged;
  }
  return from;
}

/** Starts of runs in order, and the end; descending ones are turned round, short ones made longer. */
function* runsOf(rows: Uint32Array, order: Compare): Stepwise<number[]> {
  const starts = [0];
  let stepAt = stepItems;
  for (let start = 0; start < rows.length; ) {
    let end = yield* runEnd(rows, start, order);
    if (end - start < runRowsMin) {
      const longer = Math.min(start + runRowsMin, rows.length);
      for (; end < longer; end++) insert(rows, start, end, order);
    }
    starts.push(end);
    start = end;
    if (end < stepAt) continue;
    stepAt = end + stepItems;
    yield;
  }
  return starts;
}

/** The end of the run from `start` on; it is turned round if it falls. */
function* runEnd(rows: Uint32Array, start: number, order: Compare): Stepwise<number> {
  let end = start + 1;
  if (end === rows.length) return end;
  const falls = order(rows[start], rows[end]) > 0;
  while (end < rows.length && order(rows[end - 1], rows[end]) > 0 === falls) {
    end++;
    if ((end - start) % stepItems === 0) yield;
  }
  if (falls) rows.subarray(start, end).reverse();
  return end;
}

/** Puts rows[end] in its place among rows[start … end). */
function insert(rows: Uint32Array, start: number, end: number, order: Compare): void {
  const row = rows[end];
  let at = end;
  for (; at > start && order(rows[at - 1], row) > 0; at--) rows[at] = rows[at - 1];
  rows[at] = row;
}

function* mergeRuns(
  { from, into, order }: { readonly from: Uint32Array; readonly into: Uint32Array; readonly order: Compare },
  start: number,
  middle: number,
  end: number,
): Stepwise {
  if (middle >= end || order(from[middle - 1], from[middle]) < 0) {
    into.set(from.subarray(start, end), start);
    yield;
    return;
  }
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takesLeft = right >= end || (left < middle && order(from[left], from[right]) < 0);
    into[at] = takesLeft ? from[left++] : from[right++];
    if (at % stepItems === 0) yield;
  }
}
