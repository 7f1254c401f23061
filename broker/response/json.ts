/**
 * Pinot's query response as JSON text, its fields in Pinot's order, ours behind them. Rows are written cell by cell:
 * JSON.stringify would lose digits of LONGs and the point of 12.0.
 */
import type { Answer } from "#broker/broker";
import { cellReader, cellWriter, entryTexts } from "#broker/response/cells";
import { type Body, TextSink } from "#broker/response/text-sink";
import type { Result } from "#broker/result";
import { noStats } from "#broker/scatter";
import type { Cell, QueryResponse } from "#schemas/api/query";
import type { Batch, Vector } from "#schemas/batch";
import { StoreError } from "#schemas/errors";
import { brokerBounds } from "#schemas/limits";
import type { ScanStats } from "#schemas/plan/server-client";
import { versionOf, wholeMoment } from "#schemas/plan/snapshot";
import type { Stepwise } from "#schemas/turns";

/** A column's cells as JSON; texts that rows share are quoted once. */
export function jsonCells(vector: Vector): (row: number) => string {
  const writer = cellWriter(vector);
  let cell: (row: number) => string;
  if (vector.kind === "text") cell = entryTexts(vector, JSON.stringify);
  else if (vector.type === "TIMESTAMP" || vector.type === "DATE") cell = (row) => `"${writer.text(row)}"`;
  else cell = (row) => (writer.kind(row) === "text" ? `"${writer.text(row)}"` : writer.text(row));
  return vector.nulls === null ? cell : (row) => (writer.isNull(row) ? "null" : cell(row));
}

export const stepRows = brokerBounds.encodeStepRows;

/** The rows as JSON arrays. */
function* addRows(batch: Batch, sink: TextSink): Stepwise {
  const cells = batch.columns.map(jsonCells);
  for (let row = 0; row < batch.rows; row++) {
    let text = row === 0 ? "[" : ",[";
    for (let column = 0; column < cells.length; column++) {
      if (column > 0) text += ",";
      text += cells[column](row);
    }
    sink.add(`${text}]`);
    if (row % stepRows === 0) yield;
  }
}

const zero = 0;

/** Every field but the rows, in order. */
function fieldsOf(answer: Answer) {
  const { result, exceptions } = answer;
  const scattered = result?.scattered;
  const stats: ScanStats = scattered?.stats ?? noStats();
  return {
    numRowsResultSet: result?.batch.rows ?? 0,
    partialResult: exceptions.length > 0 || result?.truncated === true,
    exceptions,
    numGroupsLimitReached: false,
    numGroupsWarningLimitReached: false,
    maxRowsInDistinctReached: false,
    maxRowsWithoutChangeInDistinctReached: false,
    maxExecutionTimeInDistinctReached: false,
    timeUsedMs: Math.round(answer.timeUsedUs / 1000),
    requestId: answer.requestId,
    clientRequestId: answer.clientQueryId,
    brokerId: answer.brokerId,
    numDocsScanned: stats.rowsMatched,
    totalDocs: stats.rowsTotal,
    numEntriesScannedInFilter: stats.entriesInFilter,
    numEntriesScannedPostFilter: stats.entriesPostFilter,
    numServersQueried: scattered?.serversQueried ?? 0,
    numServersResponded: scattered?.serversResponded ?? 0,
    ...segmentFields(stats),
    ...costFields(stats),
    explainPlanNumEmptyFilterSegments: zero,
    explainPlanNumMatchAllFilterSegments: zero,
    traceInfo: {},
    tablesQueried: result?.tables ?? [],
    ...memoryFields(stats),
    pools: [-1],
    rlsFiltersApplied: false,
    groupsTrimmed: false,
    numSegmentsCached: stats.segmentsCached,
    numRowsScanned: stats.rowsScanned,
    timeUsedUs: answer.timeUsedUs,
    indexesUsed: stats.indexes,
    resultRowsLimitReached: result?.truncated ?? false,
    ...snapshotFields(result),
  };
}

/** What the answer was made from: its gaps, its version, and how far the newest of its tables is. */
function snapshotFields(result: Result | null) {
  if (result === null || result.snapshot === null) return { gaps: [], snapshot: "", newestEventMs: null };
  const { snapshot, tables } = result;
  const moments = tables.map((table) => wholeMoment(snapshot, table)).filter((moment) => moment !== null);
  const newest = moments.map(({ newestEventMs }) => newestEventMs).filter((ms) => ms !== null);
  return {
    gaps: moments.flatMap(({ gaps }) => gaps),
    snapshot: versionOf(snapshot, tables),
    newestEventMs: newest.length === 0 ? null : Math.max(...newest.map(Number)),
  };
}

const segmentFields = (stats: ScanStats) => ({
  numSegmentsQueried: stats.segmentsQueried,
  numSegmentsProcessed: stats.segmentsProcessed,
  numSegmentsMatched: stats.segmentsMatched,
  numConsumingSegmentsQueried: stats.consumingQueried,
  numConsumingSegmentsProcessed: stats.consumingProcessed,
  numConsumingSegmentsMatched: stats.consumingMatched,
  minConsumingFreshnessTimeMs: stats.freshnessMs,
  numSegmentsPrunedByBroker: zero,
  numSegmentsPrunedByServer: stats.segmentsPruned,
  numSegmentsPrunedInvalid: zero,
  numSegmentsPrunedByLimit: zero,
  numSegmentsPrunedByValue: stats.segmentsPruned,
});

const costFields = (stats: ScanStats) => ({
  brokerReduceTimeMs: zero,
  offlineThreadCpuTimeNs: zero,
  realtimeThreadCpuTimeNs: stats.threadCpuNs,
  offlineSystemActivitiesCpuTimeNs: zero,
  realtimeSystemActivitiesCpuTimeNs: zero,
  offlineResponseSerializationCpuTimeNs: zero,
  realtimeResponseSerializationCpuTimeNs: zero,
  offlineTotalCpuTimeNs: zero,
  realtimeTotalCpuTimeNs: stats.threadCpuNs,
});

const memoryFields = (stats: ScanStats) => ({
  offlineThreadMemAllocatedBytes: zero,
  realtimeThreadMemAllocatedBytes: stats.bytesAllocated,
  offlineResponseSerMemAllocatedBytes: zero,
  realtimeResponseSerMemAllocatedBytes: zero,
  offlineTotalMemAllocatedBytes: zero,
  realtimeTotalMemAllocatedBytes: stats.bytesAllocated,
});

const schemaOf = (columns: readonly { readonly name: string; readonly type: string }[]) => ({
  columnNames: columns.map(({ name }) => name),
  columnDataTypes: columns.map(({ type }) => type),
});

const writeBigints = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? value.toString() : value;

/** The whole response. */
export function* responseJson(answer: Answer): Stepwise<Body> {
  const fields = JSON.stringify(fieldsOf(answer), writeBigints);
  if (answer.result === null) return fields;
  const { columns, batch } = answer.result;
  const sink = new TextSink();
  sink.add(`{"resultTable":{"dataSchema":${JSON.stringify(schemaOf(columns))},"rows":[`);
  yield* addRows(batch, sink);
  sink.add(`]},${fields.slice(1)}`);
  return sink.finish();
}

/** What an answer in this process may have. */
export interface ObjectBounds {
  readonly rows: number;
  /** Characters as JSON. */
  readonly bytes: number;
  /** What it is, for the error. */
  readonly words: string;
}

const needsEscapes = /["\\\p{Cc}\p{Cs}]/u;

/** Characters of a cell in JSON: a control character takes six. */
function jsonCharacters(cell: Cell): number {
  if (typeof cell !== "string") return 8;
  return needsEscapes.test(cell) ? JSON.stringify(cell).length : cell.length + 2;
}

function* rowObjects(batch: Batch, most: ObjectBounds): Stepwise<Cell[][]> {
  if (batch.rows > most.rows) {
    const message = `${most.words} may have ${most.rows} rows (liveRows) but this has ${batch.rows}; group further or add LIMIT`;
    throw new StoreError("RESULT_ROWS", message);
  }
  const readers = batch.columns.map(cellReader);
  const rows: Cell[][] = [];
  let characters = 0;
  for (let row = 0; row < batch.rows; row++) {
    const cells = readers.map((read) => read(row));
    for (const cell of cells) characters += jsonCharacters(cell) + 1;
    if (characters > most.bytes) {
      const message = `${most.words} may have ${most.bytes} characters (liveBytes) but its first ${row + 1} rows have more; select fewer or shorter columns`;
      throw new StoreError("RESULT_BYTES", message);
    }
    rows.push(cells);
    if (row % stepRows === 0) yield;
  }
  return rows;
}

/** The response as an object, for callers in this process. */
export function* responseOf(answer: Answer, most: ObjectBounds): Stepwise<QueryResponse> {
  const fields = fieldsOf(answer);
  if (answer.result === null) return fields;
  const { columns, batch } = answer.result;
  const rows = yield* rowObjects(batch, most);
  const columnDataTypes = columns.map(({ type }) => type);
  return {
    resultTable: { dataSchema: { columnNames: columns.map(({ name }) => name), columnDataTypes }, rows },
    ...fields,
  };
}
