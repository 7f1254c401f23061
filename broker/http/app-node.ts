/** /api: what the web app asks beside SQL and the live socket. Types in schemas/api. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { guarded, jsonText, parameter, sendJson } from "#broker/http/answers-node";
import { knownTable } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { parseDashboard } from "#schemas/api/dashboard-check";
import type { SavedQuery } from "#schemas/catalog";
import { documentKinds, jsonSchemaOf } from "#schemas/definition/json-schema";
import { StoreError } from "#schemas/errors";
import { usageOf } from "#schemas/functions/resolve";
import { functionTable } from "#schemas/functions/table";

const sampleRows = 200;

/** Pasted text, or the newest rows of a topic, as one row a line. */
async function rowsFor(parts: HttpParts, body: Record<string, unknown>): Promise<readonly string[]> {
  if (typeof body["topic"] === "string") return parts.admin.sampleTopic(body["topic"], sampleRows);
  if (typeof body["rows"] === "string") return body["rows"].split("\n");
  throw new StoreError("BODY_SYNTAX", 'expected {"rows": "…"} or {"topic": "…"}', { at: "$" });
}

/** Tables, topics, inference. */
export function appTableRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { admin } = parts;
  const named = (request: FastifyRequest) => knownTable(admin, parameter(request, "name")).table.name;
  app.get(
    "/api/tables",
    guarded(async (_request, reply) => sendJson(reply, admin.summaries())),
  );
  app.get(
    "/api/tables/:name",
    guarded(async (request, reply) => sendJson(reply, await admin.detail(named(request)))),
  );
  app.get(
    "/api/tables/:name/dead-letters",
    guarded(async (request, reply) => sendJson(reply, await admin.deadLetters(named(request)))),
  );
  app.get(
    "/api/topics",
    guarded(async (_request, reply) => sendJson(reply, await admin.topics())),
  );
  app.post(
    "/api/infer",
    guarded(async (request, reply) => {
      const body = (request.body ?? {}) as Record<string, unknown>;
      const topic = typeof body["topic"] === "string" ? body["topic"] : null;
      const name =
        typeof body["table"] === "string" && body["table"] !== "" ? body["table"] : (topic ?? "rows");
      const inferred = parts.infer(await rowsFor(parts, body), name.replace(/[^A-Za-z0-9_]/g, "_"));
      return sendJson(
        reply,
        topic === null ? inferred : { ...inferred, config: streamConfig(parts, inferred.config, topic) },
      );
    }),
  );
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

const noDashboard = (id: string) => new StoreError("DASHBOARD_UNKNOWN", `there is no dashboard "${id}"`);

/** Dashboards and saved queries. */
export function appDocumentRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { catalog } = parts;
  app.get(
    "/api/dashboards",
    guarded(async (_request, reply) => sendJson(reply, await catalog.dashboards())),
  );
  app.get(
    "/api/dashboards/:id",
    guarded(async (request, reply) => {
      const id = parameter(request, "id");
      const dashboard = await catalog.dashboard(id);
      if (dashboard === null) throw noDashboard(id);
      return sendJson(reply, dashboard);
    }),
  );
  app.put(
    "/api/dashboards/:id",
    guarded(async (request, reply) => {
      const dashboard = parseDashboard({ ...(request.body as object), id: parameter(request, "id") });
      const updatedMs = parts.world.clock.nowMs();
      return sendJson(reply, await catalog.putDashboard({ ...dashboard, updatedMs }));
    }),
  );
  app.delete(
    "/api/dashboards/:id",
    guarded(async (request, reply) => {
      const id = parameter(request, "id");
      if ((await catalog.dashboard(id)) === null) throw noDashboard(id);
      await catalog.dropDashboard(id);
      return sendJson(reply, { status: "deleted" });
    }),
  );
  app.get(
    "/api/queries",
    guarded(async (_request, reply) => sendJson(reply, await catalog.savedQueries())),
  );
  app.put(
    "/api/queries/:id",
    guarded(async (request, reply) => {
      const saved = savedQueryOf(request.body, parameter(request, "id"), parts.world.clock.nowMs());
      await catalog.putSavedQuery(saved);
      return sendJson(reply, saved);
    }),
  );
  app.delete(
    "/api/queries/:id",
    guarded(async (request, reply) => {
      const id = parameter(request, "id");
      const saved = await catalog.savedQueries();
      if (!saved.some((query) => query.id === id)) {
        throw new StoreError("NOT_FOUND", `there is no saved query "${id}"`);
      }
      await catalog.dropSavedQuery(id);
      return sendJson(reply, { status: "deleted" });
    }),
  );
}

function savedQueryOf(body: unknown, id: string, updatedMs: number): SavedQuery {
  const { name, sql } = (body ?? {}) as Record<string, unknown>;
  if (typeof name !== "string" || typeof sql !== "string") {
    throw new StoreError("BODY_SYNTAX", 'expected {"name": "…", "sql": "…"}', { at: "$" });
  }
  return { id, name, sql, updatedMs };
}

/** What the console completes and what help shows. */
export function appInfoRoutes(app: FastifyInstance, parts: HttpParts): void {
  const functions = jsonText(
    functionTable.map((signature) => ({
      name: signature.name,
      aliases: signature.aliases,
      group: signature.group,
      usage: usageOf(signature),
      doc: signature.doc,
    })),
  );
  app.get("/api/functions", async (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(functions),
  );
  for (const kind of documentKinds) {
    const text = jsonText(jsonSchemaOf(kind));
    app.get(`/api/json-schema/${kind}`, async (_request, reply) =>
      reply.type("application/schema+json").send(text),
    );
  }
  app.get("/api/version", async (_request, reply) =>
    sendJson(reply, { version: parts.version, kafka: parts.kafkaBrokers, limits: parts.limits }),
  );
}
