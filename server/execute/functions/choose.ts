/** Putting one vector together from rows of several: CASE, COALESCE, NULLIF, LEAST, GREATEST. */
import type { Vector } from "#schemas/batch";
import { layoutOf, type SqlType } from "#schemas/types";
import { compareNumbers, entryOrder, sameRows } from "#server/execute/functions/compare";
import { type Call, isNull, type Kernel, type Operand } from "#server/execute/functions/operand";
import {
  entryBytes,
  nullBytes,
  nullVector,
  retyped,
  setNull,
  TextBuilder,
  type TextVector,
} from "#server/execute/functions/vectors";

/** Maps one source's ids into the shared builder: all its entries when they are few, else those met. */
function importer(text: TextBuilder, source: TextVector, rows: number): (id: number) => number {
  const { entries } = source;
  if (entries.count <= rows) {
    const base = text.count;
    for (let id = 0; id < entries.count; id++) text.addBytes(entryBytes(entries, id));
    return (id) => base + id;
  }
  const known = new Map<number, number>();
  return (id) => {
    let own = known.get(id);
    if (own === undefined) known.set(id, (own = text.addBytes(entryBytes(entries, id))));
    return own;
  };
}

/** Row r is row r of `sources[choice[r]]`; −1 is NULL. All sources have the type's layout, or are bare NULLs. */
export function choose(type: SqlType, choice: Int32Array, sources: readonly Operand[]): Vector {
  const rows = choice.length;
  const nulls = new Uint8Array(nullBytes(rows));
  let some = false;
  const isMissing = (row: number): boolean => {
    const source = sources[choice[row]];
    const missing = source === undefined || source.vector.type === "UNKNOWN" || isNull(source, row);
    if (missing) {
      setNull(nulls, row);
      some = true;
    }
    return missing;
  };
  const result = nullVector(type, rows);
  if (result.kind === "text") {
    const { ids } = result;
    const text = new TextBuilder();
    text.addText("");
    const importers = new Map<Operand, (id: number) => number>();
    for (let row = 0; row < rows; row++) {
      if (isMissing(row)) continue;
      const source = sources[choice[row]];
      const own = source.vector as TextVector;
      let map = importers.get(source);
      if (map === undefined) importers.set(source, (map = importer(text, own, rows)));
      ids[row] = map(own.ids[row & source.mask]);
    }
    return { ...result, entries: text.entries(), nulls: some ? nulls : null };
  }
  for (let row = 0; row < rows; row++) {
    if (isMissing(row)) continue;
    const source = sources[choice[row]];
    // Layouts agree, so both are bigints or both are numbers.
    if (result.kind === "int")
      result.values[row] = (source.vector.kind === "int" ? source.vector.values : [])[row & source.mask];
    else if (source.vector.kind === "double") result.values[row] = source.vector.values[row & source.mask];
  }
  return { ...result, nulls: some ? nulls : null };
}

/** The first argument that is not NULL. A column first, without NULLs, is the answer as it is. */
export function coalesce(type: SqlType, rows: number, args: readonly Operand[]): Vector {
  const [first] = args;
  if (first.mask === -1 && first.vector.nulls === null && layoutOf(first.vector.type) === layoutOf(type))
    if (first.vector.type !== "UNKNOWN") return retyped(first.vector, type);
  const choice = new Int32Array(rows);
  for (let row = 0; row < rows; row++)
    choice[row] = args.findIndex((arg) => arg.vector.type !== "UNKNOWN" && !isNull(arg, row));
  return choose(type, choice, args);
}

const nullIf: Kernel = (call) => {
  const same = sameRows(call);
  const choice = new Int32Array(call.rows);
  for (let row = 0; row < call.rows; row++) choice[row] = same[row] === 1 ? -1 : 0;
  return choose(call.type, choice, call.args);
};

/** How row r of two operands compares, for any layout. */
function orderOf(left: Operand, right: Operand): (row: number) => number {
  const [a, b] = [left.vector, right.vector];
  if (a.kind === "text" && b.kind === "text") {
    const order = entryOrder(a, b);
    return (row) => order(a.ids[row & left.mask], b.ids[row & right.mask]);
  }
  if (a.kind === "int" && b.kind === "int")
    return (row) => {
      const [x, y] = [a.values[row & left.mask], b.values[row & right.mask]];
      return x < y ? -1 : x > y ? 1 : 0;
    };
  if (a.kind === "double" && b.kind === "double")
    return (row) => compareNumbers(a.values[row & left.mask], b.values[row & right.mask]);
  return () => 0;
}

const extreme =
  (sign: -1 | 1): Kernel =>
  (call: Call) => {
    const args = call.args.filter((arg) => arg.vector.type !== "UNKNOWN");
    const orders = args.map((left) => args.map((right) => orderOf(left, right)));
    const choice = new Int32Array(call.rows).fill(-1);
    for (let row = 0; row < call.rows; row++)
      for (let at = 0; at < args.length; at++) {
        if (isNull(args[at], row)) continue;
        if (choice[row] < 0 || orders[at][choice[row]](row) === sign) choice[row] = at;
      }
    return choose(call.type, choice, args);
  };

export const chooseKernels: Readonly<Record<string, Kernel>> = {
  coalesce: (call) => coalesce(call.type, call.rows, call.args),
  nullIf,
  least: extreme(-1),
  greatest: extreme(1),
};
