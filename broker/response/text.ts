/** Results as CSV (RFC 4180) and NDJSON (an object a line). */

import type { Result } from "#broker/answer";
import { cellWriter } from "#broker/response/cells";
import { jsonCells } from "#broker/response/json";

const csvQuoted = /[",\r\n]/;

/** A CSV field; an empty text is quoted, so that it differs from NULL, which is nothing at all. */
const csvField = (text: string): string =>
  text === "" || csvQuoted.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** A header and a line a row; NULL is empty. */
export function resultCsv(result: Result): string {
  const writers = result.batch.columns.map(cellWriter);
  const lines = [result.columns.map(({ name }) => csvField(name)).join(",")];
  for (let row = 0; row < result.batch.rows; row++) {
    lines.push(writers.map((writer) => (writer.isNull(row) ? "" : csvField(writer.text(row)))).join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

/** One JSON object a row, keyed by column name; a repeated name gets a number. */
export function resultNdjson(result: Result): string {
  const cells = result.batch.columns.map(jsonCells);
  const seen = new Map<string, number>();
  const names = result.columns.map(({ name }, column) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return `${column === 0 ? "{" : ","}${JSON.stringify(times === 1 ? name : `${name}_${times}`)}:`;
  });
  let text = "";
  for (let row = 0; row < result.batch.rows; row++) {
    for (let column = 0; column < cells.length; column++) text += names[column] + cells[column](row);
    text += "}\n";
  }
  return text;
}
