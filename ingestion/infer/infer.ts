/**
 * Sample rows → a table that would take them: Pinot schema and table config to edit, with notes on what was guessed and
 * what to check. The definition is one that /schemas and /tables accept, and the sampled rows are rows of it.
 */
import type { Cell, SampleRow } from "#ingestion/infer/cell";
import { type Field, type Guess, guessOf } from "#ingestion/infer/guess";
import { isEventName, isTimeName } from "#ingestion/infer/names";
import { readSample } from "#ingestion/infer/sample";
import type { InferOptions } from "#schemas/admin";
import type { InferredTable } from "#schemas/api/tables";
import { ingestionBounds } from "#schemas/limits";

const shownMax = ingestionBounds.inferredTextChars;

interface Guessed {
  readonly field: Field;
  readonly guess: Guess;
}

export function inferTable(text: string, options: InferOptions): Omit<InferredTable, "existing"> {
  const { limits, table, csv } = options;
  const sample = readSample(text, { csv, limits });
  const notes = [...sample.notes];
  const fields = possibleFields(fieldsOf(sample.rows), { notes, columnsMax: limits.tableColumns });
  if (fields.length === 0) notes.push("No row with fields was found: add columns by hand.");
  const guesses = fields.map((field) => ({ field, guess: guessOf(field) }));
  const main = mainTime(guesses);
  if (main !== null) notes.push(`"${main}" is taken as the time column.`);
  else notes.push(noTimeNote(guesses));
  for (const { field, guess } of guesses)
    for (const note of guess.notes) notes.push(`"${field.name}" ${note}`);
  return {
    schema: schemaOf(table, guesses, main),
    config: configOf(table, main),
    sample: sample.rows.slice(0, shownMax).map(shownRow),
    notes,
    csv: sample.csv,
  };
}

/** Fields in the order in which rows first name them. */
function fieldsOf(rows: readonly SampleRow[]): Field[] {
  const cells = new Map<string, Cell[]>();
  for (const row of rows) {
    for (const [name, cell] of row) {
      const seen = cells.get(name) ?? [];
      cells.set(name, seen);
      if (cell.kind !== "null") seen.push(cell);
    }
  }
  return [...cells].map(([name, seen]) => ({ name, cells: seen, nulls: rows.length - seen.length }));
}

/** Fields whose names can be columns' names; of names that differ only in case the one that most rows have. */
function possibleFields(
  fields: readonly Field[],
  { notes, columnsMax }: { readonly notes: string[]; readonly columnsMax: number },
): readonly Field[] {
  const named = fields.filter(({ name }) => name !== "" && !name.startsWith("$"));
  for (const { name } of fields)
    if (name === "" || name.startsWith("$"))
      notes.push(
        `"${name}" cannot be a column's name (${name === "" ? "it is empty" : 'it begins with "$"'}): left out.`,
      );
  const best = new Map<string, Field>();
  for (const field of named) {
    const known = best.get(field.name.toLowerCase());
    if (known === undefined || field.cells.length > known.cells.length)
      best.set(field.name.toLowerCase(), field);
  }
  const chosen = named.filter((field) => best.get(field.name.toLowerCase()) === field);
  for (const { name } of named) {
    const twin = best.get(name.toLowerCase())?.name;
    if (twin !== name)
      notes.push(`"${name}" and "${twin}" differ only in case, which SQL ignores: "${name}" is left out.`);
  }
  if (chosen.length > columnsMax)
    notes.push(
      `${chosen.length} fields are more than tableColumns = ${columnsMax}: the last ones are left out.`,
    );
  return chosen.slice(0, columnsMax);
}

function noTimeNote(guesses: readonly Guessed[]): string {
  const time = guesses.find(({ guess }) => guess.role === "dateTime");
  const why =
    time === undefined
      ? "was found"
      : `was found with a value in every row ("${time.field.name}" is missing in some)`;
  return `No time column ${why}: time ranges, retention and freshness of events need one.`;
}

/** The time column has a value in every row; of several the one named most like an event's time. */
function mainTime(guesses: readonly Guessed[]): string | null {
  const rank = ({ field: { name } }: Guessed): number => (isEventName(name) ? 0 : isTimeName(name) ? 1 : 2);
  const times = guesses.filter(({ field, guess }) => guess.role === "dateTime" && isNeverMissing(field));
  return times.toSorted((a, b) => rank(a) - rank(b))[0]?.field.name ?? null;
}

const isNeverMissing = ({ nulls, cells }: Field): boolean =>
  nulls === 0 && cells.every(({ kind }) => kind !== "marker");

/** Numbers that JSON can carry as they are; all else by its spelling. */
function shownCell({ kind, text }: Cell): unknown {
  if (kind === "null") return null;
  if (kind === "boolean") return text === "true";
  if (kind !== "number") return text;
  const value = Number(text);
  return String(value) === text ? value : text;
}

const shownRow = (row: SampleRow): Record<string, unknown> =>
  Object.fromEntries([...row].map(([name, cell]) => [name, shownCell(cell)]));

function schemaOf(
  tableName: string,
  guesses: readonly Guessed[],
  main: string | null,
): Record<string, unknown> {
  const specs = (role: Guess["role"]) =>
    guesses
      .filter(({ guess }) => guess.role === role)
      .map(({ field: { name }, guess: { dataType, format } }) => ({
        name,
        dataType,
        ...(format === undefined ? {} : { format, granularity: "1:MILLISECONDS" }),
        ...(name === main ? { notNull: true } : {}),
      }));
  const groups = {
    dimensionFieldSpecs: specs("dimension"),
    metricFieldSpecs: specs("metric"),
    dateTimeFieldSpecs: specs("dateTime"),
  };
  return {
    schemaName: tableName,
    ...Object.fromEntries(Object.entries(groups).filter(([, group]) => group.length > 0)),
  };
}

function configOf(tableName: string, main: string | null): Record<string, unknown> {
  return {
    tableName,
    tableType: "REALTIME",
    segmentsConfig: { ...(main === null ? {} : { timeColumnName: main }), replication: "1" },
    tenants: {},
    tableIndexConfig: {
      loadMode: "MMAP",
      streamConfigs: {
        streamType: "embedded",
        "stream.embedded.topic.name": tableName,
        "stream.embedded.partitions": "1",
      },
    },
    metadata: {},
  };
}
