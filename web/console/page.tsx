/** The SQL console. The statement and the chosen view are in the address; tabs and history are the browser's own. */
import { ActionIcon, Button, Drawer, Kbd, Popover, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedCallback, useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import {
  IconAlignLeft,
  IconDeviceFloppy,
  IconLayoutSidebar,
  IconLink,
  IconPlayerPlayFilled,
  IconPlayerStopFilled,
  IconPlus,
  IconX,
} from "@tabler/icons-react";
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import type { TableDetail } from "#schemas/api/tables";
import { api } from "../api.ts";
import { formatAge } from "../format.ts";
import type { ConsoleSearch } from "../search.ts";
import { Bar } from "../shell/bar.tsx";
import { openInTab, useStore } from "../store.ts";
import { sizes } from "../theme.ts";
import { Answer } from "./answer.tsx";
import styles from "./console.module.css";
import { Editor, type EditorHandle } from "./editor.tsx";
import { useRun } from "./run.ts";
import { Sidebar } from "./sidebar.tsx";

const route = getRouteApi("/sql");
const icon = { size: sizes.iconSmall, stroke: 1.5, "aria-hidden": true } as const;
const isMac = /mac|iphone|ipad/i.test(navigator.platform);

/** All tables with their columns. */
function useSchema(): readonly TableDetail[] {
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

function Tabs({ switchTo }: { readonly switchTo: (sql: string) => void }) {
  const tabs = useStore((state) => state.tabs);
  const active = useStore((state) => state.activeTab);
  const change = useStore((state) => state.change);
  const choose = (id: string) => {
    change((draft) => void (draft.activeTab = id));
    switchTo(useStore.getState().tabs.find((tab) => tab.id === id)?.sql ?? "");
  };
  const add = () => {
    const id = String(1 + Math.max(0, ...tabs.map((tab) => Number(tab.id))));
    change((draft) => void draft.tabs.push({ id, name: `Query ${id}`, sql: "" }));
    choose(id);
  };
  const close = (id: string) => {
    const at = tabs.findIndex((tab) => tab.id === id);
    change((draft) => void draft.tabs.splice(at, 1));
    if (id === active) choose((tabs[at + 1] ?? tabs[at - 1])!.id);
  };
  return (
    <div className={styles.tabs}>
      {tabs.map((tab) => (
        <div key={tab.id} className={styles.tab} data-active={tab.id === active || undefined}>
          <button
            type="button"
            className={styles.tabName}
            aria-pressed={tab.id === active}
            onClick={() => choose(tab.id)}
          >
            {tab.name}
          </button>
          {tabs.length === 1 ? null : (
            <ActionIcon aria-label={`Close ${tab.name}`} size={sizes.target} onClick={() => close(tab.id)}>
              <IconX {...icon} />
            </ActionIcon>
          )}
        </div>
      ))}
      <ActionIcon aria-label="New tab" size={sizes.gridRow} onClick={add}>
        <IconPlus {...icon} />
      </ActionIcon>
    </div>
  );
}

function SaveQuery({ sqlOf }: { readonly sqlOf: () => string }) {
  const client = useQueryClient();
  const [opened, { toggle, close }] = useDisclosure(false);
  const [name, setName] = useState("");
  const save = async () => {
    const id =
      name
        .trim()
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-|-$/g, "") || crypto.randomUUID();
    try {
      await api.saveQuery({ id, name: name.trim(), sql: sqlOf(), updatedMs: Date.now() });
      await client.invalidateQueries({ queryKey: ["queries"] });
      notifications.show({ message: `Saved as ${name.trim()}.` });
      close();
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <Popover opened={opened} onChange={close} trapFocus position="bottom-end">
      <Popover.Target>
        <Button leftSection={<IconDeviceFloppy {...icon} />} onClick={toggle}>
          Save
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "") void save();
          }}
        >
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          <Button type="submit" variant="filled" mt="xs" fullWidth disabled={name.trim() === ""}>
            Save query
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

/** The bar between editor and answer: dragged, or moved by arrow keys. */
function Split({ box }: { readonly box: { readonly current: HTMLDivElement | null } }) {
  const share = useStore((state) => state.editorShare);
  const change = useStore((state) => state.change);
  const set = (next: number) =>
    change((draft) => void (draft.editorShare = Math.min(0.85, Math.max(0.12, next))));
  const onMove = (event: PointerEvent<HTMLHRElement>) => {
    const bounds = box.current?.getBoundingClientRect();
    if (bounds === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    set((event.clientY - bounds.top) / bounds.height);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowUp") set(share - 0.03);
    if (event.key === "ArrowDown") set(share + 0.03);
  };
  return (
    <hr
      className={styles.split}
      tabIndex={0}
      aria-label="Height of the editor"
      aria-orientation="horizontal"
      aria-valuenow={Math.round(share * 100)}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onMove}
      onKeyDown={onKey}
    />
  );
}

function Elapsed({ startedMs }: { readonly startedMs: number }) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  return <>Running for {formatAge(nowMs - startedMs)}</>;
}

export function ConsolePage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tables = useSchema();
  const { data: functions } = useQuery({
    queryKey: ["functions"],
    queryFn: ({ signal }) => api.functions(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const editor = useRef<EditorHandle>(null);
  const work = useRef<HTMLDivElement>(null);
  const editorShare = useStore((state) => state.editorShare);
  const change = useStore((state) => state.change);
  const [sideOpened, side] = useDisclosure(false);
  const { run, running, start, cancel } = useRun();
  const [initial] = useState(() => {
    if (search.sql !== undefined) openInTab("Shared", search.sql);
    const { tabs, activeTab } = useStore.getState();
    return tabs.find((tab) => tab.id === activeTab)?.sql ?? "";
  });
  const setSearch = (next: ConsoleSearch) =>
    void navigate({ search: (known) => ({ ...known, ...next }), replace: true });
  const tellAddress = useDebouncedCallback((sql: string) => setSearch({ sql }), 400);
  const onChange = (sql: string) => {
    change((draft) => {
      const tab = draft.tabs.find(({ id }) => id === draft.activeTab);
      if (tab !== undefined) Object.assign(tab, { sql });
    });
    editor.current?.mark(null);
    tellAddress(sql);
  };
  const execute = () => {
    const statement = editor.current?.statement();
    if (statement === undefined) return;
    editor.current?.mark(null);
    void start(statement.sql, statement.offset);
  };
  const format = async () => {
    const statement = editor.current?.statement();
    if (statement === undefined) return;
    try {
      const { format: formatSql } = await import("sql-formatter");
      editor.current?.replace(formatSql(statement.sql, { language: "postgresql", keywordCase: "upper" }));
    } catch {
      notifications.show({ message: "This cannot be formatted until its syntax is right." });
    }
  };
  const open = (name: string, sql: string) => {
    openInTab(name, sql);
    editor.current?.replace(sql);
    side.close();
  };
  useEffect(() => {
    const fault = run?.faults.find((candidate) => candidate.position !== undefined);
    if (run === null || fault?.position === undefined) return;
    const { start: from, end } = fault.position;
    const message = fault.expected === undefined ? fault.message : `Expected ${fault.expected}`;
    editor.current?.mark({ from: from + run.offset, to: Math.max(end, from + 1) + run.offset, message });
  }, [run]);
  const sidebar = <Sidebar tables={tables} insert={(text) => editor.current?.insert(text)} open={open} />;
  return (
    <>
      <Bar title="SQL" short>
        <SaveQuery sqlOf={() => editor.current?.statement().sql ?? ""} />
        <Tooltip label="Copy the link to this statement">
          <ActionIcon
            aria-label="Copy the link to this statement"
            onClick={() => void navigator.clipboard.writeText(window.location.href)}
          >
            <IconLink {...icon} />
          </ActionIcon>
        </Tooltip>
      </Bar>
      <div className={styles.page}>
        <aside className={styles.side} aria-label="Schema">
          {sidebar}
        </aside>
        <div className={styles.work} ref={work}>
          <Tabs switchTo={(sql) => editor.current?.replace(sql)} />
          <div className={styles.editorBox} style={{ height: `${editorShare * 100}%` }}>
            <Editor
              initial={initial}
              tables={tables}
              functions={functions ?? []}
              onChange={onChange}
              onRun={execute}
              onCancel={() => void cancel()}
              onFormat={() => void format()}
              handle={editor}
            />
          </div>
          <div className={styles.tools}>
            {running === null ? (
              <Button variant="filled" leftSection={<IconPlayerPlayFilled {...icon} />} onClick={execute}>
                Run
              </Button>
            ) : (
              <Button leftSection={<IconPlayerStopFilled {...icon} />} onClick={() => void cancel()}>
                Cancel
              </Button>
            )}
            <span className={styles.wideOnly}>
              <Kbd size="xs">{isMac ? "⌘" : "Ctrl"}</Kbd> <Kbd size="xs">Enter</Kbd>
            </span>
            <div className={styles.grow} />
            <Button
              className={styles.phoneOnly}
              leftSection={<IconLayoutSidebar {...icon} />}
              onClick={side.open}
            >
              Schema
            </Button>
            <Button leftSection={<IconAlignLeft {...icon} />} onClick={() => void format()}>
              Format
            </Button>
          </div>
          <Split box={work} />
          <Answer
            run={run}
            view={search.view ?? "results"}
            setView={(view) => setSearch({ view })}
            jump={(at) => editor.current?.jump(at)}
            waiting={running === null ? null : <Elapsed startedMs={running.startedMs} />}
          />
        </div>
      </div>
      <Drawer opened={sideOpened} onClose={side.close} size="sm" title="Schema" padding={0}>
        {sidebar}
      </Drawer>
    </>
  );
}
