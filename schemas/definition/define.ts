/**
 * Pinot's schema and table config → a Table. A schema alone makes one fed by pushes; a config amends it.
 * The same function checks a definition while it is typed, at POST, and when files are read at start.
 */
import { checked, definitionError } from "#schemas/definition/check";
import { columnsOf } from "#schemas/definition/columns";
import { type PinotSchema, pinotSchema } from "#schemas/definition/pinot-schema";
import { ignoredKeys, refuseUnsupported } from "#schemas/definition/refused";
import { embeddedStream, type StreamPlan, streamOf } from "#schemas/definition/stream";
import { type TableConfig, tableConfig } from "#schemas/definition/table-config";
import { StoreError } from "#schemas/errors";
import type { Limits } from "#schemas/limits";
import { didYouMean } from "#schemas/suggest";
import type { Column, Stream, Table } from "#schemas/table";
import { layoutOf } from "#schemas/types";

export interface Definition {
  readonly table: Table;
  /** Keys of the config that were accepted and are not used. */
  readonly ignored: readonly string[];
}

export interface DefineOptions {
  /** The table as it stands, when this changes it. */
  readonly previous: Table | null;
  readonly nowMs: number;
  readonly limits: Limits;
}

const retentionUnits: Readonly<Record<string, number>> = {
  MILLISECONDS: 1,
  SECONDS: 1000,
  MINUTES: 60_000,
  HOURS: 3_600_000,
  DAYS: 86_400_000,
};

/** "orders_REALTIME" is the table "orders". */
export const plainTableName = (name: string): string => name.replace(/_(REALTIME|OFFLINE)$/, "");

function tableNameOf(schema: PinotSchema, config: TableConfig | null): string {
  const name = plainTableName(config?.tableName ?? schema.schemaName);
  const path = config === null ? "$.schemaName" : "$.tableName";
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(name)) {
    throw definitionError(path, `expected a name of letters, digits and _ but found "${name}".`, name);
  }
  return name;
}

function namedColumns(columns: readonly Column[], wanted: readonly string[], path: string): string[] {
  return wanted.map((name, index) => {
    const column = columns.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (column !== undefined) return column.name;
    const hint = didYouMean(
      name,
      columns.map((candidate) => candidate.name),
    );
    throw definitionError(`${path}[${index}]`, `the schema has no column "${name}".${hint}`, name);
  });
}

function retentionOf(config: TableConfig | null): number | null {
  const { retentionTimeUnit: unit, retentionTimeValue: value } = config?.segmentsConfig ?? {};
  if (
    unit === undefined ||
    unit === null ||
    unit === "" ||
    value === undefined ||
    value === null ||
    value === ""
  )
    return null;
  const ms = retentionUnits[unit.toUpperCase()];
  if (ms === undefined) {
    const units = Object.keys(retentionUnits);
    throw definitionError(
      "$.segmentsConfig.retentionTimeUnit",
      `expected one of ${units.join(", ")} but found "${unit}".${didYouMean(unit, units)}`,
    );
  }
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1) {
    throw definitionError(
      "$.segmentsConfig.retentionTimeValue",
      `expected a positive number but found "${value}".`,
      value,
    );
  }
  return count * ms;
}

function timeColumnOf(columns: readonly Column[], config: TableConfig | null): string | null {
  const wanted = config?.segmentsConfig?.timeColumnName;
  if (wanted) {
    const [name] = namedColumns(columns, [wanted], "$.segmentsConfig.timeColumnName");
    const column = columns.find((candidate) => candidate.name === name);
    if (column?.role !== "dateTime") {
      throw definitionError(
        "$.segmentsConfig.timeColumnName",
        `"${wanted}" must be one of the dateTimeFieldSpecs.`,
        wanted,
      );
    }
    return column.name;
  }
  // As in Pinot, a config that names none has none; a schema alone says no more than its order.
  return config === null ? (columns.find((column) => column.role === "dateTime")?.name ?? null) : null;
}

const isDouble = (columns: readonly Column[], name: string): boolean =>
  columns.some((column) => column.name === name && layoutOf(column.type) === "double");

/** Columns with an index or encoding, from both of Pinot's spellings. */
function fieldColumns(config: TableConfig | null, columns: readonly Column[]) {
  const index = config?.tableIndexConfig;
  const fields = config?.fieldConfigList ?? [];
  for (const [position, field] of fields.entries()) {
    namedColumns(columns, [field.name], `$.fieldConfigList[${position}].name`);
  }
  const has = (field: (typeof fields)[number], kind: string) =>
    [...(field.indexTypes ?? []), field.indexType ?? ""].some((type) => type.toUpperCase() === kind) ||
    (field.indexes !== null && field.indexes !== undefined && kind.toLowerCase() in field.indexes);
  const listed = fields.filter((field) => has(field, "INVERTED")).map((field) => field.name);
  const raw = fields.filter((field) => field.encodingType === "RAW").map((field) => field.name);
  const sorted = typeof index?.sortedColumn === "string" ? [index.sortedColumn] : (index?.sortedColumn ?? []);
  const unique = (names: readonly string[], path: string) => [...new Set(namedColumns(columns, names, path))];
  const inverted = unique(
    [...(index?.invertedIndexColumns ?? []), ...listed],
    "$.tableIndexConfig.invertedIndexColumns",
  );
  return {
    invertedColumns: inverted.filter((name) => !isDouble(columns, name)),
    rawColumns: unique(
      [...(index?.noDictionaryColumns ?? []), ...Object.keys(index?.noDictionaryConfig ?? {}), ...raw],
      "$.tableIndexConfig.noDictionaryColumns",
    ),
    sortedColumn: unique(sorted, "$.tableIndexConfig.sortedColumn")[0] ?? null,
    /** Zone maps alone prune doubles: hardly a value comes twice. */
    unindexed: inverted
      .filter((name) => isDouble(columns, name))
      .map((name) => `invertedIndexColumns: ${name} (no index over FLOAT and DOUBLE)`),
  };
}

function streamPlanOf(config: TableConfig | null, tableName: string, nowMs: number): StreamPlan {
  const nested = config?.ingestionConfig?.streamIngestionConfig?.streamConfigMaps?.[0];
  const flat = config?.tableIndexConfig?.streamConfigs;
  if (nested)
    return streamOf(nested, {
      tableName,
      nowMs,
      path: "$.ingestionConfig.streamIngestionConfig.streamConfigMaps[0]",
    });
  if (flat) return streamOf(flat, { tableName, nowMs, path: "$.tableIndexConfig.streamConfigs" });
  return { stream: embeddedStream(tableName), flushRows: null, flushMs: null, flushBytes: null, ignored: [] };
}

function checkSameStream(previous: Table, plan: StreamPlan): void {
  const was = previous.stream;
  const is = plan.stream;
  if (was.kind === is.kind && was.topic === is.topic) return;
  throw new StoreError(
    "TABLE_STREAM",
    `table "${previous.name}" reads ${was.kind} topic "${was.topic}"; its stream cannot change to ${is.kind} topic "${is.topic}". Make a new table.`,
  );
}

/** Where and how a topic is read may change; which one it is, and where it began, may not. */
const streamAfter = (previous: Stream, { stream }: StreamPlan): Stream =>
  previous.kind === "kafka"
    ? { ...previous, brokers: stream.brokers, properties: stream.properties }
    : previous;

function refuseSchema(schema: PinotSchema): void {
  if ((schema.complexFieldSpecs?.length ?? 0) > 0) {
    throw definitionError("$.complexFieldSpecs", "complex fields are not supported; use a JSON column.");
  }
  if (schema.timeFieldSpec)
    throw definitionError("$.timeFieldSpec", "is the old form; write it as one of dateTimeFieldSpecs.");
}

/** Checks and translates one definition; throws TABLE_DEFINITION with JSON path, value, what is allowed, a suggestion. */
export function defineTable(schemaJson: unknown, configJson: unknown, options: DefineOptions): Definition {
  const { previous, nowMs, limits } = options;
  const schema = checked(pinotSchema, schemaJson);
  const config = configJson === null || configJson === undefined ? null : checked(tableConfig, configJson);
  refuseSchema(schema);
  if (config !== null) refuseUnsupported(config);
  const name = tableNameOf(schema, config);
  const { columns, nextColumnId } = columnsOf(schema, previous ?? { columns: [], nextColumnId: 0 }, limits);
  const plan = streamPlanOf(config, name, nowMs);
  if (previous !== null) checkSameStream(previous, plan);
  const keys = namedColumns(columns, schema.primaryKeyColumns ?? [], "$.primaryKeyColumns");
  const { unindexed, ...fields } = fieldColumns(config, columns);
  const table: Table = {
    name,
    version: (previous?.version ?? 0) + 1,
    columns,
    nextColumnId,
    timeColumn: timeColumnOf(columns, config),
    ...fields,
    stream: previous === null ? plan.stream : streamAfter(previous.stream, plan),
    flushRows: plan.flushRows,
    flushMs: plan.flushMs,
    flushBytes: plan.flushBytes,
    retentionMs: retentionOf(config),
    primaryKeyColumns: keys,
    paused: previous?.paused ?? false,
  };
  if (table.retentionMs !== null && table.timeColumn === null) {
    throw definitionError(
      "$.segmentsConfig.retentionTimeValue",
      "retention needs a time column; name one in timeColumnName.",
    );
  }
  const ignored = config === null ? [] : [...ignoredKeys(config), ...unindexed, ...plan.ignored];
  return { table, ignored };
}
