/** /api of tables and topics: what the app asks beside SQL and the live socket. */
import { knownTable } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import type { TableAdmin } from "#schemas/admin";
import { json, type Operation } from "#schemas/api/operation";
import { list } from "#schemas/api/shape";
import {
  deadLetters,
  type InferRequest,
  type InferredTable,
  inferRequest,
  inferredTable,
  tableDetail,
  tableSummary,
  topicInfo,
} from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";

const sampleRows = 200;
const tag = "App" satisfies Operation["tag"];

const summariesRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/api/tables",
    tag,
    summary: "The state of every table.",
    answer: list(tableSummary),
    handle: () => admin.summaries(),
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
    handle: ({ path: { name } }) => admin.detail(knownTable(admin, name).table.name),
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
    handle: ({ path: { name } }) => admin.deadLetters(knownTable(admin, name).table.name),
  });

const topicsRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/api/topics",
    tag,
    summary: "The topics that can be made into tables.",
    answer: list(topicInfo),
    errors: ["STREAM_UNREACHABLE"],
    handle: () => admin.topics(),
  });

/** Pasted text, or the newest rows of a topic, one a line. */
async function rowsFor(parts: HttpParts, { topic, rows }: InferRequest): Promise<string> {
  if (topic !== undefined) return (await parts.admin.sampleTopic(topic, sampleRows)).join("\n");
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

/** The name, or with the first number behind it that no table has. */
function freeName(admin: TableAdmin, name: string): string {
  const taken = new Set(admin.records().map(({ table }) => table.name.toLowerCase()));
  let free = name;
  for (let count = 2; taken.has(free.toLowerCase()); count++) free = `${name}_${count}`;
  return free;
}

/** What becomes of the rows in a table that has the wanted name already. */
function existingOf(admin: TableAdmin, name: string, schema: unknown): InferredTable["existing"] {
  const record = admin.records().find(({ table }) => table.name.toLowerCase() === name.toLowerCase());
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
      const wanted = (body.table || (topic ?? "rows")).replaceAll(/[^A-Za-z0-9_]/g, "_");
      const table = freeName(parts.admin, wanted);
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
  detailRoute(parts),
  deadLettersRoute(parts),
  topicsRoute(parts),
  inferRoute(parts),
];
