/**
 * CSV (RFC 4180, with a header line) → NDJSON rows. A field that was not quoted and is empty is missing;
 * numbers and booleans of such columns are written bare, so that the extractor reads them; everything else
 * becomes text.
 */
import { bytesOf } from "#ingestion/decode/utf8";
import { StoreError } from "#schemas/errors";
import type { Table } from "#schemas/table";

export interface CsvRows {
  /** One JSON object a row, with a newline behind each. */
  readonly bytes: Uint8Array;
  /** The line of the body at which each row begins, from 1. */
  readonly lines: readonly number[];
  readonly rejects: readonly { readonly line: number; readonly reason: string; readonly text: string }[];
}

interface CsvField {
  readonly text: string;
  readonly quoted: boolean;
}

interface CsvRecord {
  readonly fields: readonly CsvField[];
  readonly line: number;
  readonly fault: string | null;
  readonly text: string;
}

const bare = new Set(["INT", "LONG", "FLOAT", "DOUBLE", "BIG_DECIMAL", "TIMESTAMP", "BOOLEAN"]);
const barePattern = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false)$/;

export function csvRows(body: Uint8Array, table: Pick<Table, "columns">): CsvRows {
  const records = csvRecords(textOfBody(body));
  const header = records.next().value;
  if (header === undefined) return { bytes: new Uint8Array(0), lines: [], rejects: [] };
  const names = header.fields.map((field) => field.text.trim());
  if (header.fault !== null || names.includes("")) {
    throw new StoreError(
      "BODY_SYNTAX",
      `expected column names in the CSV's first line but found ${JSON.stringify(header.text)}`,
    );
  }
  const types = new Map(table.columns.map((column) => [column.name, column.type]));
  const columns = names.map((name) => ({
    label: `${JSON.stringify(name)}:`,
    isBare: bare.has(types.get(name) ?? ""),
  }));
  const rows: string[] = [];
  const lines: number[] = [];
  const rejects: { line: number; reason: string; text: string }[] = [];
  for (const { fields, line, fault, text } of records) {
    const reason =
      fault ?? (fields.length === names.length ? null : "CSV: the row has not as many fields as the header");
    if (reason !== null) rejects.push({ line, reason, text });
    else {
      rows.push(jsonRow(fields, columns));
      lines.push(line);
    }
  }
  return { bytes: bytesOf(rows.join("")), lines, rejects };
}

function jsonRow(
  fields: readonly CsvField[],
  columns: readonly { label: string; isBare: boolean }[],
): string {
  let row = "";
  for (let at = 0; at < fields.length; at++) {
    const { text, quoted } = fields[at];
    if (text === "" && !quoted) continue;
    const { label, isBare } = columns[at];
    const value = isBare && barePattern.test(text) ? text : JSON.stringify(text);
    row += row === "" ? `${label}${value}` : `,${label}${value}`;
  }
  return `{${row}}\n`;
}

function textOfBody(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw new StoreError("BODY_SYNTAX", "expected CSV in UTF-8 but the body holds other bytes", { cause });
  }
}

/** The records of the text; blank lines are none. */
function* csvRecords(text: string): Generator<CsvRecord, undefined> {
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const read = readRecord(text, at);
    const raw = text.slice(at, read.end);
    if (raw.trim() !== "") yield { fields: read.fields, line, fault: read.fault, text: raw };
    line += newlines(raw) + 1;
    at = read.next;
  }
  return undefined;
}

interface ReadFields {
  readonly fields: CsvField[];
  readonly fault: string | null;
  /** Where the record ends, and where the next begins. */
  readonly end: number;
  readonly next: number;
}

function readRecord(text: string, start: number): ReadFields {
  const fields: CsvField[] = [];
  let fault: string | null = null;
  for (let at = start; ; at++) {
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1);
      if (close < 0)
        return { fields, fault: "CSV: a quote is not closed", end: text.length, next: text.length };
      fields.push({ text: text.slice(at + 1, close).replaceAll('""', '"'), quoted: true });
      at = close + 1;
    } else {
      const stop = plainEnd(text, at);
      const plain = text.slice(at, stop);
      if (plain.includes('"')) fault = "CSV: a quote within a field that is not quoted";
      fields.push({ text: plain, quoted: false });
      at = stop;
    }
    if (at >= text.length) return { fields, fault, end: at, next: at };
    if (text[at] === ",") continue;
    const isPair = text[at] === "\r" && text[at + 1] === "\n";
    if (isPair || text[at] === "\n") return { fields, fault, end: at, next: at + (isPair ? 2 : 1) };
    fault = "CSV: text after a closing quote";
    at = plainEnd(text, at) - 1;
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return -1;
}

/** Position of the comma or line end that ends a plain field. */
function plainEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x2c || unit === 0x0a || (unit === 0x0d && text.charCodeAt(at + 1) === 0x0a)) return at;
  }
  return text.length;
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
