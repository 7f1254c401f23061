/** Segments of a table: a strip along time, coloured by state, and the list. */
import { Tooltip } from "@mantine/core";
import { useMemo } from "react";
import type { SegmentSummary, TableDetail } from "#schemas/api/tables";
import { appLimits } from "#schemas/limits";
import { extentOf } from "../extent.ts";
import { formatBytes, formatCount, formatCounted, formatNumber, missing, numberOfCell } from "../format.ts";
import { DataGrid, type GridColumn } from "../grid/data-grid.tsx";
import { sizes } from "../theme.ts";
import { formatInstant, zoneOf } from "../time.ts";
import { lanesOf } from "./lanes.ts";
import styles from "./tables.module.css";

const states = ["sealed", "sealing", "consuming", "corrupt"] as const;

/** As many segments as a strip can tell apart, by time. */
const newestOf = (segments: readonly SegmentSummary[]): readonly SegmentSummary[] =>
  segments.length <= appLimits.stripSegments
    ? segments
    : segments
        .toSorted((left, right) => (left.timeMaxMs ?? 0) - (right.timeMaxMs ?? 0))
        .slice(-appLimits.stripSegments);

function Strip({ segments }: { readonly segments: readonly SegmentSummary[] }) {
  const zone = zoneOf(undefined);
  const shown = useMemo(() => newestOf(segments), [segments]);
  const lanes = useMemo(() => lanesOf(shown), [shown]);
  const all = lanes.flat();
  if (all.length === 0)
    return <div className={styles.boxNote}>Segments show along time once they hold rows with a time.</div>;
  const fromMs = extentOf(all.map((item) => item.fromMs))?.min ?? 0;
  const toMs = extentOf(all.map((item) => item.toMs))?.max ?? 0;
  const spanMs = Math.max(1, toMs - fromMs);
  const share = (ms: number) => `${(ms / spanMs) * 100}%`;
  return (
    <div className={styles.strip}>
      {lanes.map((lane, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a lane is its place
        <div key={at} className={styles.lane}>
          {lane.map(({ segment, ...times }) => (
            <Tooltip
              key={segment.id}
              label={`${segment.id}: ${segment.state}, ${formatCounted(segment.rows, "row")}, ${formatInstant(times.fromMs, zone)} – ${formatInstant(times.toMs, zone)}`}
            >
              <div
                className={styles.block}
                data-state={segment.state}
                style={{ left: share(times.fromMs - fromMs), width: share(times.toMs - times.fromMs) }}
              />
            </Tooltip>
          ))}
        </div>
      ))}
      <div className={styles.stripAxis}>
        <span>{formatInstant(fromMs, zone)}</span>
        <span>{formatInstant(toMs, zone)}</span>
      </div>
      {shown.length === segments.length ? null : (
        <div className={styles.boxNote}>
          The newest {formatCount(shown.length)} of {formatCount(segments.length)}; the list below has all of
          them.
        </div>
      )}
    </div>
  );
}

const time = {
  format: (cell: unknown) =>
    formatNumber(numberOfCell(cell as number | null), { kind: "time" }, zoneOf(undefined)),
};

const columns: readonly GridColumn[] = [
  { name: "id", label: "Segment", align: "left", format: String, code: true },
  { name: "state", label: "State", align: "left", format: String },
  { name: "rows", label: "Rows", align: "right", format: (cell) => formatCount(Number(cell)) },
  {
    name: "bytes",
    label: "Bytes",
    align: "right",
    format: (cell) => (cell === 0 ? missing : formatBytes(Number(cell))),
  },
  { name: "from", label: "From", align: "left", ...time },
  { name: "until", label: "Until", align: "left", ...time },
  { name: "offsets", label: "Offsets", align: "left", format: String, code: true },
  { name: "error", label: "Fault", align: "left", format: (cell) => String(cell ?? ""), tone: () => "bad" },
];

export function Segments({ table }: { readonly table: TableDetail }) {
  const rows = table.segments.map((segment) => [
    segment.id,
    segment.state,
    segment.rows,
    segment.bytes,
    segment.timeMinMs,
    segment.timeMaxMs,
    segment.ranges.map((range) => `${range.partition}: ${range.start}–${range.end}`).join(", "),
    segment.error ?? "",
  ]);
  const height = sizes.tableRow * (Math.min(16, rows.length) + 1) + sizes.panelGap;
  return (
    <section className={styles.box}>
      <div className={styles.boxHead}>
        <h2>Segments along time</h2>
        <div className={styles.grow} />
        <div className={styles.legend}>
          {states.map((state) => (
            <span key={state}>
              <i className={`${styles.block} ${styles.key}`} data-state={state} />
              {state}
            </span>
          ))}
        </div>
      </div>
      <Strip segments={table.segments} />
      {rows.length === 0 ? null : (
        <div className={styles.gridBox} style={{ height }}>
          <DataGrid label="Segments" columns={columns} rows={rows} />
        </div>
      )}
    </section>
  );
}
