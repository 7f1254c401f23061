/**
 * What a scan sees of a segment: the same for mutable and sealed ones. A reader stands for one snapshot of the
 * segment: its row count and dictionary sizes do not change, even while the writer goes on.
 *
 * Rows come in chunks of `limits.chunkRows`. Dictionary id 0 always means NULL; entries start at id 1. In a sealed
 * segment ids 1 … are in value order (UTF-8 bytes, decimals by value), in a mutable one in order of arrival.
 * NULL slots of the other kinds hold 0 (the base for "ints") and have a 0 bit in the validity bitmap.
 */

import type { SourceRange } from "#schemas/segment";
import type { SqlType, Value } from "#schemas/types";
import type { Arena } from "#server/arena/arena";

/** One chunk of one column, resident in the segment's arena. Pointers are byte addresses, 64-byte aligned. */
export type Forward =
  /** Dictionary ids. */
  | { readonly kind: "ids"; readonly width: 1 | 2 | 4; readonly pointer: number; readonly validity: 0 }
  /** value = base + unsigned stored; width 8: signed int64 and base 0. */
  | {
      readonly kind: "ints";
      readonly width: 1 | 2 | 4 | 8;
      readonly base: bigint;
      readonly pointer: number;
      readonly validity: number;
    }
  | { readonly kind: "doubles"; readonly pointer: number; readonly validity: number }
  /** Row r's bytes are at pointer + offsets[r] … offsets[r+1]; `offsets` addresses u32[rows + 1]. */
  | { readonly kind: "bytes"; readonly offsets: number; readonly pointer: number; readonly validity: number };
// `validity` is the address of a bitmap (1 = value present, 64-bit words) or 0 when the chunk has no NULL.

export interface Zone {
  /** Smallest and largest value, NULLs and NaN left out; null when there is none. Text: null. */
  readonly min: bigint | number | null;
  readonly max: bigint | number | null;
  readonly nulls: number;
  readonly hasNaN: boolean;
}

export interface DictionaryReader {
  /** Entries without NULL: ids 1 … count. */
  readonly count: number;
  readonly sorted: boolean;
  /** Bytes of entry `id` ≥ 1 (UTF-8 text, BYTES, canonical decimal). Valid while the segment is pinned. */
  entry(id: number): Uint8Array;
  /** For sorted dictionaries: the first id whose entry is ≥ (or > when `after`) the bytes; count + 1 when none. */
  lowerBound(bytes: Uint8Array, options: { readonly after: boolean }): number;
  /** The id of exactly these bytes, or 0. */
  find(bytes: Uint8Array): number;
  /**
   * Addresses in the arena, all indexed by id (place 0 is NULL's: an empty text and hash 0).
   * packed (sealed): `offsets` u32[count + 2] relative to `bytes`: entry id spans offsets[id] … offsets[id + 1].
   * directory (mutable): (address u32, bytes u32)[count + 1].
   * `hashes` u64[count + 1]: `hashBytes64` of server/kernels/hash.ts.
   */
  readonly layout:
    | { readonly kind: "packed"; readonly offsets: number; readonly bytes: number; readonly hashes: number }
    | { readonly kind: "directory"; readonly directory: number; readonly hashes: number };
  /** 64-bit hash of entry `id`. */
  hash(id: number): bigint;
}

/** By id: of the dictionary, or of an integer column's distinct values their rank from 1. 0 is NULL's. */
export interface InvertedReader {
  /**
   * The ids of the values low … high, both included; none when last < first. A dictionary column's values are
   * its ids.
   */
  idsOf(low: bigint, high: bigint): { readonly first: number; readonly last: number };
  /** Number of rows with this id. */
  count(id: number): number;
  /**
   * Writes the bitmap of a chunk at `bitmap` in the arena, all its ceil(rowsOf(chunk) / 64) words: the rows
   * that have one of the ids, no id twice (0: NULL). Returns the population.
   */
  union(ids: readonly number[], chunk: number, bitmap: number): number;
}

export interface ColumnReader {
  readonly columnId: number;
  readonly type: SqlType;
  readonly dictionary: DictionaryReader | null;
  /** Over all rows of the reader. */
  readonly stats: Zone & { readonly min: Value; readonly max: Value };
  /** Rows are in ascending order of this column (NULLs last), across chunks. */
  readonly sorted: boolean;
  readonly inverted: InvertedReader | null;
  zone(chunk: number): Zone;
  /** Makes the chunk resident (reads and decodes it if it is cold) and pins it until the reader rests or is released. */
  forward(chunk: number): Forward;
}

export interface SegmentReader {
  readonly id: string;
  /** Grows when validity changes; with `id` and `rows` it keys cached partial results. Sealed: rows never change. */
  readonly generation: number;
  readonly state: "consuming" | "sealed";
  readonly arena: Arena;
  readonly rows: number;
  readonly chunks: number;
  readonly ranges: readonly SourceRange[];
  /** Arrival of the newest visible row, ms (consuming only, else 0). */
  readonly freshnessMs: number;
  /** A column the segment does not have (added later) answers null: all rows NULL. */
  column(columnId: number): ColumnReader | null;
  rowsOf(chunk: number): number;
  /**
   * A reader of the same rows with pins of its own, for one query; this one itself where nothing is pinned. Whoever
   * forks releases the fork if it is another.
   */
  fork(): SegmentReader;
  /** Unpins the chunks that `forward` made resident; dictionaries and indexes stay. */
  rest(): void;
  /**
   * Evicts chunks that nobody pins until the arena has room for what a scan needs besides them; false when pinned ones
   * leave too little, of the arena or of all that decoded chunks may hold: rest before more is loaded.
   */
  makeRoom(): boolean;
  /** Unpins everything this reader holds. */
  release(): void;
}
