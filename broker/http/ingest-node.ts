/** POST /ingest/{table}: rows as NDJSON, a JSON array or CSV; the answer comes after they are durable. */
import { isUtf8 } from "node:buffer";
import { csvOptionsOf } from "#broker/http/csv-options";
import { knownTable } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import type { PushOptions } from "#schemas/admin";
import { checkKey } from "#schemas/api/ids";
import { ingestHeaders, ingestParameters, rowsAsJson } from "#schemas/api/ingest";
import { json, text } from "#schemas/api/operation";
import { ingestAnswer } from "#schemas/api/tables";
import { StoreError } from "#schemas/errors";
import { brokerBounds } from "#schemas/limits";

const formats: readonly (readonly [string, PushOptions["format"]])[] = [
  ["application/x-ndjson", "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["application/json", "json"],
  ["text/csv", "csv"],
  ["text/tab-separated-values", "csv"],
];

const bracket = 0x5b;
const brace = 0x7b;
const hintBytes = brokerBounds.hintChars;

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

const rows = [
  { transaction_time: 1_700_000_000_000, product_id: "FS01", price: 5.5, quantity: 2 },
  { transaction_time: 1_700_000_060_000, product_id: "FS02", price: 4, quantity: 1 },
];
const csv = `transaction_time,product_id,price,quantity
1700000000000,FS01,5.5,2
`;

/**
 * The key as it came, which is how it is remembered. HTTP hands headers on as Latin-1; what is checked are the
 * characters that the sender meant. An empty one protects nothing, and whoever sends it believes that it does.
 */
function keyOf(header: string | readonly string[] | undefined): string | null {
  if (typeof header !== "string") return null;
  const bytes = Buffer.from(header, "latin1");
  checkKey(isUtf8(bytes) ? bytes.toString("utf8") : header, "Idempotency-Key", "Idempotency-Key");
  return header;
}

/** Idempotent with an Idempotency-Key, and queryable on answer with ?sync=true. */
const pushRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "POST",
    path: "/ingest/:table",
    tag: "Rows",
    summary: "Takes rows into a table that is fed by pushes.",
    details:
      "One JSON object a line, a JSON array, or CSV (text/csv, or text/tab-separated-values). All rows that fit are one durable record before " +
      "the answer is sent: after a crash all of them are there or none. Rows that do not fit are counted, listed " +
      "and kept as dead letters; the others are taken.",
    parameters: { table: aTable },
    query: ingestParameters,
    headers: ingestHeaders,
    body: {
      ...text("application/x-ndjson", rows.map((each) => `${JSON.stringify(each)}\n`).join("")),
      ...json(rowsAsJson, rows),
      ...text("text/csv", csv),
    },
    answer: ingestAnswer,
    errors: [
      ...(["TABLE_UNKNOWN", "TABLE_STREAM", "ID_SYNTAX", "IDEMPOTENCY_CONFLICT", "QUERY_DEADLINE"] as const),
      ...(["INGESTION_PAUSED", "MEMORY_BUDGET", "SHUTTING_DOWN", "DISK_FULL"] as const),
    ],
    handle: ({ path, query, body, request }) => {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : "");
      if (bytes.length === 0)
        throw new StoreError("BODY_SYNTAX", "the body is empty; send one JSON object a line");
      const idempotencyKey = keyOf(request.headers["idempotency-key"]);
      const { table } = knownTable(admin, path.table);
      const type = request.headers["content-type"] ?? "";
      const format = formatOf(type, bytes);
      return admin.pushes.push(table.name, bytes, {
        format,
        ...(format === "csv" ? { csv: csvOptionsOf(type, query) } : {}),
        idempotencyKey,
        sync: query.sync === "true",
      });
    },
  });

export const ingestRoutes = (parts: HttpParts): readonly Route[] => [pushRoute(parts)];
