/** What this browser remembers between visits: preferences, console tabs, query history. Never the page's state. */
import { produce } from "immer";
import { create } from "zustand";
import { persist } from "zustand/middleware";
import { extentOf } from "./extent.ts";

interface ConsoleTab {
  readonly id: string;
  readonly name: string;
  readonly sql: string;
}

export interface HistoryEntry {
  readonly sql: string;
  readonly atMs: number;
  readonly micros: number;
  readonly rows: number;
  readonly error: string | null;
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

const historyMax = 200;

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

/** Adds a run to the history; the same statement again moves to the top. */
export function remember(entry: HistoryEntry): void {
  useStore.getState().change((draft) => {
    draft.history = [entry, ...draft.history.filter((known) => known.sql !== entry.sql)].slice(0, historyMax);
  });
}

const freeTabId = (tabs: readonly ConsoleTab[]): string =>
  String(1 + (extentOf([0, ...tabs.map(({ id }) => Number(id))])?.max ?? 0));

/** Opens a statement in a tab of its own and makes it the active one. */
export function openInTab(name: string, sql: string): void {
  useStore.getState().change((draft) => {
    const known = draft.tabs.find((tab) => tab.sql === sql);
    if (known !== undefined) {
      draft.activeTab = known.id;
      return;
    }
    const id = freeTabId(draft.tabs);
    draft.tabs.push({ id, name, sql });
    draft.activeTab = id;
  });
}
