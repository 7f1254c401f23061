/**
 * The general way to run a function: value by value. A function of one text argument (the others constant) runs once
 * per distinct entry; of two, once per pair when pairs are fewer than rows.
 */
import type { Vector } from "#schemas/batch";
import { layoutOf, type SqlType } from "#schemas/types";
import {
  type Call,
  isConstant,
  type Kernel,
  type Operand,
  stringsOf,
  textOf,
} from "#server/execute/functions/operand";
import {
  entryBytes,
  gather,
  isNullAt,
  nearestDoubles,
  nullBytes,
  nullVector,
  putWhole,
  setNull,
  TextBuilder,
  unionNulls,
} from "#server/execute/functions/vectors";

/** Arguments as JavaScript has them: text → string, BYTES → Uint8Array, other kinds → the nearest number. */
// biome-ignore lint/suspicious/noExplicitAny: the signature table decides what each function receives
export type ScalarFunction = (...args: any[]) => string | number | bigint | boolean | Uint8Array | null;

type Reader = (row: number) => unknown;

function readerOf(operand: Operand): Reader {
  const { vector, mask } = operand;
  if (vector.kind === "text") {
    if (vector.type !== "BYTES") return stringsOf(operand);
    return (row) => entryBytes(vector.entries, vector.ids[row & mask]);
  }
  if (vector.kind === "double") return (row) => vector.values[row & mask];
  const doubles = nearestDoubles(vector.values);
  return (row) => doubles[row & mask];
}

/** For each row the number of the combination of entries it has, or null when sharing work does not pay. */
function distinctOf(call: Call): { readonly keys: Uint32Array; readonly count: number } | null {
  const varying = call.args.filter((operand) => !isConstant(operand));
  if (varying.length === 0 || varying.length > 2) return null;
  if (varying.some((operand) => operand.vector.kind !== "text")) return null;
  const [first, second] = varying.map(textOf);
  if (second === undefined)
    return first.entries.count <= call.rows ? { keys: first.ids, count: first.entries.count } : null;
  const count = first.entries.count * second.entries.count;
  if (count > call.rows) return null;
  const keys = new Uint32Array(call.rows);
  for (let row = 0; row < call.rows; row++)
    keys[row] = first.ids[row] * second.entries.count + second.ids[row];
  return { keys, count };
}

interface Sink {
  put(row: number, value: ReturnType<ScalarFunction>): void;
  finish(nulls: Uint8Array | null): Vector;
}

function intSink(type: SqlType, rows: number): Sink {
  const values = new BigInt64Array(rows);
  const halves = new Int32Array(values.buffer);
  return {
    put: (row, value) => {
      if (typeof value === "bigint") values[row] = value;
      else putWhole(halves, row, Number(value));
    },
    finish: (nulls) => ({ kind: "int", type, rows, values, nulls }),
  };
}

function sinkOf(type: SqlType, rows: number): Sink {
  switch (layoutOf(type)) {
    case "int":
      return intSink(type, rows);
    case "double": {
      const values = new Float64Array(rows);
      return {
        put: (row, value) => void (values[row] = Number(value)),
        finish: (nulls) => ({ kind: "double", type, rows, values, nulls }),
      };
    }
    case "text": {
      const ids = new Uint32Array(rows);
      const text = new TextBuilder(rows, rows * 16);
      text.addText("");
      return {
        put: (row, value) => void (ids[row] = text.add(value as string | Uint8Array)),
        finish: (nulls) => ({ kind: "text", type, rows, ids, entries: text.entries(), nulls }),
      };
    }
  }
}

type Compute = (row: number) => ReturnType<ScalarFunction>;

/** Each combination of entries is computed once, at the first row that has it. */
function runDistinct(call: Call, keys: Uint32Array, count: number, compute: Compute): Vector {
  const places = new Uint32Array(count);
  const chosen = new Uint32Array(call.rows);
  const firstRows: number[] = [];
  for (let row = 0; row < call.rows; row++) {
    const key = keys[row];
    if (places[key] === 0 && !isNullAt(call.nulls, row)) places[key] = firstRows.push(row);
    chosen[row] = places[key] === 0 ? 0 : places[key] - 1;
  }
  if (firstRows.length === 0) return nullVector(call.type, call.rows);
  const few = { type: call.type, rows: firstRows.length, nulls: null };
  const spread = gather(
    runRows(few, (at) => compute(firstRows[at])),
    chosen,
  );
  return { ...spread, nulls: unionNulls(call.nulls, spread.nulls) };
}

function runRows({ type, rows, nulls }: Pick<Call, "type" | "rows" | "nulls">, compute: Compute): Vector {
  const sink = sinkOf(type, rows);
  const added = new Uint8Array(nullBytes(rows));
  let some = false;
  for (let row = 0; row < rows; row++) {
    if (isNullAt(nulls, row)) continue;
    const value = compute(row);
    if (value === null) {
      setNull(added, row);
      some = true;
    } else sink.put(row, value);
  }
  return sink.finish((some ? unionNulls(nulls, added) : nulls) as Uint8Array | null);
}

/** Runs `compute` for every row that is not NULL, or once per distinct entry; a null it returns is NULL. */
export function runScalar(call: Call, compute: Compute): Vector {
  const distinct = distinctOf(call);
  return distinct === null
    ? runRows(call, compute)
    : runDistinct(call, distinct.keys, distinct.count, compute);
}

/** A strict function of values as a kernel. */
export const scalar =
  (compute: ScalarFunction): Kernel =>
  (call) => {
    const readers = call.args.map(readerOf);
    const [a, b, c] = readers;
    if (readers.length === 0) return runScalar(call, () => compute());
    if (readers.length === 1) return runScalar(call, (row) => compute(a(row)));
    if (readers.length === 2) return runScalar(call, (row) => compute(a(row), b(row)));
    if (readers.length === 3) return runScalar(call, (row) => compute(a(row), b(row), c(row)));
    return runScalar(call, (row) => compute(...readers.map((reader) => reader(row))));
  };

/** As `scalar`, prepared from the constants of the call first: a compiled pattern, a zone. */
export const prepared =
  (prepare: (call: Call) => ScalarFunction): Kernel =>
  (call) =>
    scalar(prepare(call))(call);
