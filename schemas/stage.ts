/**
 * The stage: where a decoder leaves rows for a mutable segment to take. It lies in the arena's shared memory so that
 * kernels on both sides work on it without copies; ingestion fills it, the server's mutable segment drains it.
 *
 * Stage => column[columns]               one after another, in the table's column order
 * column => tags:u8[stageRows] (padded to 8) values:8 bytes[stageRows]
 * A value by its tag: int → int64; double → float64; text → pointer:u32 length:u32 (bytes anywhere in this memory,
 * valid until `append` returns: the record itself, or the stage's text area for unescaped strings).
 * After decoding, each cell's tag is either `null` or exactly its column's layout: coercion, defaults, time formats
 * and range checks are done by ingestion. A row that fails them is not in the stage but in the dead letters.
 */
import type { Layout } from "#schemas/types";

export const stageTags = { null: 0, int: 1, double: 2, text: 3 } as const satisfies Record<
  Layout | "null",
  number
>;

export interface StageColumn {
  /** Byte address of tags[0]. */
  readonly tags: number;
  /** Byte address of values[0]; 8-aligned. */
  readonly values: number;
}

export interface Stage {
  readonly memory: WebAssembly.Memory;
  readonly rows: number;
  readonly columns: readonly StageColumn[];
  /** Source offsets of the rows, int64[rows]. */
  readonly offsets: number;
  /** Free text area for the decoder: raw records and unescaped strings. */
  readonly text: number;
  readonly textBytes: number;
}

/** What ingestion sees of a table partition's mutable segments. One writer, on one thread. */
export interface RowSink {
  readonly stage: Stage;
  /** Offset after the last appended row. */
  readonly nextOffset: bigint;
  /**
   * Takes the first `rows` rows of the stage, in offset order, and moves nextOffset to `endOffset` (offsets without
   * rows, such as rejects and Kafka control records, are skipped over). Not visible to queries before `publish`.
   * Throws MEMORY_BUDGET without taking any row when memory is short: pause and try again.
   */
  append(rows: number, endOffset: bigint): void;
  /** Makes everything appended visible. `arrivalMs` is the clock's now, for freshness. */
  publish(arrivalMs: number): void;
  /** Bytes held by unsealed rows of this partition. */
  unsealedBytes(): number;
}
