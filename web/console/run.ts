/**
 * What each tab of the console last ran, and what it runs now. A run belongs to its tab: it goes on while another is
 * looked at, and its rows are there when one comes back. Kept while the page is open; the newest few hold their rows.
 */
import { create } from "zustand";
import type { ChartSettings } from "#schemas/api/dashboards";
import type { QueryException, QueryResponse } from "#schemas/api/query";
import { appLimits } from "#schemas/limits";
import { api, consoleOptions } from "../api.ts";
import { randomId } from "../random-id.ts";
import { remember } from "../store.ts";

export interface Run {
  readonly sql: string;
  /** Where the statement began in the editor's text. */
  readonly offset: number;
  /** null when it failed, and once its rows were let go for newer ones. */
  readonly response: QueryResponse | null;
  readonly faults: readonly QueryException[];
  readonly endedMs: number;
}

interface Running {
  readonly id: string;
  readonly sql: string;
  readonly startedMs: number;
  readonly abort: AbortController;
}

export interface Work {
  readonly run: Run | null;
  readonly running: Running | null;
  /** The chart chosen for the run's statement; null: what suits its rows. */
  readonly chart: ChartSettings | null;
}

const idle: Work = { run: null, running: null, chart: null };

/** What a page can hold of an answer; the rest is in the CSV. */
const bounded = `${consoleOptions};truncate=true;resultRows=${appLimits.consoleRows};resultBytes=${appLimits.consoleBytes}`;
const letGo: QueryException = {
  errorCode: 0,
  code: "LET_GO",
  message: "These rows made room for those of newer runs. Run the statement again to see them.",
};

const useDesk = create<{ readonly tabs: Readonly<Record<string, Work>> }>()(() => ({ tabs: {} }));

const workOf = (tab: string): Work => useDesk.getState().tabs[tab] ?? idle;
export const useWork = (tab: string): Work => useDesk((state) => state.tabs[tab] ?? idle);

function change(tab: string, next: Partial<Work>): void {
  useDesk.setState(({ tabs }) => ({ tabs: { ...tabs, [tab]: { ...(tabs[tab] ?? idle), ...next } } }));
}

/** Only the newest runs keep their rows. */
function makeRoom(): void {
  const held = Object.entries(useDesk.getState().tabs).filter(([, { run }]) => run?.response != null);
  const oldest = held.toSorted(([, left], [, right]) => right.run!.endedMs - left.run!.endedMs);
  for (const [tab, { run }] of oldest.slice(appLimits.consoleResults))
    change(tab, { run: { ...run!, response: null, faults: [letGo] } });
}

/** A statement without what would end it, so that EXPLAIN can stand before it. */
export const bare = (sql: string): string => sql.trim().replace(/;+$/, "");

const unreachable = (message: string): QueryException => ({ errorCode: 0, code: "DISCONNECTED", message });

function settle(tab: string, started: Running, ended: Omit<Run, "sql" | "endedMs">): void {
  if (workOf(tab).running !== started) return;
  const { run: before, chart } = workOf(tab);
  const { sql } = started;
  const run = { ...ended, sql, endedMs: Date.now() };
  // A chosen chart stays while the statement does.
  change(tab, { run, running: null, chart: before?.sql === sql ? chart : null });
  makeRoom();
  const { response, faults } = ended;
  remember({
    sql,
    atMs: Date.now(),
    micros: response?.timeUsedUs ?? 0,
    rows: response?.numRowsResultSet ?? 0,
    error: faults[0]?.message ?? null,
  });
}

/** Runs a statement in a tab, one at a time each. */
export async function start(tab: string, sql: string, offset: number): Promise<void> {
  if (sql.trim() === "" || workOf(tab).running !== null) return;
  const abort = new AbortController();
  const started: Running = { id: randomId(), sql, startedMs: Date.now(), abort };
  change(tab, { running: started });
  try {
    const asked = { sql, clientQueryId: started.id, queryOptions: bounded };
    const response = await api.query(asked, abort.signal);
    settle(tab, started, { offset, response, faults: response.exceptions });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const message = abort.signal.aborted ? "Cancelled." : text;
    settle(tab, started, { offset, response: null, faults: [unreachable(message)] });
  }
}

export async function cancel(tab: string): Promise<void> {
  const { running } = workOf(tab);
  if (running === null) return;
  // The server is told first: aborting the request alone would leave it to notice the closed connection.
  await api.cancel(running.id).catch(() => undefined);
  setTimeout(() => running.abort.abort(), 500);
}

/** The chart of a tab's rows, as chosen. */
export const choose = (tab: string, chart: ChartSettings): void => change(tab, { chart });

/** A closed tab holds nothing, and what it runs is stopped. */
export function forget(tab: string): void {
  void cancel(tab);
  useDesk.setState(({ tabs }) => {
    const { [tab]: _gone, ...others } = tabs;
    return { tabs: others };
  });
}
