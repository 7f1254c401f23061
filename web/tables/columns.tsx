/** Columns of a table: how each is typed, stored and filled. */
import type { TableDetail } from "#schemas/api/tables";
import { formatBound, formatCount, formatNumber, missing } from "../format.ts";
import { DataGrid, type GridColumn } from "../grid/data-grid.tsx";
import { sizes } from "../theme.ts";
import { zoneOf } from "../time.ts";
import styles from "./tables.module.css";

const text = (cell: unknown) => (cell === null || cell === "" ? missing : String(cell));
const count = (cell: unknown) => (cell === null ? missing : formatCount(Number(cell)));
const share = (cell: unknown) => formatNumber(Number(cell), { kind: "percent", decimals: 1 });

const columns: readonly GridColumn[] = [
  { name: "name", label: "Column", align: "left", format: text },
  { name: "type", label: "Type", align: "left", format: text, code: true },
  { name: "role", label: "Role", align: "left", format: text },
  { name: "encoding", label: "Encoding", align: "left", format: text },
  { name: "indexes", label: "Indexes", align: "left", format: text },
  { name: "distinct", label: "Distinct", align: "right", format: count },
  { name: "nulls", label: "NULL", align: "right", format: share, barMax: 1 },
  { name: "min", label: "Least", align: "left", format: text, code: true },
  { name: "max", label: "Greatest", align: "left", format: text, code: true },
];

export function Columns({ table }: { readonly table: TableDetail }) {
  const zone = zoneOf(undefined);
  const rows = table.columns.map((column) => [
    column.name,
    column.type,
    column.role === "dateTime" ? "date-time" : column.role,
    column.encoding,
    column.indexes.join(", "),
    column.distinct,
    table.rows === 0 ? 0 : column.nulls / table.rows,
    formatBound(column.min, column.type, zone),
    formatBound(column.max, column.type, zone),
  ]);
  const height = sizes.tableRow * (Math.min(24, rows.length) + 1) + sizes.panelGap;
  return (
    <section className={styles.box} style={{ height }}>
      <DataGrid label="Columns" columns={columns} rows={rows} />
    </section>
  );
}
