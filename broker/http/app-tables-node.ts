/** /api of tables and topics: what the app asks beside SQL and the live socket. */
import { knownTable } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import { json, type Operation } from "#schemas/api/operation";
import { list } from "#schemas/api/shape";
import {
  deadLetters,
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

/** Pasted text, or the newest rows of a topic, as one row a line. */
async function rowsFor(parts: HttpParts, body: Record<string, unknown>): Promise<readonly string[]> {
  if (typeof body["topic"] === "string") return parts.admin.sampleTopic(body["topic"], sampleRows);
  if (typeof body["rows"] === "string") return body["rows"].split("\n");
  throw new StoreError("BODY_SYNTAX", 'expected {"rows": "…"} or {"topic": "…"}', { at: "$" });
}

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
      const body = (call.body ?? {}) as Record<string, unknown>;
      const topic = typeof body["topic"] === "string" ? body["topic"] : null;
      const name =
        typeof body["table"] === "string" && body["table"] !== "" ? body["table"] : (topic ?? "rows");
      const inferred = parts.infer(await rowsFor(parts, body), name.replace(/[^A-Za-z0-9_]/g, "_"));
      return topic === null ? inferred : { ...inferred, config: streamConfig(parts, inferred.config, topic) };
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
