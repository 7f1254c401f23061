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
import { type CSSProperties, type RefObject, useMemo, useRef } from "react";
import type { Cell } from "#schemas/api/query";
import { appLimits } from "#schemas/limits";
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

/** As much of a text as is drawn. */
const shortOf = (text: string): string =>
  text.length <= appLimits.cellChars ? text : `${text.slice(0, appLimits.cellChars)}…`;

interface GridCellProps {
  readonly column: GridColumn;
  readonly cell: Cell;
  readonly style: CSSProperties | undefined;
}

function GridCell({ column, cell, style }: GridCellProps) {
  const text = shortOf(column.format(cell));
  const number = typeof cell === "number" ? cell : Number(cell);
  const share = column.barMax === undefined || !(number > 0) ? 0 : Math.min(1, number / column.barMax);
  return (
    <div
      role="cell"
      className={styles.cell}
      style={style}
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
function useWidths(columns: readonly GridColumn[], rows: readonly Row[]): readonly number[] {
  const held = useRef({ columns, rows });
  if (held.current.columns !== columns || held.current.rows.length === 0) held.current = { columns, rows };
  const sample = held.current;
  return useMemo(() => sample.columns.map((column, at) => widthOf(column, at, sample.rows)), [sample]);
}

interface ShownColumn {
  readonly column: GridColumn;
  readonly at: number;
  /** Where it stands, when not all of its neighbours are drawn. */
  readonly style: CSSProperties | undefined;
}

/** The columns to draw: all of a few, those in sight of many. */
function useColumns(
  columns: readonly GridColumn[],
  rows: readonly Row[],
  scroller: RefObject<HTMLDivElement | null>,
): { readonly shown: readonly ShownColumn[]; readonly template: string } {
  const widths = useWidths(columns, rows);
  const isWide = columns.length > appLimits.gridColumns;
  const virtual = useVirtualizer({
    horizontal: true,
    enabled: isWide,
    count: columns.length,
    getScrollElement: () => scroller.current,
    estimateSize: (at) => widths[at] ?? sizes.columnMin,
    overscan: 4,
  });
  const template = useMemo(
    () => widths.map((width) => (isWide ? `${width}px` : `minmax(${width}px, ${width}fr)`)).join(" "),
    [widths, isWide],
  );
  const places = isWide ? virtual.getVirtualItems().map(({ index }) => index) : [...columns.keys()];
  const shown = places.map((at) => {
    const style = isWide ? { gridColumn: at + 1, gridRow: 1 } : undefined;
    return { column: columns[at]!, at, style };
  });
  return { shown, template };
}

const definitionsOf = (columns: readonly GridColumn[]) =>
  columns.map((column, at) => ({
    id: `${at} ${column.name}`,
    accessorFn: (row: Row) => column.order?.(row[at] ?? null) ?? row[at] ?? null,
    sortFn: "basic" as const,
    sortDescFirst: column.align === "right",
  }));

interface GridRowProps {
  readonly at: { readonly index: number; readonly start: number };
  readonly row: Row;
  readonly shown: readonly ShownColumn[];
  readonly template: string;
}

function GridRow({ at: { index, start }, row, shown, template }: GridRowProps) {
  return (
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      className={styles.row}
      style={{ gridTemplateColumns: template, transform: `translateY(${start}px)` }}
    >
      {shown.map(({ column, at, style }) => (
        <GridCell key={column.name} column={column} style={style} cell={row[at] ?? null} />
      ))}
    </div>
  );
}

export function DataGrid({ label, columns, rows }: DataGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const definitions = useMemo(() => definitionsOf(columns), [columns]);
  const table = useTable({ features, columns: definitions, data: rows as Row[] });
  const ordered = table.getRowModel().rows;
  const { shown, template } = useColumns(columns, rows, scroller);
  const virtual = useVirtualizer({
    count: ordered.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => sizes.tableRow,
    overscan: 12,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div ref={scroller} className={styles.grid} tabIndex={0} role="group" aria-label={`${label}, scrollable`}>
      <div
        role="table"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        className={styles.sheet}
      >
        <div role="rowgroup" className={styles.head}>
          <div role="row" className={styles.row} style={{ gridTemplateColumns: template }}>
            {shown.map(({ column, at, style }) => {
              const header = table.getHeaderGroups()[0]!.headers[at]!;
              return (
                <GridTitle
                  key={header.id}
                  column={column}
                  style={style}
                  sorted={header.column.getIsSorted()}
                  toggle={() => header.column.toggleSorting()}
                />
              );
            })}
          </div>
        </div>
        <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => (
            <GridRow
              key={index}
              at={{ index, start }}
              row={ordered[index]!.original}
              {...{ shown, template }}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

interface GridTitleProps {
  readonly column: GridColumn;
  readonly style: CSSProperties | undefined;
  readonly sorted: false | "asc" | "desc";
  readonly toggle: () => void;
}

function GridTitle({ column, style, sorted, toggle }: GridTitleProps) {
  const direction = sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none";
  const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;
  return (
    <div role="columnheader" aria-sort={direction} style={style}>
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
