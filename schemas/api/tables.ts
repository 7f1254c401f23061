/** What the app's /api routes say of tables. Big integers travel as decimal strings. */
import { z } from "zod";
import { byName, count, digits, instantMs, list, shape } from "#schemas/api/shape";
import { streamKinds } from "#schemas/table";
import { type SqlType, sqlTypes } from "#schemas/types";

export const sqlType = z.enum(Object.keys(sqlTypes) as [SqlType, ...SqlType[]]).meta({ id: "SqlType" });

const partitionStatus = shape({
  partition: count,
  state: z.enum(["consuming", "paused", "retrying", "stopped", "starting"]),
  nextOffset: digits,
  endOffset: digits.nullable().describe("The source's end offset; null while unknown"),
  lagRows: z.number().nullable(),
  lagMs: z.number().nullable(),
  rowsPerSecond: z.number(),
  lastError: z.string().nullable(),
  lastErrorCode: z.string().exactOptional().describe("Code of lastError"),
  retryInMs: z.number().nullable(),
}).meta({ id: "PartitionStatus" });
export type PartitionStatus = z.infer<typeof partitionStatus>;

const columnInfo = shape({
  id: z.number().int(),
  name: z.string(),
  type: sqlType,
  role: z.enum(["dimension", "metric", "dateTime"]),
  notNull: z.boolean(),
  encoding: z
    .string()
    .describe(
      '"dictionary", "raw", "delta", … of the newest sealed segment; "mutable" before the first seal',
    ),
  indexes: list(z.string()),
  distinct: z.number().nullable().describe("Estimated over segments; null when unknown"),
  nulls: count,
  min: z.string().nullable(),
  max: z.string().nullable(),
}).meta({ id: "ColumnInfo" });
export type ColumnInfo = z.infer<typeof columnInfo>;

export const segmentSummary = shape({
  id: z.string(),
  state: z.enum(["consuming", "sealing", "sealed", "dropped", "corrupt"]),
  rows: count,
  bytes: count,
  ranges: list(shape({ partition: count, start: digits, end: digits })).describe(
    "The stream's offsets that the segment holds, from start up to, not including, end",
  ),
  timeMinMs: z.number().nullable(),
  timeMaxMs: z.number().nullable(),
  error: z.string().nullable(),
}).meta({ id: "SegmentSummary" });
export type SegmentSummary = z.infer<typeof segmentSummary>;

const summaryFields = {
  name: z.string(),
  stream: z.enum(streamKinds),
  topic: z.string(),
  rows: count,
  bytes: count.describe("On disk: sealed files and the tail log"),
  memoryBytes: count.describe("Unsealed rows, and what is decoded of sealed ones"),
  rowsPerSecond: z.number(),
  rejected: count.describe("Rows refused since the table was made: see its dead letters"),
  sealedSegments: count,
  consumingSegments: count,
  timeColumn: z.string().nullable(),
  newestEventMs: instantMs.nullable(),
  freshnessMs: z.number().nullable().describe("Now minus the arrival of the newest visible row"),
  lagRows: z.number().nullable(),
  lagMs: z.number().nullable(),
  state: z.enum(["running", "paused", "degraded", "stopped"]),
  message: z.string().nullable().describe("What is wrong, in a sentence"),
};

export const tableSummary = shape(summaryFields).meta({ id: "TableSummary" });
export type TableSummary = z.infer<typeof tableSummary>;

export const tableDetail = shape({
  ...summaryFields,
  columns: list(columnInfo),
  partitions: list(partitionStatus),
  segments: list(segmentSummary),
  unknownFields: list(shape({ name: z.string(), count })).describe(
    "Fields of the source that the schema does not have, with how often each was seen",
  ),
  gaps: list(
    shape({ partition: count, start: digits, end: digits, reason: z.string(), foundMs: instantMs }),
  ).describe("Stretches of the stream that are not there and never will be"),
  schemaJson: z.unknown().describe("The schema as it was given"),
  configJson: z.unknown().describe("The table config as it was given; null without one"),
}).meta({ id: "TableDetail" });
export type TableDetail = z.infer<typeof tableDetail>;

/** POST /api/tables */
export const createRequest = shape({
  schema: z.unknown().describe("A Pinot schema"),
  config: z.unknown().exactOptional().describe("A Pinot table config; left out: fed by pushes"),
}).meta({ id: "CreateRequest" });

export const createAnswer = shape({
  status: z.string(),
  name: z.string(),
  ignored: list(z.string()).describe("Keys that were accepted and have no meaning here"),
}).meta({ id: "CreateAnswer" });
export type CreateAnswer = z.infer<typeof createAnswer>;

const deadLetter = shape({
  partition: count,
  offset: digits,
  reason: z.string(),
  payload: z.string(),
  atMs: instantMs,
});
export type DeadLetter = z.infer<typeof deadLetter>;

export const deadLetters = shape({
  total: count,
  reasons: list(shape({ reason: z.string(), count })),
  samples: list(deadLetter),
  lost: z.string().exactOptional().describe("What of their file was not whole, and is not counted"),
}).meta({ id: "DeadLetters" });
export type DeadLetters = z.infer<typeof deadLetters>;

/**
 * Where partitions that stopped go on: Pinot's three words, and one for a batch that cannot be read.
 */
export const consumeFrom = z
  .enum(["lastConsumed", "smallest", "largest", "next"])
  .describe(
    "Where partitions that stopped go on: smallest (all that the source has now), largest (only what comes from now " +
      "on), lastConsumed (from our offset), next (behind a batch that cannot be read); what is passed over is a gap",
  );
export type ConsumeFrom = z.infer<typeof consumeFrom>;

/** GET /api/topics: what can be made into a table. */
export const topicInfo = shape({
  name: z.string(),
  partitions: count,
  table: z.string().nullable().describe("The table that reads it; null: none does"),
  taken: z
    .string()
    .exactOptional()
    .describe("Why no other table can read it: it is the pushes to its table; absent: others can"),
}).meta({ id: "TopicInfo" });
export type TopicInfo = z.infer<typeof topicInfo>;

const csvReading = {
  delimiter: z.string().length(1).describe("The character between fields"),
  header: z.boolean().describe("Whether the first line names the columns"),
  columns: list(z.string()).describe("Names of the columns by place"),
  nulls: list(z.string()).describe("Words that mean a missing value in every column"),
};

/** POST /api/infer */
export const inferRequest = shape({
  rows: z.string().exactOptional().describe("Rows as text: JSON objects or CSV"),
  topic: z.string().exactOptional().describe("Instead of rows: a topic whose newest rows are read"),
  table: z.string().exactOptional().describe("The name to propose"),
  csv: z
    .strictObject(csvReading)
    .partial()
    .exactOptional()
    .describe("How CSV is read; told from the rows where left out"),
}).meta({ id: "InferRequest" });
export type InferRequest = z.infer<typeof inferRequest>;

const existingTable = shape({
  name: z.string(),
  isPushed: z.boolean().describe("Its rows come by pushes, so these can be added"),
  unknown: list(z.string()).describe("Fields of the rows that it has no column for"),
}).meta({ id: "ExistingTable" });

/** POST /api/infer: an editable proposal. */
export const inferredTable = shape({
  schema: z.unknown(),
  config: z.unknown(),
  sample: list(byName(z.unknown())),
  notes: list(z.string()).describe("What was guessed, and why"),
  csv: shape(csvReading).nullable().describe("How the rows were read as CSV, to be pushed alike; null: JSON"),
  existing: existingTable
    .nullable()
    .describe("The table that has the wanted name already; the proposal then has a free one"),
}).meta({ id: "InferredTable" });
export type InferredTable = z.infer<typeof inferredTable>;

/** POST /ingest/{table} */
export const ingestAnswer = shape({
  accepted: count,
  rejected: count,
  rejects: list(shape({ line: count, reason: z.string() })).describe(
    "The first refused rows; the counts are of all",
  ),
  partition: count,
  offset: digits.describe("Offset after the last accepted row"),
}).meta({
  id: "IngestAnswer",
  examples: [
    {
      accepted: 2,
      rejected: 1,
      rejects: [{ line: 3, reason: "transaction_time: a value is required" }],
      partition: 0,
      offset: "2",
    },
  ],
});
export type IngestAnswer = z.infer<typeof ingestAnswer>;

/** POST /tables and /schemas answer Pinot's `status` plus what was ignored. */
export const definitionAnswer = shape({
  status: z.string(),
  ignored: list(z.string()).describe("Keys that were accepted and have no meaning here"),
}).meta({ id: "DefinitionAnswer" });
export type DefinitionAnswer = z.infer<typeof definitionAnswer>;
