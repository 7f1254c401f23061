/** Small tables for tests. */
import type { Column, Table } from "#schemas/table";
import type { SqlType } from "#schemas/types";

export function testTable(
  columns: readonly (Partial<Column> & { readonly name: string; readonly type: SqlType })[],
  change: Partial<Table> = {},
): Table {
  return {
    name: "events",
    version: 1,
    columns: columns.map((column, id) => ({ id, role: "dimension", notNull: false, ...column })),
    nextColumnId: columns.length,
    timeColumn: null,
    sortedColumn: null,
    invertedColumns: [],
    rawColumns: [],
    stream: {
      kind: "embedded",
      topic: "events",
      partitions: 1,
      brokers: [],
      start: "smallest",
      properties: {},
    },
    flushRows: null,
    flushMs: null,
    flushBytes: null,
    retentionMs: null,
    primaryKeyColumns: [],
    paused: false,
    ...change,
  };
}
