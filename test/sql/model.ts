/**
 * A server that answers fragments the plainest way: every row a vector element, every expression evaluated over all
 * rows, groups by value. It shares the evaluator and the aggregates with the real one, but neither segments, pruning,
 * kernels nor indexes: what the real one answers must be the same.
 */
import { groupRows } from "#broker/groups";
import { noStats } from "#broker/scatter";
import { aggregateNamed } from "#schemas/aggregates/registry";
import { isNull } from "#schemas/aggregates/vectors";
import type { Batch, Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import type { AggregateCall, Expression, OrderKey } from "#schemas/plan/expression";
import type { Fragment, Hop } from "#schemas/plan/plan";
import type { ExecuteOptions, Partial, ServerClient } from "#schemas/plan/server-client";
import { firstInOrder } from "#schemas/row-order";
import {
  type Column,
  docIdColumn,
  hostNameColumn,
  offsetColumn,
  partitionColumn,
  segmentNameColumn,
  type Table,
} from "#schemas/table";
import { atOnce } from "#schemas/turns";
import type { Value } from "#schemas/types";
import { pickRows } from "#schemas/vector-rows";
import { evaluate } from "#server/execute/functions/evaluate";
import { infoOf, momentOf } from "#test/setup/snapshots";
import { columnsById, type Row, vectorOf } from "#test/sql/values";

export interface ModelTable {
  readonly table: Table;
  readonly rows: readonly Row[];
}

type Columns = ReadonlyMap<number, Vector>;

interface Rows {
  readonly count: number;
  readonly columns: Columns;
}

const rowNumbers = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, row) => row);

function pick(rows: Rows, wanted: Uint32Array): Rows {
  const columns = new Map([...rows.columns].map(([id, vector]) => [id, pickRows(vector, wanted)]));
  return { count: wanted.length, columns };
}

/** A model is one segment, named as its server is. */
function hiddenValue(
  { id }: Column,
  { offset, server }: { readonly offset: number; readonly server: string },
): Value | undefined {
  if (id === offsetColumn.id || id === docIdColumn.id) return BigInt(offset);
  if (id === partitionColumn.id) return 0n;
  return id === segmentNameColumn.id || id === hostNameColumn.id ? server : undefined;
}

function rowsOf({ table, rows }: ModelTable, server: string): Rows {
  const columns = new Map<number, Vector>();
  for (const column of columnsById(table).values()) {
    const values = rows.map((row, offset) => {
      const hidden = hiddenValue(column, { offset, server });
      return hidden === undefined ? (row[column.name] ?? null) : hidden;
    });
    columns.set(column.id, vectorOf(column.type, values));
  }
  return { count: rows.length, columns };
}

/** Each row once per window that contains it. */
function hopped(rows: Rows, hop: Hop): Rows {
  const time = rows.columns.get(hop.timeColumn);
  assert(time?.kind === "int", "HOP goes over a time");
  const source: number[] = [];
  const starts: bigint[] = [];
  for (let row = 0; row < rows.count; row++) {
    if (isNull(time.nulls, row)) continue;
    const at = time.values[row];
    const remainder = ((at % hop.slideMs) + hop.slideMs) % hop.slideMs;
    for (let start = at - remainder; start > at - hop.sizeMs; start -= hop.slideMs) {
      source.push(row);
      starts.push(start);
    }
  }
  const many = pick(rows, Uint32Array.from(source));
  const columns = new Map(many.columns);
  columns.set(hop.startColumn, vectorOf("TIMESTAMP", starts));
  columns.set(
    hop.endColumn,
    vectorOf(
      "TIMESTAMP",
      starts.map((start) => start + hop.sizeMs),
    ),
  );
  return { count: many.count, columns };
}

export class ModelServer implements ServerClient {
  readonly name: string;
  readonly #tables: ReadonlyMap<string, ModelTable>;

  constructor(tables: ReadonlyMap<string, ModelTable>, name = "model") {
    this.name = name;
    this.#tables = tables;
  }

  async snapshot(tables: readonly string[]) {
    return infoOf(...tables.map((table) => momentOf(table, this.#tables.get(table)?.rows.length ?? 0)));
  }

  release(): void {}

  async execute(_: string, fragment: Fragment, options: ExecuteOptions) {
    const held = this.#tables.get(fragment.table);
    assert(held !== undefined, "the table is there");
    const all = rowsOf(held, this.name);
    const run = new FragmentRun(fragment, options);
    const partial = run.partial(fragment.hop === null ? all : hopped(all, fragment.hop));
    const stats = { ...noStats(), segmentsQueried: 1, rowsTotal: all.count, rowsScanned: all.count };
    return { partial, stats };
  }

  async explain(): Promise<readonly string[]> {
    return ["MODEL"];
  }

  async close(): Promise<void> {}
}

class FragmentRun {
  readonly #fragment: Fragment;
  readonly #options: ExecuteOptions;

  constructor(fragment: Fragment, options: ExecuteOptions) {
    this.#fragment = fragment;
    this.#options = options;
  }

  partial(all: Rows): Partial {
    const { filter } = this.#fragment;
    const rows = filter === null ? all : pick(all, this.#passing(filter, all));
    return this.#fragment.kind === "rows"
      ? this.#rows(this.#fragment, rows)
      : this.#groups(this.#fragment, rows);
  }

  #compute(expression: Expression, rows: Rows): Vector {
    const column = (id: number): Vector => {
      const vector = rows.columns.get(id);
      assert(vector !== undefined, `column ${id} is there`);
      return vector;
    };
    return evaluate(expression, { rows: rows.count, column }, this.#options);
  }

  #passing(condition: Expression, rows: Rows): Uint32Array {
    const vector = this.#compute(condition, rows);
    assert(vector.kind === "int", "a condition is a BOOLEAN");
    return rowNumbers(rows.count).filter((row) => vector.values[row] !== 0n && !isNull(vector.nulls, row));
  }

  #first(order: readonly OrderKey[], rows: Rows, count: number): Uint32Array {
    const keys = order.map((key) => ({ ...key, vector: this.#compute(key.expression, rows) }));
    return atOnce(firstInOrder(rows.count, keys, count));
  }

  #rows(fragment: Fragment & { readonly kind: "rows" }, rows: Rows): Partial {
    const kept = pick(rows, this.#first(fragment.order, rows, fragment.rows));
    const columns = fragment.project.map((expression) => this.#compute(expression, kept));
    return { kind: "rows", batch: { rows: kept.count, columns } };
  }

  #groups(fragment: Fragment & { readonly kind: "aggregate" }, rows: Rows): Partial {
    const keys = fragment.keys.map((key) => this.#compute(key, rows));
    const {
      count,
      gids,
      firstRows: firsts,
    } = keys.length === 0
      ? { count: 1, gids: new Uint32Array(rows.count), firstRows: new Uint32Array(0) }
      : atOnce(groupRows(keys, rows.count));
    const accumulators = fragment.aggregates.map((call) => this.#accumulate(call, rows, { count, gids }));
    const groupKeys = keys.map((key) => pickRows(key, firsts));
    const kept = this.#top(fragment, groupKeys, {
      count,
      finished: accumulators.map((one) => one.finish(null)),
    });
    const states = accumulators.map((one) => one.states(kept, { final: false }));
    const shown = kept === null ? groupKeys : groupKeys.map((key) => pickRows(key, kept));
    return { kind: "aggregate", groups: kept?.length ?? count, keys: shown, states };
  }

  #accumulate(
    call: AggregateCall,
    rows: Rows,
    groups: { readonly count: number; readonly gids: Uint32Array },
  ) {
    const aggregate = aggregateNamed(call.name);
    assert(aggregate !== null, `${call.name} is an aggregate`);
    const accumulator = aggregate.accumulator(call);
    accumulator.resize(groups.count);
    const passing = call.filter === null ? null : this.#passing(call.filter, rows);
    const given = passing === null ? rows : pick(rows, passing);
    const gids = passing === null ? groups.gids : passing.map((row) => groups.gids[row]);
    accumulator.update(
      call.args.map((arg) => this.#compute(arg, given)),
      gids,
      given.count,
    );
    return accumulator;
  }

  #top(
    fragment: Fragment & { readonly kind: "aggregate" },
    keys: readonly Vector[],
    groups: { readonly count: number; readonly finished: readonly Vector[] },
  ): Uint32Array | null {
    if (fragment.top === null || !this.#options.sole) return null;
    const batch: Batch = { rows: groups.count, columns: [...keys, ...groups.finished] };
    const columns = new Map(batch.columns.map((vector, index) => [index, vector]));
    return this.#first(fragment.top.order, { count: groups.count, columns }, fragment.top.rows);
  }
}
