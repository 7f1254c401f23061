/**
 * The rows fragment's path: compile → scan → the first rows in order. Without an order it stops as soon as
 * slices from the front have enough rows. With one, the slice whose zone promises most goes first, and what
 * it reaches prunes the others.
 */

import { isNull } from "#schemas/aggregates/vectors";
import type { Batch, Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { firstInOrder, type SortKey } from "#schemas/row-order";
import type { Stepwise } from "#schemas/turns";
import { joinVectors, pickRows } from "#schemas/vector-rows";
import { type Compiled, Compiler } from "#server/execute/compile/compile";
import { placesIn } from "#server/execute/compile/places";
import { chunkExtent, verdictOf } from "#server/execute/compile/prune";
import { vectorBytes } from "#server/execute/owned-vectors";
import type { Answer, Query } from "#server/execute/query";
import type { RowsResult } from "#server/execute/scan/scan-rows";
import { type Reach, reachTest } from "#server/execute/scan/top-reach";
import { addCounts, noteMatched } from "#server/execute/stats";
import type { RowsFragment, RowsTask } from "#server/execute/task";
import { memoryError } from "#server/execute/task-memory";
import { scanInWaves } from "#server/execute/waves";

type Source = Compiled<RowsTask>;

export async function runRows(query: Query, fragment: RowsFragment): Promise<Answer> {
  const compiled = await new Compiler(query.compile).rows(fragment, query.segments);
  const gather = new Gather(query, fragment);
  if (fragment.rows > 0) {
    const { first, others } = split(compiled, fragment);
    if (first !== null) await gather.scan([first]);
    await gather.scan(first === null ? compiled : prunedBy(gather.reach(first), others, query));
  }
  noteMatched(query, gather.matched);
  const batch = await query.turns.run(gather.batch());
  return { partial: { kind: "rows", batch }, stats: query.stats };
}

class Gather {
  readonly matched = new Set<string>();
  private readonly query: Query;
  private readonly fragment: RowsFragment;
  private readonly results: RowsResult[] = [];
  private rows = 0;
  private bytes = 0;

  constructor(query: Query, fragment: RowsFragment) {
    this.query = query;
    this.fragment = fragment;
  }

  async scan(sources: readonly Source[]): Promise<void> {
    await scanInWaves(this.query, sources, (result, index) => {
      assert(result.kind === "rows", "a rows task has rows");
      return this.keep(result, sources[index]);
    });
  }

  private *keep(result: RowsResult, { segment }: Source): Stepwise {
    const { query, fragment } = this;
    addCounts(query.stats, result.counts);
    if (result.counts.rowsMatched > 0) this.matched.add(segment.id);
    this.add(result);
    if (fragment.order.length === 0 && this.rows >= fragment.rows) query.control.enough();
    yield;
  }

  private add(result: RowsResult): void {
    this.results.push(result);
    this.rows += result.rows;
    for (const vector of [...result.project, ...result.order]) this.bytes += vectorBytes(vector);
    const { queryBytes } = this.query.options;
    this.query.control.hold(-result.countedKiB);
    if (this.bytes > queryBytes) throw memoryError(this.bytes, queryBytes);
  }

  /** What the one scanned slice reaches with a full list, by the leading key; null: nothing to prune by. */
  reach(source: Source): Reach | null {
    const [result] = this.results;
    if (result === undefined || result.rows < this.fragment.rows) return null;
    const [vector] = result.order;
    const last = result.rows - 1;
    if (vector === undefined || isNull(vector.nulls, last)) return null;
    const [order] = source.task.order;
    if (order.source.kind !== "column") return null;
    const { kind } = source.task.columns[order.source.column];
    if (kind === "ints" && vector.kind === "int") return { kind, value: vector.values[last] };
    if (kind === "doubles" && vector.kind === "double") return { kind, value: vector.values[last] };
    return null;
  }

  *batch(): Stepwise<Batch> {
    const { fragment } = this;
    const results = this.results.splice(0).sort((a, b) => a.ordinal - b.ordinal);
    const rows = Math.min(fragment.rows, this.rows);
    const columns: Vector[] = [];
    for (const [column, { type }] of fragment.project.entries()) {
      const parts = results.map((result) => result.project[column]);
      columns.push(joinVectors(parts, type));
      yield;
    }
    const single = results.length === 1 && results[0].rows === rows;
    if (single || (fragment.order.length === 0 && this.rows === rows)) return { rows, columns };
    const keys: SortKey[] = [];
    for (const [key, { expression, descending, nullsFirst }] of fragment.order.entries()) {
      const parts = results.map((result) => result.order[key]);
      keys.push({ vector: joinVectors(parts, expression.type), descending, nullsFirst });
      yield;
    }
    const chosen = yield* firstInOrder(this.rows, keys, rows);
    for (const [column, vector] of columns.entries()) {
      columns[column] = pickRows(vector, chosen);
      yield;
    }
    return { rows, columns };
  }
}

/** The slice to begin with when the leading key is a plain number column, and the rest in order of promise. */
function split(
  compiled: readonly Source[],
  fragment: RowsFragment,
): { readonly first: Source | null; readonly others: readonly Source[] } {
  const [order] = fragment.order;
  if (compiled.length < 2 || order === undefined || order.expression.kind !== "column") {
    return { first: null, others: compiled };
  }
  let first: Source | null = null;
  let best: bigint | number | null = null;
  for (const source of compiled) {
    const promise = promiseOf(source, order.descending);
    if (promise === null) continue;
    if (best === null || (order.descending ? promise > best : promise < best)) {
      best = promise;
      first = source;
    }
  }
  return { first, others: compiled.filter((source) => source !== first) };
}

/** The best value of the leading key that the slice's zones allow. */
function promiseOf({ task, filter }: Source, descending: boolean): bigint | number | null {
  const [{ source }] = task.order;
  if (source.kind !== "column") return null;
  let best: bigint | number | null = null;
  for (const { chunk, firstRow } of task.chunks) {
    const zone = chunkExtent(filter.columns, chunk, firstRow).zone(source.column);
    const value = descending ? zone.max : zone.min;
    if (value !== null && (best === null || (descending ? value > best : value < best))) best = value;
  }
  return best;
}

/** The other slices with the reach as one more test, without the chunks whose zones stay below it. */
function prunedBy(reach: Reach | null, sources: readonly Source[], query: Query): Source[] {
  if (reach === null) return [...sources];
  return sources.flatMap((source) => {
    const { task, filter } = source;
    const [order] = task.order;
    if (order.source.kind !== "column") return [source];
    const column = task.columns[order.source.column];
    if (column.kind !== reach.kind) return [source];
    const test = reachTest(order, reach, { nulls: column.nulls });
    if (test === null) return [source];
    const kept = task.chunks.flatMap((chunk, index) => {
      const verdict = verdictOf(test, chunkExtent(filter.columns, chunk.chunk, chunk.firstRow));
      if (verdict === "never") return [];
      const tests = verdict === "maybe" ? [...chunk.tests, task.tests.length] : chunk.tests;
      return [{ index, chunk: { ...chunk, tests } }];
    });
    if (kept.length === 0) {
      query.stats.segmentsPruned++;
      return [];
    }
    const places = placesIn([task.tests, test, task.project, task.order]);
    const columns = filter.columns.taskColumns(places);
    const tests = task.tests.map((one) =>
      one.kind === "bitmaps" ? { ...one, pointers: kept.map(({ index }) => one.pointers[index]) } : one,
    );
    const chunks = kept.map(({ chunk }) => chunk);
    return [{ ...source, places, task: { ...task, columns, chunks, tests: [...tests, test] } }];
  });
}
