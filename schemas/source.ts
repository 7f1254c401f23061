/** A stream of records with offsets in partitions: Kafka, the embedded stream, a file. */
import { StoreError } from "#schemas/errors";

/**
 * What a source delivers, as it came: the tail log keeps these bytes and recovery decodes them again.
 * "kafka": one whole record batch (magic 2), CRC checked, possibly compressed.
 * "rows": one push: newline-separated JSON rows, offsets counting from `baseOffset`.
 */
export interface RawBatch {
  readonly kind: "kafka" | "rows";
  readonly baseOffset: bigint;
  /** Offset after the last one in the batch. */
  readonly endOffset: bigint;
  readonly bytes: Uint8Array;
}

export interface FetchResult {
  readonly batches: readonly RawBatch[];
  /** The source's end offset (high watermark). */
  readonly endOffset: bigint;
  /** First offset the source still has. */
  readonly startOffset: bigint;
  /** Wall clock of the newest record at the source, ms, when it says. */
  readonly newestMs: number | null;
}

export interface Source {
  partitions(): Promise<readonly number[]>;
  /** Tells the topic from an earlier or later one of its name; null when the source does not know. */
  identity(): Promise<string | null>;
  /** The offset to begin at when nothing is committed. */
  firstOffset(
    partition: number,
    start: "smallest" | "largest" | { readonly timestampMs: number },
  ): Promise<bigint>;
  /**
   * Batches from exactly `offset` on; waits up to `waitMs` when there are none. Throws StoreError
   * STREAM_UNREACHABLE (retry), STREAM_CHANGED (topic gone or recreated), BatchCorrupt, or
   * OffsetGone when `offset` is before startOffset or past endOffset.
   */
  fetch(partition: number, offset: bigint, options: FetchOptions): Promise<FetchResult>;
  /** CRC32C of the record batch's record that holds `offset`, to notice a recreated topic; null when it is gone. */
  recordCrc(partition: number, offset: bigint): Promise<number | null>;
  close(): Promise<void>;
}

export interface FetchOptions {
  readonly waitMs: number;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** A batch whose bytes cannot be what was written: what follows it may be sound. */
export class BatchCorrupt extends StoreError {
  /** Behind the batch, as far as its header can be believed. */
  readonly endOffset: bigint;
  constructor(message: string, endOffset: bigint) {
    super("STREAM_CORRUPT", message);
    this.endOffset = endOffset;
  }
}

/** The asked offset is not in the source any more (or not yet). */
export class OffsetGone extends Error {
  readonly startOffset: bigint;
  readonly endOffset: bigint;
  constructor(range: { startOffset: bigint; endOffset: bigint }) {
    super(`the source now has offsets ${range.startOffset} to ${range.endOffset}`);
    this.startOffset = range.startOffset;
    this.endOffset = range.endOffset;
  }
}
