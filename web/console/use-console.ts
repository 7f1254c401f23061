/** What the console does: runs, formats, opens, marks faults, keeps editor and address in step with the active tab. */
import { useDebouncedCallback } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { appLimits } from "#schemas/limits";
import { api } from "../api.ts";
import type { ConsoleSearch } from "../search.ts";
import { changeTab, openInTab, useStore } from "../store.ts";
import { newestSql } from "../tables/newest.ts";
import type { EditorHandle } from "./editor.tsx";
import { cancel, choose, type Run, start, useWork } from "./run.ts";
import { polished } from "./statements.ts";

const route = getRouteApi("/sql");

const activeSql = (): string => {
  const { tabs, activeTab } = useStore.getState();
  return tabs.find(({ id }) => id === activeTab)?.sql ?? "";
};

/** Underlines the first fault of a run that has a place, while its statement stands in the text. */
function markFault(editor: EditorHandle | null, run: Run | null): void {
  const fault = run?.faults.find((candidate) => candidate.position !== undefined);
  const at = run === null ? -1 : placeOf(run, editor?.all() ?? "");
  if (fault?.position === undefined || at < 0) {
    editor?.mark(null);
    return;
  }
  const { start: from, end } = fault.position;
  const message = fault.expected === undefined ? fault.message : `Expected ${fault.expected}`;
  editor?.mark({ from: from + at, to: Math.max(end, from + 1) + at, message });
}

/** Where a run's statement stands in a text now; −1 when it was edited since. */
function placeOf({ sql, offset }: Pick<Run, "sql" | "offset">, text: string): number {
  return text.startsWith(sql, offset) ? offset : text.indexOf(sql);
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

/** The address carries the active tab's statement, and a statement that it is given opens in a tab. */
function useAddress() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const told = useRef<string | undefined>(undefined);
  useState(() => {
    if (search.sql !== undefined) openInTab("Shared", search.sql);
    told.current = search.sql;
  });
  useEffect(() => {
    if (search.sql === undefined || search.sql === told.current) return;
    told.current = search.sql;
    if (search.sql !== activeSql()) openInTab("Shared", search.sql);
  }, [search.sql]);
  const setSearch = (next: { [Name in keyof ConsoleSearch]?: ConsoleSearch[Name] | undefined }) =>
    void navigate({ search: (known) => ({ ...known, ...next }) as ConsoleSearch, replace: true });
  const tell = (sql: string) => {
    // Longer ones would be cut on their way through mails and proxies; their tab keeps them.
    told.current = sql.length > appLimits.addressSqlChars || sql === "" ? undefined : sql;
    setSearch({ sql: told.current });
  };
  return { view: search.view ?? "results", setSearch, tell } as const;
}

export function useConsole() {
  const editor = useRef<EditorHandle>(null);
  const { view, setSearch, tell } = useAddress();
  const activeTab = useStore((state) => state.activeTab);
  const sql = useStore((state) => state.tabs.find(({ id }) => id === activeTab)?.sql ?? "");
  const { run, running, chart } = useWork(activeTab);
  const [initial] = useState(() => ({ tab: activeTab, sql: activeSql() }));
  useFirstStatement(editor);
  const tellLater = useDebouncedCallback(tell, 400);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a tab's text is taken in when it becomes the active one
  useEffect(() => {
    editor.current?.show(activeTab, activeSql());
    tellLater(activeSql());
  }, [activeTab]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab shows its own run
  useEffect(() => markFault(editor.current, run), [run, activeTab]);
  return {
    editor,
    initial,
    run,
    running,
    chart,
    activeTab,
    /** The rows are of another statement than the one that stands there now. */
    isEdited: run !== null && placeOf(run, sql) < 0,
    setChart: (next: NonNullable<typeof chart>) => choose(activeTab, next),
    cancel: () => void cancel(activeTab),
    view,
    setView: (next: NonNullable<ConsoleSearch["view"]>) => setSearch({ view: next }),
    edited: (tab: string, text: string) => {
      changeTab(tab, { sql: text });
      editor.current?.mark(null);
      tellLater(text);
    },
    jump: (at: number) => {
      const place = run === null ? -1 : placeOf(run, editor.current?.all() ?? "");
      if (place >= 0) editor.current?.jump(place + at);
    },
    execute: () => {
      const statement = editor.current?.statement();
      if (statement === undefined) return;
      editor.current?.mark(null);
      void start(activeTab, statement.sql, statement.offset);
    },
    format: async () => {
      const text = await formatted(editor.current?.all() ?? "");
      if (text !== null) editor.current?.replace(text);
    },
  };
}
