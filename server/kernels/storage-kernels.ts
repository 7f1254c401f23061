/** Kernels of storage: decoding of segment files and the writer's dictionary; and the selection of best rows. */
import type { AnyWidth, Width } from "#server/kernels/widths";

/** Decoding of files. Inputs may have any alignment. */
export interface DecodeKernels {
  /**
   * Vertical bit-packing, blocks of 128 values: value i of a block lies in lane i & 3 (of four u32 lanes) at bit
   * (i >> 2) × bits of the lane's stream; word j of lane l is u32 number j × 4 + l of the block. A block is bits × 16
   * bytes, the last one is padded with zeros. bits 0 … 32 (0: no bytes, all values 0).
   * Writes `rows` values of `width` bytes rounded up to whole blocks: `to` needs room for a multiple of 128.
   */
  unpackBits(packed: number, bits: number, rows: number, width: Width, to: number): void;
  /** The reverse, from u32 values; input slots after `rows` up to a multiple of 128 are read and must be 0. */
  packBits(values: number, bits: number, rows: number, to: number): void;
  /** to[r] = first + sum of zigzag-decoded int64 deltas[0 … r]; in place allowed. */
  prefixSums(deltas: number, rows: number, first: bigint, to: number): void;
  /** to[r] = (base + stored) / divisor as a double; divisor is a power of ten, so the quotient is the exact decimal. */
  decodeAlp(width: AnyWidth, values: number, base: bigint, rows: number, divisor: number, to: number): void;
  /** to[r] (width bytes) = value, for runs: rows from … until − 1. */
  fillRun(width: AnyWidth, to: number, from: number, until: number, value: bigint): void;
}

/**
 * The writer's dictionary of texts: an open-addressing table over entries that readers see through a directory.
 *
 * TextTable (64-byte header, made by the caller, u32 each) =>
 *   @0 slots    address of u64 slots, zeroed by the caller, capacity a power of two
 *   @4 mask     capacity − 1; the table counts as full at capacity / 2 entries
 *   @8 count    entries; ids are 1 … count (0 is NULL)
 *   @12 limit   ids that directory and hashes have room for: they hold limit + 1 entries
 *   @16 directory  address of (address u32, bytes u32) by id: where the entry's bytes lie in this arena
 *   @20 hashes  address of u64 by id: `hashBytes64` of hash.ts
 *   @24 text, @28 textEnd   free space for new entries' bytes; each new entry takes exactly its bytes
 *   @32 wanted  why internTexts stopped: 0 done, 1 table or directory full, 2 text space (bytes wanted at @36)
 */
export interface TextKernels {
  /**
   * ids[r] (u32) for stage cells from … rows − 1 (tags u8, values (pointer u32, bytes u32); a null tag gives id 0).
   * New texts are copied in and get the next id. Returns `rows`, or the row where room ran out (see `wanted`): make
   * room (copy directory and hashes to larger blocks, `rehashTexts` into new slots, or give new text space), go on.
   */
  internTexts(table: number, tags: number, values: number, from: number, rows: number, ids: number): number;
  /**
   * The same for raw text: row r's bytes are bytes + offsets[r] … bytes + offsets[r + 1] (u32 offsets); rows that the
   * optional bitmap leaves out get id 0.
   */
  internSlices(
    table: number,
    offsets: number,
    bytes: number,
    from: number,
    rows: number,
    bitmap: number,
    ids: number,
  ): number;
  /** Fills zeroed slots from `hashes` for ids 1 … count. */
  rehashTexts(table: number): void;
  /** The id of one text, or 0. */
  findText(table: number, pointer: number, bytes: number): number;
  /** hashes[i] (u64) of the texts bytes + offsets[i] … bytes + offsets[i + 1] (u32 offsets, count + 1 of them). */
  hashTexts(bytes: number, offsets: number, count: number, hashes: number): void;
}

/**
 * The `limit` best rows over many calls. The heap is two vectors of `limit` entries (value 8 bytes, row u32)
 * and is kept sorted only as a heap: sort it at the end. Better = larger when `descending`, else smaller;
 * equal values: the smaller row number wins. Row numbers are firstRow + r. Returns the new number of entries
 * (pass it as `count` next time).
 */
export interface TopKernels {
  /** Heap values are int64 base + stored. */
  topInts(
    width: AnyWidth,
    values: number,
    base: bigint,
    rows: number,
    bitmap: number,
    descending: boolean,
    limit: number,
    count: number,
    firstRow: number,
    heapValues: number,
    heapRows: number,
  ): number;
  /** Heap values are doubles; NaN is greatest. */
  topDoubles(
    values: number,
    rows: number,
    bitmap: number,
    descending: boolean,
    limit: number,
    count: number,
    firstRow: number,
    heapValues: number,
    heapRows: number,
  ): number;
}
