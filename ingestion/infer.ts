/**
 * A sample of rows → a table that would take them: Pinot schema and table config to edit, with notes on
 * what was guessed. Types are the narrowest that take every sampled value and leave room: whole numbers
 * become LONG, not INT.
 */
import { csvRows } from "#ingestion/decode/csv";
import { bytesOf } from "#ingestion/decode/utf8";
import type { InferredTable } from "#schemas/api/tables";
import { parsePattern } from "#schemas/functions/pattern";
import { parseTimestamp } from "#schemas/functions/timestamp";
import { utc } from "#schemas/functions/zone";

const rowsMax = 10_000;
const sampleMax = 100;
/** Counts of a unit since 1970 that lie between 1990 and 2100. */
const yearMs = 31_556_952_000;
const epochUnits = [
  ["SECONDS", 1000],
  ["MILLISECONDS", 1],
  ["MICROSECONDS", 1e-3],
  ["NANOSECONDS", 1e-6],
] as const;
const textFormats = [
  "yyyy-MM-dd HH:mm:ss.SSSSSS",
  "yyyy/MM/dd HH:mm:ss",
  "dd/MM/yyyy HH:mm:ss",
  "MM/dd/yyyy",
  "dd.MM.yyyy HH:mm:ss",
  "EEE MMM dd HH:mm:ss Z yyyy",
] as const;
const timeName = /time|date|timestamp|(^|_)(ts|at|when|day)$/i;
const keyName = /(^|[_-])(id|key|code|zip|year|uuid)$|Id$/;

type Row = Readonly<Record<string, unknown>>;

/** What was seen of one field. */
interface Field {
  readonly name: string;
  readonly values: readonly unknown[];
  readonly nulls: number;
}

interface Guess {
  readonly dataType: string;
  readonly role: "dimension" | "metric" | "dateTime";
  readonly format?: string;
  readonly note?: string;
}

export function inferTable(lines: readonly string[], tableName: string): InferredTable {
  const notes: string[] = [];
  const rows = readRows(lines, notes);
  const fields = fieldsOf(rows);
  if (fields.length === 0) notes.push("No JSON object with fields was found: add columns by hand.");
  const guesses = fields.map((field) => ({ field, guess: guessOf(field) }));
  const times = guesses.filter(({ guess }) => guess.role === "dateTime");
  const main = times.toSorted((a, b) => timeRank(a.field) - timeRank(b.field))[0]?.field.name ?? null;
  if (main !== null) notes.push(`"${main}" is taken as the time column.`);
  else notes.push("No time column was found: time ranges, retention and freshness of events need one.");
  for (const { field, guess } of guesses) {
    if (guess.note !== undefined) notes.push(`"${field.name}": ${guess.note}`);
    if (field.values.length === 0)
      notes.push(`"${field.name}" has only nulls in the sample: STRING is a guess.`);
  }
  return {
    schema: schemaOf(tableName, guesses, main),
    config: configOf(tableName, main),
    sample: rows.slice(0, sampleMax).map(shown),
    notes,
  };
}

/** NDJSON lines, the lines of one JSON value, or CSV with a header. */
function readRows(lines: readonly string[], notes: string[]): Row[] {
  const sampled = lines.slice(0, rowsMax).filter((line) => line.trim() !== "");
  const joined = sampled.join("\n").trim();
  const isJson = joined.startsWith("[") || joined.startsWith("{");
  if (!isJson && joined.includes("\n") && sampled[0]?.includes(",")) return csvSample(joined, notes);
  const whole = isJson && parsed(sampled[0] ?? "") === null ? parsed(joined) : null;
  const values = whole === null ? sampled.map(parsed) : Array.isArray(whole) ? whole : [whole];
  const flat = values.length === 1 && Array.isArray(values[0]) ? (values[0] as unknown[]) : values;
  const rows = flat.filter(isRow);
  const bad = flat.length - rows.length;
  if (bad > 0) notes.push(`${bad} of ${flat.length} sampled rows are not JSON objects and were left out.`);
  return rows;
}

const isRow = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** CSV says nothing of types: what reads as a number or a boolean is taken for one. */
function csvSample(text: string, notes: string[]): Row[] {
  const { bytes, rejects } = csvRows(bytesOf(text), { columns: [] });
  if (rejects.length > 0) notes.push(`${rejects.length} lines do not fit the CSV header and were left out.`);
  notes.push("Read as CSV: send it to /ingest with Content-Type text/csv.");
  return new TextDecoder()
    .decode(bytes)
    .split("\n")
    .map(parsed)
    .filter(isRow)
    .map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typed(String(value))])),
    );
}

const typed = (text: string): unknown =>
  /^(-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|true|false)$/.test(text) ? parsed(text) : text;

/** Whole numbers past 2^53 stay exact, as bigint. */
function parsed(text: string): unknown {
  try {
    const reviver = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
      const isLong =
        typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "");
      return isLong ? BigInt(context?.source ?? "0") : value;
    };
    return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
  } catch {
    return null;
  }
}

/** Big integers travel as text. */
const shown = (row: Row): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === "bigint" ? String(value) : value]),
  );

/** Fields in the order in which rows first name them. */
function fieldsOf(rows: readonly Row[]): Field[] {
  const values = new Map<string, unknown[]>();
  for (const row of rows) for (const name of Object.keys(row)) if (!values.has(name)) values.set(name, []);
  for (const row of rows) {
    for (const [name, seen] of values)
      if (row[name] !== null && row[name] !== undefined) seen.push(row[name]);
  }
  return [...values].map(([name, seen]) => ({ name, values: seen, nulls: rows.length - seen.length }));
}

function guessOf(field: Field): Guess {
  const { name, values } = field;
  if (values.length === 0) return { dataType: "STRING", role: "dimension" };
  const all = (test: (value: unknown) => boolean) => values.every(test);
  if (all((value) => typeof value === "boolean")) return { dataType: "BOOLEAN", role: "dimension" };
  if (all((value) => typeof value === "number" || typeof value === "bigint")) return numberGuess(field);
  if (all((value) => typeof value === "string")) return textGuess(name, values as readonly string[]);
  if (values.some((value) => typeof value === "object")) {
    return { dataType: "JSON", role: "dimension", note: "has objects or arrays: kept as JSON." };
  }
  return { dataType: "STRING", role: "dimension", note: "has values of several types: kept as text." };
}

function numberGuess({ name, values }: Field): Guess {
  const isWhole = values.every((value) => typeof value === "bigint" || Number.isInteger(value));
  const numbers = values.map(Number);
  if (isWhole && timeName.test(name)) {
    for (const [unit, unitMs] of epochUnits) {
      const inRange = numbers.every((value) => value * unitMs > 20 * yearMs && value * unitMs < 130 * yearMs);
      if (inRange)
        return {
          dataType: "TIMESTAMP",
          role: "dateTime",
          format: epochFormat(unit),
          note: `counts ${unit.toLowerCase()} since 1970.`,
        };
    }
  }
  const isLong = values.every((value) => typeof value !== "bigint" || BigInt.asIntN(64, value) === value);
  if (!isLong) return { dataType: "BIG_DECIMAL", role: "metric", note: "has integers past 64 bits." };
  if (!isWhole) return { dataType: "DOUBLE", role: "metric" };
  return { dataType: "LONG", role: keyName.test(name) ? "dimension" : "metric" };
}

const epochFormat = (unit: string): string => (unit === "MILLISECONDS" ? "TIMESTAMP" : `EPOCH|${unit}|1`);

function textGuess(name: string, texts: readonly string[]): Guess {
  const isTime = (read: (text: string) => boolean) => texts.every(read);
  if (isTime((text) => /\d{4}-\d\d-\d\d/.test(text) && parseTimestamp(text, utc) !== null)) {
    return { dataType: "TIMESTAMP", role: "dateTime", format: "TIMESTAMP" };
  }
  for (const format of textFormats) {
    if (isTime((text) => parsePattern(format, "UTC").parse(text) !== null)) {
      return {
        dataType: "TIMESTAMP",
        role: "dateTime",
        format: `SIMPLE_DATE_FORMAT|${format}`,
        note: `reads as ${format}.`,
      };
    }
  }
  if (timeName.test(name) && isTime((text) => /^1\d{12}$/.test(text))) {
    return {
      dataType: "TIMESTAMP",
      role: "dateTime",
      format: "TIMESTAMP",
      note: "milliseconds since 1970 as text.",
    };
  }
  if (isTime((text) => /^[[{]/.test(text.trim()) && parsed(text) !== null)) {
    return { dataType: "JSON", role: "dimension", note: "is JSON within text." };
  }
  return { dataType: "STRING", role: "dimension" };
}

/** The likeliest main time first: named like an event's time, never null. */
function timeRank({ name, nulls }: Field): number {
  const byName = /event|transaction|occurred|created/i.test(name) ? 0 : timeName.test(name) ? 1 : 2;
  return byName + (nulls > 0 ? 10 : 0);
}

function schemaOf(
  tableName: string,
  guesses: readonly { readonly field: Field; readonly guess: Guess }[],
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
