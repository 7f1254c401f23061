// biome-ignore-all lint/a11y/useSemanticElements: rows out of sight do not exist, so rows are placed, not laid out
// biome-ignore-all lint/a11y/useFocusableInteractive: the buttons inside header cells take the focus
/**
 * The table of the app: right-aligned numbers, sticky header, sort by click, bars behind numbers, 28-pixel rows, of
 * which only those in sight exist in the page. Rows may be replaced at any time; scroll place and order stay.
 */

import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import {
  createSortedRowModel,
  rowSortingFeature,
  sortFn_basic,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import type { Cell } from "#schemas/api/query";
import { sizes } from "../theme.ts";
import styles from "./grid.module.css";

export type Tone = "good" | "warn" | "bad";
type Row = readonly Cell[];

export interface GridColumn {
  readonly name: string;
  readonly label: string;
  /** Said small beside the label. */
  readonly type?: string;
  readonly align: "left" | "right";
  readonly format: (cell: Cell) => string;
  /** What rows are ordered by; the cell itself when absent. */
  readonly order?: (cell: Cell) => number | string;
  /** The value at which a bar fills the cell. */
  readonly barMax?: number;
  readonly tone?: (cell: Cell) => Tone | undefined;
  readonly code?: boolean;
}

interface DataGridProps {
  readonly label: string;
  readonly columns: readonly GridColumn[];
  readonly rows: readonly Row[];
}

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic },
});

const sampleRows = 60;

/** A width that fits the title and most values. */
function widthOf(column: GridColumn, at: number, rows: readonly Row[]): number {
  let letters = column.label.length + (column.type === undefined ? 0 : column.type.length + 1) + 1;
  for (const row of rows.slice(0, sampleRows))
    letters = Math.max(letters, column.format(row[at] ?? null).length);
  const width = letters * sizes.letter + 2 * sizes.target;
  return Math.round(Math.min(sizes.columnMax, Math.max(sizes.columnMin, width)));
}

function GridCell({ column, cell }: { readonly column: GridColumn; readonly cell: Cell }) {
  const text = column.format(cell);
  const number = typeof cell === "number" ? cell : Number(cell);
  const share = column.barMax === undefined || !(number > 0) ? 0 : Math.min(1, number / column.barMax);
  return (
    <div
      role="cell"
      className={styles.cell}
      data-align={column.align}
      data-tone={column.tone?.(cell)}
      data-null={cell === null ? true : undefined}
      data-code={column.code || undefined}
      title={text.length > 40 ? text : undefined}
    >
      {share > 0 ? <span className={styles.bar} style={{ width: `${share * 90}%` }} /> : null}
      <span className={styles.value}>{text}</span>
    </div>
  );
}

/** Column widths follow the columns and the first rows, not every push: columns must not move while values change. */
function useTemplate(columns: readonly GridColumn[], rows: readonly Row[]): string {
  const held = useRef({ columns, rows });
  if (held.current.columns !== columns || held.current.rows.length === 0) held.current = { columns, rows };
  const sample = held.current;
  return useMemo(
    () =>
      sample.columns
        .map((column, at) => widthOf(column, at, sample.rows))
        .map((width) => `minmax(${width}px, ${width}fr)`)
        .join(" "),
    [sample],
  );
}

const definitionsOf = (columns: readonly GridColumn[]) =>
  columns.map((column, at) => ({
    id: `${at} ${column.name}`,
    accessorFn: (row: Row) => column.order?.(row[at] ?? null) ?? row[at] ?? null,
    sortFn: "basic" as const,
    sortDescFirst: column.align === "right",
  }));

export function DataGrid({ label, columns, rows }: DataGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const definitions = useMemo(() => definitionsOf(columns), [columns]);
  const table = useTable({ features, columns: definitions, data: rows as Row[] });
  const ordered = table.getRowModel().rows;
  const template = useTemplate(columns, rows);
  const virtual = useVirtualizer({
    count: ordered.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => sizes.tableRow,
    overscan: 12,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div ref={scroller} className={styles.grid} tabIndex={0} role="group" aria-label={`${label}, scrollable`}>
      <div role="table" aria-label={label} aria-rowcount={rows.length + 1} className={styles.sheet}>
        <div role="rowgroup" className={styles.head}>
          <div role="row" className={styles.row} style={{ gridTemplateColumns: template }}>
            {table.getHeaderGroups()[0]?.headers.map((header, at) => (
              <GridTitle
                key={header.id}
                column={columns[at]!}
                sorted={header.column.getIsSorted()}
                toggle={() => header.column.toggleSorting()}
              />
            ))}
          </div>
        </div>
        <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => (
            <div
              key={item.index}
              role="row"
              tabIndex={-1}
              aria-rowindex={item.index + 2}
              className={styles.row}
              style={{ gridTemplateColumns: template, transform: `translateY(${item.start}px)` }}
            >
              {columns.map((column, at) => (
                <GridCell
                  key={column.name}
                  column={column}
                  cell={ordered[item.index]!.original[at] ?? null}
                />
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

interface GridTitleProps {
  readonly column: GridColumn;
  readonly sorted: false | "asc" | "desc";
  readonly toggle: () => void;
}

function GridTitle({ column, sorted, toggle }: GridTitleProps) {
  const direction = sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none";
  const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;
  return (
    <div role="columnheader" aria-sort={direction}>
      <button type="button" className={styles.title} data-align={column.align} onClick={toggle}>
        <span className={styles.titleText}>{column.label}</span>
        {column.type === undefined ? null : <span className={styles.titleType}>{column.type}</span>}
        {sorted === "asc" ? (
          <IconArrowUp {...icon} />
        ) : sorted === "desc" ? (
          <IconArrowDown {...icon} />
        ) : null}
      </button>
    </div>
  );
}
