/** Pinot's controller paths for schemas and tables, as its clients, UIs and scripts call them. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { guarded, type Handler, parameter, query, sendJson } from "#broker/http/answers-node";
import { type DefinitionDesk, knownTable, putSchema, putTable, validate } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { plainTableName } from "#schemas/definition/define";
import { StoreError } from "#schemas/errors";

const deskOf = (parts: HttpParts) => ({
  admin: parts.admin,
  limits: parts.limits,
  nowMs: () => parts.world.clock.nowMs(),
});

/** A PUT changes what its path names: a body about another one is a mistake, not another change. */
function bodyNames(request: FastifyRequest, field: "schemaName" | "tableName"): void {
  const wanted = plainTableName(parameter(request, "name"));
  const found = (request.body as Record<string, unknown> | null | undefined)?.[field];
  if (typeof found !== "string" || plainTableName(found).toLowerCase() === wanted.toLowerCase()) return;
  throw new StoreError(
    "TABLE_DEFINITION",
    `$.${field}: expected "${wanted}" as in the path but found "${found}".`,
    {
      at: `$.${field}`,
    },
  );
}

/** POST, GET, PUT and DELETE of schemas. */
export function schemaRoutes(app: FastifyInstance, parts: HttpParts): void {
  const desk = deskOf(parts);
  app.get("/schemas", async (_request, reply) =>
    sendJson(
      reply,
      parts.admin.records().map(({ table }) => table.name),
    ),
  );
  app.get(
    "/schemas/:name",
    guarded(async (request, reply) =>
      sendJson(reply, knownTable(parts.admin, parameter(request, "name")).schemaJson),
    ),
  );
  const put: Handler = async (request, reply) => {
    const ignored = await putSchema(desk, request.body);
    const name = (request.body as { schemaName: string }).schemaName;
    return sendJson(reply, { status: `${name} successfully added`, ignored });
  };
  app.post("/schemas", guarded(put));
  app.put(
    "/schemas/:name",
    guarded(async (request, reply) => {
      bodyNames(request, "schemaName");
      return await put(request, reply);
    }),
  );
  app.post(
    "/schemas/validate",
    guarded(async (request, reply) => {
      const ignored = validate(desk, request.body, null);
      return sendJson(reply, { ...(request.body as object), ignored });
    }),
  );
  app.delete(
    "/schemas/:name",
    guarded(async (request, reply) => {
      const { table, configJson } = knownTable(parts.admin, parameter(request, "name"));
      if (configJson !== null) {
        throw new StoreError(
          "TABLE_EXISTS",
          `schema "${table.name}" has a table; DELETE /tables/${table.name} first.`,
        );
      }
      await parts.admin.drop(table.name);
      return sendJson(reply, { status: `Schema ${table.name} deleted` });
    }),
  );
}

/** POST, GET, PUT and DELETE of tables, and Pinot's consumption controls. */
export function tableRoutes(app: FastifyInstance, parts: HttpParts): void {
  const desk = deskOf(parts);
  const { admin } = parts;
  const named = (request: FastifyRequest) => knownTable(admin, parameter(request, "name")).table.name;
  const list: Handler = async (_request, reply) =>
    sendJson(reply, { tables: admin.records().map(({ table }) => table.name) });
  app.get("/tables", list);
  app.get("/mytables", list);
  app.post(
    "/tables",
    guarded(async (request, reply) => {
      const ignored = await putTable(desk, request.body, "create");
      const name = plainTableName((request.body as { tableName: string }).tableName);
      return sendJson(reply, {
        status: `Table ${name} successfully added`,
        unrecognizedProperties: {},
        ignored,
      });
    }),
  );
  app.put(
    "/tables/:name",
    guarded(async (request, reply) => {
      bodyNames(request, "tableName");
      const ignored = await putTable(desk, request.body, "change");
      return sendJson(reply, { status: `Table config updated for ${parameter(request, "name")}`, ignored });
    }),
  );
  app.get(
    "/tables/:name",
    guarded(async (request, reply) => {
      const { table, configJson } = knownTable(admin, parameter(request, "name"));
      const type = (configJson as { tableType?: string } | null)?.tableType ?? "REALTIME";
      return sendJson(reply, {
        [type]: configJson ?? { tableName: `${table.name}_REALTIME`, tableType: "REALTIME" },
      });
    }),
  );
  app.delete(
    "/tables/:name",
    guarded(async (request, reply) => {
      const name = named(request);
      await admin.drop(name);
      return sendJson(reply, { status: `Tables: [${name}] deleted` });
    }),
  );
  app.get(
    "/tables/:name/schema",
    guarded(async (request, reply) =>
      sendJson(reply, knownTable(admin, parameter(request, "name")).schemaJson),
    ),
  );
  validationRoute(app, desk);
  consumptionRoutes(app, parts, named);
  sizeRoutes(app, parts, named);
}

/** What resuming did: a stopped partition needs more than that. */
async function resumedText(admin: HttpParts["admin"], name: string): Promise<string> {
  const stopped = (await admin.detail(name)).partitions.filter(({ state }) => state === "stopped");
  if (stopped.length === 0) return "Consumption goes on where it stopped.";
  const reasons = stopped.map(({ partition, lastError }) => `partition ${partition}: ${lastError}`);
  return `Stopped until the process starts again: ${reasons.join("; ")}`;
}

function validationRoute(app: FastifyInstance, desk: DefinitionDesk): void {
  app.post(
    "/tables/validate",
    guarded(async (request, reply) => {
      const { schema, config } = (request.body ?? {}) as { schema?: unknown; config?: unknown };
      return sendJson(reply, { status: "valid", ignored: validate(desk, schema, config ?? null) });
    }),
  );
}

function consumptionRoutes(
  app: FastifyInstance,
  { admin }: HttpParts,
  named: (request: FastifyRequest) => string,
): void {
  const statusOf = async (name: string) => {
    const { partitions, state } = await admin.detail(name);
    const consuming = partitions
      .filter((partition) => partition.state === "consuming")
      .map(({ partition }) => `${name}__${partition}`);
    return { pauseFlag: state === "paused", consumingSegments: consuming };
  };
  app.post(
    "/tables/:name/pauseConsumption",
    guarded(async (request, reply) => {
      const name = named(request);
      await admin.pause(name);
      return sendJson(reply, {
        ...(await statusOf(name)),
        description: "Consumption is paused; rows in memory stay queryable.",
      });
    }),
  );
  app.post(
    "/tables/:name/resumeConsumption",
    guarded(async (request, reply) => {
      const name = named(request);
      await admin.resume(name);
      return sendJson(reply, {
        ...(await statusOf(name)),
        description: await resumedText(admin, name),
      });
    }),
  );
  app.get(
    "/tables/:name/pauseStatus",
    guarded(async (request, reply) => sendJson(reply, await statusOf(named(request)))),
  );
  app.post(
    "/tables/:name/forceCommit",
    guarded(async (request, reply) => {
      const segments = await admin.forceCommit(named(request));
      return sendJson(reply, { status: "SUCCESS", forceCommitStatus: "SUCCESS", segments });
    }),
  );
  app.get(
    "/tables/:name/consumingSegmentsInfo",
    guarded(async (request, reply) => {
      const { segments } = await admin.detail(named(request));
      const consuming = segments.filter((segment) => segment.state !== "sealed");
      return sendJson(reply, {
        serversFailingToRespond: 0,
        _segmentToConsumingInfoMap: Object.fromEntries(consuming.map((segment) => [segment.id, [segment]])),
      });
    }),
  );
}

function sizeRoutes(
  app: FastifyInstance,
  { admin }: HttpParts,
  named: (request: FastifyRequest) => string,
): void {
  app.get(
    "/tables/:name/metadata",
    guarded(async (request, reply) => {
      const { name, bytes, segments, rows } = await admin.detail(named(request));
      return sendJson(reply, {
        tableName: name,
        diskSizeInBytes: bytes,
        numSegments: segments.length,
        numRows: rows,
      });
    }),
  );
  app.get(
    "/tables/:name/size",
    guarded(async (request, reply) => {
      const { name, bytes } = await admin.detail(named(request));
      return sendJson(reply, { tableName: name, reportedSizeInBytes: bytes, estimatedSizeInBytes: bytes });
    }),
  );
  app.get(
    "/segments/:name",
    guarded(async (request, reply) => {
      const { segments } = await admin.detail(named(request));
      return sendJson(reply, [{ [query(request, "type") ?? "REALTIME"]: segments.map(({ id }) => id) }]);
    }),
  );
  const views: Handler = guarded(async (request, reply) => {
    const { segments } = await admin.detail(named(request));
    const entries = segments.map(({ id, state }) => [
      id,
      { Server_freshet: state === "sealed" ? "ONLINE" : "CONSUMING" },
    ]);
    return sendJson(reply, { OFFLINE: null, REALTIME: Object.fromEntries(entries) });
  });
  app.get("/tables/:name/idealstate", views);
  app.get("/tables/:name/externalview", views);
}
