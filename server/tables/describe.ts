/** A table's state as the API tells it: figures from what the main thread knows, without asking another thread. */
import type {
  ColumnInfo,
  PartitionStatus,
  SegmentSummary,
  TableDetail,
  TableSummary,
} from "#schemas/api/tables";
import { maskSecrets } from "#schemas/definition/secrets";
import type { Column } from "#schemas/table";
import { layoutOf, type Value } from "#schemas/types";
import type { SegmentReader } from "#server/segment/reader";
import type { Server } from "#server/server";
import { standstillOf } from "#server/tables/life";
import { rangesOf, rowsOf, type SegmentEntry, type TableState, timesOf } from "#server/tables/table";

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** The largest of what is known; null when nothing is. */
const largest = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
};

/** The state that people are told: the table's life, what its partitions do and what is damaged, the worst first. */
function stateOf(state: TableState): TableSummary["state"] {
  const states = state.status.partitions.map((partition) => partition.state);
  const { kind } = state.life;
  if (kind === "fenced" || states.includes("stopped")) return "stopped";
  if (kind === "halted" || state.sealTrouble !== null || state.corrupt().length > 0) return "degraded";
  if (states.includes("retrying") || state.status.sourceError !== null) return "degraded";
  return kind === "paused" || (states.length > 0 && states.every((one) => one === "paused"))
    ? "paused"
    : "running";
}

function messageOfTable(state: TableState): string | null {
  const corrupt = state.corrupt();
  if (corrupt.length > 0) {
    const rows = sum(corrupt, (entry) => entry.record.rows);
    const files = corrupt.map((entry) => entry.record.path).join(", ");
    return `${rows} rows cannot be read: ${files} (${corrupt[0]?.error?.message})`;
  }
  const failed = (one: PartitionStatus) => one.lastError !== null && one.state !== "consuming";
  const partition = state.status.partitions.find(failed);
  return standstillOf(state.life) ?? state.sealTrouble ?? partition?.lastError ?? state.status.sourceError;
}

/** When the newest visible row had arrived; 0 when there is none. */
function newestArrivalMs(state: TableState): number {
  const arrivals = state.entries.map((entry) =>
    entry.kind === "consuming" && entry.view.rowsVisible() > 0 ? entry.view.reader().freshnessMs : 0,
  );
  return Math.max(state.sealedArrivalMs, ...arrivals);
}

export function summaryOf(server: Server, state: TableState): TableSummary {
  const { table, status } = state;
  const arrivalMs = newestArrivalMs(state);
  const sealed = state.sealedEntries();
  const newest = largest(
    state.entries.map((entry) => {
      const { max } = timesOf(entry, table);
      return max === null ? null : Number(max);
    }),
  );
  const resident = sum(sealed, (entry) => entry.segment?.residentBytes() ?? 0);
  return {
    name: state.name,
    stream: table.stream.kind,
    topic: table.stream.topic,
    rows: state.rows(),
    bytes: sum(sealed, (entry) => entry.record.bytes) + status.logBytes,
    memoryBytes: status.unsealedBytes + resident,
    rowsPerSecond: sum(status.partitions, (partition) => partition.rowsPerSecond),
    rejected: status.rejected,
    sealedSegments: sealed.length,
    consumingSegments: state.entries.length - sealed.length,
    timeColumn: table.timeColumn,
    newestEventMs: newest,
    freshnessMs: arrivalMs === 0 ? null : Math.max(0, server.parts.world.clock.nowMs() - arrivalMs),
    lagRows: largest(status.partitions.map((partition) => partition.lagRows)),
    lagMs: largest(status.partitions.map((partition) => partition.lagMs)),
    state: stateOf(state),
    message: messageOfTable(state),
  };
}

const segmentSummary = (entry: SegmentEntry, state: TableState): SegmentSummary => {
  const { min, max } = timesOf(entry, state.table);
  const bytes = entry.kind === "sealed" ? entry.record.bytes : (entry.frozen?.bytes ?? 0);
  return {
    id: entry.id,
    state: entry.state,
    rows: rowsOf(entry),
    bytes,
    ranges: rangesOf(entry).map(({ partition, start, end }) => ({
      partition,
      start: start.toString(),
      end: end.toString(),
    })),
    timeMinMs: min === null ? null : Number(min),
    timeMaxMs: max === null ? null : Number(max),
    error: entry.kind === "sealed" ? (entry.error?.message ?? null) : null,
  };
};

const textOf = (value: Value): string | null => {
  if (value === null) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
};

/** Numbers, texts of one column: how two of them compare. */
function less(left: Value, right: Value): boolean {
  if (typeof left === "bigint" && typeof right === "bigint") return left < right;
  if (typeof left === "number" && typeof right === "number") return left < right;
  return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right))) < 0;
}

const encodings = { ids: "dictionary", ints: "bit-packed", doubles: "decimal", bytes: "raw" } as const;

/** How the newest sealed segment keeps a column; null when none has it. */
function encodingOf(column: Column, state: TableState): ColumnInfo["encoding"] | null {
  const newest = state.sealedEntries().findLast((entry) => entry.segment !== null)?.segment;
  const found = newest?.footer.columns.find(({ id }) => id === column.id);
  return found === undefined ? null : encodings[found.kind];
}

function columnInfo(column: Column, state: TableState, readers: readonly SegmentReader[]): ColumnInfo {
  let nulls = 0;
  let min: Value = null;
  let max: Value = null;
  let distinct: number | null = null;
  let inverted = false;
  for (const reader of readers) {
    const found = reader.column(column.id);
    if (found === null) {
      nulls += reader.rows;
      continue;
    }
    const { stats, dictionary } = found;
    nulls += stats.nulls;
    if (stats.min !== null && (min === null || less(stats.min, min))) min = stats.min;
    if (stats.max !== null && (max === null || less(max, stats.max))) max = stats.max;
    if (dictionary !== null) distinct = Math.max(distinct ?? 0, dictionary.count);
    inverted ||= found.inverted !== null;
  }
  const { table } = state;
  const encoding = encodingOf(column, state);
  // Doubles have none, nor integers of too many values: what sealed segments really have is shown.
  const asked = table.invertedColumns.includes(column.name) && layoutOf(column.type) !== "double";
  const indexes = [
    ...(asked && (encoding === null || inverted) ? ["inverted"] : []),
    ...((table.sortedColumn ?? table.timeColumn) === column.name ? ["sorted"] : []),
  ];
  return {
    id: column.id,
    name: column.name,
    type: column.type,
    role: column.role,
    notNull: column.notNull,
    encoding: encoding ?? "mutable",
    indexes,
    distinct,
    nulls,
    min: textOf(min),
    max: textOf(max),
  };
}

/** Everything about one table. Column figures come from one snapshot of it. */
export async function detailOf(server: Server, state: TableState): Promise<TableDetail> {
  const { id } = server.snapshots.take([state]);
  try {
    const { readers } = server.snapshots.table(id, state.name);
    return {
      ...summaryOf(server, state),
      columns: state.table.columns.map((column) => columnInfo(column, state, readers)),
      partitions: state.status.partitions,
      segments: state.entries.map((entry) => segmentSummary(entry, state)),
      unknownFields: state.status.unknownFields,
      gaps: state.gaps.map((gap) => ({ ...gap, start: gap.start.toString(), end: gap.end.toString() })),
      schemaJson: state.record.schemaJson,
      configJson: maskSecrets(state.record.configJson),
    };
  } finally {
    server.release(id);
  }
}
