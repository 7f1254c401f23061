/** Everything around the JSON of a query: the whole response as Pinot's clients read it, and its HTTP headers. */
import { z } from "zod";
import { queryResponse } from "#schemas/api/query";
import { count, list, shape } from "#schemas/api/shape";

/** Pinot's accounting beside what we count: mostly zeroes, but its clients look for every field. */
const pinotFields = {
  numGroupsLimitReached: z.boolean(),
  numGroupsWarningLimitReached: z.boolean(),
  maxRowsInDistinctReached: z.boolean(),
  maxRowsWithoutChangeInDistinctReached: z.boolean(),
  maxExecutionTimeInDistinctReached: z.boolean(),
  clientRequestId: z.string().nullable(),
  numConsumingSegmentsProcessed: count,
  numConsumingSegmentsMatched: count,
  numSegmentsPrunedByBroker: count,
  numSegmentsPrunedInvalid: count,
  numSegmentsPrunedByLimit: count,
  numSegmentsPrunedByValue: count,
  brokerReduceTimeMs: z.number(),
  offlineThreadCpuTimeNs: z.number(),
  realtimeThreadCpuTimeNs: z.number(),
  offlineSystemActivitiesCpuTimeNs: z.number(),
  realtimeSystemActivitiesCpuTimeNs: z.number(),
  offlineResponseSerializationCpuTimeNs: z.number(),
  realtimeResponseSerializationCpuTimeNs: z.number(),
  offlineTotalCpuTimeNs: z.number(),
  realtimeTotalCpuTimeNs: z.number(),
  explainPlanNumEmptyFilterSegments: count,
  explainPlanNumMatchAllFilterSegments: count,
  traceInfo: shape({}),
  offlineThreadMemAllocatedBytes: count,
  realtimeThreadMemAllocatedBytes: count,
  offlineResponseSerMemAllocatedBytes: count,
  realtimeResponseSerMemAllocatedBytes: count,
  offlineTotalMemAllocatedBytes: count,
  realtimeTotalMemAllocatedBytes: count,
  pools: list(z.number().int()),
  rlsFiltersApplied: z.boolean(),
  groupsTrimmed: z.boolean(),
  numRowsScanned: count,
};

export const queryAnswer = shape({ ...queryResponse.unwrap().shape, ...pinotFields }).meta({
  id: "QueryResponse",
});

/** GET /query/sql?sql=… */
export const queryParameters = z.object({
  sql: z.string().meta({ examples: ["SELECT COUNT(*) FROM purchases"] }),
  queryOptions: z.string().exactOptional().describe('As "timeoutMs=5000;useCache=false"'),
});

export const queryHeaders = z.object({
  "pinot-use-http-status-for-errors": z
    .enum(["true", "false"])
    .exactOptional()
    .describe("true: a statement at fault answers with the status of its first exception instead of 200"),
});

export const queryAnswerHeaders = z.object({
  "x-pinot-error-code": z.string().describe("Pinot's number of the first exception; -1 without one"),
});
