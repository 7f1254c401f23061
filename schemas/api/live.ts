/**
 * The live protocol: one WebSocket a page at /live, JSON text frames. The client subscribes queries; each answers a
 * snapshot at once, then a new result whenever the data under it changed. Identical queries of all pages are
 * run once.
 * A slow reader gets the latest state, not a backlog: one unacknowledged result a subscription. Tables themselves are
 * watched likewise: all of them in short, or one in full, told of when something about them changed.
 */
import type { Cell, QueryException } from "#schemas/api/query";
import type { TableDetail, TableSummary } from "#schemas/api/tables";
import type { Gap } from "#schemas/segment";
import type { SqlType } from "#schemas/types";

export interface LiveStatistics {
  readonly timeUsedUs: number;
  readonly segmentsQueried: number;
  readonly segmentsProcessed: number;
  readonly segmentsCached: number;
  readonly rowsScanned: number;
  readonly rowsTotal: number;
}

export interface LiveResult {
  readonly columnNames: readonly string[];
  readonly columnTypes: readonly SqlType[];
  readonly rows: readonly (readonly Cell[])[];
  readonly partial: boolean;
  /** What is missing and what to do; absent in a whole result. */
  readonly reasons?: readonly string[];
  readonly gaps: readonly Gap[];
  readonly statistics: LiveStatistics;
}

/** How data stood when a result was computed. */
export interface Watermark {
  /** Newest event time among the table's visible rows, ms; null without rows. */
  readonly eventMs: number | null;
  /** Server wall clock when the snapshot was taken. */
  readonly takenMs: number;
  /** Rows visible in the table. */
  readonly rows: number;
}

export type LiveRequest =
  /**
   * `sql` may hold the parameters :from, :to (ms) and :zone. `range` is re-resolved at every tick: relative ones move
   * with the clock. `id` is the page's own name for the subscription; subscribing again replaces it without a gap.
   */
  | {
      readonly kind: "subscribe";
      readonly id: string;
      readonly sql: string;
      readonly range: LiveRange;
      readonly zone: string;
    }
  /** State of a table, or of all (null), at most once every `liveTablesMs`; watching again replaces it. */
  | { readonly kind: "watch"; readonly id: string; readonly table: string | null }
  /** Ends a subscription or a watch. */
  | { readonly kind: "unsubscribe"; readonly id: string }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** The page has drawn `sequence` of `id`: the next may be sent. */
  | { readonly kind: "ack"; readonly id: string; readonly sequence: number };

export type LiveRange =
  | { readonly kind: "last"; readonly ms: number }
  | { readonly kind: "between"; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: "today" }
  | { readonly kind: "all" };

export type LiveMessage =
  | { readonly kind: "hello"; readonly nowMs: number; readonly version: string }
  /** The whole result; `sequence` grows by one a message of the subscription. */
  | {
      readonly kind: "snapshot";
      readonly id: string;
      readonly sequence: number;
      readonly result: LiveResult;
      readonly range: { readonly fromMs: number; readonly toMs: number };
      readonly watermark: Watermark;
    }
  /** Rows that changed since the last message: set row `at[i]` to `rows[i]`; then cut to `rowCount`. */
  | {
      readonly kind: "delta";
      readonly id: string;
      readonly sequence: number;
      readonly at: readonly number[];
      readonly rows: readonly (readonly Cell[])[];
      readonly rowCount: number;
      readonly range: { readonly fromMs: number; readonly toMs: number };
      readonly statistics: LiveStatistics;
      readonly watermark: Watermark;
    }
  /**
   * Tables that changed since the last message, all of them in the first (sequence 1); `names`: those there are, in
   * order. Their `freshnessMs` is as of `takenMs`; growing older is no change.
   */
  | {
      readonly kind: "tables";
      readonly id: string;
      readonly sequence: number;
      readonly takenMs: number;
      readonly names: readonly string[];
      readonly changed: readonly TableSummary[];
    }
  /** Fields of a table that changed since the last message, all of them in the first (sequence 1). */
  | {
      readonly kind: "table";
      readonly id: string;
      readonly sequence: number;
      readonly takenMs: number;
      readonly changed: Partial<TableDetail>;
    }
  /** Nothing changed; the clock went on. Sent at least every 5 s so that silence means a lost connection. */
  | { readonly kind: "tick"; readonly nowMs: number; readonly tables: Readonly<Record<string, Watermark>> }
  | { readonly kind: "error"; readonly id: string; readonly exceptions: readonly QueryException[] };
