/** Running a statement from the console: one at a time, cancellable, remembered. */
import { useEffect, useRef, useState } from "react";
import type { QueryException, QueryResponse } from "#schemas/api/query";
import { appLimits } from "#schemas/limits";
import { api, consoleOptions } from "../api.ts";
import { remember } from "../store.ts";

export interface Run {
  readonly sql: string;
  /** Where the statement begins in the editor's text. */
  readonly offset: number;
  readonly response: QueryResponse | null;
  readonly faults: readonly QueryException[];
}

/** What a page can hold of an answer; the rest is in the CSV. */
const bounded = `${consoleOptions};truncate=true;resultRows=${appLimits.consoleRows};resultBytes=${appLimits.consoleBytes}`;

interface Running {
  readonly id: string;
  readonly startedMs: number;
  readonly abort: AbortController;
}

const unreachable = (message: string): QueryException => ({ errorCode: 0, code: "DISCONNECTED", message });

/** A statement without what would end it, so that EXPLAIN can stand before it. */
export const bare = (sql: string): string => sql.trim().replace(/;+$/, "");

export function useRun() {
  const [run, setRun] = useState<Run | null>(null);
  const [running, setRunning] = useState<Running | null>(null);
  const current = useRef<Running | null>(null);
  useEffect(() => () => current.current?.abort.abort(), []);

  const settle = (started: Running, finished: Run) => {
    if (current.current !== started) return;
    current.current = null;
    setRunning(null);
    setRun(finished);
    const { response, faults, sql } = finished;
    remember({
      sql,
      atMs: Date.now(),
      micros: response?.timeUsedUs ?? 0,
      rows: response?.numRowsResultSet ?? 0,
      error: faults[0]?.message ?? null,
    });
  };

  const start = async (sql: string, offset: number) => {
    if (sql.trim() === "" || current.current !== null) return;
    const started: Running = { id: crypto.randomUUID(), startedMs: Date.now(), abort: new AbortController() };
    current.current = started;
    setRunning(started);
    try {
      const asked = { sql, clientQueryId: started.id, queryOptions: bounded };
      const response = await api.query(asked, started.abort.signal);
      settle(started, { sql, offset, response, faults: response.exceptions });
    } catch (error) {
      const message = started.abort.signal.aborted
        ? "Cancelled."
        : error instanceof Error
          ? error.message
          : String(error);
      settle(started, { sql, offset, response: null, faults: [unreachable(message)] });
    }
  };

  const cancel = async () => {
    const cancelled = current.current;
    if (cancelled === null) return;
    // The server is told first: aborting the request alone would leave it to notice the closed connection.
    await api.cancel(cancelled.id).catch(() => undefined);
    setTimeout(() => cancelled.abort.abort(), 500);
  };

  return { run, running, start, cancel };
}
