/** Pinot's controller paths for tables, as its clients, UIs and scripts call them. */
import {
  bodyNames,
  deskOf,
  dropConfig,
  knownTable,
  putTable,
  shownConfig,
  validate,
} from "#broker/http/definitions";
import type { HttpParts } from "#broker/http/parts";
import { aTable } from "#broker/http/path-parameters";
import { jsonRoute, type Route } from "#broker/http/route-node";
import { schemaRoute } from "#broker/http/schemas-node";
import {
  statusAnswer,
  tableConfigs,
  tableCreated,
  tableNames,
  validateRequest,
} from "#schemas/api/controller";
import { json, type Operation } from "#schemas/api/operation";
import { definitionAnswer } from "#schemas/api/tables";
import { plainTableName } from "#schemas/definition/define";
import { type TableConfig, tableConfig } from "#schemas/definition/table-config";
import type { ErrorCode } from "#schemas/errors";

const tag = "Tables" satisfies Operation["tag"];
const errors: readonly ErrorCode[] = [
  ...(["TABLE_DEFINITION", "TABLE_UNKNOWN", "TABLE_EXISTS", "TABLE_STREAM"] as const),
  ...(["CATALOG_CONFLICT", "STREAM_UNREACHABLE", "DISK_FULL"] as const),
];

const example = {
  tableName: "orders",
  tableType: "REALTIME",
  segmentsConfig: { timeColumnName: "ts", retentionTimeUnit: "DAYS", retentionTimeValue: "30" },
  tableIndexConfig: {
    invertedIndexColumns: ["city"],
    streamConfigs: { streamType: "embedded", "stream.embedded.topic.name": "orders" },
  },
};
const body = json(tableConfig, example);

const listRoute = ({ admin }: HttpParts, path: "/tables" | "/mytables"): Route =>
  jsonRoute({
    method: "GET",
    path,
    tag,
    summary: "The names of all tables.",
    answer: tableNames,
    handle: () => ({ tables: admin.definitions.records().map(({ table }) => table.name) }),
  });

const createRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "POST",
    path: "/tables",
    tag,
    summary: "Gives a schema its stream, indexes and retention; it consumes when this answers.",
    body,
    answer: tableCreated,
    errors,
    handle: async (call) => {
      const ignored = await putTable(deskOf(parts), call.body, "create");
      const name = plainTableName((call.body as TableConfig).tableName);
      return { status: `Table ${name} successfully added`, unrecognizedProperties: {}, ignored };
    },
  });

const changeRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "PUT",
    path: "/tables/:name",
    tag,
    summary: "Changes a table's indexes, thresholds and retention.",
    parameters: { name: { ...aTable, example: "orders" } },
    body,
    answer: definitionAnswer,
    errors,
    handle: async (call) => {
      const { name } = call.path;
      bodyNames(call.body, "tableName", name);
      const ignored = await putTable(deskOf(parts), call.body, "change");
      return { status: `Table config updated for ${name}`, ignored };
    },
  });

const validateRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "POST",
    path: "/tables/validate",
    tag,
    summary: "Checks a schema and a table config without making a table.",
    body: json(validateRequest, {
      schema: {
        schemaName: "orders",
        dateTimeFieldSpecs: [{ name: "ts", dataType: "TIMESTAMP", format: "TIMESTAMP" }],
      },
      config: { tableName: "orders", segmentsConfig: { timeColumnName: "ts" } },
    }),
    answer: definitionAnswer,
    errors: ["TABLE_DEFINITION"],
    handle: (call) => {
      const { schema, config } = (call.body ?? {}) as {
        readonly schema?: unknown;
        readonly config?: unknown;
      };
      return { status: "valid", ignored: validate(deskOf(parts), schema, config ?? null) };
    },
  });

const readRoute = ({ admin }: HttpParts): Route =>
  jsonRoute({
    method: "GET",
    path: "/tables/:name",
    tag,
    summary: "A table's config by table type, as it was given, passwords masked.",
    parameters: { name: aTable },
    answer: tableConfigs,
    errors: ["TABLE_UNKNOWN"],
    handle: ({ path: { name } }) => {
      const { type, config } = shownConfig(knownTable(admin, name));
      return { [type]: config };
    },
  });

const dropRoute = (parts: HttpParts): Route =>
  jsonRoute({
    method: "DELETE",
    path: "/tables/:name",
    tag,
    summary: "Drops a table's config and all its rows; the schema stays, as an empty table that pushes feed.",
    details: "DELETE /tableConfigs/{name} drops the schema too, as does DELETE /schemas/{name} afterwards.",
    parameters: { name: { ...aTable, example: "orders" } },
    answer: statusAnswer,
    errors: ["TABLE_UNKNOWN"],
    handle: async (call) => {
      const record = knownTable(parts.admin, call.path.name);
      const { name } = record.table;
      await dropConfig(deskOf(parts), name);
      return { status: `Tables: [${name}_${shownConfig(record).type}] deleted` };
    },
  });

export const tableRoutes = (parts: HttpParts): readonly Route[] => [
  listRoute(parts, "/tables"),
  listRoute(parts, "/mytables"),
  createRoute(parts),
  validateRoute(parts),
  readRoute(parts),
  changeRoute(parts),
  dropRoute(parts),
  schemaRoute(parts, "/tables/:name/schema"),
];
