/**
 * Columns of values outside an arena: what expressions compute over, what a server answers, what the broker merges
 * and encodes. A batch is immutable; NULL slots hold zero (or an empty entry) so loops need no branch.
 */
import type { SqlType } from "#schemas/types";

/** One bit a row, 1 = NULL; absent when no row is NULL. */
export type NullBits = Uint8Array | null;

export interface TextEntries {
  /** Number of entries. */
  readonly count: number;
  /** entries + 1 offsets into `bytes`. */
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

export type Vector =
  /** INT, LONG, BOOLEAN (0/1), TIMESTAMP (ms), DATE (days), UNKNOWN. */
  | {
      readonly kind: "int";
      readonly type: SqlType;
      readonly rows: number;
      readonly values: BigInt64Array;
      readonly nulls: NullBits;
    }
  /** FLOAT, DOUBLE. */
  | {
      readonly kind: "double";
      readonly type: SqlType;
      readonly rows: number;
      readonly values: Float64Array;
      readonly nulls: NullBits;
    }
  /** STRING, JSON, BIG_DECIMAL, BYTES, behind ids: rows often share entries. A NULL row has id 0 and its bit set. */
  | {
      readonly kind: "text";
      readonly type: SqlType;
      readonly rows: number;
      readonly ids: Uint32Array;
      readonly entries: TextEntries;
      readonly nulls: NullBits;
    };

export interface Batch {
  readonly rows: number;
  readonly columns: readonly Vector[];
}
