/** Statements that show what a table got last. */
import type { TableDetail } from "#schemas/api/tables";
import { quoteName } from "#schemas/sql/keywords";

const newestRows = 50;

/** The statement that shows a table's newest rows, `*` or columns of them. */
export function newestSql(table: Pick<TableDetail, "name" | "timeColumn">, columns = "*"): string {
  const order = table.timeColumn === null ? "" : `\nORDER BY ${quoteName(table.timeColumn)} DESC`;
  return `SELECT ${columns}\nFROM ${quoteName(table.name)}${order}\nLIMIT ${newestRows}`;
}

/** All columns, the time first: where a table is wider than the page, when its rows were must be seen. */
export function columnsOf({ columns, timeColumn }: TableDetail): string {
  const names = columns.map(({ name }) => name);
  const sorted = timeColumn === null ? names : [timeColumn, ...names.filter((name) => name !== timeColumn)];
  return sorted.map(quoteName).join(", ");
}
