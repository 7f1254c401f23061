/** Text → the records of a CSV (RFC 4180, with any one character between fields). Blank lines are none. */

export interface CsvField {
  readonly text: string;
  readonly quoted: boolean;
}

export interface CsvRecord {
  readonly fields: readonly CsvField[];
  /** From 1, counted from the text's beginning. */
  readonly line: number;
  /** What is wrong with its quotes; null: nothing. */
  readonly fault: string | null;
  readonly text: string;
  /** Where the record behind it begins. */
  readonly next: number;
}

/** Reads from `start`, which is on line `line`. */
export function* csvRecords(
  text: string,
  delimiter: string,
  { start, line: startLine }: { readonly start: number; readonly line: number },
): Generator<CsvRecord, undefined> {
  let line = startLine;
  for (let at = start; at < text.length; ) {
    const read = readRecord(text, at, delimiter.charCodeAt(0));
    const raw = text.slice(at, read.end);
    if (raw.trim() !== "" || raw.includes(delimiter))
      yield { fields: read.fields, line, fault: read.fault, text: raw, next: read.next };
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

function readRecord(text: string, start: number, delimiter: number): ReadFields {
  const fields: CsvField[] = [];
  let fault: string | null = null;
  for (let at = start; ; at++) {
    if (text.charCodeAt(at) === quote) {
      const close = closingQuote(text, at + 1);
      if (close < 0)
        return { fields, fault: "CSV: a quote is not closed", end: text.length, next: text.length };
      fields.push({ text: text.slice(at + 1, close).replaceAll('""', '"'), quoted: true });
      at = close + 1;
    } else {
      const stop = plainEnd(text, at, delimiter);
      const plain = text.slice(at, stop);
      if (plain.includes('"')) fault = "CSV: a quote within a field that is not quoted";
      fields.push({ text: plain, quoted: false });
      at = stop;
    }
    if (at >= text.length) return { fields, fault, end: at, next: at };
    if (text.charCodeAt(at) === delimiter) continue;
    const ending = lineEnding(text, at);
    if (ending > 0) return { fields, fault, end: at, next: at + ending };
    fault = "CSV: text after a closing quote";
    at = plainEnd(text, at, delimiter) - 1;
  }
}

const quote = 0x22;
const newline = 0x0a;
const carriageReturn = 0x0d;

/** Characters of the line ending here; 0: none. */
function lineEnding(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit === newline) return 1;
  return unit === carriageReturn && text.charCodeAt(at + 1) === newline ? 2 : 0;
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return -1;
}

/** Position of the delimiter or line end that ends a plain field. */
function plainEnd(text: string, from: number, delimiter: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === delimiter || unit === newline) return at;
    if (unit === carriageReturn && text.charCodeAt(at + 1) === newline) return at;
  }
  return text.length;
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
