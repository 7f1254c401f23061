/** Beside the editor: the schema, saved queries, and what was run before. */
import { ActionIcon, SegmentedControl } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type SavedQuery } from "../api.ts";
import { formatAge, formatCounted, formatMicros } from "../format.ts";
import { type HistoryEntry, openInTab, useStore } from "../store.ts";
import { sizes } from "../theme.ts";
import styles from "./console.module.css";
import { Tree, type TreeProps } from "./tree.tsx";

const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;

function Saved({ opened }: { readonly opened: () => void }) {
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
      <button
        type="button"
        className={styles.entry}
        onClick={() => {
          openInTab(query.name, query.sql, { id: query.id, name: query.name, sql: query.sql });
          opened();
        }}
      >
        <strong>{query.name}</strong>
        <span className={styles.entrySql}>{shortOf(query.sql)}</span>
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

/** As much of a statement as a line of the list can show. */
const shortOf = (sql: string): string => sql.slice(0, 400);

function outcomeOf({ error, unrun, rows, micros }: HistoryEntry): string {
  if (unrun) return "closed without a run";
  return error?.slice(0, 400) ?? `${formatCounted(rows, "row")} · ${formatMicros(micros)}`;
}

function History({ opened }: { readonly opened: () => void }) {
  const history = useStore((state) => state.history);
  if (history.length === 0)
    return <div className={styles.sideNote}>What you run is listed here, newest first.</div>;
  return history.map((entry) => (
    <button
      key={`${entry.atMs} ${entry.sql}`}
      type="button"
      className={styles.entry}
      onClick={() => {
        openInTab("From history", entry.sql);
        opened();
      }}
    >
      <span className={styles.entrySql}>{shortOf(entry.sql)}</span>
      <span className={styles.entryFoot} data-failed={entry.error === null ? undefined : true}>
        {formatAge(Date.now() - entry.atMs)} ago · {outcomeOf(entry)}
      </span>
    </button>
  ));
}

interface SidebarProps extends TreeProps {
  /** A statement was opened in a tab. */
  readonly opened: () => void;
}

export function Sidebar({ schema, insert, opened }: SidebarProps) {
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
        {view === "schema" ? <Tree schema={schema} insert={insert} /> : null}
        {view === "saved" ? <Saved opened={opened} /> : null}
        {view === "history" ? <History opened={opened} /> : null}
      </section>
    </>
  );
}
