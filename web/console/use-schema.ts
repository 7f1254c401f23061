/** Tables with their columns, as far as the console lists them. */
import { useQueries, useQuery } from "@tanstack/react-query";
import type { TableDetail } from "#schemas/api/tables";
import { appLimits } from "#schemas/limits";
import { api } from "../api.ts";

export interface Schema {
  readonly tables: readonly TableDetail[];
  /** Tables beyond those that are listed. */
  readonly more: number;
}

export function useSchema(): Schema {
  const { data = [] } = useQuery({ queryKey: ["tables"], queryFn: ({ signal }) => api.tables(signal) });
  const details = useQueries({
    queries: data.slice(0, appLimits.treeTables).map(({ name }) => ({
      queryKey: ["table", name],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.table(name, signal),
      staleTime: 60_000,
    })),
  });
  const tables = details.flatMap(({ data: table }) => (table === undefined ? [] : [table]));
  return { tables, more: Math.max(0, data.length - appLimits.treeTables) };
}
