/**
 * CSV → NDJSON rows of a table. A field that is empty and not quoted is missing; where a number, a time or a boolean is
 * expected, so are the usual words for nothing (NA, NULL, \N …). Numbers and booleans are written bare, so that the
 * extractor reads them; everything else becomes text.
 */
import { type CsvDialect, dialectOf } from "#ingestion/csv/dialect";
import { columnNames, placeNames } from "#ingestion/csv/names";
import { type CsvField, type CsvRecord, csvRecords } from "#ingestion/csv/records";
import { isNullMarker, isTextType, textNullMarker, withDecimalPoint } from "#ingestion/csv/words";
import { bytesOf } from "#ingestion/decode/utf8";
import type { Rejects } from "#ingestion/rejects";
import type { CsvOptions } from "#schemas/csv";
import { StoreError } from "#schemas/errors";
import { ingestionBounds, type Limits } from "#schemas/limits";
import type { Table } from "#schemas/table";
import type { SqlType } from "#schemas/types";

export interface CsvRows {
  /** One JSON object a row, with a newline behind each. */
  readonly bytes: Uint8Array;
  /** The line of the body at which each row begins, from 1. */
  readonly lines: readonly number[];
}

export interface CsvTarget {
  readonly table: Pick<Table, "name" | "columns">;
  readonly options: CsvOptions;
  readonly limits: Pick<Limits, "csvSampleBytes" | "bodyRows" | "frameBytes">;
  /** Takes lines that are no rows. */
  readonly rejects: Rejects;
}

/** Throws BODY_SYNTAX when the body is not UTF-8, or its columns are not told. */
export function csvRows(body: Uint8Array, target: CsvTarget): CsvRows {
  const text = textOfBody(body);
  const dialect = dialectOf(text, target.options, target.limits);
  const records = csvRecords(text, dialect.delimiter, dialect);
  const names = namesOf(records, { text, dialect, target });
  const writers = writersOf(names, { dialect, target });
  const rows = new RowBytes(target.limits);
  const lines: number[] = [];
  for (const record of records) {
    const reason = faultOf(record, names.length);
    if (reason === null) {
      rows.add(jsonRow(record.fields, writers));
      lines.push(record.line);
    } else if (!isComment(record)) target.rejects.add(record.line, reason, bytesOf(record.text));
  }
  return { bytes: rows.bytes(), lines };
}

/** Characters that are worth turning into bytes at once. */
const textMax = ingestionBounds.csvPieceChars;

/** Rows as bytes while they come: JSON repeats every name in every row, and one text of all of them may not exist. */
class RowBytes {
  readonly #limits: Pick<Limits, "bodyRows" | "frameBytes">;
  readonly #parts: Uint8Array[] = [];
  #text = "";
  #rows = 0;
  #bytes = 0;

  constructor(limits: Pick<Limits, "bodyRows" | "frameBytes">) {
    this.#limits = limits;
  }

  add(row: string): void {
    const { bodyRows } = this.#limits;
    if (++this.#rows > bodyRows) throw tooLarge(`bodyRows = ${bodyRows} rows`);
    this.#text += row;
    if (this.#text.length > textMax) this.#flush();
  }

  bytes(): Uint8Array {
    this.#flush();
    const joined = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  #flush(): void {
    const part = bytesOf(this.#text);
    this.#text = "";
    this.#bytes += part.length;
    const { frameBytes } = this.#limits;
    if (this.#bytes > frameBytes) throw tooLarge(`frameBytes = ${frameBytes} bytes of rows as JSON`);
    this.#parts.push(part);
  }
}

const tooLarge = (expected: string): StoreError =>
  new StoreError("BODY_BYTES", `expected at most ${expected} in one body; send it in parts`, { expected });

/** Why a record is no row of so many columns; null: it is one. Empty fields behind the last column are nobody's. */
export function faultOf({ fields, fault }: CsvRecord, columns: number): string | null {
  if (fault !== null) return fault;
  const isPadded = fields.length > columns && fields.slice(columns).every(({ text }) => text === "");
  if (fields.length === columns || isPadded) return null;
  return `CSV: expected ${columns} fields, as many as there are columns, but found ${fields.length}`;
}

/** A line that begins with "#" and does not fit is a comment among the rows. */
export const isComment = ({ text }: CsvRecord): boolean => text.startsWith("#");

interface Reading {
  readonly text: string;
  readonly dialect: CsvDialect;
  readonly target: CsvTarget;
}

/** Takes the header, if there is one, off the records. */
function namesOf(records: Generator<CsvRecord, undefined>, reading: Reading): readonly string[] {
  const { dialect, target, text } = reading;
  const { table, options } = target;
  const known = new Set(table.columns.map(({ name }) => name.toLowerCase()));
  const places = placesOf(table);
  if (options.columns !== undefined) {
    if (dialect.hasHeader) records.next();
    return options.columns;
  }
  const head = text.slice(dialect.start, endOfLine(text, dialect.start));
  if (!dialect.hasHeader && places.length > 0) return places;
  const header = records.next().value;
  if (header === undefined) return [];
  const { names } = columnNames(header.fields.map((field) => field.text));
  if (header.fault === null && names.some((name) => known.has(name.toLowerCase()))) return names;
  throw new StoreError(
    "BODY_SYNTAX",
    `expected the names of columns of table "${table.name}" in the CSV's first line but found ${JSON.stringify(shown(head))}; ` +
      "if it is a row, name the columns in the address: ?header=absent&columns=first,second",
    { expected: "column names", found: shown(head) },
  );
}

const shownMax = ingestionBounds.csvShownChars;
const shown = (head: string): string =>
  head.length > shownMax ? `${head.slice(0, shownMax)}…` : head.trimEnd();

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end < 0 ? text.length : end;
}

/** The columns of a table that was made from rows without names: column1, column2 … as far as they go. */
function placesOf({ columns }: Pick<Table, "columns">): readonly string[] {
  const known = new Set(columns.map(({ name }) => name));
  let most = columns.length;
  while (most > 0 && !known.has(`column${most}`)) most--;
  return known.has("column1") || most > 0 ? placeNames(most) : [];
}

/** A field's value as JSON behind its key; "": it is missing. */
type Writer = (field: CsvField) => string;

function writersOf(
  names: readonly string[],
  { dialect, target }: Pick<Reading, "dialect" | "target">,
): readonly Writer[] {
  const types = new Map(target.table.columns.map(({ name, type }) => [name, type]));
  const nulls = new Set(target.options.nulls ?? []);
  const isCommaDecimal = dialect.delimiter === ";";
  return names.map((name) =>
    writerOf(`${JSON.stringify(name)}:`, types.get(name), { nulls, isCommaDecimal }),
  );
}

const barePattern = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false)$/;
const notFinite: Readonly<Record<string, string>> = { nan: "NaN", inf: "Infinity", "-inf": "-Infinity" };

function writerOf(
  label: string,
  type: SqlType | undefined,
  { nulls, isCommaDecimal }: { readonly nulls: ReadonlySet<string>; readonly isCommaDecimal: boolean },
): Writer {
  const quotedJson = (text: string) => `${label}${JSON.stringify(text)}`;
  if (isTextType(type)) {
    return ({ text, quoted }) => {
      const isMissing = !quoted && (text === "" || text === textNullMarker || nulls.has(text));
      return isMissing ? "" : quotedJson(text);
    };
  }
  const isDouble = type === "DOUBLE" || type === "FLOAT";
  const isDecimal = isDouble || type === "BIG_DECIMAL";
  return ({ text }) => {
    if (barePattern.test(text)) return nulls.has(text) ? "" : `${label}${text}`;
    const trimmed = text.trim();
    const special = isDouble ? notFinite[trimmed.toLowerCase()] : undefined;
    if (trimmed === "" || nulls.has(trimmed)) return "";
    if (special !== undefined) return quotedJson(special);
    if (isNullMarker(trimmed)) return "";
    return quotedJson(isDecimal && isCommaDecimal ? withDecimalPoint(trimmed) : trimmed);
  };
}

function jsonRow(fields: readonly CsvField[], writers: readonly Writer[]): string {
  let row = "";
  for (let at = 0; at < writers.length; at++) {
    const value = (writers[at] as Writer)(fields[at] as CsvField);
    if (value !== "") row += row === "" ? value : `,${value}`;
  }
  return `{${row}}\n`;
}

/** The body's characters, without the mark that some editors begin a file with. */
function textOfBody(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw new StoreError("BODY_SYNTAX", "expected CSV in UTF-8 but the body holds other bytes", { cause });
  }
}
