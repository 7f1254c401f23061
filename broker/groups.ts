/**
 * Numbers rows by their values: equal rows get equal group numbers, in order of first appearance. NULL equals NULL
 * and NaN equals NaN. Text is compared by its bytes, never as JavaScript strings.
 */
import { entryBytes, isNull } from "#schemas/aggregates/vectors";
import type { TextEntries, Vector } from "#schemas/batch";
import { type Stepwise, stepItems } from "#schemas/turns";

export interface Groups {
  readonly count: number;
  /** The group of each row. */
  readonly gids: Uint32Array;
  /** The first row of each group. */
  readonly firstRows: Uint32Array;
}

/** Two 32-bit halves of each row's value; equal halves and equal NULL bits mean equal values. */
interface Lanes {
  readonly low: Uint32Array;
  readonly high: Uint32Array | null;
  readonly stride: 1 | 2;
  readonly vector: Vector;
}

function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  return mix(hash);
}

function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const tableSize = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(16, count * 2)));

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}

/** For each entry the id of the first entry with the same bytes. */
function* firstEntries(entries: TextEntries): Stepwise<Uint32Array> {
  const slots = new Uint32Array(tableSize(entries.count));
  const firsts = new Uint32Array(entries.count);
  const mask = slots.length - 1;
  for (let id = 0; id < entries.count; id++) {
    if (id % stepItems === 0) yield;
    const bytes = entryBytes(entries, id);
    let slot = hashBytes(bytes) & mask;
    while (slots[slot] !== 0 && !sameBytes(entryBytes(entries, slots[slot] - 1), bytes))
      slot = (slot + 1) & mask;
    if (slots[slot] === 0) slots[slot] = id + 1;
    firsts[id] = slots[slot] - 1;
  }
  return firsts;
}

function* lanesOf(vector: Vector): Stepwise<Lanes> {
  switch (vector.kind) {
    case "int": {
      const words = new Uint32Array(vector.values.buffer, vector.values.byteOffset, vector.rows * 2);
      return { low: words, high: words.subarray(1), stride: 2, vector };
    }
    case "double": {
      // One NaN, one zero: then equal bits are equal values.
      const values = vector.values.map((value) => (Number.isNaN(value) ? Number.NaN : value + 0));
      const words = new Uint32Array(values.buffer, values.byteOffset, vector.rows * 2);
      return { low: words, high: words.subarray(1), stride: 2, vector };
    }
    case "text": {
      const firsts = yield* firstEntries(vector.entries);
      return { low: vector.ids.map((id) => firsts[id]), high: null, stride: 1, vector };
    }
  }
}

function* hashesOf(lanes: readonly Lanes[], rows: number): Stepwise<Uint32Array> {
  const hashes = new Uint32Array(rows);
  for (const { low, high, stride, vector } of lanes) {
    for (let row = 0; row < rows; row++) {
      if (row % stepItems === 0) yield;
      const seed = Math.imul(hashes[row] + 0x9e3779b9, 0x01000193);
      if (isNull(vector.nulls, row)) hashes[row] = mix(seed);
      else hashes[row] = mix(mix(seed ^ low[row * stride]) ^ (high === null ? 0 : high[row * stride]));
    }
  }
  return hashes;
}

function sameRow(lanes: readonly Lanes[], left: number, right: number): boolean {
  for (const { low, high, stride, vector } of lanes) {
    const leftNull = isNull(vector.nulls, left);
    if (leftNull !== isNull(vector.nulls, right)) return false;
    if (leftNull) continue;
    if (low[left * stride] !== low[right * stride]) return false;
    if (high !== null && high[left * stride] !== high[right * stride]) return false;
  }
  return true;
}

/** Groups of the rows over these columns; without columns all rows are one group. */
export function* groupRows(columns: readonly Vector[], rows: number): Stepwise<Groups> {
  const lanes: Lanes[] = [];
  for (const column of columns) lanes.push(yield* lanesOf(column));
  const hashes = yield* hashesOf(lanes, rows);
  const slots = new Uint32Array(tableSize(rows));
  const mask = slots.length - 1;
  const gids = new Uint32Array(rows);
  const firstRows = new Uint32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (row % stepItems === 0) yield;
    let slot = hashes[row] & mask;
    while (slots[slot] !== 0 && !sameRow(lanes, firstRows[slots[slot] - 1], row)) slot = (slot + 1) & mask;
    if (slots[slot] === 0) {
      firstRows[count++] = row;
      slots[slot] = count;
    }
    gids[row] = slots[slot] - 1;
  }
  return { count, gids, firstRows: firstRows.slice(0, count) };
}
