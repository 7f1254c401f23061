/**
 * A text column on its way into a file: only entries that kept rows use, copied into one pool, hashed, and either
 * sorted into a dictionary or left raw.
 */
import type { SqlType } from "#schemas/types";
import { compareDecimals, equalBytes } from "#server/encode/bytes";
import type { SortedEntries } from "#server/encode/front-coding";
import { hashEntries, type RowHashes } from "#server/segment/seal/content-hash";
import type { FlatTexts } from "#server/segment/seal/flat";
import { identity } from "#server/segment/seal/radix-sort";
import { sortEntries, sortEntriesBy, type TextPool } from "#server/segment/seal/sort-entries";

/** Fewer rows than this always get a dictionary. */
const rawRowsMin = 1024;
/** Bits of the sketch that counts distinct values. */
const sketchBits = 1 << 23;

export interface TextColumn {
  /** Per row of the inputs: its entry in `FlatTexts`, 0 for NULL. */
  readonly entryOf: Uint32Array;
  /** Entry → place in the pool. */
  readonly poolOf: Uint32Array;
  readonly pool: TextPool;
  readonly hashes: RowHashes;
  readonly values: number;
  /** The pool is in the order of one sorted dictionary, without duplicates. */
  readonly sorted: boolean;
}

/** Copies what the rows of `kept` use. */
export function textColumn(flat: FlatTexts, kept: Uint32Array): TextColumn {
  const { entryOf, entries, starts, lengths, parts, sorted } = flat;
  const used = new Uint8Array(entries);
  let values = 0;
  for (let at = 0; at < kept.length; at++) {
    const entry = entryOf[kept[at]];
    used[entry] = 1;
    values += +(entry !== 0);
  }
  let count = 0;
  let bytesTotal = 0;
  for (let entry = 1; entry < entries; entry++) {
    if (used[entry] === 0) continue;
    count++;
    bytesTotal += lengths[entry];
  }
  const pool = {
    bytes: new Uint8Array(bytesTotal),
    starts: new Uint32Array(count),
    lengths: new Uint32Array(count),
    count,
  };
  const poolOf = new Uint32Array(entries);
  let place = 0;
  let to = 0;
  let entry = 1;
  for (const part of parts) {
    for (; entry < part.end; entry++) {
      if (used[entry] === 0) continue;
      const length = lengths[entry];
      copyBytes(part.bytes, starts[entry], pool.bytes, to, length);
      pool.starts[place] = to;
      pool.lengths[place] = length;
      poolOf[entry] = place++;
      to += length;
    }
  }
  const hashes = hashEntries(pool.bytes, pool.starts, pool.lengths, count);
  return { entryOf, poolOf, pool, hashes, values, sorted };
}

function copyBytes(from: Uint8Array, start: number, to: Uint8Array, at: number, length: number): void {
  if (length > 64) {
    to.set(from.subarray(start, start + length), at);
    return;
  }
  for (let byte = 0; byte < length; byte++) to[at + byte] = from[start + byte];
}

/**
 * Is a dictionary a waste? Yes when more than three quarters of the values are distinct (below, grouping by
 * ids is many times faster than by bytes), by a linear-counting sketch over hashes: it depends on the set of
 * values only, however the inputs held them.
 */
export function isNearUnique({ hashes, pool, values }: TextColumn): boolean {
  if (values < rawRowsMin || pool.count * 4 <= values * 3) return false;
  const bits = new Uint32Array(sketchBits / 32);
  let ones = 0;
  for (let entry = 0; entry < pool.count; entry++) {
    const bit = hashes.low[entry] & (sketchBits - 1);
    const mask = 1 << (bit & 31);
    if ((bits[bit >>> 5] & mask) === 0) ones++;
    bits[bit >>> 5] |= mask;
  }
  const distinct = -sketchBits * Math.log(1 - Math.min(ones, sketchBits - 1) / sketchBits);
  return distinct * 4 > values * 3;
}

export interface BuiltDictionary {
  readonly entries: SortedEntries;
  readonly longest: number;
  /** Id of each entry of `FlatTexts`; 0 → 0. Entries that no kept row uses have no meaning. */
  readonly idOf: Uint32Array;
}

/** Sorts the pool, drops duplicates and numbers the rest from 1. */
export function buildDictionary({ pool, poolOf, sorted }: TextColumn, type: SqlType): BuiltDictionary {
  const { bytes, starts, lengths, count } = pool;
  const order = sorted
    ? identity(count)
    : type === "BIG_DECIMAL"
      ? sortEntriesBy(pool, compareDecimals)
      : sortEntries(pool);
  const idOfPlace = new Uint32Array(count);
  const offsets = new Uint32Array(count + 1);
  const text = new Uint8Array(bytes.length);
  let entries = 0;
  let longest = 0;
  let to = 0;
  for (let at = 0; at < count; at++) {
    const place = order[at];
    const length = lengths[place];
    const before = offsets[Math.max(0, entries - 1)];
    const same =
      entries > 0 && to - before === length && equalBytes(text, before, bytes, starts[place], length);
    if (!same) {
      copyBytes(bytes, starts[place], text, to, length);
      to += length;
      offsets[++entries] = to;
      if (length > longest) longest = length;
    }
    idOfPlace[place] = entries;
  }
  const idOf = new Uint32Array(poolOf.length);
  for (let entry = 1; entry < poolOf.length; entry++) idOf[entry] = idOfPlace[poolOf[entry]];
  const kept = { count: entries, offsets: offsets.subarray(0, entries + 1), bytes: text.subarray(0, to) };
  return { entries: kept, longest, idOf };
}
