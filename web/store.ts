/** What this browser remembers between visits: preferences, console tabs, query history. Never the page's state. */
import { produce } from "immer";
import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";
import { appLimits } from "#schemas/limits";
import { extentOf } from "./extent.ts";

/** The saved query that a tab is of, and its statement as it was saved. */
interface Kept {
  readonly id: string;
  readonly name: string;
  readonly sql: string;
}

export interface ConsoleTab {
  readonly id: string;
  readonly name: string;
  readonly sql: string;
  readonly saved?: Kept;
}

export interface HistoryEntry {
  readonly sql: string;
  readonly atMs: number;
  readonly micros: number;
  readonly rows: number;
  readonly error: string | null;
  /** The text of a tab that was closed before it ran. */
  readonly unrun?: boolean;
}

interface Remembered {
  railPinned: boolean;
  tabs: ConsoleTab[];
  activeTab: string;
  history: HistoryEntry[];
  /** Share of the console's height that the editor takes. */
  editorShare: number;
}

interface Actions {
  /** Changes what is remembered, as a draft. */
  change(recipe: (draft: Remembered) => void): void;
}

/** Storage that is full or forbidden costs what is remembered, never the page. */
const storage = createJSONStorage<Remembered>(() => ({
  getItem: (name) => localStorage.getItem(name),
  removeItem: (name) => localStorage.removeItem(name),
  setItem: (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      // Tabs and history stay as long as the page does.
    }
  },
}));

export const useStore = create<Remembered & Actions>()(
  persist(
    (set) => ({
      railPinned: false,
      tabs: [{ id: "1", name: "Query 1", sql: "" }],
      activeTab: "1",
      history: [],
      editorShare: 0.34,
      change: (recipe) => set(produce(recipe)),
    }),
    {
      name: "freshet",
      version: 1,
      storage,
      partialize: ({ railPinned, tabs, activeTab, history, editorShare }) => ({
        railPinned,
        tabs,
        activeTab,
        history,
        editorShare,
      }),
    },
  ),
);

function inHistory(history: readonly HistoryEntry[], entry: HistoryEntry): HistoryEntry[] {
  if (entry.sql.length > appLimits.historySqlChars) return [...history];
  return [entry, ...history.filter((known) => known.sql !== entry.sql)].slice(0, appLimits.historyEntries);
}

/** Adds a run to the history; the same statement again moves to the top. */
export function remember(entry: HistoryEntry): void {
  useStore.getState().change((draft) => {
    draft.history = inHistory(draft.history, entry);
  });
}

const freeTabId = (tabs: readonly ConsoleTab[]): string =>
  String(1 + (extentOf([0, ...tabs.map(({ id }) => Number(id))])?.max ?? 0));

/** Makes a tab the active one; the oldest makes room for it, and its text is found in the history. */
function addTab(draft: Remembered, tab: Omit<ConsoleTab, "id">): void {
  const id = freeTabId(draft.tabs);
  if (draft.tabs.length >= appLimits.consoleTabs) keepText(draft, draft.tabs.shift()!);
  draft.tabs.push({ id, ...tab });
  draft.activeTab = id;
}

function keepText(draft: Remembered, { sql }: ConsoleTab): void {
  if (sql.trim() === "" || draft.history.some((known) => known.sql === sql)) return;
  draft.history = inHistory(draft.history, {
    sql,
    atMs: Date.now(),
    micros: 0,
    rows: 0,
    error: null,
    unrun: true,
  });
}

/** Opens a statement in a tab of its own and makes it the active one; `saved` is the query that it is kept as. */
export function openInTab(name: string, sql: string, saved?: Kept): void {
  useStore.getState().change((draft) => {
    const known = draft.tabs.find((tab) => tab.sql === sql);
    if (known !== undefined) draft.activeTab = known.id;
    else addTab(draft, { name, sql, ...(saved === undefined ? {} : { saved }) });
  });
}

export function newTab(): void {
  useStore.getState().change((draft) => {
    const id = freeTabId(draft.tabs);
    addTab(draft, { name: `Query ${id}`, sql: "" });
  });
}

/** Closes a tab and answers what puts it back. */
export function closeTab(id: string): () => void {
  const before = useStore.getState();
  const at = before.tabs.findIndex((tab) => tab.id === id);
  const closed = before.tabs[at];
  if (closed === undefined || before.tabs.length === 1) return () => undefined;
  before.change((draft) => {
    draft.tabs.splice(at, 1);
    keepText(draft, closed);
    if (draft.activeTab === id) draft.activeTab = (draft.tabs[at] ?? draft.tabs[at - 1])!.id;
  });
  return () =>
    before.change((draft) => {
      if (draft.tabs.some((tab) => tab.id === id)) return;
      draft.tabs.splice(at, 0, closed);
      draft.activeTab = id;
    });
}

/** A tab's text, and the saved query that it was kept as. */
export function changeTab(id: string, next: Partial<Omit<ConsoleTab, "id">>): void {
  useStore.getState().change((draft) => {
    const tab = draft.tabs.find((known) => known.id === id);
    if (tab !== undefined) Object.assign(tab, next);
  });
}
