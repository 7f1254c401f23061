/** Snapshots of servers that tests make up. */
import type { SnapshotInfo, TableIdentity, TableMoment } from "#schemas/plan/snapshot";

/** Which table every made-up server and catalog has. */
export const testIdentity: TableIdentity = { incarnation: "test", definition: 1 };

export const momentOf = (table: string, rows: number, change: Partial<TableMoment> = {}): TableMoment => ({
  table,
  version: { ...testIdentity, generation: 0, growing: [{ partition: 0, rows }], validity: 0 },
  rows,
  gaps: [],
  newestEventMs: null,
  ...change,
});

export const infoOf = (...tables: readonly TableMoment[]): SnapshotInfo => ({
  id: "snapshot",
  run: "run",
  takenMs: 0,
  tables,
});
