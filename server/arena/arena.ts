/**
 * What the rest of the server knows of an arena: one fixed shared memory (never grown, so views stay true for ever)
 * with an allocator that any thread may call. `allocator.ts` implements it; `pool.ts` owns all arenas and the ledger.
 */

/** Typed views over the whole memory; address a value by pointer >> log2(width). */
export interface Views {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
}

export interface Arena {
  /** Which of the pool's arenas this is. */
  readonly index: number;
  readonly memory: WebAssembly.Memory;
  readonly views: Views;
  /**
   * A block of at least `bytes`, 64-byte aligned, its content undefined. The 64 bytes after it may be read (not
   * written), so SIMD loops need no tail. Throws MEMORY_BUDGET when none is left.
   */
  allocate(bytes: number, purpose: Purpose): number;
  free(pointer: number): void;
  bytesUsed(): number;
}

/** What the ledger accounts memory to. */
export type Purpose = "mutable" | "sealed" | "dictionary" | "index" | "scratch" | "state" | "stage" | "cache";
