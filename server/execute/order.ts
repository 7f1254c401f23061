/**
 * The order of rows: by several keys, NULLs where each key says, text by UTF-8 bytes, decimals by value, NaN
 * after every number. Rows equal in all keys keep their order.
 */
import { orderOf } from "#schemas/aggregates/extreme";
import { doubleLess, entryBytes, isNull } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { sequence } from "#server/execute/vector-lists";

export interface SortKey {
  readonly vector: Vector;
  /** How rows compare by value, NULLs apart, where that is known without the vector; NULL rows must not be asked. */
  readonly compare?: (left: number, right: number) => number;
  readonly isNull?: (row: number) => boolean;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

type Compare = (left: number, right: number) => number;

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
function rowOrder(keys: readonly SortKey[]): Compare {
  const orders = keys.map((key, index) => (index === 0 ? keyOrder(key) : lazyOrder(key)));
  if (orders.length === 1) {
    const [order] = orders;
    return (left, right) => order(left, right) || left - right;
  }
  return (left, right) => {
    for (const order of orders) {
      const way = order(left, right);
      if (way !== 0) return way;
    }
    return left - right;
  };
}

/** The first `wanted` of rows 0 … rows − 1 in order: a bounded heap when few are wanted, else a sort. */
export function firstInOrder(rows: number, keys: readonly SortKey[], wanted: number): Uint32Array {
  const order = rowOrder(keys);
  if (wanted * 8 >= rows) {
    const all = sequence(rows);
    if (keys.length > 0) all.sort(order);
    return all.subarray(0, wanted);
  }
  const heap = new Uint32Array(wanted);
  let held = 0;
  for (let row = 0; row < rows; row++) {
    if (held < wanted) {
      heap[held] = row;
      siftUp(heap, held++, order);
    } else if (wanted > 0 && order(row, heap[0]) < 0) {
      heap[0] = row;
      siftDown(heap, held, order);
    }
  }
  return heap.subarray(0, held).sort(order);
}

/** The heap's root is its last row in order. */
function siftUp(heap: Uint32Array, from: number, order: Compare): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (order(heap[at], heap[parent]) <= 0) return;
    const row = heap[at];
    heap[at] = heap[parent];
    heap[parent] = row;
    at = parent;
  }
}

function siftDown(heap: Uint32Array, held: number, order: Compare): void {
  let at = 0;
  while (true) {
    let child = at * 2 + 1;
    if (child >= held) return;
    if (child + 1 < held && order(heap[child + 1], heap[child]) > 0) child++;
    if (order(heap[child], heap[at]) <= 0) return;
    const row = heap[at];
    heap[at] = heap[child];
    heap[child] = row;
    at = child;
  }
}
