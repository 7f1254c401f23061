/**
 * Which parts of a table config we act on, which we ignore and say so, and which we refuse because ignoring them
 * would change results.
 */
import { definitionError } from "#schemas/definition/check";
import type { DefinitionFaults } from "#schemas/definition/faults";
import type { PinotSchema } from "#schemas/definition/pinot-schema";
import type { TableConfig } from "#schemas/definition/table-config";

const present = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  !(Array.isArray(value) && value.length === 0) &&
  !(typeof value === "object" && Object.keys(value as object).length === 0);

const resultChanging = {
  transformConfigs: "ingestion transforms",
  filterConfig: "ingestion filters",
  complexTypeConfig: "complex types",
  aggregationConfigs: "ingestion aggregation",
  enrichmentConfigs: "enrichment",
  schemaConformingTransformerConfig: "the schema-conforming transformer",
  schemaConformingTransformerV2Config: "the schema-conforming transformer",
  sourceFieldConfigs: "source field conversion",
  rowTimeValueCheck: "the row time check",
} as const;

/** A fault for each section that would change results. */
export function refuseUnsupported(config: TableConfig, faults: DefinitionFaults): void {
  const refuse = (path: string, what: string) =>
    faults.add(definitionError(path, `${what} would change results and is not supported; remove it.`));
  for (const [key, what] of Object.entries(resultChanging)) {
    const value = config.ingestionConfig?.[key as keyof typeof resultChanging];
    if (
      key === "filterConfig" &&
      !present((value as { filterFunction?: unknown } | undefined)?.filterFunction)
    )
      continue;
    if (present(value)) refuse(`$.ingestionConfig.${key}`, what);
  }
  if (config.isDimTable) refuse("$.isDimTable", "a dimension table");
  if (config.tableIndexConfig?.aggregateMetrics)
    refuse("$.tableIndexConfig.aggregateMetrics", "aggregating metrics");
  const mode = config.upsertConfig?.mode;
  if (config.upsertConfig && mode !== "NONE") refuse("$.upsertConfig", "upsert");
  if (config.dedupConfig?.dedupEnabled) refuse("$.dedupConfig", "dedup");
  if ((config.ingestionConfig?.streamIngestionConfig?.streamConfigMaps?.length ?? 0) > 1) {
    refuse("$.ingestionConfig.streamIngestionConfig.streamConfigMaps[1]", "a second stream");
  }
}

const usedTop = [
  "tableName",
  "tableType",
  "segmentsConfig",
  "tableIndexConfig",
  "fieldConfigList",
  "ingestionConfig",
];
const quiet = ["upsertConfig", "dedupConfig", "isDimTable", "description", "tags", "metadata", "version"];
const usedSegments = ["timeColumnName", "schemaName", "retentionTimeUnit", "retentionTimeValue", "timeType"];
const usedIndex = [
  "invertedIndexColumns",
  "sortedColumn",
  "noDictionaryColumns",
  "noDictionaryConfig",
  "nullHandlingEnabled",
  "streamConfigs",
  "aggregateMetrics",
];
const usedIngestion = [
  "streamIngestionConfig",
  ...Object.keys(resultChanging),
  "continueOnError",
  "segmentTimeValueCheck",
];
const usedField = ["name", "encodingType", "indexType", "indexTypes", "indexes"];

/** Names of the keys that were given and that we do not act on. */
export function ignoredKeys(config: TableConfig): string[] {
  const unused = (section: object | null | undefined, used: readonly string[]) =>
    Object.entries(section ?? {})
      .filter(([key, value]) => present(value) && !used.includes(key))
      .map(([key]) => key);
  return [
    ...unused(config, [...usedTop, ...quiet]),
    ...unused(config.segmentsConfig, usedSegments),
    ...unused(config.tableIndexConfig, usedIndex),
    ...unused(config.ingestionConfig, usedIngestion),
    ...new Set((config.fieldConfigList ?? []).flatMap((field) => unused(field, usedField))),
  ];
}

/** Keys of field specs about files that are not ours, about names of Pinot's classes, and about evolution by id. */
const unusedInField = [
  ...["cardinality", "fieldSize", "fieldId", "aliases", "virtualColumnProvider", "allowTrailingZeros"],
  ...["maxFieldSize", "maxStringLength"],
] as const;

/** Names of the schema's keys that were given and that we do not act on. */
export function ignoredSchemaKeys(schema: PinotSchema): string[] {
  const fields = [
    ...(schema.dimensionFieldSpecs ?? []),
    ...(schema.metricFieldSpecs ?? []),
    ...(schema.dateTimeFieldSpecs ?? []),
  ];
  return unusedInField.filter((key) => fields.some((field) => present(field[key])));
}
