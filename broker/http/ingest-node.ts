/** POST /ingest/{table}: rows as NDJSON, a JSON array or CSV; the answer comes after they are durable. */
import type { FastifyInstance } from "fastify";
import { parameter, query, sendError, sendJson } from "#broker/http/answers-node";
import { knownTable } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import type { PushOptions } from "#schemas/admin";
import { StoreError } from "#schemas/errors";

const formats: readonly (readonly [string, PushOptions["format"]])[] = [
  ["application/x-ndjson", "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["application/json", "json"],
  ["text/csv", "csv"],
];

const bracket = 0x5b;
const brace = 0x7b;
const hintBytes = 40;

/** What the content type says; plain or missing types, and JSON, are told apart by the body's first line. */
export function formatOf(contentType: string, body: Uint8Array): PushOptions["format"] {
  const named = formats.find(([type]) => contentType.toLowerCase().startsWith(type))?.[1];
  if (named === "csv" || named === "ndjson") return named;
  const mark = body[0] === 0xef ? 3 : 0;
  const blank = body.subarray(mark).findIndex((byte) => byte > 0x20);
  const text = body.subarray(mark + Math.max(0, blank));
  if (text[0] === bracket) return "json";
  const newline = text.indexOf(0x0a);
  const line = Buffer.from(newline < 0 ? text : text.subarray(0, newline))
    .toString()
    .trimEnd();
  // Many senders call NDJSON "application/json": a whole object on the first line is a row, the rest of one is not.
  if (text[0] === brace) return newline < 0 || line.endsWith("}") ? "ndjson" : "json";
  if (blank >= 0 && text.indexOf(brace) < 0)
    throw new StoreError(
      "BODY_SYNTAX",
      `expected rows as JSON objects, one a line, or as a JSON array, but found "${line.slice(0, hintBytes)}"; ` +
        "for CSV, whose first line names the columns, send the header content-type: text/csv",
    );
  return "ndjson";
}

/** The route; idempotent with an Idempotency-Key, and queryable on answer with ?sync=true. */
export function ingestRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.post("/ingest/:table", async (request, reply) => {
    try {
      const { body } = request;
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : "");
      if (bytes.length === 0)
        throw new StoreError("BODY_SYNTAX", "the body is empty; send one JSON object a line");
      const key = request.headers["idempotency-key"];
      const { table } = knownTable(parts.admin, parameter(request, "table"));
      const answer = await parts.admin.push(table.name, bytes, {
        format: formatOf(request.headers["content-type"] ?? "", bytes),
        idempotencyKey: typeof key === "string" && key !== "" ? key : null,
        sync: query(request, "sync") === "true",
      });
      return sendJson(reply, answer);
    } catch (error) {
      return sendError(reply, error);
    }
  });
}
