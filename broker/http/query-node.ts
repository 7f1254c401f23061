/** SQL over HTTP: Pinot's broker and controller paths, cancel, and what runs now. */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { closedSignal, parameter, query, sendError, sendJson } from "#broker/http/answers-node";
import type { HttpParts } from "#broker/http/parts";
import type { QueryRequest } from "#schemas/api/query";
import { StoreError } from "#schemas/errors";

/** Fields of the request body, checked one by one: a wrong type is their mistake, named. */
function requestOf(body: unknown): QueryRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new StoreError("BODY_SYNTAX", 'expected a JSON object such as {"sql": "SELECT 1"}');
  }
  const fields = body as Record<string, unknown>;
  if (typeof fields["sql"] !== "string") {
    throw new StoreError("BODY_SYNTAX", 'expected "sql" to be a string in the JSON body', { at: "$.sql" });
  }
  const text = (name: string) => (typeof fields[name] === "string" ? { [name]: fields[name] as string } : {});
  return {
    sql: fields["sql"],
    ...text("queryOptions"),
    ...text("clientQueryId"),
    ...(typeof fields["trace"] === "boolean" ? { trace: fields["trace"] } : {}),
  };
}

async function answer(
  parts: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: QueryRequest,
): Promise<unknown> {
  const { body, contentType, errorCode, status } = await parts.queries.answer(asked, {
    accept: request.headers.accept ?? "",
    dialect: "pinot",
    client: request.ip,
    signal: closedSignal(request, reply),
  });
  const asStatus = request.headers["pinot-use-http-status-for-errors"] === "true";
  // Busy and oversized answers keep their status always: clients and proxies back off by it.
  const keeps = status === 413 || status === 429;
  reply.code(asStatus || keeps ? status : 200);
  reply.header("x-pinot-error-code", String(errorCode)).type(contentType);
  if (typeof body === "string") return reply.send(body);
  // Known beforehand, so that downloads show how far they are; compression takes it off again.
  reply.header(
    "content-length",
    body.reduce((total, block) => total + block.length, 0),
  );
  return reply.send(Readable.from(body, { objectMode: false }));
}

/** POST and GET of /query/sql, /query and the controller's /sql; DELETE /query/{id}; GET /queries. */
export function queryRoutes(app: FastifyInstance, parts: HttpParts): void {
  const post = async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      return await answer(parts, request, reply, requestOf(request.body));
    } catch (error) {
      return sendError(reply, error);
    }
  };
  const get = async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      const options = query(request, "queryOptions");
      const asked = {
        sql: query(request, "sql"),
        ...(options === undefined ? {} : { queryOptions: options }),
      };
      return await answer(parts, request, reply, requestOf(asked));
    } catch (error) {
      return sendError(reply, error);
    }
  };
  for (const path of ["/query/sql", "/query", "/sql"]) {
    app.post(path, post);
    app.get(path, get);
  }
  const cancel = async (request: FastifyRequest, reply: FastifyReply) => {
    const id = parameter(request, "id");
    if (parts.queries.cancel(id)) return sendJson(reply, { status: `Cancelled query: ${id}` });
    return sendError(reply, new StoreError("NOT_FOUND", `no query "${id}" is running`));
  };
  app.delete("/query/:id", cancel);
  app.delete("/clientQuery/:id", cancel);
  app.get("/queries", async (_request, reply) =>
    sendJson(reply, Object.fromEntries(parts.queries.running().map(({ id, sql }) => [id, sql]))),
  );
}
