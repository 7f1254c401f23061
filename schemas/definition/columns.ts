/** Field specs → columns with stable ids. */
import { shownText } from "#schemas/api/ids";
import { definitionError } from "#schemas/definition/check";
import type { DefinitionFaults } from "#schemas/definition/faults";
import type { PinotField, PinotSchema } from "#schemas/definition/pinot-schema";
import { timeFormatOf } from "#schemas/definition/time-format";
import { parseTimestamp } from "#schemas/functions/timestamp";
import { utc } from "#schemas/functions/zone";
import { type Limits, schemaBounds } from "#schemas/limits";
import { didYouMean } from "#schemas/suggest";
import type { Column } from "#schemas/table";
import { columnTypes, type SqlType, sqlTypes, type Value } from "#schemas/types";

const { columnNameChars } = schemaBounds;
const metricTypes: readonly SqlType[] = ["INT", "LONG", "FLOAT", "DOUBLE", "BIG_DECIMAL", "BYTES"];

interface Place {
  readonly path: string;
  readonly role: Column["role"];
}

function typeOf(field: PinotField, { path, role }: Place): SqlType {
  const wanted = field.dataType.toUpperCase();
  const allowed = role === "metric" ? metricTypes : columnTypes;
  const found = allowed.find((type) => type === wanted);
  if (found !== undefined) return found;
  const hint = didYouMean(wanted, allowed);
  throw definitionError(
    `${path}.dataType`,
    `expected one of ${allowed.join(", ")} but found "${field.dataType}".${hint}`,
    field.dataType,
  );
}

function integerValue(text: string, type: SqlType, path: string): bigint {
  const entry = sqlTypes[type];
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text) : null;
  if (value === null || !("range" in entry) || value < entry.range[0] || value > entry.range[1]) {
    throw definitionError(path, `expected a default of type ${type} but found "${text}".`, text);
  }
  return value;
}

/** `defaultNullValue` as a value of the column's type. */
function defaultValueOf(given: string | number | boolean, type: SqlType, path: string): Value {
  const text = String(given);
  switch (type) {
    case "INT":
    case "LONG":
      return integerValue(text, type, path);
    case "TIMESTAMP": {
      const parsed = parseTimestamp(text, utc);
      if (parsed === null)
        throw definitionError(path, `expected a TIMESTAMP default but found "${text}".`, given);
      return BigInt(parsed);
    }
    case "FLOAT":
    case "DOUBLE": {
      const value = Number(text);
      if (text.trim() === "" || (Number.isNaN(value) && text !== "NaN")) {
        throw definitionError(path, `expected a default of type ${type} but found "${text}".`, given);
      }
      return type === "FLOAT" ? Math.fround(value) : value;
    }
    case "BOOLEAN":
      if (!/^(true|false|0|1)$/i.test(text))
        throw definitionError(path, `expected true or false but found "${text}".`);
      return /^(true|1)$/i.test(text);
    case "BIG_DECIMAL":
      if (!/^[+-]?\d+(\.\d+)?$/.test(text))
        throw definitionError(path, `expected a decimal but found "${text}".`, given);
      return text.replace(/^\+/, "");
    case "BYTES": {
      if (!/^([0-9a-f]{2})*$/i.test(text))
        throw definitionError(path, `expected hexadecimal bytes but found "${text}".`);
      return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    }
    default:
      return text;
  }
}

function textLimit(field: PinotField, path: string): number | undefined {
  const strategy = field.maxLengthExceedStrategy;
  if (strategy === "ERROR" || strategy === "SUBSTITUTE_DEFAULT_VALUE") {
    throw definitionError(
      `${path}.maxLengthExceedStrategy`,
      `"${strategy}" is not supported; use TRIM_LENGTH or NO_ACTION.`,
    );
  }
  return strategy === "NO_ACTION" ? undefined : field.maxLength;
}

function refuse(field: PinotField, path: string, faults: DefinitionFaults): void {
  if (field.singleValueField === false) {
    faults.add(
      definitionError(
        `${path}.singleValueField`,
        `multi-value columns are not supported; make "${field.name}" single-value.`,
      ),
    );
  }
  if (field.transformFunction) {
    faults.add(
      definitionError(
        `${path}.transformFunction`,
        "transform functions are not supported; send the value itself.",
      ),
    );
  }
  if (!isColumnName(field.name)) {
    const expected = `a name of 1 to ${columnNameChars} characters that does not begin with "$"`;
    faults.add(
      definitionError(`${path}.name`, `expected ${expected} but found ${shownText(field.name)}.`, field.name),
    );
  }
}

/** They come from files' headers, so any text is one, quoted in SQL; halves of characters are none in UTF-8. */
const isColumnName = (name: string): boolean =>
  name !== "" && name.length <= columnNameChars && !name.startsWith("$") && name.isWellFormed();

function columnOf(field: PinotField, place: Place, id: number, faults: DefinitionFaults): Column {
  const { path, role } = place;
  refuse(field, path, faults);
  const known = faults.attempt(() => typeOf(field, place), null);
  const type = known ?? "STRING";
  const given = known === null ? null : field.defaultNullValue;
  const length = faults.attempt(() => textLimit(field, path), undefined);
  const { format } = field;
  const timeFormat =
    format === undefined
      ? undefined
      : faults.attempt(() => timeFormatOf(format, `${path}.format`), undefined);
  const defaultValue =
    given === undefined || given === null
      ? undefined
      : faults.attempt(() => defaultValueOf(given, type, `${path}.defaultNullValue`), undefined);
  return {
    id,
    name: field.name,
    type,
    role,
    notNull: field.notNull ?? false,
    ...(defaultValue === undefined ? {} : { defaultValue }),
    ...(length === undefined ? {} : { textLengthMax: length }),
    ...(timeFormat === undefined ? {} : { timeFormat }),
  };
}

/** A column's id stays with its name; its type may not change under stored rows. */
function keepId(previous: readonly Column[], field: PinotField, type: string, path: string): number | null {
  const known = previous.find((column) => column.name === field.name);
  if (known === undefined) return null;
  if (known.type !== type.toUpperCase()) {
    throw definitionError(
      `${path}.dataType`,
      `column "${field.name}" is ${known.type}; its type cannot change to ${type}.`,
    );
  }
  return known.id;
}

/** Rows that are there, or on their way, were taken without a value: a column that must have one needs a default. */
function refuseTightening(
  previous: readonly Column[],
  { name, notNull, defaultValue }: Column,
  path: string,
): void {
  if (previous.length === 0 || !notNull || defaultValue !== undefined) return;
  if (previous.find((column) => column.name === name)?.notNull) return;
  throw definitionError(
    `${path}.notNull`,
    `rows of the table have no value for "${name}"; give it a defaultNullValue, or leave notNull out.`,
    true,
  );
}

/** All columns, dimensions first, in the order written. */
export function columnsOf(
  schema: PinotSchema,
  previous: { readonly columns: readonly Column[]; readonly nextColumnId: number },
  { limits, faults }: { readonly limits: Limits; readonly faults: DefinitionFaults },
): { columns: Column[]; nextColumnId: number } {
  const groups = [
    ["dimensionFieldSpecs", "dimension"],
    ["metricFieldSpecs", "metric"],
    ["dateTimeFieldSpecs", "dateTime"],
  ] as const;
  const seen = new Map<string, string>();
  const columns: Column[] = [];
  let nextColumnId = previous.nextColumnId;
  for (const [group, role] of groups) {
    (schema[group] ?? []).forEach((field, index) => {
      const path = `$.${group}[${index}]`;
      const twin = seen.get(field.name.toLowerCase());
      if (twin !== undefined) {
        const both = `"${field.name}" and "${twin}"`;
        faults.add(definitionError(`${path}.name`, `${both} are the same name; identifiers ignore case.`));
      }
      seen.set(field.name.toLowerCase(), field.name);
      const known = faults.attempt(() => keepId(previous.columns, field, field.dataType, path), null);
      const column = columnOf(field, { path, role }, known ?? nextColumnId++, faults);
      faults.attempt(() => refuseTightening(previous.columns, column, path), undefined);
      columns.push(column);
    });
  }
  const { length } = columns;
  if (length === 0) faults.add(definitionError("$", "a table needs at least one column."));
  if (length > limits.tableColumns)
    faults.add(
      definitionError("$", `${length} columns are more than tableColumns = ${limits.tableColumns}.`),
    );
  return { columns, nextColumnId };
}
