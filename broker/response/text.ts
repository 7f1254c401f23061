/** Results as CSV (RFC 4180, doubles with 15 significant digits) and NDJSON (an object a line). */

import { cellWriter, doubleText, entryTexts } from "#broker/response/cells";
import { jsonCells, stepRows } from "#broker/response/json";
import { type Body, TextSink } from "#broker/response/text-sink";
import type { Result } from "#broker/result";
import type { Vector } from "#schemas/batch";
import type { Stepwise } from "#schemas/turns";

const csvQuoted = /[",\r\n]/;

/** A CSV field; an empty text is quoted, so that it differs from NULL, which is nothing at all. */
const csvField = (text: string): string =>
  text === "" || csvQuoted.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** What a spreadsheet would run as a formula becomes a text there. Only texts: a negative number stays one. */
const guardedField = (text: string): string => csvField(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

/** Digits that a sum of doubles has for certain: 12246.240000000042 is noise of the addition, and CSV is for people. */
const csvDigits = 15;

type Field = typeof csvField;

function csvText(vector: Vector, field: Field): (row: number) => string {
  if (vector.kind === "text") return entryTexts(vector, vector.type === "BIG_DECIMAL" ? csvField : field);
  if (vector.kind !== "double" || vector.type === "FLOAT") return cellWriter(vector).text;
  const { values } = vector;
  return (row) => doubleText(Number(values[row].toPrecision(csvDigits)));
}

function csvCells(vector: Vector, field: Field): (row: number) => string {
  const writer = cellWriter(vector);
  const cell = csvText(vector, field);
  return vector.nulls === null ? cell : (row) => (writer.isNull(row) ? "" : cell(row));
}

/** A header and a line a row; NULL is empty. Guarded: for spreadsheets, not for programs that want what is there. */
export function* resultCsv(result: Result, { guarded }: { readonly guarded: boolean }): Stepwise<Body> {
  const field = guarded ? guardedField : csvField;
  const cells = result.batch.columns.map((vector) => csvCells(vector, field));
  const sink = new TextSink();
  sink.add(`${result.columns.map(({ name }) => field(name)).join(",")}\r\n`);
  for (let row = 0; row < result.batch.rows; row++) {
    let line = "";
    for (let column = 0; column < cells.length; column++)
      line += (column === 0 ? "" : ",") + cells[column](row);
    sink.add(`${line}\r\n`);
    if (row % stepRows === 0) yield;
  }
  return sink.finish();
}

/** One JSON object a row, keyed by column name; a repeated name gets a number. */
export function* resultNdjson(result: Result): Stepwise<Body> {
  const cells = result.batch.columns.map(jsonCells);
  const seen = new Map<string, number>();
  const names = result.columns.map(({ name }, column) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return `${column === 0 ? "{" : ","}${JSON.stringify(times === 1 ? name : `${name}_${times}`)}:`;
  });
  const sink = new TextSink();
  for (let row = 0; row < result.batch.rows; row++) {
    let line = "";
    for (let column = 0; column < cells.length; column++) line += names[column] + cells[column](row);
    sink.add(`${line}}\n`);
    if (row % stepRows === 0) yield;
  }
  return sink.finish();
}
