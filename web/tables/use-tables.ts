/** The state of tables, asked for again every other second while a page that shows it is open. */
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import type { TableSummary } from "#schemas/api/tables";
import { api } from "../api.ts";

const everyMs = 2000;
const samplesMax = 60;

export const useTables = () =>
  useQuery({ queryKey: ["tables"], queryFn: ({ signal }) => api.tables(signal), refetchInterval: everyMs });

export const useTable = (name: string) =>
  useQuery({
    queryKey: ["table", name],
    queryFn: ({ signal }) => api.table(name, signal),
    refetchInterval: everyMs,
    staleTime: 0,
  });

/** Rows per second of each table over the last two minutes, as far as this page has seen them. */
export function useRates(
  tables: readonly TableSummary[] | undefined,
  atMs: number,
): ReadonlyMap<string, readonly number[]> {
  const seen = useRef({ atMs: 0, rates: new Map<string, readonly number[]>() });
  if (tables !== undefined && seen.current.atMs !== atMs) {
    const rates = new Map<string, readonly number[]>();
    for (const { name, rowsPerSecond } of tables) {
      rates.set(name, [...(seen.current.rates.get(name) ?? []), rowsPerSecond].slice(-samplesMax));
    }
    seen.current = { atMs, rates };
  }
  return seen.current.rates;
}
