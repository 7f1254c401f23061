/** Results as golden files write them: cells separated by tabs, each as the JSON response has it. */

import type { Answer } from "#broker/broker";
import { cellWriter } from "#broker/response/cells";
import type { SqlType } from "#schemas/types";

const letters: Readonly<Record<SqlType, string>> = {
  INT: "I",
  LONG: "I",
  FLOAT: "R",
  DOUBLE: "R",
  BIG_DECIMAL: "R",
  BOOLEAN: "B",
  TIMESTAMP: "D",
  DATE: "D",
  STRING: "T",
  JSON: "T",
  BYTES: "X",
  UNKNOWN: "N",
};

const plain = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n");

/** One letter a column. */
export const typesOf = (answer: Answer): string =>
  (answer.result?.columns ?? []).map(({ type }) => letters[type]).join("");

/** One line a row; an empty text is '' and NULL is NULL. */
export function rowsText(answer: Answer): string[] {
  const { batch } = answer.result ?? { batch: { rows: 0, columns: [] } };
  const writers = batch.columns.map(cellWriter);
  return Array.from({ length: batch.rows }, (_, row) =>
    writers
      .map((writer) =>
        writer.isNull(row) ? "NULL" : writer.text(row) === "" ? "''" : plain(writer.text(row)),
      )
      .join("\t"),
  );
}
