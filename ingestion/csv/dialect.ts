/**
 * How a CSV is written: what stands between its fields, where its rows begin, whether its first line names the
 * columns. What the sender says counts; the rest is told from the first records.
 */
import { type CsvField, type CsvRecord, csvRecords } from "#ingestion/csv/records";
import { type FieldKind, kindOf } from "#ingestion/csv/words";
import type { CsvOptions } from "#schemas/csv";
import { ingestionBounds, type Limits } from "#schemas/limits";

export interface CsvDialect {
  readonly delimiter: string;
  readonly hasHeader: boolean;
  /** Where the header, or else the first row, begins. */
  readonly start: number;
  readonly line: number;
}

const delimiters = [",", "\t", ";", "|"] as const;
const recordsMax = ingestionBounds.csvDialectRecords;

export function dialectOf(
  text: string,
  options: CsvOptions,
  limits: Pick<Limits, "csvSampleBytes">,
): CsvDialect {
  const named = /^sep=(.)\r?\n/.exec(text);
  const first = named === null ? { start: 0, line: 1 } : { start: named[0].length, line: 2 };
  const sample = text.slice(0, first.start + limits.csvSampleBytes);
  const begin = behindComments(sample, first);
  const delimiter = options.delimiter ?? named?.[1] ?? likeliestDelimiter(sample, begin.start);
  const records = firstRecords(sample, delimiter, begin);
  const at = headerComment(sample, begin, { delimiter, records });
  const hasHeader = options.header ?? !looksLikeRow(records[0]?.fields ?? [], records.slice(1));
  return { delimiter, hasHeader: at.isComment || hasHeader, start: at.start, line: at.line };
}

interface Begin {
  readonly start: number;
  readonly line: number;
  /** Where the last line of comment begins; −1: there is none. */
  readonly comment: number;
}

/** Lines at the top that begin with "#", and blank ones. */
function behindComments(text: string, first: { readonly start: number; readonly line: number }): Begin {
  let { start, line } = first;
  let comment = -1;
  for (;;) {
    const end = text.indexOf("\n", start);
    const isComment = text[start] === "#";
    if (end < 0 || !(isComment || text.slice(start, end).trim() === "")) return { start, line, comment };
    if (isComment) comment = start;
    start = end + 1;
    line++;
  }
}

/** "#id,name" above "1,Oslo" is a header in a comment's dress: its fields are as many, and what follows is a row. */
function headerComment(
  text: string,
  begin: Begin,
  { delimiter, records }: { readonly delimiter: string; readonly records: readonly CsvRecord[] },
): { readonly start: number; readonly line: number; readonly isComment: boolean } {
  const none = { start: begin.start, line: begin.line, isComment: false };
  const [row] = records;
  if (begin.comment < 0 || row === undefined || row.fields.length < 2) return none;
  const at = { start: begin.comment + 1, line: begin.line - 1 };
  const [head] = csvRecords(text.slice(0, begin.start), delimiter, at);
  const fits = head?.fields.length === row.fields.length && row.fields.some(({ text: one }) => isValue(one));
  return fits ? { ...at, isComment: true } : none;
}

const isValue = (text: string): boolean => kindOf(text) !== "text";

function firstRecords(
  text: string,
  delimiter: string,
  at: { readonly start: number; readonly line: number },
): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  for (const record of csvRecords(text, delimiter, at)) {
    if (record.text.startsWith("#") && record.fields.length !== (records[0]?.fields.length ?? 0)) continue;
    records.push(record);
    if (records.length >= recordsMax) break;
  }
  return records;
}

/** The one that cuts most records into as many fields as the first; then the one that makes more of them. */
function likeliestDelimiter(text: string, start: number): string {
  let best: { readonly delimiter: string; readonly share: number; readonly fields: number } | null = null;
  for (const delimiter of delimiters) {
    const records = firstRecords(text, delimiter, { start, line: 1 });
    const fields = records[0]?.fields.length ?? 0;
    if (fields < 2) continue;
    const share = records.filter((record) => record.fields.length === fields).length / records.length;
    const better = best === null || share > best.share || (share === best.share && fields > best.fields);
    if (better) best = { delimiter, share, fields };
  }
  return best?.delimiter ?? ",";
}

const isYear = (text: string): boolean => /^(?:19|20)\d\d$/.test(text.trim());

/** A first line with values of the kinds that stand under them is a row, not names. Years name columns; so do 0, 1, 2 … */
function looksLikeRow(first: readonly CsvField[], others: readonly CsvRecord[]): boolean {
  const telling = first.some(
    ({ text, quoted }) => !quoted && isValue(text) && kindOf(text) !== "empty" && !isYear(text),
  );
  const isCounted = first.every(
    ({ text }, at) => text.trim() === "" || Number(text) === at - (first[0]?.text === "" ? 1 : 0),
  );
  if (!telling || isCounted) return false;
  const rows = others.filter(({ fault }) => fault === null);
  return first.every(
    ({ text }, at) => rows.length === 0 || rows.some(({ fields }) => isAlike(text, fields[at]?.text)),
  );
}

const families: Readonly<Record<FieldKind, string>> = {
  empty: "any",
  whole: "number",
  number: "number",
  boolean: "boolean",
  time: "time",
  text: "text",
};

function isAlike(text: string, other: string | undefined): boolean {
  const [one, two] = [families[kindOf(text)], families[kindOf(other ?? "")]];
  return one === two || one === "any" || two === "any";
}
