/** Key expressions → how one segment's slices number them. */
import type { Vector } from "#schemas/batch";
import { serverBounds } from "#schemas/limits";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import { expressionKey } from "#schemas/plan/key";
import type { Hop } from "#schemas/plan/plan";
import { columnsOf } from "#schemas/plan/walk";
import { sequence } from "#schemas/row-order";
import { layoutOf, type Value } from "#schemas/types";
import { expressionOf } from "#server/execute/bound";
import { type Steps, steppedColumn, stepsOf } from "#server/execute/compile/buckets";
import {
  plainDictionary,
  type SegmentColumn,
  type SegmentColumns,
} from "#server/execute/compile/segment-columns";
import { entriesOf } from "#server/execute/scan/text-vector";
import type { KeyPlan, Source } from "#server/execute/task";

const tabulatedMax = serverBounds.tabulatedKeys;
/** Integer ranges wider than this are interned. */
const rangeMax = 2 ** 32 - 2;

export interface KeyTools {
  readonly evaluate: Evaluate;
  readonly context: EvaluateContext;
  readonly hop: Hop | null;
  /** Steps of functions over a range, kept between queries. */
  readonly steps: Map<string, Steps | null>;
}

const stepsKept = 512;
/** The kernel's bucket arithmetic is exact below it. */
const bucketSpanMax = 2n ** 49n;

const integerOf = (value: Value): bigint | null =>
  typeof value === "bigint" ? value : typeof value === "boolean" ? (value ? 1n : 0n) : null;

/** Least and greatest value of an integer column over the segment. */
export function integerRange(column: SegmentColumn): { readonly min: bigint; readonly max: bigint } | null {
  const { reader } = column;
  if (reader === null || column.kind !== "ints") return null;
  const min = integerOf(reader.stats.min);
  const max = integerOf(reader.stats.max);
  return min === null || max === null ? null : { min, max };
}

export function compileKey(expression: Expression, columns: SegmentColumns, tools: KeyTools): KeyPlan {
  const { hop } = tools;
  if (expression.kind === "column") {
    if (hop !== null && (expression.column === hop.startColumn || expression.column === hop.endColumn)) {
      const plan = windowKey(expression.column === hop.endColumn, hop, columns);
      if (plan !== null) return plan;
      return interned(expression, { kind: "expression", bound: columns.bind(expression) }, columns);
    }
    return columnKey(columns.column(expression.column, expression.type), columns);
  }
  const [used, ...others] = columnsOf(expression);
  if (used !== undefined && others.length === 0) {
    const column = columns.column(used.column, used.type);
    const plan = stepKey(expression, column, tools) ?? tabulatedKey(expression, column, columns, tools);
    if (plan !== null) return plan;
  }
  return interned(expression, { kind: "expression", bound: columns.bind(expression) }, columns);
}

function interned(expression: Expression, source: Source, columns: SegmentColumns): KeyPlan {
  const card = columns.segment.rows + 2;
  const kind = layoutOf(expression.type) === "text" ? "texts" : "words";
  return { kind, source, card };
}

function columnKey(column: SegmentColumn, columns: SegmentColumns): KeyPlan {
  const { place, kind, dictionary } = column;
  const source: Source = { kind: "column", column: place };
  const card = columns.segment.rows + 2;
  switch (kind) {
    case "missing":
      return { kind: "null", card: 1 };
    case "ids":
      return { kind: "ids", column: place, card: (dictionary?.count ?? 0) + 1 };
    case "ints": {
      const range = integerRange(column);
      if (range === null) return { kind: "null", card: 1 };
      // Wide ranges start at a round value, so that segments mostly start alike and their groups merge without
      // a table.
      const wide = range.max - range.min >= wideRange;
      const min = wide ? floorTo(range.min, rangeStep) : range.min;
      const width = Number(range.max - min) + 2;
      if (width > rangeMax) return { kind: "words", source, card };
      return { kind: "ints", column: place, min, card: width };
    }
    case "doubles":
      return { kind: "words", source, card };
    case "bytes":
      return { kind: "texts", source, card };
    case "window":
    case "docIds":
      return {
        kind: "words",
        source: { kind: "expression", bound: columns.bind(computedColumn(column)) },
        card,
      };
  }
}

const wideRange = 65_536n;
const rangeStep = 1024n;

const computedColumn = (column: SegmentColumn): Expression => ({
  kind: "column",
  type: column.type,
  column: column.columnId,
  name: column.kind,
});

/** Windows at slide granularity: the bucket's own window; the merge adds the others. */
function windowKey(end: boolean, hop: Hop, columns: SegmentColumns): KeyPlan | null {
  const time = columns.column(hop.timeColumn, "TIMESTAMP");
  const range = integerRange(time);
  if (range === null) return { kind: "null", card: 1 };
  const origin = floorTo(range.min, hop.slideMs);
  const count = Number((range.max - origin) / hop.slideMs) + 1;
  if (count > rangeMax || range.max - origin >= bucketSpanMax) return null;
  return {
    kind: "buckets",
    column: time.place,
    origin,
    size: hop.slideMs,
    first: end ? origin + hop.sizeMs : origin,
    step: hop.slideMs,
    ascending: isAscending(time),
    card: count + 1,
  };
}

/** The greatest multiple of `size` that is ≤ value. */
const floorTo = (value: bigint, size: bigint): bigint => {
  const rest = value % size;
  return value - (rest < 0n ? rest + size : rest);
};

export const isAscending = (column: SegmentColumn): boolean =>
  column.reader?.sorted === true && !column.nulls;

function stepKey(expression: Expression, column: SegmentColumn, tools: KeyTools): KeyPlan | null {
  const range = integerRange(column);
  const stepped = steppedColumn(expression);
  if (range === null || stepped === null || range.max - range.min >= bucketSpanMax) return null;
  const { timeZone } = tools.context;
  const key = `${timeZone} ${range.min} ${range.max} ${expressionKey(expression)}`;
  let steps = tools.steps.get(key);
  if (steps === undefined) {
    steps = stepsOf(expression, stepped.type, range, tools);
    if (tools.steps.size >= stepsKept) tools.steps.clear();
    tools.steps.set(key, steps);
  }
  if (steps === null) return null;
  const { place } = column;
  if (steps.kind === "listed") {
    const { boundaries, values } = steps;
    return { kind: "boundaries", column: place, boundaries, values, card: boundaries.length + 1 };
  }
  const { origin, size, first, step, count } = steps;
  if (range.max - origin >= bucketSpanMax) return null;
  const ascending = isAscending(column);
  return { kind: "buckets", column: place, origin, size, first, step, ascending, card: count + 1 };
}

/** The function once for each entry of a dictionary, or each integer of a narrow range. */
function tabulatedKey(
  expression: Expression,
  column: SegmentColumn,
  columns: SegmentColumns,
  tools: KeyTools,
): KeyPlan | null {
  const { rows } = columns.segment;
  const bound = columns.bind(expression);
  let input: Vector;
  let min: bigint | null = null;
  if (column.kind === "ids" && column.dictionary !== null) {
    if (column.dictionary.count > Math.min(tabulatedMax, rows)) return null;
    const plain = plainDictionary(column.dictionary);
    if (plain === null) return null;
    const entries = entriesOf(columns.segment.arena.views, plain);
    const ids = sequence(entries.count);
    input = {
      kind: "text",
      type: column.type,
      rows: ids.length,
      ids,
      entries,
      nulls: firstIsNull(ids.length),
    };
  } else {
    const range = integerRange(column);
    if (range === null || range.max - range.min >= BigInt(Math.min(tabulatedMax, rows))) return null;
    min = range.min;
    const values = BigInt64Array.from({ length: Number(range.max - range.min) + 2 }, (_, code) =>
      code === 0 ? 0n : range.min + BigInt(code - 1),
    );
    input = {
      kind: "int",
      type: column.type,
      rows: values.length,
      values,
      nulls: firstIsNull(values.length),
    };
  }
  const values = tools.evaluate(
    expressionOf(bound),
    { rows: input.rows, column: () => input },
    tools.context,
  );
  if (values.rows !== input.rows) return null;
  return tabulated(values, { column: column.place, min });
}

function firstIsNull(rows: number): Uint8Array {
  const nulls = new Uint8Array((rows + 7) >> 3);
  nulls[0] = 1;
  return nulls;
}

/** code = place + 1 for a place with a value, 0 for NULL. Equal values may have several codes; the merge joins them. */
function tabulated(values: Vector, where: { readonly column: number; readonly min: bigint | null }): KeyPlan {
  const seen = new Map<bigint | number, number>();
  const lut = new Uint32Array(values.rows);
  const places: number[] = [];
  for (let place = 0; place < lut.length; place++) {
    if (values.nulls !== null && (values.nulls[place >> 3] & (1 << (place & 7))) !== 0) continue;
    const value = values.kind === "text" ? values.ids[place] : values.values[place];
    let code = seen.get(value);
    if (code === undefined) {
      code = places.push(place);
      seen.set(value, code);
    }
    lut[place] = code;
  }
  return { kind: "lut", ...where, lut, values: pick(values, places), card: places.length + 1 };
}

function pick(vector: Vector, places: readonly number[]): Vector {
  const rows = places.length;
  const { type } = vector;
  switch (vector.kind) {
    case "int":
      return {
        kind: "int",
        type,
        rows,
        values: BigInt64Array.from(places, (at) => vector.values[at]),
        nulls: null,
      };
    case "double":
      return {
        kind: "double",
        type,
        rows,
        values: Float64Array.from(places, (at) => vector.values[at]),
        nulls: null,
      };
    case "text": {
      const entries = {
        count: vector.entries.count,
        offsets: vector.entries.offsets.slice(),
        bytes: vector.entries.bytes.slice(),
      };
      return {
        kind: "text",
        type,
        rows,
        ids: Uint32Array.from(places, (at) => vector.ids[at]),
        entries,
        nulls: null,
      };
    }
  }
}
