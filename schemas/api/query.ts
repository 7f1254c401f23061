/** SQL over HTTP: what is asked, and Pinot's response fields (their order is the encoder's business) plus ours. */
import { z } from "zod";
import { count, instantMs, key, list, shape } from "#schemas/api/shape";
import { sqlType } from "#schemas/api/tables";
import type { Span } from "#schemas/errors";
import type { Gap } from "#schemas/segment";

export const span = shape({ start: count, end: count })
  .describe("Where in the statement: UTF-16 code units from its start")
  .meta({ id: "Span" }) satisfies z.ZodType<Span>;

export const queryException = shape({
  errorCode: z.number().int().describe("Pinot's number of the error"),
  message: z.string(),
  code: z.string().describe("Our code of the error"),
  position: span.exactOptional(),
  expected: z.string().exactOptional(),
  found: z.string().exactOptional(),
}).meta({ id: "QueryException" });
export type QueryException = z.infer<typeof queryException>;

const cell = z
  .union([z.number(), z.string(), z.boolean(), z.null()])
  .describe("LONG digits past 2^53 are exact in the text; a JSON parser of doubles rounds them")
  .meta({ id: "Cell" });
/** A cell as JSON carries it. LONG digits past 2⁵³ are exact in the text; a JSON parser of doubles rounds them. */
export type Cell = z.infer<typeof cell>;

const gap = shape({
  partition: count,
  start: z.bigint(),
  end: z.bigint(),
  reason: z.string(),
  foundMs: instantMs,
})
  .describe("A stretch of the stream that is not there and never will be")
  .meta({ id: "Gap" }) satisfies z.ZodType<Gap>;

/** What our own pages read of it; `schemas/api/query-answer.ts` has the whole. */
export const queryResponse = shape({
  resultTable: shape({
    dataSchema: shape({ columnNames: list(z.string()), columnDataTypes: list(sqlType) }),
    rows: list(list(cell)),
  })
    .exactOptional()
    .describe("Missing when the statement failed: see exceptions"),
  numRowsResultSet: count,
  partialResult: z.boolean(),
  exceptions: list(queryException).describe("What went wrong, or is missing from the rows; empty: nothing"),
  timeUsedMs: count,
  requestId: z.string(),
  brokerId: z.string(),
  numDocsScanned: count,
  totalDocs: count,
  numEntriesScannedInFilter: count,
  numEntriesScannedPostFilter: count,
  numServersQueried: count,
  numServersResponded: count,
  numSegmentsQueried: count,
  numSegmentsProcessed: count,
  numSegmentsMatched: count,
  numSegmentsPrunedByServer: count,
  numConsumingSegmentsQueried: count,
  minConsumingFreshnessTimeMs: z.number(),
  tablesQueried: list(z.string()),
  // Ours, beyond Pinot's:
  numSegmentsCached: count,
  timeUsedUs: count,
  indexesUsed: list(z.string()),
  resultRowsLimitReached: z.boolean(),
  gaps: list(gap),
  snapshot: z.string(),
  newestEventMs: instantMs.nullable(),
});
export type QueryResponse = z.infer<typeof queryResponse>;

export const queryRequest = shape({
  sql: z.string(),
  queryOptions: z.string().exactOptional().describe('As "timeoutMs=5000;useCache=false"'),
  trace: z.boolean().exactOptional(),
  clientQueryId: key.exactOptional().describe("An id of your own, to cancel by"),
}).meta({ id: "QueryRequest" });
export type QueryRequest = z.infer<typeof queryRequest>;

/** A query kept by name. */
export const savedQuery = shape({
  id: z.string(),
  name: z.string(),
  sql: z.string(),
  updatedMs: instantMs,
  damaged: z.string().exactOptional().describe("Why it cannot be trusted, and what to do; absent: it can"),
}).meta({
  id: "SavedQuery",
});
export type SavedQuery = z.infer<typeof savedQuery>;

export const savedQueryRequest = shape({ name: z.string(), sql: z.string() });
