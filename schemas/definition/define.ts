/**
 * Pinot's schema and table config → a Table. A schema alone makes one fed by pushes; a config amends it.
 * The same function checks a definition while it is typed, at POST, and when files are read at start.
 */
import { idDetail, idFault } from "#schemas/api/ids";
import { checkedWhole, definitionError } from "#schemas/definition/check";
import { columnsOf } from "#schemas/definition/columns";
import { DefinitionFaults } from "#schemas/definition/faults";
import { type PinotSchema, pinotSchema } from "#schemas/definition/pinot-schema";
import { ignoredKeys, ignoredSchemaKeys, refuseUnsupported } from "#schemas/definition/refused";
import { embeddedStream, type StreamPlan, streamOf } from "#schemas/definition/stream";
import { type TableConfig, tableConfig } from "#schemas/definition/table-config";
import { assert, StoreError } from "#schemas/errors";
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
  const fault = idFault(name, "table");
  if (fault !== null)
    throw new StoreError("TABLE_DEFINITION", `${path}: ${fault}.`, idDetail(name, "table", path));
  if (plainTableName(name) !== name)
    throw definitionError(path, `"${name}" is what "${plainTableName(name)}" is called with its type.`, name);
  return name;
}

/** The columns that a config names, as the schema writes them. */
class NamedColumns {
  readonly columns: readonly Column[];
  readonly #faults: DefinitionFaults;

  constructor(columns: readonly Column[], faults: DefinitionFaults) {
    this.columns = columns;
    this.#faults = faults;
  }

  one(name: string, path: string): Column | null {
    const column = this.columns.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (column !== undefined) return column;
    const hint = didYouMean(
      name,
      this.columns.map((candidate) => candidate.name),
    );
    this.#faults.add(definitionError(path, `the schema has no column "${name}".${hint}`, name));
    return null;
  }

  all(wanted: readonly string[], path: string): string[] {
    return wanted.flatMap((name, index) => this.one(name, `${path}[${index}]`)?.name ?? []);
  }
}

function retentionOf(config: TableConfig | null, faults: DefinitionFaults): number | null {
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
  const units = Object.keys(retentionUnits);
  if (ms === undefined)
    faults.add(
      definitionError(
        "$.segmentsConfig.retentionTimeUnit",
        `expected one of ${units.join(", ")} but found "${unit}".${didYouMean(unit, units)}`,
      ),
    );
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1)
    faults.add(
      definitionError(
        "$.segmentsConfig.retentionTimeValue",
        `expected a positive number but found "${value}".`,
        value,
      ),
    );
  return ms === undefined ? null : count * ms;
}

function timeColumnOf(named: NamedColumns, config: TableConfig | null): string | null {
  const { columns } = named;
  const wanted = config?.segmentsConfig?.timeColumnName;
  if (wanted) {
    const path = "$.segmentsConfig.timeColumnName";
    const column = named.one(wanted, path);
    if (column !== null && column.role !== "dateTime")
      throw definitionError(path, `"${wanted}" must be one of the dateTimeFieldSpecs.`, wanted);
    return column?.name ?? null;
  }
  // As in Pinot, a config that names none has none; a schema alone says no more than its order.
  return config === null ? (columns.find((column) => column.role === "dateTime")?.name ?? null) : null;
}

const isDouble = (columns: readonly Column[], name: string): boolean =>
  columns.some((column) => column.name === name && layoutOf(column.type) === "double");

/** Columns with an index or encoding, from both of Pinot's spellings. */
function fieldColumns(config: TableConfig | null, named: NamedColumns) {
  const { columns } = named;
  const index = config?.tableIndexConfig;
  const fields = config?.fieldConfigList ?? [];
  for (const [position, field] of fields.entries()) {
    named.one(field.name, `$.fieldConfigList[${position}].name`);
  }
  const has = (field: (typeof fields)[number], kind: string) =>
    [...(field.indexTypes ?? []), field.indexType ?? ""].some((type) => type.toUpperCase() === kind) ||
    (field.indexes !== null && field.indexes !== undefined && kind.toLowerCase() in field.indexes);
  const listed = fields.filter((field) => has(field, "INVERTED")).map((field) => field.name);
  const raw = fields.filter((field) => field.encodingType === "RAW").map((field) => field.name);
  const sorted = typeof index?.sortedColumn === "string" ? [index.sortedColumn] : (index?.sortedColumn ?? []);
  const unique = (names: readonly string[], path: string) => [...new Set(named.all(names, path))];
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

interface Place {
  readonly tableName: string;
  readonly nowMs: number;
  readonly faults: DefinitionFaults;
}

function streamPlanOf(config: TableConfig | null, place: Place): StreamPlan {
  const nested = config?.ingestionConfig?.streamIngestionConfig?.streamConfigMaps?.[0];
  const flat = config?.tableIndexConfig?.streamConfigs;
  if (nested)
    return streamOf(nested, {
      ...place,
      path: "$.ingestionConfig.streamIngestionConfig.streamConfigMaps[0]",
    });
  if (flat) return streamOf(flat, { ...place, path: "$.tableIndexConfig.streamConfigs" });
  const { tableName } = place;
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

function refuseSchema(schema: PinotSchema, faults: DefinitionFaults): void {
  if ((schema.complexFieldSpecs?.length ?? 0) > 0)
    faults.add(
      definitionError("$.complexFieldSpecs", "complex fields are not supported; use a JSON column."),
    );
  if (schema.timeFieldSpec)
    faults.add(definitionError("$.timeFieldSpec", "is the old form; write it as one of dateTimeFieldSpecs."));
}

function checkRetention({ retentionMs, timeColumn }: Pick<Table, "retentionMs" | "timeColumn">): void {
  if (retentionMs === null || timeColumn !== null) return;
  throw definitionError(
    "$.segmentsConfig.retentionTimeValue",
    "retention needs a time column; name one in timeColumnName.",
  );
}

/** What both documents together mean; `faults` hears of everything that is wrong. */
function meaningOf(
  schema: PinotSchema,
  config: TableConfig | null,
  options: DefineOptions & { readonly faults: DefinitionFaults },
): Definition {
  const { previous, nowMs, faults } = options;
  refuseSchema(schema, faults);
  if (config !== null) refuseUnsupported(config, faults);
  const name = faults.attempt(() => tableNameOf(schema, config), "t");
  const { columns, nextColumnId } = columnsOf(schema, previous ?? { columns: [], nextColumnId: 0 }, options);
  const plan = streamPlanOf(config, { tableName: name, nowMs, faults });
  const named = new NamedColumns(columns, faults);
  const { unindexed, ...fields } = fieldColumns(config, named);
  const table: Table = {
    name,
    version: (previous?.version ?? 0) + 1,
    columns,
    nextColumnId,
    timeColumn: faults.attempt(() => timeColumnOf(named, config), null),
    ...fields,
    stream: previous === null ? plan.stream : streamAfter(previous.stream, plan),
    flushRows: plan.flushRows,
    flushMs: plan.flushMs,
    flushBytes: plan.flushBytes,
    retentionMs: retentionOf(config, faults),
    primaryKeyColumns: named.all(schema.primaryKeyColumns ?? [], "$.primaryKeyColumns"),
    paused: previous?.paused ?? false,
  };
  faults.attempt(() => checkRetention(table), undefined);
  faults.throwAny();
  if (previous !== null) checkSameStream(previous, plan);
  const ofConfig = config === null ? [] : [...ignoredKeys(config), ...unindexed, ...plan.ignored];
  return { table, ignored: [...ignoredSchemaKeys(schema), ...ofConfig] };
}

/**
 * Checks and translates one definition. Throws one TABLE_DEFINITION with everything that is wrong with either
 * document: JSON path, value, what is allowed, a suggestion.
 */
export function defineTable(schemaJson: unknown, configJson: unknown, options: DefineOptions): Definition {
  const faults = new DefinitionFaults(options.limits.definitionFaults);
  const schema = checkedWhole(pinotSchema, schemaJson, faults);
  const isAlone = configJson === null || configJson === undefined;
  const config = isAlone ? null : checkedWhole(tableConfig, configJson, faults);
  if (schema === null || (!isAlone && config === null)) faults.throwAny();
  assert(schema !== null, "what is not whole is at fault");
  return meaningOf(schema, config, { ...options, faults });
}
