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

/** What the content type says; plain or missing types are told apart by the first byte. */
export function formatOf(contentType: string, body: Uint8Array): PushOptions["format"] {
  const named = formats.find(([type]) => contentType.toLowerCase().startsWith(type))?.[1];
  const start = body[0] === 0xef ? 3 : 0; // a byte order mark
  const first = body.subarray(start).find((byte) => byte > 0x20);
  // Many senders call NDJSON "application/json": an object on the first line, not an array, is rows.
  if (named === "json" || named === undefined) return first === 0x5b ? "json" : "ndjson";
  return named;
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
