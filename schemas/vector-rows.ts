/** Vectors row by row: picking, cutting, joining. Servers and brokers do it alike. */
import { isNull, NullMarks } from "#schemas/aggregates/vectors";
import type { NullBits, TextEntries, Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { layoutOf, type SqlType } from "#schemas/types";

/** A vector without rows. */
export function emptyVector(type: SqlType): Vector {
  switch (layoutOf(type)) {
    case "int":
      return { kind: "int", type, rows: 0, values: new BigInt64Array(0), nulls: null };
    case "double":
      return { kind: "double", type, rows: 0, values: new Float64Array(0), nulls: null };
    case "text": {
      const entries = { count: 0, offsets: new Uint32Array(1), bytes: new Uint8Array(0) };
      return { kind: "text", type, rows: 0, ids: new Uint32Array(0), entries, nulls: null };
    }
  }
}

function pickNulls(nulls: NullBits, rows: Uint32Array): NullBits {
  if (nulls === null) return null;
  const marks = new NullMarks(rows.length);
  for (let at = 0; at < rows.length; at++) if (isNull(nulls, rows[at])) marks.mark(at);
  return marks.bits;
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
  }
}

/** The rows listed, in memory of their own except for text entries. */
export function pickRows(vector: Vector, rows: Uint32Array): Vector {
  const { type } = vector;
  const nulls = pickNulls(vector.nulls, rows);
  const count = rows.length;
  switch (vector.kind) {
    case "int": {
      const values = new BigInt64Array(count);
      for (let at = 0; at < count; at++) values[at] = vector.values[rows[at]];
      return { kind: "int", type, rows: count, values, nulls };
    }
    case "double": {
      const values = new Float64Array(count);
      for (let at = 0; at < count; at++) values[at] = vector.values[rows[at]];
      return { kind: "double", type, rows: count, values, nulls };
    }
    case "text": {
      const ids = new Uint32Array(count);
      for (let at = 0; at < count; at++) ids[at] = vector.ids[rows[at]];
      return { kind: "text", type, rows: count, ids, entries: vector.entries, nulls };
    }
  }
}

/** The same rows over the entries that they use, and no others; a NULL row keeps the entry it has. */
export function compactEntries(vector: Extract<Vector, { kind: "text" }>): Vector {
  const { entries } = vector;
  const renumbered = new Map<number, number>();
  const used: number[] = [];
  const ids = vector.ids.map((id) => {
    let local = renumbered.get(id);
    if (local === undefined) {
      local = used.push(id) - 1;
      renumbered.set(id, local);
    }
    return local;
  });
  const offsets = new Uint32Array(used.length + 1);
  used.forEach((id, at) => {
    offsets[at + 1] = offsets[at] + entries.offsets[id + 1] - entries.offsets[id];
  });
  const bytes = new Uint8Array(offsets[used.length]);
  used.forEach((id, at) => {
    bytes.set(entries.bytes.subarray(entries.offsets[id], entries.offsets[id + 1]), offsets[at]);
  });
  return { ...vector, ids, entries: { count: used.length, offsets, bytes } };
}

function joinNulls(vectors: readonly Vector[], rows: number): NullBits {
  if (vectors.every((vector) => vector.nulls === null)) return null;
  const marks = new NullMarks(rows);
  let start = 0;
  for (const vector of vectors) {
    if (vector.nulls !== null) {
      for (let row = 0; row < vector.rows; row++) if (isNull(vector.nulls, row)) marks.mark(start + row);
    }
    start += vector.rows;
  }
  return marks.bits;
}

/** One after another; all are of one type. */
export function joinVectors(vectors: readonly Vector[], type: SqlType): Vector {
  if (vectors.length === 0) return emptyVector(type);
  if (vectors.length === 1) return vectors[0];
  const rows = vectors.reduce((sum, vector) => sum + vector.rows, 0);
  const nulls = joinNulls(vectors, rows);
  let at = 0;
  switch (layoutOf(type)) {
    case "int": {
      const values = new BigInt64Array(rows);
      for (const vector of vectors) {
        assert(vector.kind === "int", "vectors of one kind are joined");
        values.set(vector.values.subarray(0, vector.rows), at);
        at += vector.rows;
      }
      return { kind: "int", type, rows, values, nulls };
    }
    case "double": {
      const values = new Float64Array(rows);
      for (const vector of vectors) {
        assert(vector.kind === "double", "vectors of one kind are joined");
        values.set(vector.values.subarray(0, vector.rows), at);
        at += vector.rows;
      }
      return { kind: "double", type, rows, values, nulls };
    }
    case "text":
      return joinTexts(vectors, { type, rows, nulls });
  }
}

function joinTexts(
  vectors: readonly Vector[],
  shape: { readonly type: SqlType; readonly rows: number; readonly nulls: NullBits },
): Vector {
  const parts: TextEntries[] = [];
  const ids = new Uint32Array(shape.rows);
  let row = 0;
  let entry = 0;
  for (const vector of vectors) {
    assert(vector.kind === "text", "vectors of one kind are joined");
    for (let at = 0; at < vector.rows; at++) ids[row++] = vector.ids[at] + entry;
    parts.push(vector.entries);
    entry += vector.entries.count;
  }
  return { kind: "text", ...shape, ids, entries: joinEntries(parts, entry) };
}

function joinEntries(parts: readonly TextEntries[], count: number): TextEntries {
  const offsets = new Uint32Array(count + 1);
  let at = 0;
  let total = 0;
  for (const part of parts) {
    for (let id = 0; id < part.count; id++) {
      total += part.offsets[id + 1] - part.offsets[id];
      offsets[++at] = total;
    }
  }
  const bytes = new Uint8Array(total);
  let to = 0;
  for (const part of parts) {
    const from = part.bytes.subarray(part.offsets[0], part.offsets[part.count]);
    bytes.set(from, to);
    to += from.length;
  }
  return { count, offsets, bytes };
}
