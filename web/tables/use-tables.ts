/** The state of tables as the live connection tells it: pushed when something changed, nothing is asked again. */
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { TableSummary } from "#schemas/api/tables";
import { live } from "../live.ts";
import type { OwnMessage } from "../live-state.ts";
import { useIsLost, useServerNow } from "../panel/use-live.ts";
import { applyTable, applyTables, type Dated, nothingWatched, type WatchState } from "../watch-state.ts";

const sampleMs = 2000;
const samplesMax = 60;
const ageMs = 500;

type Apply<Value> = (state: WatchState<Value>, message: OwnMessage) => WatchState<Value> | null;

interface Handle<Value> {
  readonly watch: (listener: () => void) => () => void;
  readonly read: () => WatchState<Value>;
  readonly retry: () => void;
}

export interface Watched<Value> {
  readonly value: Value | null;
  readonly error: Error | null;
  readonly retry: () => void;
}

const noWatch = () => () => {};
const readNothing = () => nothingWatched;

function useWatch<Value>(table: string | null, apply: Apply<Value>): Watched<Value> {
  const [handle, setHandle] = useState<Handle<Value> | null>(null);
  useEffect(() => {
    const watched = live.watch<WatchState<Value>>(table, nothingWatched, apply);
    setHandle(watched);
    return () => {
      setHandle(null);
      watched.end();
    };
  }, [table, apply]);
  const { value, exceptions } = useSyncExternalStore<WatchState<Value>>(
    handle?.watch ?? noWatch,
    handle?.read ?? readNothing,
  );
  const error = exceptions === null ? null : new Error(exceptions[0]?.message);
  return { value, error, retry: () => handle?.retry() };
}

/** All tables in short. */
export const useTables = () => useWatch(null, applyTables);

/** Everything about one table. */
export const useTable = (name: string) => useWatch(name, applyTable);

/** What is shown is no longer told: the connection is lost. */
export const useStale = useIsLost;

/** How long ago the newest visible row had arrived, now; null without rows. */
export function useFreshness({ freshnessMs, takenMs }: Dated<TableSummary>): number | null {
  const nowMs = useServerNow(ageMs);
  return freshnessMs === null ? null : freshnessMs + Math.max(0, nowMs - takenMs);
}

/** Rows per second of each table over the last two minutes, as far as this page has seen them. */
export function useRates(
  tables: readonly TableSummary[] | null,
  isStale: boolean,
): ReadonlyMap<string, readonly number[]> {
  const newest = useRef(tables);
  newest.current = tables;
  const [rates, setRates] = useState<ReadonlyMap<string, readonly number[]>>(new Map());
  const isKnown = tables !== null && !isStale;
  useEffect(() => {
    if (!isKnown) return;
    const sample = () =>
      setRates(
        (known) =>
          new Map(
            newest.current?.map(({ name, rowsPerSecond }) => [
              name,
              [...(known.get(name) ?? []), rowsPerSecond].slice(-samplesMax),
            ]),
          ),
      );
    sample();
    const timer = setInterval(sample, sampleMs);
    return () => clearInterval(timer);
  }, [isKnown]);
  return rates;
}
