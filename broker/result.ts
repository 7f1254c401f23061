/** What a query answers: rows, what they are called, and what they were made from. */
import type { Scattered } from "#broker/scatter";
import type { Batch } from "#schemas/batch";
import type { OutputColumn } from "#schemas/plan/plan";
import type { SnapshotSet } from "#schemas/plan/snapshot";

export interface Result {
  readonly columns: readonly OutputColumn[];
  readonly batch: Batch;
  readonly truncated: boolean;
  readonly scattered: Scattered;
  /** null: no table was asked. */
  readonly snapshot: SnapshotSet | null;
  readonly tables: readonly string[];
}
