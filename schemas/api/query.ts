/** The query response: Pinot's fields (their order is the encoder's business) plus ours. */
import type { Span } from "#schemas/errors";
import type { Gap } from "#schemas/segment";
import type { SqlType } from "#schemas/types";

export interface QueryException {
  readonly errorCode: number;
  readonly message: string;
  readonly code: string;
  readonly position?: Span;
  readonly expected?: string;
  readonly found?: string;
}

/** A cell as JSON carries it. LONG digits past 2⁵³ are exact in the text; a JSON parser of doubles rounds them. */
export type Cell = number | string | boolean | null;

export interface QueryResponse {
  readonly resultTable?: {
    readonly dataSchema: {
      readonly columnNames: readonly string[];
      readonly columnDataTypes: readonly SqlType[];
    };
    readonly rows: readonly (readonly Cell[])[];
  };
  readonly numRowsResultSet: number;
  readonly partialResult: boolean;
  readonly exceptions: readonly QueryException[];
  readonly timeUsedMs: number;
  readonly requestId: string;
  readonly brokerId: string;
  readonly numDocsScanned: number;
  readonly totalDocs: number;
  readonly numEntriesScannedInFilter: number;
  readonly numEntriesScannedPostFilter: number;
  readonly numServersQueried: number;
  readonly numServersResponded: number;
  readonly numSegmentsQueried: number;
  readonly numSegmentsProcessed: number;
  readonly numSegmentsMatched: number;
  readonly numSegmentsPrunedByServer: number;
  readonly numConsumingSegmentsQueried: number;
  readonly minConsumingFreshnessTimeMs: number;
  readonly tablesQueried: readonly string[];
  /** Ours, beyond Pinot's: */
  readonly numSegmentsCached: number;
  readonly timeUsedUs: number;
  readonly indexesUsed: readonly string[];
  readonly resultRowsLimitReached: boolean;
  readonly gaps: readonly Gap[];
  readonly snapshot: string;
  readonly newestEventMs: number | null;
}

export interface QueryRequest {
  readonly sql: string;
  /** "timeoutMs=5000;useCache=false" */
  readonly queryOptions?: string;
  readonly trace?: boolean;
  /** The client's id, to cancel by: DELETE /query/{id}. */
  readonly clientQueryId?: string;
}
