/** Small facts about a table: state, numbers, course of its rate. */
import type { TableSummary } from "#schemas/api/tables";
import { sparklineOf } from "../chart/sparkline.ts";
import { formatAge, formatBytes, formatCount, formatCounted, formatRate, missing } from "../format.ts";
import type { Dated } from "../watch-state.ts";
import styles from "./tables.module.css";
import { useFreshness } from "./use-tables.ts";

export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly tone?: "warn" | "bad";
}

/** Lag past this is worth a colour. */
const lagMsWarn = 5000;

function lagOf(table: Pick<TableSummary, "lagRows" | "lagMs">): Fact {
  if (table.lagRows === null) return { label: "Lag", value: missing };
  if (table.lagRows === 0) return { label: "Lag", value: "none" };
  const time = table.lagMs === null ? "" : ` · ${formatAge(table.lagMs)}`;
  const value = `${formatCounted(table.lagRows, "row")}${time}`;
  return { label: "Lag", value, ...((table.lagMs ?? 0) > lagMsWarn ? { tone: "warn" as const } : {}) };
}

function factsOf(table: TableSummary, freshnessMs: number | null): readonly Fact[] {
  const rejected: Fact =
    table.rejected === 0
      ? { label: "Rejected", value: "none" }
      : { label: "Rejected", value: formatCount(table.rejected), tone: "bad" };
  return [
    { label: "Rate", value: formatRate(table.rowsPerSecond) },
    { label: "Freshness", value: freshnessMs === null ? missing : formatAge(freshnessMs) },
    lagOf(table),
    {
      label: "Segments",
      value: `${formatCount(table.sealedSegments)} + ${formatCount(table.consumingSegments)} open`,
    },
    { label: "On disk", value: formatBytes(table.bytes) },
    rejected,
  ];
}

export function TableState({ table }: { readonly table: Pick<TableSummary, "state"> }) {
  return (
    <span className={styles.state}>
      <span className={styles.dot} data-state={table.state} />
      {table.state}
    </span>
  );
}

export function RateSparkline({ rates }: { readonly rates: readonly number[] }) {
  const course = sparklineOf(rates, { fromZero: true });
  if (course === null) return null;
  return (
    <svg className={styles.rateSpark} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      <path className={styles.sparkArea} d={course.area} />
      <path className={styles.sparkLine} d={course.line} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

export function Facts({ table }: { readonly table: Dated<TableSummary> }) {
  const freshnessMs = useFreshness(table);
  return (
    <dl className={styles.facts}>
      {factsOf(table, freshnessMs).map(({ label, value, tone }) => (
        <div key={label} className={styles.fact}>
          <dt>{label}</dt>
          <dd data-tone={tone}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Tiles({ table }: { readonly table: Dated<TableSummary> }) {
  const freshnessMs = useFreshness(table);
  const tiles: readonly Fact[] = [
    { label: "Rows", value: formatCount(table.rows) },
    ...factsOf(table, freshnessMs),
    { label: "In memory", value: formatBytes(table.memoryBytes) },
  ];
  return (
    <div className={styles.tiles}>
      {tiles.map(({ label, value, tone }) => (
        <div key={label} className={styles.tile}>
          <span className={styles.tileLabel}>{label}</span>
          <span className={styles.tileValue} data-tone={tone} title={value}>
            {value}
          </span>
        </div>
      ))}
    </div>
  );
}
