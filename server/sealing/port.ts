/** What the server asks of its seal thread: write a segment's file and say what is in it. The catalog comes after. */
import type { SegmentRecord } from "#schemas/segment";
import type { Table } from "#schemas/table";
import type { FrozenSegment } from "#server/ingest/port";
import type { MutableHandle } from "#server/segment/mutable-layout";

export interface SealJob {
  readonly handle: MutableHandle;
  readonly frozen: FrozenSegment;
  readonly path: string;
  readonly createdMs: number;
}

export interface MergeJob {
  readonly table: Table;
  readonly inputs: readonly SegmentRecord[];
  readonly id: string;
  readonly path: string;
  /** Rows before this time are left out; null keeps all. */
  readonly keepFromMs: bigint | null;
  readonly createdMs: number;
}

export interface Sealer {
  /** The file is whole and durable when this resolves. */
  seal(job: SealJob): Promise<SegmentRecord>;
  merge(job: MergeJob): Promise<SegmentRecord>;
  close(): Promise<void>;
}
