/** What live subscriptions ask of the rest of the broker, and of time; tests hand in both. */
import type { QueryResponse } from "#schemas/api/query";
import type { SnapshotInfo } from "#schemas/plan/server-client";

interface LiveAskOptions {
  /** Snapshot to answer from, so that all panels of one tick agree. */
  readonly snapshot: SnapshotInfo;
  readonly nowMs: number;
  readonly timeZone: string;
  readonly signal: AbortSignal;
}

export interface LiveBroker {
  /** The table that a statement reads, as its definition names it; StoreError when it cannot be bound. */
  tableOf(sql: string): string;
  snapshot(table: string): Promise<SnapshotInfo>;
  release(snapshot: SnapshotInfo): void;
  /** Never rejects for a faulty statement: its faults are `exceptions`. */
  ask(sql: string, options: LiveAskOptions): Promise<QueryResponse>;
}

/** Time as live needs it: a wall clock and one-shot timers. */
export interface LiveTimers {
  nowMs(): number;
  /** Calls back once after `delayMs`; the answer cancels. */
  after(delayMs: number, callback: () => void): () => void;
}
