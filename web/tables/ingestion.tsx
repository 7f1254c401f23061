/** How a table is fed: partitions with offset, lag and rate; gaps; fields that the schema does not have; rejects. */
import { useQuery } from "@tanstack/react-query";
import type { TableDetail } from "#schemas/api/tables";
import { api } from "../api.ts";
import { formatAge, formatCount, formatCounted, formatRate, missing } from "../format.ts";
import { DataGrid, type GridColumn } from "../grid/data-grid.tsx";
import { sizes } from "../theme.ts";
import { formatInstant, zoneOf } from "../time.ts";
import styles from "./tables.module.css";

const text = (cell: unknown) => (cell === null || cell === "" ? missing : String(cell));

const partitionColumns: readonly GridColumn[] = [
  { name: "partition", label: "Partition", align: "right", format: text },
  {
    name: "state",
    label: "State",
    align: "left",
    format: text,
    tone: (cell) => (cell === "consuming" ? undefined : "warn"),
  },
  { name: "next", label: "Next offset", align: "right", format: text },
  { name: "end", label: "End offset", align: "right", format: text },
  {
    name: "lag",
    label: "Lag, rows",
    align: "right",
    format: (cell) => (cell === null ? missing : formatCount(Number(cell))),
  },
  {
    name: "lagMs",
    label: "Lag, time",
    align: "right",
    format: (cell) => (cell === null ? missing : formatAge(Number(cell))),
  },
  { name: "rate", label: "Rate", align: "right", format: (cell) => formatRate(Number(cell)) },
  { name: "error", label: "Last error", align: "left", format: text },
  {
    name: "retry",
    label: "Again in",
    align: "right",
    format: (cell) => (cell === null ? missing : formatAge(Number(cell))),
  },
];

const heightOf = (rows: number) => sizes.tableRow * (Math.min(16, rows) + 1) + sizes.panelGap;

/** What the stream holds beside the schema, and what it lost. */
function StreamNotes({ table }: { readonly table: TableDetail }) {
  const zone = zoneOf(undefined);
  return (
    <div className={styles.two}>
      <section className={styles.box}>
        <div className={styles.boxHead}>
          <h2>Fields the schema does not have</h2>
        </div>
        {table.unknownFields.length === 0 ? (
          <div className={styles.boxNote}>None: every field that arrived is a column.</div>
        ) : (
          <dl className={styles.facts}>
            {table.unknownFields.map(({ name, count }) => (
              <div key={name} className={styles.fact}>
                <dt className="mono">{name}</dt>
                <dd>{formatCounted(count, "row")}</dd>
              </div>
            ))}
          </dl>
        )}
      </section>
      <section className={styles.box}>
        <div className={styles.boxHead}>
          <h2>Gaps in the stream</h2>
        </div>
        {table.gaps.length === 0 ? (
          <div className={styles.boxNote}>None: every offset up to the newest is here.</div>
        ) : (
          table.gaps.map((gap) => (
            <div key={`${gap.partition} ${gap.start}`} className={styles.letter}>
              Partition {gap.partition}, offsets {gap.start} to {gap.end}: {gap.reason}
              <div className={styles.letterWhere}>found {formatInstant(gap.foundMs, zone)}</div>
            </div>
          ))
        )}
      </section>
    </div>
  );
}

export function Ingestion({ table }: { readonly table: TableDetail }) {
  const rows = table.partitions.map((partition) => [
    partition.partition,
    partition.state,
    partition.nextOffset,
    partition.endOffset,
    partition.lagRows,
    partition.lagMs,
    partition.rowsPerSecond,
    partition.lastError,
    partition.retryInMs,
  ]);
  return (
    <>
      <section className={styles.box}>
        <div className={styles.boxHead}>
          <h2>Partitions</h2>
          <span className="muted">
            {table.stream} · {table.topic}
          </span>
        </div>
        <div className={styles.gridBox} style={{ height: heightOf(rows.length) }}>
          <DataGrid label="Partitions" columns={partitionColumns} rows={rows} />
        </div>
      </section>
      <StreamNotes table={table} />
    </>
  );
}

export function Rejects({ table }: { readonly table: TableDetail }) {
  const { data } = useQuery({
    queryKey: ["dead-letters", table.name, table.rejected],
    queryFn: ({ signal }) => api.deadLetters(table.name, signal),
    placeholderData: (known) => known,
  });
  const zone = zoneOf(undefined);
  if (data === undefined) return null;
  if (data.total === 0) {
    return (
      <section className={styles.box}>
        <div className={styles.boxHead}>
          <h2>Rejected rows</h2>
        </div>
        <div className={styles.boxNote}>
          None. A row that does not fit the schema is kept here with its reason.
        </div>
      </section>
    );
  }
  return (
    <div className={styles.two}>
      <section className={styles.box}>
        <div className={styles.boxHead}>
          <h2>{formatCount(data.total)} rejected, by reason</h2>
        </div>
        {data.reasons.map(({ reason, count }) => (
          <div key={reason} className={styles.letter}>
            <strong className="digits">{formatCount(count)}</strong> {reason}
          </div>
        ))}
      </section>
      <section className={styles.box}>
        <div className={styles.boxHead}>
          <h2>Newest</h2>
        </div>
        {data.samples.map((letter) => (
          <div key={`${letter.partition} ${letter.offset}`} className={styles.letter}>
            {letter.reason}
            <pre>{letter.payload}</pre>
            <div className={styles.letterWhere}>
              partition {letter.partition}, offset {letter.offset} · {formatInstant(letter.atMs, zone)}
            </div>
          </div>
        ))}
      </section>
    </div>
  );
}
