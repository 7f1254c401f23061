/** What a query answers: rows, what they are called, and what they were made from. */
import type { Scattered } from "#broker/scatter";
import type { Batch } from "#schemas/batch";
import type { OutputColumn } from "#schemas/plan/plan";
import type { SnapshotInfo } from "#schemas/plan/server-client";

export interface Result {
  readonly columns: readonly OutputColumn[];
  readonly batch: Batch;
  readonly truncated: boolean;
  readonly scattered: Scattered;
  readonly snapshot: SnapshotInfo | null;
  readonly tables: readonly string[];
}
