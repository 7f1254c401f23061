/** Reading, gathering and comparing vectors, as the stages after the servers need it. */
import type { NullBits, TextEntries, Vector } from "#schemas/batch";
import { unreachable } from "#schemas/errors";
import type { SqlType, Value } from "#schemas/types";

const decoder = new TextDecoder();

export const isNullAt = (nulls: NullBits, row: number): boolean =>
  nulls !== null && (nulls[row >> 3] & (1 << (row & 7))) !== 0;

/** The bytes of one entry. */
export const entryAt = (entries: TextEntries, id: number): Uint8Array =>
  entries.bytes.subarray(entries.offsets[id], entries.offsets[id + 1]);

/** The value of a row. */
export function valueAt(vector: Vector, row: number): Value {
  if (isNullAt(vector.nulls, row)) return null;
  switch (vector.kind) {
    case "int":
      return vector.type === "BOOLEAN" ? vector.values[row] !== 0n : vector.values[row];
    case "double":
      return vector.values[row];
    case "text": {
      const bytes = entryAt(vector.entries, vector.ids[row]);
      return vector.type === "BYTES" ? bytes.slice() : decoder.decode(bytes);
    }
    default:
      return unreachable(vector);
  }
}

/** The null bits of the rows listed. */
function gatherNulls(nulls: NullBits, rows: Uint32Array): NullBits {
  if (nulls === null) return null;
  const bits = new Uint8Array((rows.length + 7) >> 3);
  let any = 0;
  for (let target = 0; target < rows.length; target++) {
    const row = rows[target];
    const bit = (nulls[row >> 3] >> (row & 7)) & 1;
    bits[target >> 3] |= bit << (target & 7);
    any |= bit;
  }
  return any === 0 ? null : bits;
}

/** The rows listed, in that order; text entries are shared. */
export function gather(vector: Vector, rows: Uint32Array): Vector {
  const { type } = vector;
  const nulls = gatherNulls(vector.nulls, rows);
  switch (vector.kind) {
    case "int": {
      const values = new BigInt64Array(rows.length);
      for (let target = 0; target < rows.length; target++) values[target] = vector.values[rows[target]];
      return { kind: "int", type, rows: rows.length, values, nulls };
    }
    case "double": {
      const values = new Float64Array(rows.length);
      for (let target = 0; target < rows.length; target++) values[target] = vector.values[rows[target]];
      return { kind: "double", type, rows: rows.length, values, nulls };
    }
    case "text": {
      const ids = new Uint32Array(rows.length);
      for (let target = 0; target < rows.length; target++) ids[target] = vector.ids[rows[target]];
      return { kind: "text", type, rows: rows.length, ids, entries: vector.entries, nulls };
    }
    default:
      return unreachable(vector);
  }
}

/** Rows from … end − 1 of the same memory; `from` is a multiple of eight. */
export function rowsOf(vector: Vector, from: number, end: number): Vector {
  const nulls = vector.nulls?.subarray(from >> 3, (end + 7) >> 3) ?? null;
  const rows = end - from;
  switch (vector.kind) {
    case "int":
      return { ...vector, rows, nulls, values: vector.values.subarray(from, end) };
    case "double":
      return { ...vector, rows, nulls, values: vector.values.subarray(from, end) };
    case "text":
      return { ...vector, rows, nulls, ids: vector.ids.subarray(from, end) };
    default:
      return unreachable(vector);
  }
}

function concatenateNulls(vectors: readonly Vector[], rows: number): NullBits {
  if (vectors.every((vector) => vector.nulls === null)) return null;
  const bits = new Uint8Array((rows + 7) >> 3);
  let target = 0;
  for (const vector of vectors) {
    for (let row = 0; row < vector.rows; row++, target++) {
      if (isNullAt(vector.nulls, row)) bits[target >> 3] |= 1 << (target & 7);
    }
  }
  return bits;
}

function concatenateTexts(vectors: readonly (Vector & { kind: "text" })[], rows: number) {
  const ids = new Uint32Array(rows);
  const count = vectors.reduce((total, vector) => total + vector.entries.count, 0);
  const bytes = new Uint8Array(
    vectors.reduce((total, { entries }) => total + entries.offsets[entries.count], 0),
  );
  const offsets = new Uint32Array(count + 1);
  let [row, entry, byte] = [0, 0, 0];
  for (const vector of vectors) {
    const { entries } = vector;
    bytes.set(entries.bytes.subarray(0, entries.offsets[entries.count]), byte);
    for (let id = 0; id < entries.count; id++) offsets[entry + id + 1] = byte + entries.offsets[id + 1];
    for (let each = 0; each < vector.rows; each++) ids[row++] = vector.ids[each] + entry;
    entry += entries.count;
    byte += entries.offsets[entries.count];
  }
  return { ids, entries: { count, offsets, bytes } };
}

/** Vectors of one type, one after the other; at least one. */
export function concatenate(vectors: readonly Vector[]): Vector {
  const [first] = vectors;
  if (vectors.length === 1) return first;
  const rows = vectors.reduce((total, vector) => total + vector.rows, 0);
  const nulls = concatenateNulls(vectors, rows);
  const { type } = first;
  if (first.kind === "text") {
    const texts = vectors.filter((vector) => vector.kind === "text");
    return { kind: "text", type, rows, nulls, ...concatenateTexts(texts, rows) };
  }
  let at = 0;
  if (first.kind === "int") {
    const values = new BigInt64Array(rows);
    for (const vector of vectors) {
      if (vector.kind === "int") values.set(vector.values.subarray(0, vector.rows), at);
      at += vector.rows;
    }
    return { kind: "int", type, rows, values, nulls };
  }
  const values = new Float64Array(rows);
  for (const vector of vectors) {
    if (vector.kind === "double") values.set(vector.values.subarray(0, vector.rows), at);
    at += vector.rows;
  }
  return { kind: "double", type, rows, values, nulls };
}

/** A vector without rows. */
export function emptyVector(type: SqlType, kind: Vector["kind"]): Vector {
  switch (kind) {
    case "int":
      return { kind, type, rows: 0, values: new BigInt64Array(0), nulls: null };
    case "double":
      return { kind, type, rows: 0, values: new Float64Array(0), nulls: null };
    case "text": {
      const entries = { count: 0, offsets: new Uint32Array(1), bytes: new Uint8Array(0) };
      return { kind, type, rows: 0, ids: new Uint32Array(0), entries, nulls: null };
    }
    default:
      return unreachable(kind);
  }
}
