/** Beside the editor: the schema, saved queries, and what was run before. */
import { ActionIcon, SegmentedControl, Tooltip } from "@mantine/core";
import {
  IconBraces,
  IconCalendarTime,
  IconChevronDown,
  IconChevronRight,
  IconLetterT,
  IconNumber,
  IconToggleLeft,
  IconTrash,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ColumnInfo, TableDetail } from "#schemas/api/tables";
import { quoteName } from "#schemas/sql/keywords";
import type { SqlType } from "#schemas/types";
import { api, type SavedQuery } from "../api.ts";
import {
  formatAge,
  formatBound,
  formatCompact,
  formatCount,
  formatCounted,
  formatMicros,
} from "../format.ts";
import { useStore } from "../store.ts";
import { sizes } from "../theme.ts";
import { zoneOf } from "../time.ts";
import styles from "./console.module.css";

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

interface TreeProps {
  readonly tables: readonly TableDetail[];
  readonly insert: (text: string) => void;
}

function Tree({ tables, insert }: TreeProps) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set<string>());
  const toggle = (name: string) => {
    const next = new Set(closed);
    if (!next.delete(name)) next.add(name);
    setClosed(next);
  };
  if (tables.length === 0)
    return <div className={styles.sideNote}>No tables yet. Add one on the page Tables.</div>;
  return (
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
            {isOpen
              ? table.columns.map((column) => (
                  <Tooltip
                    key={column.id}
                    label={aboutColumn(column)}
                    position="right"
                    maw={sizes.menu}
                    multiline
                  >
                    <button
                      type="button"
                      className={styles.column}
                      onClick={() => insert(quoteName(column.name))}
                    >
                      <TypeIcon type={column.type} />
                      <span className={styles.columnName}>{column.name}</span>
                      <span className={styles.type}>{column.type}</span>
                    </button>
                  </Tooltip>
                ))
              : null}
          </li>
        );
      })}
    </ul>
  );
}

function Saved({ open }: { readonly open: (name: string, sql: string) => void }) {
  const client = useQueryClient();
  const { data } = useQuery({ queryKey: ["queries"], queryFn: ({ signal }) => api.queries(signal) });
  const remove = useMutation({
    mutationFn: (query: SavedQuery) => api.removeQuery(query.id),
    onSettled: () => client.invalidateQueries({ queryKey: ["queries"] }),
  });
  if (data === undefined || data.length === 0) {
    return (
      <div className={styles.sideNote}>Nothing saved yet. Use Save beside Run to keep a query by name.</div>
    );
  }
  return data.map((query) => (
    <div key={query.id} className={styles.savedRow}>
      <button type="button" className={styles.entry} onClick={() => open(query.name, query.sql)}>
        <strong>{query.name}</strong>
        <span className={styles.entrySql}>{query.sql}</span>
      </button>
      <ActionIcon
        aria-label={`Delete ${query.name}`}
        size={sizes.controlSmall}
        onClick={() => remove.mutate(query)}
      >
        <IconTrash {...icon} />
      </ActionIcon>
    </div>
  ));
}

function History({ open }: { readonly open: (name: string, sql: string) => void }) {
  const history = useStore((state) => state.history);
  if (history.length === 0)
    return <div className={styles.sideNote}>What you run is listed here, newest first.</div>;
  return history.map((entry) => (
    <button
      key={`${entry.atMs} ${entry.sql}`}
      type="button"
      className={styles.entry}
      onClick={() => open("From history", entry.sql)}
    >
      <span className={styles.entrySql}>{entry.sql}</span>
      <span className={styles.entryFoot} data-failed={entry.error === null ? undefined : true}>
        {formatAge(Date.now() - entry.atMs)} ago ·{" "}
        {entry.error ?? `${formatCounted(entry.rows, "row")} · ${formatMicros(entry.micros)}`}
      </span>
    </button>
  ));
}

interface SidebarProps extends TreeProps {
  readonly open: (name: string, sql: string) => void;
}

export function Sidebar({ tables, insert, open }: SidebarProps) {
  const [view, setView] = useState("schema");
  return (
    <>
      <div className={styles.sideHead}>
        <SegmentedControl
          fullWidth
          value={view}
          onChange={setView}
          data={[
            { value: "schema", label: "Schema" },
            { value: "saved", label: "Saved" },
            { value: "history", label: "History" },
          ]}
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className={styles.sideBody} tabIndex={0} aria-label="Schema, saved queries, history">
        {view === "schema" ? <Tree tables={tables} insert={insert} /> : null}
        {view === "saved" ? <Saved open={open} /> : null}
        {view === "history" ? <History open={open} /> : null}
      </section>
    </>
  );
}
