/** What a broker asks of a server, in process or over framed TCP; the same tests run over both. */
import type { Batch, Vector } from "#schemas/batch";
import type { ErrorCode } from "#schemas/errors";
import type { Fragment } from "#schemas/plan/plan";
import type { SnapshotInfo } from "#schemas/plan/snapshot";

/** Aggregate states of many groups: fixed-size ones back to back, variable ones behind offsets. */
export type States =
  | { readonly kind: "fixed"; readonly bytes: Uint8Array; readonly stateBytes: number }
  | { readonly kind: "variable"; readonly bytes: Uint8Array; readonly offsets: Uint32Array };

export type Partial =
  | {
      readonly kind: "aggregate";
      readonly groups: number;
      readonly keys: readonly Vector[];
      readonly states: readonly States[];
    }
  | { readonly kind: "rows"; readonly batch: Batch };

/** What the scan did, for the response's statistics; summed over servers. */
export interface ScanStats {
  segmentsQueried: number;
  segmentsProcessed: number;
  segmentsMatched: number;
  segmentsPruned: number;
  segmentsCached: number;
  consumingQueried: number;
  consumingProcessed: number;
  consumingMatched: number;
  rowsScanned: number;
  rowsMatched: number;
  rowsTotal: number;
  entriesInFilter: number;
  entriesPostFilter: number;
  threadCpuNs: number;
  bytesAllocated: number;
  /** Oldest "newest visible row's arrival" over consuming segments, ms since 1970; 0 when none. */
  freshnessMs: number;
  /** Indexes used, as "inverted(product_id)". */
  indexes: string[];
}

/** A segment that cannot be read: its rows are not in the answer, which is partial and says so with this message. */
export interface Fault {
  readonly segment: string;
  readonly rows: number;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface ExecuteOptions {
  readonly deadlineMs: number;
  readonly useCache: boolean;
  readonly queryBytes: number;
  readonly timeZone: string;
  readonly nowMs: number;
  /** True when this server holds all rows of the snapshot, so `top` may cut. */
  readonly sole: boolean;
}

export interface Executed {
  readonly partial: Partial;
  readonly stats: ScanStats;
  /** Absent or empty: every segment of the snapshot was read. */
  readonly faults?: readonly Fault[];
}

export interface ServerClient {
  readonly name: string;
  /** All tables in one turn; a table that this server does not have is left out. */
  snapshot(tables: readonly string[]): Promise<SnapshotInfo>;
  release(snapshotId: string): void;
  execute(
    snapshotId: string,
    fragment: Fragment,
    options: ExecuteOptions,
    signal: AbortSignal,
  ): Promise<Executed>;
  /** EXPLAIN: what the scan would do, one line an operator, outermost first, without running it. */
  explain(snapshotId: string, fragment: Fragment): Promise<readonly string[]>;
  close(): Promise<void>;
}
