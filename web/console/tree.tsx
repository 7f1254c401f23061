/** The schema tree: tables and their columns, a click puts a name into the statement. */
import { Tooltip } from "@mantine/core";
import {
  IconBraces,
  IconCalendarTime,
  IconChevronDown,
  IconChevronRight,
  IconLetterT,
  IconNumber,
  IconToggleLeft,
} from "@tabler/icons-react";
import { useState } from "react";
import type { ColumnInfo, TableDetail } from "#schemas/api/tables";
import { appLimits } from "#schemas/limits";
import { quoteName } from "#schemas/sql/keywords";
import type { SqlType } from "#schemas/types";
import { formatBound, formatCompact, formatCount, formatCounted } from "../format.ts";
import { sizes } from "../theme.ts";
import { zoneOf } from "../time.ts";
import styles from "./console.module.css";
import type { Schema } from "./use-schema.ts";

const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;

function TypeIcon({ type }: { readonly type: SqlType }) {
  switch (type) {
    case "TIMESTAMP":
    case "DATE":
      return <IconCalendarTime {...icon} />;
    case "BOOLEAN":
      return <IconToggleLeft {...icon} />;
    case "JSON":
      return <IconBraces {...icon} />;
    case "STRING":
    case "BYTES":
    case "UNKNOWN":
      return <IconLetterT {...icon} />;
    default:
      return <IconNumber {...icon} />;
  }
}

function aboutColumn(column: ColumnInfo): string {
  const zone = zoneOf(undefined);
  const parts: string[] = [column.type];
  if (column.min !== null && column.max !== null) {
    parts.push(
      `${formatBound(column.min, column.type, zone)} … ${formatBound(column.max, column.type, zone)}`,
    );
  }
  if (column.distinct !== null) parts.push(`${formatCount(column.distinct)} distinct`);
  if (column.nulls > 0) parts.push(`${formatCount(column.nulls)} NULL`);
  return parts.join(" · ");
}

export interface TreeProps {
  readonly schema: Schema;
  readonly insert: (text: string) => void;
}

function Column({ column, insert }: { readonly column: ColumnInfo; readonly insert: TreeProps["insert"] }) {
  return (
    <Tooltip label={aboutColumn(column)} position="right" maw={sizes.menu} multiline>
      <button type="button" className={styles.column} onClick={() => insert(quoteName(column.name))}>
        <TypeIcon type={column.type} />
        <span className={styles.columnName}>{column.name}</span>
        <span className={styles.type}>{column.type}</span>
      </button>
    </Tooltip>
  );
}

function Columns({ table, insert }: { readonly table: TableDetail; readonly insert: TreeProps["insert"] }) {
  const [all, setAll] = useState(false);
  const shown = all ? table.columns : table.columns.slice(0, appLimits.treeColumns);
  const more = table.columns.length - shown.length;
  return (
    <>
      {shown.map((column) => (
        <Column key={column.id} column={column} insert={insert} />
      ))}
      {more > 0 ? (
        <button type="button" className={styles.column} onClick={() => setAll(true)}>
          <span className={styles.columnName}>{formatCounted(more, "more column")}</span>
        </button>
      ) : null}
    </>
  );
}

export function Tree({ schema, insert }: TreeProps) {
  const { tables, more } = schema;
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set<string>());
  const toggle = (name: string) => {
    const next = new Set(closed);
    if (!next.delete(name)) next.add(name);
    setClosed(next);
  };
  if (tables.length === 0)
    return <div className={styles.sideNote}>No tables yet. Add one on the page Tables.</div>;
  return (
    <>
      <ul className={styles.tree}>
        {tables.map((table) => {
          const isOpen = !closed.has(table.name);
          return (
            <li key={table.name}>
              <button
                type="button"
                className={styles.table}
                aria-expanded={isOpen}
                onClick={() => toggle(table.name)}
              >
                {isOpen ? <IconChevronDown {...icon} /> : <IconChevronRight {...icon} />}
                <span className={styles.tableName}>{table.name}</span>
                <span className={styles.count}>{formatCompact(table.rows)}</span>
              </button>
              {isOpen ? <Columns table={table} insert={insert} /> : null}
            </li>
          );
        })}
      </ul>
      {more > 0 ? (
        <div className={styles.sideNote}>{formatCounted(more, "more table")}: see the page Tables.</div>
      ) : null}
    </>
  );
}
