/** Sample text → rows of spelled values: how a number is written says more than its value. */
import { dialectOf } from "#ingestion/csv/dialect";
import { columnNames, placeNames } from "#ingestion/csv/names";
import { type CsvRecord, csvRecords } from "#ingestion/csv/records";
import { faultOf, isComment } from "#ingestion/csv/rows";
import { kindOf, withDecimalPoint } from "#ingestion/csv/words";
import { JsonScanner } from "#ingestion/decode/json-scanner";
import { bytesOf } from "#ingestion/decode/utf8";
import { type Cell, cellOf, type SampleRow } from "#ingestion/infer/cell";
import { jsonFields } from "#ingestion/infer/json-fields";
import type { CsvOptions, CsvReading } from "#schemas/csv";
import type { Limits } from "#schemas/limits";

export interface SampleOptions {
  /** null: never CSV. */
  readonly csv: CsvOptions | null;
  readonly limits: Pick<Limits, "sampleRows" | "csvSampleBytes">;
}

export interface Sample {
  readonly rows: readonly SampleRow[];
  readonly notes: readonly string[];
  /** How the CSV was read, so that its rows are pushed the same way; null: JSON. */
  readonly csv: CsvReading | null;
}

/** JSON objects, one after the other or in an array, printed as they like; anything else is CSV. */
export function readSample(text: string, options: SampleOptions): Sample {
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const first = plain.trimStart()[0];
  if (first === undefined) return { rows: [], notes: [], csv: null };
  const { csv, limits } = options;
  const isJson = csv === null || first === "{" || first === "[";
  return isJson ? readJson(plain, limits) : readCsv(plain, csv, limits);
}

function readJson(text: string, limits: SampleOptions["limits"]): Sample {
  const values = jsonValues(text, limits.sampleRows) ?? text.split("\n").slice(0, limits.sampleRows);
  const given = values.filter((value) => value.trim() !== "");
  const rows = given.map(jsonFields).filter((row) => row !== null);
  const notes: string[] = [];
  const bad = given.length - rows.length;
  if (bad > 0) notes.push(`${bad} of ${given.length} sampled rows are not JSON objects and were left out.`);
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) notes.push(...wrapped(only));
  return { rows, notes, csv: null };
}

/** An object around the rows would be one row. */
function wrapped(row: SampleRow): readonly string[] {
  const lists = [...row].filter(([, cell]) => cell.kind === "nested" && /^\[\s*\{/.test(cell.text));
  return lists.map(
    ([name]) =>
      `The text is one object, and so one row. If the rows are those in "${name}", send that array alone.`,
  );
}

/** The texts of JSON values one after the other, or of an array's; null when they are not that: lines may be. */
function jsonValues(text: string, valuesMax: number): string[] | null {
  const bytes = bytesOf(text);
  const scanner = new JsonScanner();
  scanner.reset(bytes, 0, bytes.length);
  const isArray = scanner.take(0x5b);
  const values: string[] = [];
  scanner.skipSpace();
  while (values.length < valuesMax && scanner.at < bytes.length) {
    if (isArray && scanner.take(0x5d)) break;
    const start = scanner.at;
    if (!scanner.value()) {
      // What was cut off within a row still shows the rows before it.
      return values.length > 0 && (isArray || scanner.at >= bytes.length) ? values : null;
    }
    values.push(new TextDecoder().decode(bytes.subarray(start, scanner.at)));
    scanner.take(0x2c);
    scanner.skipSpace();
  }
  return values;
}

function readCsv(text: string, options: CsvOptions, limits: SampleOptions["limits"]): Sample {
  const dialect = dialectOf(text, options, limits);
  const records = firstOf(csvRecords(text, dialect.delimiter, dialect), limits.sampleRows + 1);
  const header = dialect.hasHeader ? records.shift() : undefined;
  const width = header?.fields.length ?? commonWidth(records);
  const { names, notes: renames } =
    options.columns !== undefined
      ? { names: options.columns, notes: [] }
      : header === undefined
        ? { names: placeNames(width), notes: [] }
        : columnNames(header.fields.map((field) => field.text));
  const fit = records.filter((record) => faultOf(record, names.length) === null);
  const isCommaDecimal = dialect.delimiter === ";";
  const nulls = new Set(options.nulls ?? []);
  const cellIn = (record: CsvRecord, at: number): Cell => {
    const { text: field, quoted } = record.fields[at];
    if (nulls.has(field) && !quoted) return cellOf("null", field);
    return csvCell(isCommaDecimal ? withDecimalPoint(field) : field, quoted);
  };
  const rows = fit.map((record) => new Map(names.map((name, at) => [name, cellIn(record, at)])));
  const notes = [
    ...renames,
    ...misfits(records, { fit: fit.length, columns: names.length }),
    ...headerNote(header, names),
  ];
  const csv = {
    delimiter: dialect.delimiter,
    header: dialect.hasHeader,
    columns: names,
    nulls: options.nulls ?? [],
  };
  return { rows: withoutNameless(rows, header), notes, csv };
}

const headerNote = (header: CsvRecord | undefined, names: readonly string[]): readonly string[] =>
  header !== undefined || names.length === 0
    ? []
    : [`The first line looks like a row, so the columns are called by their places: ${names[0]} …`];

/** How many fields most rows have; of equals the most. */
function commonWidth(records: readonly CsvRecord[]): number {
  const counts = new Map<number, number>();
  for (const { fields } of records) counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1);
  let best = 0;
  for (const [width, count] of counts) {
    const most = counts.get(best) ?? 0;
    if (count > most || (count === most && width > best)) best = width;
  }
  return best;
}

function firstOf<One>(given: Iterable<One>, most: number): One[] {
  const taken: One[] = [];
  for (const one of given) {
    taken.push(one);
    if (taken.length >= most) break;
  }
  return taken;
}

function misfits(
  records: readonly CsvRecord[],
  { fit, columns }: { readonly fit: number; readonly columns: number },
): readonly string[] {
  const bad = records.filter((record) => faultOf(record, columns) !== null && !isComment(record));
  const [first] = bad;
  if (first === undefined) return [];
  const said = faultOf(first, columns)?.replace(/^CSV: /, "");
  const lines = bad.length === 1 ? "1 line is" : `${bad.length} lines are`;
  return [`${lines} no row of ${columns} columns and left out (${fit} fit); line ${first.line}: ${said}.`];
}

/** Every line may end in a delimiter: a column without a name and without a value is none. */
function withoutNameless(rows: readonly SampleRow[], header: CsvRecord | undefined): readonly SampleRow[] {
  const last = header?.fields.at(-1);
  if (header === undefined || last === undefined || last.text.trim() !== "") return rows;
  const name = `column${header.fields.length}`;
  if (rows.some((row) => (row.get(name)?.kind ?? "null") !== "null")) return rows;
  for (const row of rows) (row as Map<string, Cell>).delete(name);
  return rows;
}

function csvCell(text: string, quoted: boolean): Cell {
  const trimmed = text.trim();
  switch (kindOf(text)) {
    case "empty":
      return cellOf(trimmed === "" && !quoted ? "null" : "marker", trimmed === "" ? text : trimmed);
    case "whole":
    case "number":
      return cellOf("number", trimmed);
    case "boolean":
      return cellOf("boolean", trimmed.toLowerCase());
    case "time":
    case "text":
      return cellOf("text", text);
  }
}
