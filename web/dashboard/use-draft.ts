/** The draft of a dashboard: its undo, by key too, and how it is kept together with what others changed meanwhile. */
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Dashboard } from "#schemas/api/dashboards";
import { ApiError, api } from "../api.ts";
import { changed, editsOf, redone, undone } from "./edits.ts";
import { type Merge, mergeDashboards, type Side } from "./merge.ts";

/** Ctrl-Z and Ctrl-Shift-Z or Ctrl-Y; a field that is typed in has its own. */
function useUndoKeys(undo: () => void, redo: () => void): void {
  const actions = useRef({ undo, redo });
  actions.current = { undo, redo };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping =
        event.target instanceof HTMLElement && event.target.closest("input, textarea") !== null;
      if (!(event.ctrlKey || event.metaKey) || event.altKey || isTyping) return;
      const key = event.key.toLowerCase();
      const isRedo = key === "y" || (key === "z" && event.shiftKey);
      if (key !== "z" && !isRedo) return;
      event.preventDefault();
      if (isRedo) actions.current.redo();
      else actions.current.undo();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

export function useDraft(dashboard: Dashboard) {
  // What was there when the edit began; others may have gone on since.
  const [base] = useState(dashboard);
  const [edits, setEdits] = useState(() => editsOf(dashboard));
  const undo = () => setEdits(undone);
  const redo = () => setEdits(redone);
  useUndoKeys(undo, redo);
  return {
    base,
    draft: edits.now,
    isChanged: JSON.stringify(edits.now) !== JSON.stringify(base),
    change: (next: Dashboard, kind: string | null = null) => setEdits((known) => changed(known, next, kind)),
    undo: edits.past.length === 0 ? null : undo,
    redo: edits.future.length === 0 ? null : redo,
  };
}

/** Saves of other people that one may meet in a row. */
const racesMax = 5;

const isConflict = (error: unknown): boolean => error instanceof ApiError && error.status === 409;
const isGone = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

/** Kept; or the merge whose conflicts somebody has to decide. */
async function kept(
  base: Dashboard,
  draft: Dashboard,
): Promise<{ readonly saved: Dashboard; readonly merged: boolean } | Merge> {
  let next = draft;
  for (let race = 0; ; race++) {
    try {
      return { saved: await api.saveDashboard(next), merged: race > 0 };
    } catch (error) {
      if (!isConflict(error) || race === racesMax) throw error;
    }
    try {
      const merge = mergeDashboards(base, draft, await api.dashboard(draft.id));
      if (merge.conflicts.length > 0) return merge;
      next = merge.resolve({});
    } catch (error) {
      if (!isGone(error)) throw error;
      next = { ...draft, version: 0 }; // deleted meanwhile: ours is a new one
    }
  }
}

export function useKeeping(base: Dashboard, draft: Dashboard, done: () => void) {
  const client = useQueryClient();
  const [isBusy, setIsBusy] = useState(false);
  const [merge, setMerge] = useState<Merge | null>(null);
  const keep = async (from: Dashboard, wanted: Dashboard) => {
    setIsBusy(true);
    try {
      const outcome = await kept(from, wanted);
      if ("conflicts" in outcome) {
        setMerge(outcome);
        return;
      }
      const { saved, merged } = outcome;
      client.setQueryData(["dashboard", saved.id], saved);
      await client.invalidateQueries({ queryKey: ["dashboards"] });
      if (merged)
        notifications.show({ message: "Saved together with what was changed elsewhere meanwhile." });
      done();
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    } finally {
      setIsBusy(false);
    }
  };
  return {
    isBusy,
    merge,
    stay: () => setMerge(null),
    save: () => keep(base, draft),
    decide: (chosen: Readonly<Record<string, Side>>) => {
      const decided = merge?.resolve(chosen);
      setMerge(null);
      // It follows the version that it was merged with.
      return decided === undefined ? Promise.resolve() : keep(decided, decided);
    },
  };
}
