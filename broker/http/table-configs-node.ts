/** A table whole: schema and config in one document, as Pinot's own tools send and read it. */
import { bodyNames, deskOf, knownTable, putConfigs, shownConfig, validate } from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import { dropTable } from "#schemas/admin";
import { checkedTable, statusAnswer, tableCreated, wholeTable } from "#schemas/api/controller";
import { json, type Operation, type ValueOf } from "#schemas/api/operation";
import { names } from "#schemas/api/shape";
import { definitionAnswer } from "#schemas/api/tables";
import type { TableDefinition } from "#schemas/catalog";
import { definitionError } from "#schemas/definition/check";
import type { PinotSchema } from "#schemas/definition/pinot-schema";
import { type ErrorCode, StoreError } from "#schemas/errors";

const tag = "Tables" satisfies Operation["tag"];
const errors: readonly ErrorCode[] = [
  ...(["TABLE_DEFINITION", "TABLE_UNKNOWN", "TABLE_EXISTS", "TABLE_STREAM"] as const),
  ...(["CATALOG_CONFLICT", "STREAM_UNREACHABLE", "DISK_FULL"] as const),
];

const example = {
  tableName: "deliveries",
  schema: {
    schemaName: "deliveries",
    dimensionFieldSpecs: [{ name: "city", dataType: "STRING" }],
    dateTimeFieldSpecs: [{ name: "ts", dataType: "TIMESTAMP", format: "TIMESTAMP" }],
  },
  realtime: {
    tableName: "deliveries_REALTIME",
    tableType: "REALTIME",
    segmentsConfig: { timeColumnName: "ts" },
    tableIndexConfig: { streamConfigs: { streamType: "embedded" } },
  },
};
const body = json(wholeTable, example);
const ofDeliveries = { name: { ...aTable, example: "deliveries" } };

const keys = ["tableName", "schema", "realtime", "offline"];

/** The parts of a document; one table type, because rows of both under one name are not there yet. */
function partsOf(given: unknown): Pick<TableDefinition, "schemaJson" | "configJson"> {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new StoreError("BODY_SYNTAX", `expected a JSON object with ${keys.join(", ")}`, { at: "$" });
  const { tableName, schema, realtime = null, offline = null } = given as Record<string, unknown>;
  const unknown = Object.keys(given).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw definitionError(`$.${unknown}`, `unknown key "${unknown}"; expected ${keys.join(", ")}.`);
  if (realtime !== null && offline !== null)
    throw definitionError("$.offline", "a table is realtime or offline here; give one of the two.");
  const config = realtime ?? offline;
  if (config === null)
    throw definitionError("$.realtime", "is missing: the table config, here or in offline.");
  if (typeof tableName === "string") bodyNames(config, "tableName", tableName);
  return { schemaJson: schema ?? null, configJson: config };
}

const listRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/tableConfigs",
    tag,
    summary: "The names of all tables.",
    answer: names,
    handle: () => admin.definitions.records().map(({ table }) => table.name),
  });

const createRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "POST",
    path: "/tableConfigs",
    tag,
    summary: "Makes a table of a schema and a config at once, or nothing.",
    body,
    answer: tableCreated,
    errors,
    handle: async (call) => {
      const whole = partsOf(call.body);
      const ignored = await putConfigs(deskOf(parts), whole, "create");
      const { schemaName } = whole.schemaJson as PinotSchema;
      return { status: `TableConfigs ${schemaName} successfully added`, unrecognizedProperties: {}, ignored };
    },
  });

const readRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/tableConfigs/:name",
    tag,
    summary: "A table's schema and config, as they were given, passwords masked.",
    parameters: { name: aTable },
    answer: wholeTable,
    errors: ["TABLE_UNKNOWN"],
    handle: ({ path: { name } }) => {
      const record = knownTable(admin, name);
      const { type, config } = shownConfig(record);
      const schema = record.schemaJson as PinotSchema;
      return { tableName: record.table.name, schema, [type === "REALTIME" ? "realtime" : "offline"]: config };
    },
  });

const changeRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "PUT",
    path: "/tableConfigs/:name",
    tag,
    summary: "Changes a table's schema and config at once.",
    parameters: ofDeliveries,
    body,
    answer: definitionAnswer,
    errors,
    handle: async (call) => {
      const { name } = call.path;
      const whole = partsOf(call.body);
      bodyNames(whole.configJson, "tableName", name);
      const ignored = await putConfigs(deskOf(parts), whole, "change");
      return { status: `TableConfigs updated for ${name}`, ignored };
    },
  });

const validateRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "POST",
    path: "/tableConfigs/validate",
    tag,
    summary: "Checks a schema and a table config without making a table.",
    body,
    answer: checkedTable,
    errors,
    handle: (call) => {
      const { schemaJson, configJson } = partsOf(call.body);
      const ignored = validate(deskOf(parts), schemaJson, configJson);
      return { ...(call.body as ValueOf<typeof wholeTable>), ignored };
    },
  });

const dropRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "DELETE",
    path: "/tableConfigs/:name",
    tag,
    summary: "Drops a table with its schema and all its rows.",
    parameters: ofDeliveries,
    answer: statusAnswer,
    errors: ["TABLE_UNKNOWN"],
    handle: async (call) => {
      const { name } = knownTable(admin, call.path.name).table;
      await dropTable(admin.definitions, name);
      return { status: `Deleted table ${name}` };
    },
  });

export const tableConfigRoutes = (parts: HttpParts): readonly Route[] => [
  listRoute(parts),
  createRoute(parts),
  validateRoute(parts),
  readRoute(parts),
  changeRoute(parts),
  dropRoute(parts),
];
