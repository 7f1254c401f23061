/** The plan of a statement, as EXPLAIN PLAN FOR answers it: operators under what they feed. */
import { useQuery } from "@tanstack/react-query";
import { api, consoleOptions } from "../api.ts";
import styles from "./console.module.css";
import { planLines } from "./plan-lines.ts";
import { bare } from "./run.ts";

export function Plan({ sql }: { readonly sql: string }) {
  const { data, error } = useQuery({
    queryKey: ["plan", sql],
    queryFn: ({ signal }) =>
      api.query({ sql: `EXPLAIN PLAN FOR ${bare(sql)}`, queryOptions: consoleOptions }, signal),
    enabled: sql.trim() !== "",
  });
  const fault = error?.message ?? data?.exceptions[0]?.message;
  if (fault !== undefined) return <div className={styles.note}>{fault}</div>;
  const lines = planLines(data?.resultTable?.rows ?? []);
  return (
    <ol className={styles.plan}>
      {lines.map((line) => {
        const [, name, rest] = /^([^(]*)([\s\S]*)$/.exec(line.operator) ?? [];
        return (
          <li key={line.id} style={{ paddingLeft: `calc(${line.depth} * var(--space-5))` }}>
            <strong>{name}</strong>
            <span className="muted">{rest}</span>
          </li>
        );
      })}
    </ol>
  );
}
