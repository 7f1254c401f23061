/** Putting one vector together from rows of several: CASE, COALESCE, NULLIF, LEAST, GREATEST. */
import type { Vector } from "#schemas/batch";
import { layoutOf, type SqlType } from "#schemas/types";
import { compareNumbers, entryOrder, sameRows } from "#server/execute/functions/compare";
import { type Call, isNull, type Kernel, type Operand } from "#server/execute/functions/operand";
import {
  entryBytes,
  isNullAt,
  lowWords,
  nullBytes,
  nullVector,
  retyped,
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

/** Copies the rows that choose this source, and leaves a 0 in `missing` where they have a value. */
function copyRows(into: Vector, text: TextBuilder, from: ChosenSource): void {
  const { operand, own, choice, missing } = from;
  const { vector, mask } = operand;
  const rows = choice.length;
  const { nulls } = vector;
  const has = (row: number): boolean => choice[row] === own && !isNullAt(nulls, row & mask);
  if (into.kind === "text" && vector.kind === "text") {
    const map = importer(text, vector, rows);
    for (let row = 0; row < rows; row++)
      if (has(row)) {
        into.ids[row] = map(vector.ids[row & mask]);
        missing[row] = 0;
      }
  } else if (into.kind === "double" && vector.kind === "double") {
    for (let row = 0; row < rows; row++)
      if (has(row)) {
        into.values[row] = vector.values[row & mask];
        missing[row] = 0;
      }
  } else if (into.kind === "int" && vector.kind === "int") {
    const [source, target] = [lowWords(vector.values), lowWords(into.values)];
    for (let row = 0; row < rows; row++)
      if (has(row)) {
        target[2 * row] = source[2 * (row & mask)];
        target[2 * row + 1] = source[2 * (row & mask) + 1];
        missing[row] = 0;
      }
  }
}

interface ChosenSource {
  readonly operand: Operand;
  /** Its place among the sources. */
  readonly own: number;
  readonly choice: Int32Array;
  readonly missing: Uint8Array;
}

/** Row r is row r of `sources[choice[r]]`; −1 is NULL. All sources have the type's layout, or are bare NULLs. */
export function choose(type: SqlType, choice: Int32Array, sources: readonly Operand[]): Vector {
  const rows = choice.length;
  const result = nullVector(type, rows);
  const text = new TextBuilder();
  text.addText("");
  const missing = new Uint8Array(rows).fill(1);
  sources.forEach((operand, own) => {
    if (operand.vector.type !== "UNKNOWN") copyRows(result, text, { operand, own, choice, missing });
  });
  const nulls = bitsOf(missing);
  return result.kind === "text" ? { ...result, entries: text.entries(), nulls } : { ...result, nulls };
}

/** Null bits of the rows marked 1, or null when there is none. */
function bitsOf(missing: Uint8Array): Uint8Array | null {
  if (!missing.includes(1)) return null;
  const nulls = new Uint8Array(nullBytes(missing.length));
  for (let row = 0; row < missing.length; row++) nulls[row >> 3] |= missing[row] << (row & 7);
  return nulls;
}

/** The first argument that is not NULL. A column first, without NULLs, is the answer as it is. */
export function coalesce(type: SqlType, rows: number, args: readonly Operand[]): Vector {
  const [first] = args;
  if (first.mask === -1 && first.vector.nulls === null && layoutOf(first.vector.type) === layoutOf(type))
    if (first.vector.type !== "UNKNOWN") return retyped(first.vector, type);
  const choice = new Int32Array(rows).fill(-1);
  args.forEach(({ vector, mask }, own) => {
    if (vector.type === "UNKNOWN") return;
    for (let row = 0; row < rows; row++)
      if (choice[row] < 0 && !isNullAt(vector.nulls, row & mask)) choice[row] = own;
  });
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
