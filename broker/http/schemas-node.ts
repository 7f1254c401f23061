/** Pinot's controller paths for schemas. A schema alone is a table that is fed by pushes. */
import { bodyNames, deskOf, dropSchema, knownTable, putSchema, validate } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import { checkedSchema, statusAnswer } from "#schemas/api/controller";
import { json, type Operation } from "#schemas/api/operation";
import { names } from "#schemas/api/shape";
import { definitionAnswer } from "#schemas/api/tables";
import { type PinotSchema, pinotSchema } from "#schemas/definition/pinot-schema";
import type { ErrorCode } from "#schemas/errors";

const tag = "Schemas" satisfies Operation["tag"];
const errors: readonly ErrorCode[] = [
  ...(["TABLE_DEFINITION", "TABLE_STREAM", "TABLE_EXISTS"] as const),
  ...(["CATALOG_CONFLICT", "DISK_FULL"] as const),
];

const body = json(pinotSchema, {
  schemaName: "orders",
  dimensionFieldSpecs: [{ name: "city", dataType: "STRING" }],
  metricFieldSpecs: [{ name: "amount", dataType: "DOUBLE" }],
  dateTimeFieldSpecs: [{ name: "ts", dataType: "TIMESTAMP", format: "TIMESTAMP" }],
});

const listRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/schemas",
    tag,
    summary: "The names of all schemas.",
    answer: names,
    handle: () => admin.definitions.records().map(({ table }) => table.name),
  });

/** A schema as it was given; it was checked when it came in. */
export const schemaRoute = ({ admin }: HttpParts, path: "/schemas/:name" | "/tables/:name/schema"): Route =>
  jsonRoute({
    method: "GET",
    path,
    tag,
    summary: "A table's schema, as it was given.",
    parameters: { name: aTable },
    answer: pinotSchema,
    errors: ["TABLE_UNKNOWN"],
    handle: ({ path: { name } }) => knownTable(admin, name).schemaJson as PinotSchema,
  });

async function put(parts: HttpParts, schemaJson: unknown) {
  const ignored = await putSchema(deskOf(parts), schemaJson);
  return { status: `${(schemaJson as PinotSchema).schemaName} successfully added`, ignored };
}

const createRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "POST",
    path: "/schemas",
    tag,
    summary: "Makes a table of a schema, or changes the columns of the one there is.",
    body,
    answer: definitionAnswer,
    errors,
    handle: (call) => put(parts, call.body),
  });

const changeRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "PUT",
    path: "/schemas/:name",
    tag,
    summary: "Changes a table's columns: columns can be added, not retyped.",
    parameters: { name: { ...aTable, example: "orders" } },
    body,
    answer: definitionAnswer,
    errors,
    handle: async (call) => {
      bodyNames(call.body, "schemaName", call.path.name);
      return put(parts, call.body);
    },
  });

const validateRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "POST",
    path: "/schemas/validate",
    tag,
    summary: "Checks a schema without making a table.",
    body,
    answer: checkedSchema,
    errors,
    handle: (call) => {
      const ignored = validate(deskOf(parts), call.body, null);
      return { ...(call.body as PinotSchema), ignored };
    },
  });

const dropRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "DELETE",
    path: "/schemas/:name",
    tag,
    summary: "Drops a schema and its rows, unless a table config stands on it.",
    parameters: { name: { ...aTable, example: "orders" } },
    answer: statusAnswer,
    errors: ["TABLE_UNKNOWN", "TABLE_EXISTS"],
    handle: async ({ path: { name } }) => {
      const { table } = knownTable(parts.admin, name);
      await dropSchema(deskOf(parts), table.name);
      return { status: `Schema ${table.name} deleted` };
    },
  });

export const schemaRoutes = (parts: HttpParts): readonly Route[] => [
  listRoute(parts),
  createRoute(parts),
  validateRoute(parts),
  schemaRoute(parts, "/schemas/:name"),
  changeRoute(parts),
  dropRoute(parts),
];
