/** What a page knows of the tables it watches, and how messages change it: pure, as live-state.ts is. */
import type { QueryException } from "#schemas/api/query";
import type { TableDetail, TableSummary } from "#schemas/api/tables";
import type { OwnMessage } from "./live-state.ts";

/** A table as it stood then; its ages have grown since. */
export type Dated<Table> = Table & { readonly takenMs: number };

export interface WatchState<Value> {
  /** null: the first answer has not come. */
  readonly value: Value | null;
  readonly exceptions: readonly QueryException[] | null;
  readonly sequence: number;
}

export type TablesState = WatchState<readonly Dated<TableSummary>[]>;
export type TableState = WatchState<Dated<TableDetail>>;

export const nothingWatched = { value: null, exceptions: null, sequence: 0 } as const;

const follows = (state: WatchState<unknown>, message: { readonly sequence: number }): boolean =>
  message.sequence === 1 || message.sequence === state.sequence + 1;

/** All tables after a message; null when it does not follow what the page has. */
export function applyTables(state: TablesState, message: OwnMessage): TablesState | null {
  if (message.kind === "error") return { ...state, exceptions: message.exceptions };
  if (message.kind !== "tables") return state;
  if (!follows(state, message)) return null;
  const { names, changed, takenMs, sequence } = message;
  const known = new Map((state.value ?? []).map((table) => [table.name, table]));
  for (const table of changed) known.set(table.name, { ...table, takenMs });
  const value = names.flatMap((name) => known.get(name) ?? []);
  return { value, exceptions: null, sequence };
}

/** One table after a message; null when it does not follow what the page has. */
export function applyTable(state: TableState, message: OwnMessage): TableState | null {
  if (message.kind === "error") return { ...state, exceptions: message.exceptions };
  if (message.kind !== "table") return state;
  if (!follows(state, message)) return null;
  const { changed, takenMs, sequence } = message;
  const value = { ...state.value, ...changed, takenMs } as Dated<TableDetail>;
  return { value, exceptions: null, sequence };
}
