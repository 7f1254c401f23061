/** SQL over HTTP: Pinot's broker and controller paths, cancel, and what runs now. */
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { closedSignal } from "#broker/http/answers-node";
import type { HttpParts } from "#broker/http/parts";
import { jsonRoute, plainRoute, type Route } from "#broker/http/route-node";
import { runningQueries, statusAnswer } from "#schemas/api/controller";
import { checkKey, shownText } from "#schemas/api/ids";
import { bytes, json, type Operation, text } from "#schemas/api/operation";
import { type QueryRequest, queryRequest } from "#schemas/api/query";
import { queryAnswer, queryAnswerHeaders, queryHeaders, queryParameters } from "#schemas/api/query-answer";
import { type ErrorCode, StoreError } from "#schemas/errors";

/** Fields of the request body, checked one by one: a wrong type is their mistake, named. */
function requestOf(body: unknown): QueryRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new StoreError("BODY_SYNTAX", 'expected a JSON object such as {"sql": "SELECT 1"}');
  }
  const fields = body as Record<string, unknown>;
  if (typeof fields["sql"] !== "string") {
    throw new StoreError("BODY_SYNTAX", 'expected "sql" to be a string in the JSON body', { at: "$.sql" });
  }
  const text = (name: string, example: string): Readonly<Record<string, string>> => {
    const value = fields[name];
    if (value === undefined || value === null) return {};
    if (typeof value === "string") return { [name]: value };
    const expected = `a string such as "${example}"`;
    throw new StoreError(
      "BODY_SYNTAX",
      `expected "${name}" to be ${expected}, found ${JSON.stringify(value)}`,
      {
        at: `$.${name}`,
        expected,
      },
    );
  };
  const { clientQueryId } = text("clientQueryId", "report-17");
  if (clientQueryId !== undefined) checkKey(clientQueryId, "clientQueryId", "$.clientQueryId");
  return {
    sql: fields["sql"],
    ...text("queryOptions", "timeoutMs=5000;useCache=false"),
    ...(clientQueryId === undefined ? {} : { clientQueryId }),
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
    signal: AbortSignal.any([closedSignal(request, reply), parts.stopping]),
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

/** What a statement may be refused for. */
const faults: readonly ErrorCode[] = [
  ...(["SQL_SYNTAX", "SQL_UNSUPPORTED", "SQL_TYPE", "OPTION_UNKNOWN", "OPTION_VALUE"] as const),
  ...(["FUNCTION_UNKNOWN", "FUNCTION_ARGUMENTS", "COLUMN_UNKNOWN", "VALUE_RANGE", "VALUE_SYNTAX"] as const),
  ...(["RESULT_ROWS", "RESULT_BYTES", "QUERY_MEMORY", "BODY_SYNTAX", "ID_SYNTAX"] as const),
  ...(["TABLE_UNKNOWN", "BODY_BYTES", "QUERIES_QUEUED", "QUERY_CANCELLED", "QUERY_DEADLINE"] as const),
  ...(["SEGMENT_CORRUPT", "SERVER_MISSING", "MEMORY_BUDGET", "SHUTTING_DOWN"] as const),
];

const asked = {
  tag: "Queries",
  details:
    "The answer is JSON as Pinot writes it, or what `Accept` prefers of CSV, NDJSON (also as `application/jsonl`) " +
    "and an Arrow stream. `text/csv; guard=formulas` is for spreadsheets: texts that they would run as a formula " +
    "get an apostrophe; plain `text/csv` is exact. " +
    "Only JSON can say that rows are missing, so an answer with `exceptions` is always JSON.",
  headers: queryHeaders,
  answer: {
    ...json(queryAnswer),
    ...text("text/csv", "city,total\r\nOslo,12.5\r\n"),
    ...text("application/x-ndjson", '{"city":"Oslo","total":12.5}\n'),
    ...bytes("application/vnd.apache.arrow.stream"),
  },
  answerHeaders: queryAnswerHeaders,
  errors: faults,
  faultyAnswer: queryAnswer,
} as const satisfies Partial<Operation>;

const postRoute = (parts: HttpParts, path: string): Route =>
  plainRoute({
    ...asked,
    method: "POST",
    path,
    summary: "Answers one SQL statement.",
    body: json(queryRequest, {
      sql: "SELECT product_id, SUM(quantity) FROM purchases GROUP BY product_id",
      queryOptions: "timeoutMs=5000",
    }),
    handle: ({ body, request, reply }) => answer(parts, request, reply, requestOf(body)),
  });

const getRoute = (parts: HttpParts, path: string): Route =>
  plainRoute({
    ...asked,
    method: "GET",
    path,
    summary: "Answers the SQL statement of the address.",
    query: queryParameters,
    handle: ({ query, request, reply }) => answer(parts, request, reply, requestOf(query)),
  });

const cancelRoute = ({ queries }: HttpParts, path: "/query/:id" | "/clientQuery/:id"): Route =>
  jsonRoute({
    method: "DELETE",
    path,
    tag: "Queries",
    summary: "Stops a running statement.",
    parameters: {
      id: { description: "The statement's requestId or clientQueryId", example: "my-query-1" },
    },
    answer: statusAnswer,
    errors: ["NOT_FOUND"],
    handle: ({ path: { id } }) => {
      if (queries.cancel(id)) return { status: `Cancelled query: ${id}` };
      throw new StoreError("NOT_FOUND", `no query ${shownText(id)} is running`);
    },
  });

const runningRoute = ({ queries }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/queries",
    tag: "Queries",
    summary: "The statements that run now, by id.",
    answer: runningQueries,
    handle: () => Object.fromEntries(queries.running().map(({ id, sql }) => [id, sql])),
  });

/** POST and GET of /query/sql, /query and the controller's /sql; DELETE /query/{id}; GET /queries. */
export const queryRoutes = (parts: HttpParts): readonly Route[] => [
  ...["/query/sql", "/query", "/sql"].flatMap((path) => [postRoute(parts, path), getRoute(parts, path)]),
  cancelRoute(parts, "/query/:id"),
  cancelRoute(parts, "/clientQuery/:id"),
  runningRoute(parts),
];
