/** What the console does: runs, formats, opens, marks faults, keeps the address in step with the statement. */
import { useDebouncedCallback } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { TableDetail } from "#schemas/api/tables";
import { api } from "../api.ts";
import type { ConsoleSearch } from "../search.ts";
import { openInTab, useStore } from "../store.ts";
import { newestSql } from "../tables/newest.ts";
import type { EditorHandle } from "./editor.tsx";
import { type Run, useRun } from "./run.ts";
import { polished } from "./statements.ts";

const route = getRouteApi("/sql");

/** All tables with their columns. */
export function useSchema(): readonly TableDetail[] {
  const { data: tables } = useQuery({ queryKey: ["tables"], queryFn: ({ signal }) => api.tables(signal) });
  const details = useQueries({
    queries: (tables ?? []).map(({ name }) => ({
      queryKey: ["table", name],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.table(name, signal),
      staleTime: 60_000,
    })),
  });
  return details.flatMap(({ data }) => (data === undefined ? [] : [data]));
}

/** Underlines the first fault of a run that has a place. */
function markFault(editor: EditorHandle | null, run: Run | null): void {
  const fault = run?.faults.find((candidate) => candidate.position !== undefined);
  if (run === null || fault?.position === undefined) return;
  const { start: from, end } = fault.position;
  const message = fault.expected === undefined ? fault.message : `Expected ${fault.expected}`;
  editor?.mark({ from: from + run.offset, to: Math.max(end, from + 1) + run.offset, message });
}

/** A first tab that is still empty begins with the newest rows of the largest table. */
function useFirstStatement(editor: { readonly current: EditorHandle | null }): void {
  const { data: tables } = useQuery({ queryKey: ["tables"], queryFn: ({ signal }) => api.tables(signal) });
  const largest = (tables ?? []).toSorted((left, right) => right.rows - left.rows)[0];
  const sql = largest === undefined ? null : newestSql(largest);
  useEffect(() => {
    const isUntouched = useStore.getState().tabs.length === 1 && editor.current?.all() === "";
    if (sql !== null && isUntouched) editor.current?.replace(sql);
  }, [sql, editor]);
}

async function formatted(sql: string): Promise<string | null> {
  try {
    const { format } = await import("sql-formatter");
    return polished(format(sql, { language: "postgresql", paramTypes: { named: [":"] } }));
  } catch {
    notifications.show({ message: "This cannot be formatted until its syntax is right." });
    return null;
  }
}

/** The statement to begin with: the address's, else the active tab's. */
function firstStatement(asked: string | undefined): string {
  if (asked !== undefined) openInTab("Shared", asked);
  const { tabs, activeTab } = useStore.getState();
  return tabs.find((tab) => tab.id === activeTab)?.sql ?? "";
}

export function useConsole() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useStore((state) => state.change);
  const editor = useRef<EditorHandle>(null);
  const { run, running, start, cancel } = useRun();
  useFirstStatement(editor);
  const [initial] = useState(() => firstStatement(search.sql));
  const setSearch = (next: ConsoleSearch) =>
    void navigate({ search: (known) => ({ ...known, ...next }), replace: true });
  const tellAddress = useDebouncedCallback((sql: string) => setSearch({ sql }), 400);
  useEffect(() => markFault(editor.current, run), [run]);
  return {
    editor,
    initial,
    run,
    running,
    cancel: () => void cancel(),
    view: search.view ?? "results",
    setView: (view: NonNullable<ConsoleSearch["view"]>) => setSearch({ view }),
    edited: (sql: string) => {
      change((draft) => {
        const tab = draft.tabs.find(({ id }) => id === draft.activeTab);
        if (tab !== undefined) Object.assign(tab, { sql });
      });
      editor.current?.mark(null);
      tellAddress(sql);
    },
    execute: () => {
      const statement = editor.current?.statement();
      if (statement === undefined) return;
      editor.current?.mark(null);
      void start(statement.sql, statement.offset);
    },
    format: async () => {
      const text = await formatted(editor.current?.all() ?? "");
      if (text !== null) editor.current?.replace(text);
    },
    open: (name: string, sql: string) => {
      openInTab(name, sql);
      editor.current?.replace(sql);
    },
  };
}
