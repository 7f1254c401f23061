/**
 * A proposed table as rows of an editable grid, and back to Pinot's schema and table config. What the grid does not
 * show is kept as it came.
 */
import { isId } from "#schemas/api/ids";
import { schemaBounds } from "#schemas/limits";

export type FieldRole = "dimension" | "metric" | "dateTime";

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly role: FieldRole;
  /** Date-times only: "TIMESTAMP", "1:MILLISECONDS:EPOCH", "SIMPLE_DATE_FORMAT|yyyy-MM-dd" … */
  readonly format: string;
  readonly included: boolean;
  /** What the rows call it; null: they do not have it. */
  readonly source: string | null;
  /** The rest of the field's specification. */
  readonly rest: Readonly<Record<string, unknown>>;
}

type Json = Readonly<Record<string, unknown>>;

const lists: readonly { readonly key: string; readonly role: FieldRole }[] = [
  { key: "dateTimeFieldSpecs", role: "dateTime" },
  { key: "dimensionFieldSpecs", role: "dimension" },
  { key: "metricFieldSpecs", role: "metric" },
];

const objectOf = (value: unknown): Json =>
  typeof value === "object" && value !== null ? (value as Json) : {};

function fieldOf(given: unknown, role: FieldRole): Field {
  const { name, dataType, format, ...rest } = objectOf(given);
  return {
    name: String(name ?? ""),
    type: String(dataType ?? "STRING"),
    role,
    format: typeof format === "string" ? format : "",
    included: true,
    source: String(name ?? ""),
    rest,
  };
}

/** One that no row showed, to be named and typed by hand. */
export const newField: Field = {
  name: "",
  type: "STRING",
  role: "dimension",
  format: "",
  included: true,
  source: null,
  rest: {},
};

/** The name that a schema gives its table. */
export const schemaNameOf = (schema: unknown): string => String(objectOf(schema)["schemaName"] ?? "");

/** The fields of a schema, date-times first. */
export function fieldsOf(schema: unknown): readonly Field[] {
  const json = objectOf(schema);
  return lists.flatMap(({ key, role }) => {
    const list = json[key];
    return Array.isArray(list) ? list.map((given) => fieldOf(given, role)) : [];
  });
}

function specOf(field: Field): Json {
  const spec = { name: field.name, dataType: field.type, ...field.rest };
  if (field.role !== "dateTime") {
    const { granularity: _granularity, ...plain } = spec as Json;
    return plain;
  }
  const format = field.format || (field.type === "TIMESTAMP" ? "TIMESTAMP" : "1:MILLISECONDS:EPOCH");
  return { granularity: "1:MILLISECONDS", ...spec, format };
}

/** The schema with these fields. */
export function schemaOf(base: unknown, name: string, fields: readonly Field[]): Json {
  const schema: Record<string, unknown> = { ...objectOf(base), schemaName: name };
  for (const { key, role } of lists) {
    const specs = fields.filter((field) => field.included && field.role === role).map(specOf);
    if (specs.length > 0) schema[key] = specs;
    else delete schema[key];
  }
  return schema;
}

const ownTopic = "stream.embedded.topic.name";

/** A stream of pushes is called like its table: one that kept the proposed name would take it from the next table. */
function indexConfigOf(base: Json, name: string): Json {
  const index = objectOf(base["tableIndexConfig"]);
  const streams = objectOf(index["streamConfigs"]);
  if (streams[ownTopic] === undefined || streams[ownTopic] !== base["tableName"]) return index;
  return { ...index, streamConfigs: { ...streams, [ownTopic]: name } };
}

/** The table config with this name and time column; null: no time column. */
export function configOf(base: unknown, name: string, timeColumn: string | null): Json {
  const config = objectOf(base);
  const { timeColumnName: _known, ...segments } = objectOf(config["segmentsConfig"]);
  return {
    ...config,
    tableName: name,
    segmentsConfig: timeColumn === null ? segments : { ...segments, timeColumnName: timeColumn },
    ...(config["tableIndexConfig"] === undefined ? {} : { tableIndexConfig: indexConfigOf(config, name) }),
  };
}

/** The time column of a config. */
export function timeColumnOf(config: unknown): string | null {
  const name = objectOf(objectOf(config)["segmentsConfig"])["timeColumnName"];
  return typeof name === "string" ? name : null;
}

/** Why a proposal cannot be created yet; null when it can. */
export function faultOf(name: string, fields: readonly Field[]): string | null {
  if (!isId(name, "table")) {
    const rule = "A table's name is letters (a to z), digits, _, - and ., and begins with a letter or _";
    return `${rule}; at most ${schemaBounds.idChars} characters.`;
  }
  const included = fields.filter((field) => field.included);
  if (included.length === 0) return "A table needs at least one column.";
  const seen = new Set<string>();
  for (const field of included) {
    const key = field.name.toLowerCase();
    if (key === "") return "Every column needs a name.";
    if (seen.has(key)) return `Two columns are named ${field.name}; case is ignored.`;
    seen.add(key);
  }
  return null;
}

/** The names of a CSV's fields by place, as the columns are called now; a field that is left out keeps its own. */
export const placesOf = (columns: readonly string[], fields: readonly Field[]): readonly string[] =>
  columns.map(
    (column) => fields.find(({ source, included }) => included && source === column)?.name ?? column,
  );

/** A refusal's JSON path in the words of the grid: which column, or which part of the definition. */
export function placeInWords(at: string, schema: unknown): string {
  const [, list, index, part] = /^\$\.(\w+FieldSpecs)\[(\d+)\](?:\.(\w+))?/.exec(at) ?? [];
  const specs = list === undefined ? undefined : objectOf(schema)[list];
  const name = Array.isArray(specs) ? objectOf(specs[Number(index)])["name"] : undefined;
  if (typeof name === "string") {
    const what =
      part === undefined ? undefined : { name: "name", dataType: "type", format: "time format" }[part];
    return what === undefined ? `Column ${name}` : `The ${what} of column ${name}`;
  }
  if (/schemaName|tableName/.test(at)) return "The table's name";
  return /timeColumnName/.test(at) ? "The time column" : "The definition";
}
