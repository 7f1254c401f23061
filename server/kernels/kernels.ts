/**
 * The kernels: every hot loop of the server, as free functions over addresses in one arena. `kernelsFor` gives them
 * either as compiled AssemblyScript (`*.as.ts`) or as their plain TypeScript twins; both compute the same bits.
 *
 * Conventions, for all of them:
 * - A pointer is a byte address in the arena, 64-byte aligned for vectors and bitmaps. 0 means "absent" where a
 *   parameter is called optional. Every vector must have 64 readable bytes after its end (the allocator sees to it).
 * - `rows` is any number ≥ 0, but calls of 4k … 64k rows are meant: a kernel is never interrupted.
 * - A bitmap is u64 words, bit r of the whole = row r, ceil(rows / 64) words. A kernel that writes a bitmap
 * writes all
 *   of its words, with zero bits after `rows`, and returns the population. Given bitmaps must have zero tail bits.
 *   An output bitmap may be one of the input bitmaps; other outputs must not overlap inputs unless it says so.
 * - "Stored" values are unsigned integers of width 1, 2 or 4, or signed 64-bit ones of width 8.
 * - Nobody zeroes what is not mentioned: states and flags are prepared by the caller (`zero`, `clearFull…`), results
 *   are written whole by the kernel.
 * - Kernels do not check bounds: an id must be smaller than the table that it indexes.
 */
import type { Views } from "#server/arena/arena";
import type { DecodeKernels, TextKernels, TopKernels } from "#server/kernels/storage-kernels";
import type { AnyWidth, GidWidth, Width } from "#server/kernels/widths";

/** Operations of the comparing kernels. */
export const compare = {
  equal: 0,
  notEqual: 1,
  less: 2,
  lessOrEqual: 3,
  greater: 4,
  greaterOrEqual: 5,
} as const;
/** Operations of the arithmetic kernels; integers have no division. */
export const arithmetic = { add: 0, subtract: 1, multiply: 2, divide: 3 } as const;
/** Bounds of `filterRangeDoubles`, or-ed together. */
export const bounds = { lowExclusive: 1, highExclusive: 2, nanPasses: 4 } as const;

/**
 * Bytes per group of each state layout. A state array has groups × copies entries; copy c of group g is entry
 * g × copies + c. `copies` is 1 or 4: with few groups (≤ 64) four copies, taken by row & 3, break the chain
 * of dependent stores and make updates up to 1.6 times faster; the merge kernels fold them as (c0 + c1) + (c2
 * + c3).
 *
 * count       u32 rows
 * sum         ints: i64 rows, i64 sum of stored;  doubles: f64 rows, f64 sum
 * wide        i64 rows, u64 sum of low 32 bits, i64 sum of (signed) high 32 bits, unused 8 bytes
 * full        ints: i64 rows, i64 sum of stored, i64 min, i64 ~max
 *             doubles: f64 rows, f64 sum, f64 min, f64 −max; NaN is greatest: −max is a NaN once one was seen,
 * its low
 *             48 bits count the NaNs, min leaves them out (so min is NaN when that count equals rows)
 * merged      ints, over segments, in values instead of stored: i64 rows, u64 low and i64 high half of a 128-bit sum,
 *             i64 min, i64 max, unused 8 bytes. Doubles merge into `full`, counts into `mergedCount` (i64).
 */
export const stateBytes = { count: 4, sum: 16, wide: 32, full: 32, merged: 48, mergedCount: 8 } as const;

/** Row predicates: each writes `bitmap` and returns its population. */
interface FilterKernels {
  /** low ≤ stored ≤ high, unsigned, inclusive; low and high in 0 … 2^32 − 1. */
  filterRange(width: Width, values: number, rows: number, low: number, high: number, bitmap: number): number;
  filterRangeInt64(values: number, rows: number, low: bigint, high: bigint, bitmap: number): number;
  /**
   * low ≤ value ≤ high, strict per `flags` (`bounds`). NaN passes only by bounds.nanPasses: it is the greatest value,
   * so set it when there is no upper bound; pass low = NaN to get NaN alone. −0.0 equals 0.0.
   */
  filterRangeDoubles(
    values: number,
    rows: number,
    low: number,
    high: number,
    flags: number,
    bitmap: number,
  ): number;
  /** Rows whose id has a nonzero byte in the table `lut` (u8 per id; 256 bytes long at least when width is 1). */
  filterLut(width: Width, ids: number, rows: number, lut: number, bitmap: number): number;
  /** a[r] op b[r] over int64 vectors. */
  compareInts(operation: number, a: number, b: number, rows: number, bitmap: number): number;
  /** a[r] op b[r] over doubles; NaN equals NaN and is greater than the rest. */
  compareDoubles(operation: number, a: number, b: number, rows: number, bitmap: number): number;
  /** First row of an ascending vector with stored ≥ value; rows when none. Looks at 0 … rows − 1 only. */
  lowerBound(width: Width, values: number, rows: number, value: number): number;
  lowerBoundInt64(values: number, rows: number, value: bigint): number;
}

/** Bitmaps of `rows` bits; all return the population of `target`. */
interface BitmapKernels {
  bitmapAnd(a: number, b: number, rows: number, target: number): number;
  bitmapOr(a: number, b: number, rows: number, target: number): number;
  /** a without b. */
  bitmapAndNot(a: number, b: number, rows: number, target: number): number;
  bitmapNot(a: number, rows: number, target: number): number;
  bitmapCopy(a: number, rows: number, target: number): number;
  /** Sets bits from … until − 1 and clears all others of the `rows`. */
  bitmapFill(rows: number, from: number, until: number, target: number): number;
  bitmapPopulation(bitmap: number, rows: number): number;
  /** Rows of the set bits, ascending, as u32 at `positions` (room for rows + 16 entries); returns how many. */
  bitmapPositions(bitmap: number, rows: number, positions: number): number;
  /** One byte per row (nonzero = set) to a bitmap; returns the population. */
  bitmapFromBytes(bytes: number, rows: number, bitmap: number): number;
}

/**
 * Whole-vector aggregates: each adds the rows of the optional `bitmap` to one state (layout in `stateBytes`).
 * Integers count as stored + `shift`, here and in groups: chunks of different bases then share a state.
 */
interface SumKernels {
  /** `sum` layout. Width 8: the caller knows that the sum fits 64 bits (largest magnitude × rows); else `sumWide`. */
  sumInts(width: AnyWidth, values: number, shift: bigint, rows: number, bitmap: number, state: number): void;
  /** `wide` layout, over int64. */
  sumWide(values: number, rows: number, bitmap: number, state: number): void;
  /**
   * `sum` layout. Order, which the twin repeats: row r goes to lane r & 7 in a dense word (no bitmap, or ≥ 12
   * of its 64 bits set), else to a ninth accumulator; total = (((l0+l2)+(l4+l6)) + ((l1+l3)+(l5+l7))) +
   * ninth, added to the state.
   */
  sumDoubles(values: number, rows: number, bitmap: number, state: number): void;
  /** `full` layout; the sum wraps at 64 bits (use it only where `sumInts` is allowed). */
  fullInts(width: AnyWidth, values: number, shift: bigint, rows: number, bitmap: number, state: number): void;
  /** `full` layout; `hasNaN` false promises that no selected row is NaN. Same order of additions as `sumDoubles`. */
  fullDoubles(values: number, rows: number, bitmap: number, hasNaN: boolean, state: number): void;
}

/**
 * Group ids: gid[r] = first ? key[r] : gid[r] × card + key[r], where 0 ≤ key < card. NULL is key 0.
 * `gidWidth` 8 writes u64 keys. `card` may be any integer below 2^53.
 */
interface GroupIdKernels {
  /** key = id (id 0 is NULL). Width 4, first, gidWidth 4: the ids themselves are the gids, no call is needed. */
  gidIds(
    width: Width,
    ids: number,
    rows: number,
    card: number,
    first: boolean,
    gidWidth: GidWidth,
    gids: number,
  ): void;
  /** key = stored − min + 1, or 0 where the optional validity bitmap has a 0. min: smallest stored of the scan. */
  gidInts(
    width: AnyWidth,
    values: number,
    rows: number,
    validity: number,
    min: bigint,
    card: number,
    first: boolean,
    gidWidth: GidWidth,
    gids: number,
  ): void;
  /**
   * key = floor((stored − origin) / size) + 1, or 0 where invalid. `origin`: start of the first bucket in
   * stored terms, at most the smallest valid value and less than 2^49 below the largest. `ascending` promises
   * ascending stored values without NULL: whole buckets are then found by galloping.
   */
  gidBuckets(
    width: AnyWidth,
    values: number,
    rows: number,
    validity: number,
    origin: bigint,
    size: bigint,
    ascending: boolean,
    card: number,
    first: boolean,
    gidWidth: GidWidth,
    gids: number,
  ): void;
  /** key = number of boundaries ≤ stored, or 0 where invalid. `boundaries`: int64 ascending, the first ≤ every value. */
  gidBoundaries(
    width: AnyWidth,
    values: number,
    rows: number,
    validity: number,
    boundaries: number,
    count: number,
    card: number,
    first: boolean,
    gidWidth: GidWidth,
    gids: number,
  ): void;
  /** key = lut[id], a u32 table by id. */
  gidLut(
    width: Width,
    ids: number,
    rows: number,
    lut: number,
    card: number,
    first: boolean,
    gidWidth: GidWidth,
    gids: number,
  ): void;
}

/**
 * Grouped updates: row r of the optional bitmap updates the state of group gids[r] (u32). `ascending` promises that
 * gids never fall from row to row: runs are then found by galloping and go through the whole-vector kernels
 * (copies must be 1).
 */
interface GroupKernels {
  groupCount(
    gids: number,
    rows: number,
    bitmap: number,
    copies: number,
    ascending: boolean,
    states: number,
  ): void;
  /** `sum` layout; see `sumInts` for width 8. */
  groupSumInts(
    width: AnyWidth,
    values: number,
    shift: bigint,
    gids: number,
    rows: number,
    bitmap: number,
    copies: number,
    ascending: boolean,
    states: number,
  ): void;
  /** `wide` layout, over int64. */
  groupSumWide(
    values: number,
    gids: number,
    rows: number,
    bitmap: number,
    copies: number,
    ascending: boolean,
    states: number,
  ): void;
  /**
   * `sum` layout, in row order per copy. Ascending: each run of whole words of a group, and each part of
   * another word that is one group's, is added up as `sumDoubles` does (a part counts as one with a bitmap)
   * and then added to the state.
   */
  groupSumDoubles(
    values: number,
    gids: number,
    rows: number,
    bitmap: number,
    copies: number,
    ascending: boolean,
    states: number,
  ): void;
  /** `full` layout. */
  groupFullInts(
    width: AnyWidth,
    values: number,
    shift: bigint,
    gids: number,
    rows: number,
    bitmap: number,
    copies: number,
    ascending: boolean,
    states: number,
  ): void;
  /** `full` layout. */
  groupFullDoubles(
    values: number,
    gids: number,
    rows: number,
    bitmap: number,
    hasNaN: boolean,
    copies: number,
    ascending: boolean,
    states: number,
  ): void;
  /** Empty states of the `full` layouts (all other layouts are empty when zero). */
  clearFullInts(states: number, entries: number): void;
  clearFullDoubles(states: number, entries: number): void;
}

/**
 * Merging a slice's states into those of the query: group g of `from` goes to group remap[g] (u32; optional, absent =
 * g itself) of `into`, in order of g. The remap entry of a group without rows may be anything.
 * `base` turns stored into values: value = base + stored.
 */
interface MergeKernels {
  /** u32 `count` → i64 `mergedCount`. */
  mergeCount(from: number, groups: number, copies: number, remap: number, into: number): void;
  /** `sum` of ints → `merged` (min and max untouched). */
  mergeSumInts(from: number, groups: number, copies: number, remap: number, base: bigint, into: number): void;
  /** `wide` → `merged` (min and max untouched). */
  mergeWide(from: number, groups: number, copies: number, remap: number, into: number): void;
  /** `full` of ints → `merged`. */
  mergeFullInts(
    from: number,
    groups: number,
    copies: number,
    remap: number,
    base: bigint,
    into: number,
  ): void;
  /** `sum` of doubles → `sum` of doubles. */
  mergeSumDoubles(from: number, groups: number, copies: number, remap: number, into: number): void;
  /** `full` of doubles → `full` of doubles. */
  mergeFullDoubles(from: number, groups: number, copies: number, remap: number, into: number): void;
  /** `merged` → `merged`, `mergedCount` → `mergedCount`: threads and partial results. */
  mergeMerged(from: number, groups: number, remap: number, into: number): void;
  mergeMergedCount(from: number, groups: number, remap: number, into: number): void;
  /** Empty `merged` states (rows 0, sum 0, min = 2^63 − 1, max = −2^63). */
  clearMerged(states: number, groups: number): void;
}

/** Distinct values. Bit sets here are plain bits by id, zeroed by the caller, (entries + 63) / 64 words. */
interface DistinctKernels {
  /** Sets bit id of `bits` for the rows of the optional bitmap. Bit 0 is NULL: do not count it. */
  distinctIds(width: Width, ids: number, rows: number, bitmap: number, bits: number): void;
  /** Sets bit gid × card + id (card × groups < 2^35). */
  distinctPairs(
    width: Width,
    ids: number,
    gids: number,
    rows: number,
    bitmap: number,
    card: number,
    bits: number,
  ): void;
  /** counts[g] (u32) = set bits g × card + 1 … g × card + card − 1, that is without NULL. */
  distinctCounts(bits: number, groups: number, card: number, counts: number): void;
  /** The set bits ≥ 1 as ids (u32, room for population + 16) at `ids`; returns how many. `entries`: number of bits. */
  distinctList(bits: number, entries: number, ids: number): number;
  /**
   * HyperLogLog: registers u8[2^precision] per group (gids optional: one group). Index = the hash's top `precision`
   * bits, rank = leading zeros of the rest + 1. `hashes`: u64 by id; id 0 is skipped.
   */
  hllIds(
    width: Width,
    ids: number,
    gids: number,
    rows: number,
    bitmap: number,
    hashes: number,
    precision: number,
    registers: number,
  ): void;
  /** The same for int64 values base + stored, by `hashInt64` of hash.ts. */
  hllInts(
    width: AnyWidth,
    values: number,
    base: bigint,
    gids: number,
    rows: number,
    bitmap: number,
    precision: number,
    registers: number,
  ): void;
  /** The same for doubles: the hash of their 64 bits, −0.0 taken as 0.0 and every NaN as one. */
  hllDoubles(
    values: number,
    gids: number,
    rows: number,
    bitmap: number,
    precision: number,
    registers: number,
  ): void;
  /** The same for raw texts: row r's bytes are bytes + offsets[r] … bytes + offsets[r + 1]. */
  hllTexts(
    offsets: number,
    bytes: number,
    gids: number,
    rows: number,
    bitmap: number,
    precision: number,
    registers: number,
  ): void;
  /** into = max(into, from), byte by byte. */
  hllMerge(from: number, into: number, bytes: number): void;
}

/**
 * Hashing 64-bit keys to dense gids 0, 1, 2 … in order of first appearance. A table is one block of
 * `hashBytes(capacity)`; capacity is a power of two ≥ 16 and holds capacity / 2 groups.
 */
interface HashKernels {
  hashClear(table: number, capacity: number): void;
  /**
   * gids[r] (u32) for rows from … rows − 1 of the optional bitmap. Returns `rows` when done; less when the
   * table is full:
   * then allocate a larger one, `hashGrow` into it and go on from the returned row. Unselected rows keep their gids.
   */
  hashIntern(table: number, keys: number, from: number, rows: number, bitmap: number, gids: number): number;
  /** Moves all groups into a cleared larger table; gids stay. */
  hashGrow(from: number, into: number): void;
  hashGroups(table: number): number;
  /** Address of the int64 keys by gid. */
  hashKeys(table: number): number;
}

/** Bytes of a hash table: 64 header, capacity slots of 16, capacity / 2 keys of 8. */
export const hashBytes = (capacity: number): number => 64 + capacity * 16 + (capacity / 2) * 8;

/** Moving values by position; `positions` are u32. */
interface GatherKernels {
  /** to[i] = from[positions[i]], copying `width` bytes. */
  gather(width: AnyWidth, from: number, positions: number, count: number, to: number): void;
  /** Stored ids or ints to u32. */
  gatherIds(width: Width, from: number, positions: number, count: number, to: number): void;
  /** base + stored to int64. */
  gatherInts(width: AnyWidth, from: number, base: bigint, positions: number, count: number, to: number): void;
  /** Bit positions[i] of `from` to bit i of the bitmap `to`; returns the population. */
  gatherBits(from: number, positions: number, count: number, to: number): number;
  /** to[positions[i]] = from[i]. */
  scatter(width: AnyWidth, from: number, positions: number, count: number, to: number): void;
  /** Stored to u32, row by row. */
  widenIds(width: Width, from: number, rows: number, to: number): void;
  /** base + stored to int64 (wraps at 64 bits: the column's values are known to fit). */
  widenInts(width: AnyWidth, from: number, base: bigint, rows: number, to: number): void;
  /** base + stored to double, rounded once. */
  widenDoubles(width: AnyWidth, from: number, base: bigint, rows: number, to: number): void;
  /** to[r] = lut[ids[r]] for tables of 1, 2, 4 or 8 byte entries (`entryWidth`) by id. */
  mapLut(width: Width, ids: number, rows: number, entryWidth: AnyWidth, lut: number, to: number): void;
}

/** Arithmetic over whole vectors; `to` may be one of the inputs. */
interface ArithmeticKernels {
  arithmeticDoubles(operation: number, a: number, b: number, rows: number, to: number): void;
  /** One side constant: `constantFirst` computes constant op a[r]. */
  arithmeticDoublesConstant(
    operation: number,
    a: number,
    constant: number,
    constantFirst: boolean,
    rows: number,
    to: number,
  ): void;
  /** Over int64; returns 1 when some row left 64 bits (its result is then wrapped), else 0. NULL slots hold 0. */
  arithmeticInts(operation: number, a: number, b: number, rows: number, to: number): number;
  arithmeticIntsConstant(
    operation: number,
    a: number,
    constant: bigint,
    constantFirst: boolean,
    rows: number,
    to: number,
  ): number;
}

interface MemoryKernels {
  zero(pointer: number, bytes: number): void;
  copy(from: number, to: number, bytes: number): void;
}

export interface Kernels
  extends FilterKernels,
    BitmapKernels,
    SumKernels,
    GroupIdKernels,
    GroupKernels,
    MergeKernels,
    DistinctKernels,
    HashKernels,
    GatherKernels,
    ArithmeticKernels,
    DecodeKernels,
    TextKernels,
    TopKernels,
    MemoryKernels {}

/** A kernel's twin: the same signature behind the views of the arena. */
export type Twin<Name extends keyof Kernels> = (
  views: Views,
  ...args: Parameters<Kernels[Name]>
) => ReturnType<Kernels[Name]>;
