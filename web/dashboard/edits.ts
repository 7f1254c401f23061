/** Undo and redo of a value: every change is a step, of which the newest hundred are kept. Pure. */
import { appLimits } from "#schemas/limits";

export interface Edits<Value> {
  readonly past: readonly Value[];
  readonly now: Value;
  readonly future: readonly Value[];
  /** Changes of one kind in a row, such as letters of a title, are one step. */
  readonly kind: string | null;
}

export const editsOf = <Value>(now: Value): Edits<Value> => ({ past: [], now, future: [], kind: null });

export function changed<Value>(edits: Edits<Value>, next: Value, kind: string | null = null): Edits<Value> {
  const goesOn = kind !== null && kind === edits.kind;
  const past = goesOn ? edits.past : [...edits.past, edits.now].slice(-appLimits.undoSteps);
  return { past, now: next, future: [], kind };
}

export function undone<Value>(edits: Edits<Value>): Edits<Value> {
  const now = edits.past.at(-1);
  if (now === undefined) return edits;
  return { past: edits.past.slice(0, -1), now, future: [edits.now, ...edits.future], kind: null };
}

export function redone<Value>(edits: Edits<Value>): Edits<Value> {
  const [now, ...future] = edits.future;
  return now === undefined ? edits : { past: [...edits.past, edits.now], now, future, kind: null };
}
