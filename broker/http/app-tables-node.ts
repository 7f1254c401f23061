/** /api of tables and topics: what the app asks beside SQL and the live socket. */
import { createWhole, deskOf, knownTable } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import { freeTableName, type TableAdmin } from "#schemas/admin";
import { suggestedId } from "#schemas/api/ids";
import { json, type Operation } from "#schemas/api/operation";
import { list } from "#schemas/api/shape";
import {
  createAnswer,
  createRequest,
  deadLetters,
  type InferRequest,
  type InferredTable,
  inferRequest,
  inferredTable,
  tableDetail,
  tableSummary,
  topicInfo,
} from "#schemas/api/tables";
import { checked } from "#schemas/definition/check";
import { StoreError } from "#schemas/errors";
import { brokerBounds } from "#schemas/limits";

const sampleRows = brokerBounds.proposalRows;
const tag = "App" satisfies Operation["tag"];

const summariesRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/api/tables",
    tag,
    summary: "The state of every table.",
    answer: list(tableSummary),
    handle: () => admin.descriptions.summaries(),
  });

const createRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "POST",
    path: "/api/tables",
    tag,
    summary: "Makes a table of a schema and a table config, whole or not at all.",
    details:
      "Both are checked before anything is written. Where the name is taken nothing changes: the error says so with " +
      "TABLE_EXISTS and has a free name in `suggestion`.",
    body: json(createRequest, {
      schema: {
        schemaName: "visits",
        dimensionFieldSpecs: [{ name: "page", dataType: "STRING" }],
        dateTimeFieldSpecs: [{ name: "ts", dataType: "TIMESTAMP", format: "TIMESTAMP" }],
      },
      config: { tableName: "visits", segmentsConfig: { timeColumnName: "ts" } },
    }),
    answer: createAnswer,
    errors: [
      ...(["TABLE_DEFINITION", "TABLE_EXISTS", "CATALOG_CONFLICT"] as const),
      ...(["STREAM_UNREACHABLE", "DISK_FULL"] as const),
    ],
    handle: async ({ body }) => {
      const { schema, config = null } = checked(createRequest, body ?? {});
      const { name, ignored } = await createWhole(deskOf(parts), schema, config);
      return { status: `Table ${name} successfully added`, name, ignored };
    },
  });

const detailRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/api/tables/:name",
    tag,
    summary: "A table's state, lag, columns, segments and gaps.",
    parameters: { name: aTable },
    answer: tableDetail,
    errors: ["TABLE_UNKNOWN"],
    handle: ({ path: { name } }) => admin.descriptions.detail(knownTable(admin, name).table.name),
  });

const deadLettersRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/api/tables/:name/dead-letters",
    tag,
    summary: "What a table refused, and why.",
    parameters: { name: aTable },
    answer: deadLetters,
    errors: ["TABLE_UNKNOWN"],
    handle: ({ path: { name } }) => admin.descriptions.deadLetters(knownTable(admin, name).table.name),
  });

const topicsRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/api/topics",
    tag,
    summary: "The topics that can be made into tables.",
    answer: list(topicInfo),
    errors: ["STREAM_UNREACHABLE"],
    handle: () => admin.topics.list(),
  });

/** Pasted text, or the newest rows of a topic, one a line. */
async function rowsFor(parts: HttpParts, { topic, rows }: InferRequest): Promise<string> {
  if (topic !== undefined) return (await parts.admin.topics.sample(topic, sampleRows)).join("\n");
  if (rows !== undefined) return rows;
  throw new StoreError("BODY_SYNTAX", 'expected {"rows": "…"} or {"topic": "…"}', { at: "$" });
}

function askedOf(body: unknown): InferRequest {
  const parsed = inferRequest.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = ["$", ...(issue?.path ?? [])].join(".");
  throw new StoreError("BODY_SYNTAX", `${at}: ${issue?.message}`, { at });
}

/** What becomes of the rows in a table that has the wanted name already. */
function existingOf(admin: TableAdmin, name: string, schema: unknown): InferredTable["existing"] {
  const record = admin.definitions.record(name);
  if (record === undefined) return null;
  const { table } = record;
  const known = new Set(table.columns.map((column) => column.name));
  const unknown = fieldNamesOf(schema).filter((field) => !known.has(field));
  return { name: table.name, isPushed: table.stream.kind === "embedded", unknown };
}

const fieldNamesOf = (schema: unknown): readonly string[] =>
  Object.values(schema as Record<string, unknown>).flatMap((specs) =>
    Array.isArray(specs) ? specs.map((spec: { readonly name: string }) => spec.name) : [],
  );

/** The inferred config, reading a topic of the process's own stream. */
function streamConfig(parts: HttpParts, config: unknown, topic: string): unknown {
  const base = (config ?? {}) as Record<string, unknown>;
  const index = (base["tableIndexConfig"] ?? {}) as Record<string, unknown>;
  if (parts.kafkaBrokers.length === 0) {
    const own = { streamType: "embedded", "stream.embedded.topic.name": topic };
    return { ...base, tableIndexConfig: { ...index, streamConfigs: own } };
  }
  const streamConfigs = {
    streamType: "kafka",
    "stream.kafka.topic.name": topic,
    "stream.kafka.broker.list": parts.kafkaBrokers.join(","),
    "stream.kafka.consumer.prop.auto.offset.reset": "smallest",
    "stream.kafka.decoder.class.name": "org.apache.pinot.plugin.inputformat.json.JSONMessageDecoder",
  };
  return { ...base, tableIndexConfig: { ...index, streamConfigs } };
}

/** A name that SQL takes without quotes, out of what a file or topic is called. */
const proposedName = (text: string): string => suggestedId(text.replaceAll(/[.-]/g, "_"), "table") ?? "rows";

const inferRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "POST",
    path: "/api/infer",
    tag,
    summary: "Proposes a schema and a table config for sample rows or a topic.",
    body: json(inferRequest, {
      rows: '{"city": "Oslo", "amount": 12.5, "ts": 1700000000000}',
      table: "orders",
    }),
    answer: inferredTable,
    errors: ["STREAM_UNREACHABLE"],
    handle: async (call) => {
      const body = askedOf(call.body);
      const topic = body.topic ?? null;
      const wanted = proposedName(body.table || (topic ?? "rows"));
      const table = freeTableName(parts.admin.definitions, wanted);
      const csv = topic === null ? (body.csv ?? {}) : null;
      const inferred = parts.infer(await rowsFor(parts, body), { table, csv, limits: parts.limits });
      const existing = existingOf(parts.admin, wanted, inferred.schema);
      if (topic === null) return { ...inferred, existing };
      return { ...inferred, existing, config: streamConfig(parts, inferred.config, topic) };
    },
  });

/** Tables, topics, inference. */
export const appTableRoutes = (parts: HttpParts): readonly Route[] => [
  summariesRoute(parts),
  createRoute(parts),
  detailRoute(parts),
  deadLettersRoute(parts),
  topicsRoute(parts),
  inferRoute(parts),
];
