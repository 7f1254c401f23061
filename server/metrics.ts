/** The server's own figures for /metrics. */

import type { TableSummary } from "#schemas/api/tables";
import type { Metric } from "#schemas/metric";
import type { Cache } from "#server/segment/cache";
import type { Server } from "#server/server";
import { summaryOf } from "#server/tables/describe";

const tableFigures: readonly [string, string, (summary: TableSummary) => number | null][] = [
  ["rows", "Rows that can be queried", (summary) => summary.rows],
  ["bytes", "Bytes on disk: sealed files and the tail log", (summary) => summary.bytes],
  ["rows_per_second", "Rows consumed a second", (summary) => summary.rowsPerSecond],
  ["rejected_rows", "Rows in the dead letters", (summary) => summary.rejected],
  ["sealed_segments", "Sealed segments", (summary) => summary.sealedSegments],
  ["consuming_segments", "Segments that are not sealed", (summary) => summary.consumingSegments],
  ["lag_rows", "Rows the stream is ahead", (summary) => summary.lagRows],
  ["lag_ms", "Milliseconds the stream is ahead", (summary) => summary.lagMs],
  ["freshness_ms", "Age of the newest visible row", (summary) => summary.freshnessMs],
  [
    "healthy",
    "1 when running, 0 when paused, degraded or stopped",
    ({ state }) => Number(state === "running"),
  ],
];

/** Everything worth a look: memory by purpose, snapshots, figures of each table. */
export function metricsOf(server: Server, cache: Cache): Metric[] {
  const { ledger } = server.parts.pool;
  const gauge = (name: string, help: string, value: number, labels: Record<string, string> = {}): Metric => ({
    name: `freshet_${name}`,
    help,
    kind: "gauge",
    labels,
    value,
  });
  const metrics = [
    gauge("memory_budget_bytes", "Arena memory in all", ledger.budgetBytes()),
    gauge("segment_cache_bytes", "Decoded parts of sealed segments", cache.bytes),
    gauge("snapshots", "Snapshots that queries hold", server.snapshots.count),
    gauge("blocks_waiting", "Blocks that wait for a snapshot to go", server.epochs.waiting()),
  ];
  const kept = server.parts.scanner.cacheBytes();
  for (const [purpose, bytes] of Object.entries(ledger.byPurpose())) {
    const held = purpose === "cache" ? bytes + kept : bytes;
    metrics.push(
      gauge("memory_bytes", "Memory by purpose, of arenas and of what is kept beside", held, { purpose }),
    );
  }
  for (const state of server.tables.values()) {
    const summary = summaryOf(server, state);
    for (const [name, help, figure] of tableFigures)
      metrics.push(gauge(`table_${name}`, help, figure(summary) ?? 0, { table: state.name }));
  }
  return metrics;
}
