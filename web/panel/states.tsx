/** What a panel shows when it has no data to show: loading, empty, error. Each drawn on purpose. */
import { Button, CopyButton } from "@mantine/core";
import type { ChartKind } from "#schemas/api/dashboards";
import type { ResolvedRange } from "#schemas/api/live-range";
import type { QueryException } from "#schemas/api/query";
import { chartOf } from "../chart/registry.ts";
import { formatInstant } from "../time.ts";
import type { Widen } from "./page-context.ts";
import styles from "./panel.module.css";

const barHeights = ["45%", "62%", "38%", "74%", "58%", "83%", "66%", "50%"] as const;
const lineWidths = ["92%", "78%", "85%", "64%", "88%", "71%"] as const;

/** The outline of a chart of its kind, on first load only. */
export function Skeleton({ kind }: { readonly kind: ChartKind }) {
  const { skeleton } = chartOf(kind);
  if (skeleton === "ring") {
    return (
      <div className={styles.skeleton} data-kind="pie" aria-busy="true" role="status" aria-label="Loading">
        <div className={styles.ring} />
      </div>
    );
  }
  const isBars = skeleton === "bars";
  const bones = isBars ? barHeights : lineWidths.slice(0, skeleton === "number" ? 2 : undefined);
  return (
    <div className={styles.skeleton} data-kind={isBars ? kind : "table"} role="status" aria-label="Loading">
      {bones.map((size) => (
        <div key={size} className={styles.bone} style={isBars ? { height: size } : { width: size }} />
      ))}
    </div>
  );
}

interface EmptyPanelProps {
  readonly range: ResolvedRange | null;
  readonly newestMs: number | null;
  readonly zone: string;
  readonly widen: Widen | null;
}

export function EmptyPanel({ range, newestMs, zone, widen }: EmptyPanelProps) {
  const nowMs = Date.now();
  const between =
    range === null || range.fromMs <= 0
      ? "No rows yet"
      : `No rows between ${formatInstant(range.fromMs, zone, nowMs)} and ${formatInstant(range.toMs, zone, nowMs)}`;
  const newest =
    newestMs === null ? "the table is empty" : `the newest is from ${formatInstant(newestMs, zone, nowMs)}`;
  return (
    <div className={styles.state}>
      <div>
        {between}; {newest}.
      </div>
      {widen === null ? null : <Button onClick={widen.act}>Show {widen.label}</Button>}
    </div>
  );
}

/** The statement with the faulty part marked. */
export function MarkedSql({ sql, exception }: { readonly sql: string; readonly exception: QueryException }) {
  const { position } = exception;
  if (position === undefined || position.start > sql.length) return null;
  const end = Math.max(position.end, position.start + 1);
  const before = sql.lastIndexOf("\n", position.start - 1) + 1;
  const after = sql.indexOf("\n", end);
  return (
    <pre className={styles.errorCode}>
      {sql.slice(before, position.start)}
      <mark className={styles.errorMark}>{sql.slice(position.start, end) || " "}</mark>
      {sql.slice(end, after === -1 ? undefined : after)}
    </pre>
  );
}

interface ErrorPanelProps {
  readonly exceptions: readonly QueryException[];
  readonly sql: string;
  readonly retry: () => void;
}

export function ErrorPanel({ exceptions, sql, retry }: ErrorPanelProps) {
  const [first] = exceptions;
  const message = first?.message ?? "The query failed without saying why.";
  return (
    <div className={`${styles.state} ${styles.error}`} role="alert">
      <div className={styles.errorText}>{message}</div>
      {first === undefined ? null : <MarkedSql sql={sql} exception={first} />}
      <div className={styles.stateActions}>
        <Button onClick={retry}>Try again</Button>
        <CopyButton value={`${message}\n\n${sql}`}>
          {({ copied, copy }) => <Button onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}
        </CopyButton>
      </div>
    </div>
  );
}
