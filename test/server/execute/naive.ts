/** What a fragment means, row by row: the model that the executor must agree with. */
import { expect } from "vitest";
import { aggregateNamed } from "#schemas/aggregates/registry";
import type { Vector } from "#schemas/batch";
import { compareDecimalTexts } from "#schemas/decimal";
import type { AggregateCall, Expression } from "#schemas/plan/expression";
import type { Hop } from "#schemas/plan/plan";
import type { Partial } from "#schemas/plan/server-client";
import type { Table } from "#schemas/table";
import type { Value } from "#schemas/types";
import { evaluateRow } from "#server/execute/functions/evaluate";
import { valueAt, vectorOf } from "#server/execute/functions/vectors";
import type { AggregateFragment, RowsFragment } from "#server/execute/task";
import { usualOptions } from "#test/server/execute/store";
import type { Row } from "#test/server/segment/build";

const context = { nowMs: usualOptions.nowMs, timeZone: usualOptions.timeZone };

type Cells = ReadonlyMap<number, Vector>;

function cellsOf(table: Table, row: Row): Map<number, Vector> {
  return new Map(
    table.columns.map((column) => [column.id, vectorOf(column.type, [row[column.name] ?? null])] as const),
  );
}

const floor = (value: bigint, size: bigint) => value - (((value % size) + size) % size);

/** The row once for each window that it is in. */
function windowed(cells: Map<number, Vector>, hop: Hop | null): Cells[] {
  if (hop === null) return [cells];
  const time = valueAt(cells.get(hop.timeColumn)!, 0);
  if (typeof time !== "bigint") return [];
  const found: Cells[] = [];
  for (let start = floor(time, hop.slideMs); start + hop.sizeMs > time; start -= hop.slideMs) {
    found.push(
      new Map([
        ...cells,
        [hop.startColumn, vectorOf("TIMESTAMP", [start])],
        [hop.endColumn, vectorOf("TIMESTAMP", [start + hop.sizeMs])],
      ]),
    );
  }
  return found;
}

const passes = (filter: Expression | null, cells: Cells): boolean =>
  filter === null || evaluateRow(filter, cells, context) === true;

const selected = (table: Table, rows: readonly Row[], fragment: AggregateFragment | RowsFragment): Cells[] =>
  rows
    .flatMap((row) => windowed(cellsOf(table, row), fragment.hop))
    .filter((cells) => passes(fragment.filter, cells));

/** Values as text that tells all values apart. */
const shown = (value: Value): string =>
  value === null
    ? "NULL"
    : value instanceof Uint8Array
      ? `bytes ${[...value]}`
      : typeof value === "number"
        ? Object.is(value, -0)
          ? "0"
          : String(value)
        : `${typeof value} ${value}`;

function orderValues(left: Value, right: Value, type: string): number {
  if (typeof left === "string" && typeof right === "string") {
    if (type === "BIG_DECIMAL") return compareDecimalTexts(left, right);
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
  if (typeof left === "number" && typeof right === "number") {
    if (Number.isNaN(left) || Number.isNaN(right))
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    return left - right;
  }
  const a = left as bigint;
  const b = right as bigint;
  return a < b ? -1 : a > b ? 1 : 0;
}

function aggregated(call: AggregateCall, group: readonly Cells[]): Value {
  const rows = group.filter((cells) => passes(call.filter, cells));
  const argument = call.args[0];
  if (argument === undefined) return BigInt(rows.length);
  const values = rows.map((cells) => evaluateRow(argument, cells, context)).filter((value) => value !== null);
  const numbers = values.map(Number);
  const sorted = [...values].sort((a, b) => orderValues(a, b, argument.type));
  switch (call.name) {
    case "count":
      return BigInt(values.length);
    case "sum":
      if (values.length === 0) return null;
      return call.type === "LONG"
        ? (values as bigint[]).reduce((sum, value) => sum + value, 0n)
        : numbers.reduce((sum, value) => sum + value, 0);
    case "avg":
      return values.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0) / values.length;
    case "min":
      return sorted[0] ?? null;
    case "max":
      return sorted[sorted.length - 1] ?? null;
    case "distinctCount":
      return BigInt(new Set(values.map(shown)).size);
    case "percentile": {
      if (values.length === 0) return null;
      const rank = Math.floor((values.length * Number(call.parameters[0])) / 100);
      return Number(sorted[Math.min(values.length - 1, rank)]);
    }
    default:
      return viaAccumulator(call, rows);
  }
}

/** Other aggregates by their own definition, one row at a time. */
function viaAccumulator(call: AggregateCall, rows: readonly Cells[]): Value {
  const accumulator = aggregateNamed(call.name)!.accumulator(call);
  accumulator.resize(1);
  for (const cells of rows) {
    const args = call.args.map((argument) =>
      vectorOf(argument.type, [evaluateRow(argument, cells, context)]),
    );
    accumulator.update(args, null, 1);
  }
  return valueAt(accumulator.finish(null), 0);
}

/** key values → aggregate values, as text. */
export type Groups = Map<string, string>;

export function naiveGroups(table: Table, rows: readonly Row[], fragment: AggregateFragment): Groups {
  const groups = new Map<string, Cells[]>();
  if (fragment.keys.length === 0) groups.set("", []);
  for (const cells of selected(table, rows, fragment)) {
    const key = fragment.keys.map((one) => shown(evaluateRow(one, cells, context))).join(" | ");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cells]);
    else group.push(cells);
  }
  return new Map(
    [...groups].map(([key, group]) => [
      key,
      fragment.aggregates.map((call) => shown(aggregated(call, group))).join(" | "),
    ]),
  );
}

export function naiveRows(table: Table, rows: readonly Row[], fragment: RowsFragment): string[] {
  const cells = selected(table, rows, fragment);
  const keyed = cells.map((one) => ({
    one,
    keys: fragment.order.map(({ expression }) => evaluateRow(expression, one, context)),
  }));
  keyed.sort((left, right) => {
    for (const [index, { descending, nullsFirst, expression }] of fragment.order.entries()) {
      const a = left.keys[index];
      const b = right.keys[index];
      if (a === null && b === null) continue;
      if (a === null || b === null) return (a === null) === nullsFirst ? -1 : 1;
      const way = orderValues(a, b, expression.type);
      if (way !== 0) return descending ? -way : way;
    }
    return 0;
  });
  return keyed
    .slice(0, fragment.rows)
    .map(({ one }) => fragment.project.map((each) => shown(evaluateRow(each, one, context))).join(" | "));
}

/** The executor's groups, finished as the broker would. */
export function groupsOf(partial: Partial, fragment: AggregateFragment): Groups {
  expect(partial.kind).toBe("aggregate");
  if (partial.kind !== "aggregate") return new Map();
  const finished = fragment.aggregates.map((call, index) => {
    const accumulator = aggregateNamed(call.name)!.accumulator(call);
    accumulator.resize(partial.groups);
    accumulator.merge(partial.states[index], null);
    return accumulator.finish(null);
  });
  const groups: Groups = new Map();
  for (let group = 0; group < partial.groups; group++) {
    const key = partial.keys.map((vector) => shown(valueAt(vector, group))).join(" | ");
    expect(groups.has(key), `group ${key} comes once`).toBe(false);
    groups.set(key, finished.map((vector) => shown(valueAt(vector, group))).join(" | "));
  }
  return groups;
}

export function rowsOf(partial: Partial): string[] {
  if (partial.kind !== "rows") return [];
  return Array.from({ length: partial.batch.rows }, (_, row) =>
    partial.batch.columns.map((vector) => shown(valueAt(vector, row))).join(" | "),
  );
}
