/**
 * One statement that any number of viewers watch: it runs once for all of them. `version` grows with every
 * result that differs; a viewer that is behind is brought up to the newest version, never through those
 * between.
 */

import { differenceOf, isEmptyChange, type RowChanges } from "#broker/live/delta";
import type { LiveRange, LiveResult, LiveStatistics, Watermark } from "#schemas/api/live";
import type { ResolvedRange } from "#schemas/api/live-range";
import type { QueryException, QueryResponse } from "#schemas/api/query";

export interface LiveState {
  readonly result: LiveResult;
  readonly range: ResolvedRange;
  readonly watermark: Watermark;
}

/** What a subscriber asked for, apart from its own name for it. */
export interface LiveQuestion {
  readonly sql: string;
  readonly range: LiveRange;
  readonly zone: string;
}

/** Equal keys are one question. */
export const questionKey = (question: LiveQuestion): string =>
  JSON.stringify([question.sql, question.range, question.zone]);

export class SharedQuery<Viewer> {
  readonly key: string;
  readonly question: LiveQuestion;
  readonly tables: readonly string[];
  readonly viewers = new Set<Viewer>();
  /** Its table changed, its range moved, or it never ran. */
  dirty = true;
  /** It ran, or is running, for the first time. */
  hasRun = false;
  version = 0;
  state: LiveState | null = null;
  exceptions: readonly QueryException[] | null = null;
  /** Snapshot version and bound SQL of the last run: equal ones need no run. */
  ranAs = "";
  ranAtMs = Number.NEGATIVE_INFINITY;
  /** How long a run takes, lately; 0 before it was run in turn. */
  costMs = 0;
  /** A heavy query rests until then. */
  dueMs = Number.NEGATIVE_INFINITY;
  #memo: { from: LiveResult; to: LiveResult; changes: RowChanges | null } | null = null;

  constructor(question: LiveQuestion, tables: readonly string[]) {
    this.key = questionKey(question);
    this.question = question;
    this.tables = tables;
  }

  /** Takes an answer in; true when viewers have something to see. */
  accept(response: QueryResponse, range: ResolvedRange, watermark: Watermark): boolean {
    if (response.resultTable === undefined) return this.fail(response.exceptions);
    const result = resultOf(response);
    const before = this.state?.result;
    const failed = this.exceptions !== null;
    this.exceptions = null;
    const changes = before === undefined ? null : differenceOf(before, result);
    const kept = changes !== null && isEmptyChange(changes, before!.rows.length) ? before! : result;
    this.state = { result: { ...kept, statistics: result.statistics }, range, watermark };
    if (kept === before && !failed) return false;
    this.version++;
    return true;
  }

  /** Takes a failure in; true when it is news. The last good result stays. */
  fail(exceptions: readonly QueryException[]): boolean {
    const known = this.exceptions !== null && JSON.stringify(this.exceptions) === JSON.stringify(exceptions);
    this.exceptions = exceptions;
    if (known) return false;
    this.version++;
    return true;
  }

  /** Changes from what a viewer has to the newest; viewers that have the same share the work. */
  changesFrom(had: LiveResult): RowChanges | null {
    const to = this.state!.result;
    if (this.#memo?.from.rows === had.rows && this.#memo.to.rows === to.rows) return this.#memo.changes;
    const changes = differenceOf(had, to);
    this.#memo = { from: had, to, changes };
    return changes;
  }
}

function statisticsOf(response: QueryResponse): LiveStatistics {
  return {
    timeUsedUs: response.timeUsedUs,
    segmentsQueried: response.numSegmentsQueried,
    segmentsProcessed: response.numSegmentsProcessed,
    segmentsCached: response.numSegmentsCached,
    rowsScanned: response.numDocsScanned,
    rowsTotal: response.totalDocs,
  };
}

function resultOf(response: QueryResponse): LiveResult {
  return {
    columnNames: response.resultTable?.dataSchema.columnNames ?? [],
    columnTypes: response.resultTable?.dataSchema.columnDataTypes ?? [],
    rows: response.resultTable?.rows ?? [],
    partial: response.partialResult,
    ...(response.partialResult ? { reasons: response.exceptions.map(({ message }) => message) } : {}),
    gaps: response.gaps,
    statistics: statisticsOf(response),
  };
}
