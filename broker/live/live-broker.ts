/** What live subscriptions ask of the rest of the broker, and of time; tests hand in both. */
import type { QueryResponse } from "#schemas/api/query";
import type { SnapshotSet } from "#schemas/plan/snapshot";

interface LiveAskOptions {
  /** Snapshot to answer from, so that all panels of one tick agree. */
  readonly snapshot: SnapshotSet;
  readonly timeZone: string;
  readonly signal: AbortSignal;
}

export interface LiveBroker {
  /** The tables that a statement reads, as their definitions name them; rejects when it cannot be bound. */
  tablesOf(sql: string, signal: AbortSignal): Promise<readonly string[]>;
  /** One moment of all of them; a table that is gone is not in it. */
  snapshot(tables: readonly string[], nowMs: number): Promise<SnapshotSet>;
  release(snapshot: SnapshotSet): void;
  /** Never rejects for a faulty statement: its faults are `exceptions`. */
  ask(sql: string, options: LiveAskOptions): Promise<QueryResponse>;
}

/** Time as live needs it: a wall clock and one-shot timers. */
export interface LiveTimers {
  nowMs(): number;
  /** Calls back once after `delayMs`; the answer cancels. */
  after(delayMs: number, callback: () => void): () => void;
}
