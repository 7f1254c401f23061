/** Numbers of one chunk as full-length 64-bit vectors, wherever they come from: what interning and sketches work on. */
import { assert } from "#schemas/errors";
import { arithmeticWords } from "#server/execute/scan/arithmetic";
import { bitmapBytes, type Chunk, type Selection } from "#server/execute/scan/chunk";
import type { Source } from "#server/execute/task";

/** `valid`: the selected rows that are not NULL. Other slots of the vector are undefined. */
export interface Words {
  readonly pointer: number;
  readonly valid: Selection;
}

/** `identity`: equal values must have equal bits, so −0.0 is made 0.0 in computed doubles (columns have none). */
export function wordsOf(
  chunk: Chunk,
  source: Source,
  selection: Selection,
  options: { readonly identity: boolean } = { identity: false },
): Words {
  if (source.kind === "expression") {
    const computed = arithmeticWords(chunk, source.bound, options);
    if (computed === null)
      return (
        chunk.memos?.wordsOf(source.bound)?.of(chunk, selection) ?? expressionWords(chunk, source, selection)
      );
    return { pointer: computed.pointer, valid: chunk.and(selection, computed.valid) };
  }
  const column = chunk.column(source.column);
  const valid = chunk.and(selection, chunk.present(source.column));
  if (column.kind === "doubles" || (column.kind === "ints" && column.width === 8 && column.base === 0n)) {
    return { pointer: column.pointer, valid };
  }
  assert(column.kind === "ints", `numbers expected, found ${column.kind}`);
  const pointer = chunk.scratch.take(chunk.rows * 8);
  chunk.kernels.widenInts(column.width, column.pointer, column.base, chunk.rows, pointer);
  return { pointer, valid };
}

function expressionWords(
  chunk: Chunk,
  source: Extract<Source, { kind: "expression" }>,
  selection: Selection,
): Words {
  const pointer = chunk.scratch.take(chunk.rows * 8);
  const positions = chunk.positions(selection);
  const vector = chunk.evaluate(source.bound, positions);
  assert(vector.kind !== "text", "numbers expected, found text");
  const { views, kernels } = chunk;
  const values = vector.kind === "int" ? vector.values : vector.values.map((value) => value + 0);
  const view = vector.kind === "int" ? views.i64 : views.f64;
  if (positions === null) {
    (view as BigInt64Array).set(values as BigInt64Array, pointer >> 3);
  } else {
    const compact = chunk.scratch.take(values.length * 8);
    (view as BigInt64Array).set(values as BigInt64Array, compact >> 3);
    kernels.scatter(8, compact, positions.pointer, positions.count, pointer);
  }
  if (vector.nulls === null) return { pointer, valid: selection };
  return { pointer, valid: chunk.and(selection, validRows(chunk, vector.nulls, positions)) };
}

/** NULL bits over positions as a selection of the chunk's rows. */
export function validRows(
  chunk: Chunk,
  nulls: Uint8Array,
  positions: { readonly pointer: number; readonly count: number } | null,
): Selection {
  const { u8, u32 } = chunk.views;
  const bytes = chunk.scratch.takeZeroed(chunk.rows + 64);
  const count = positions === null ? chunk.rows : positions.count;
  for (let at = 0; at < count; at++) {
    const valid = (nulls[at >> 3] & (1 << (at & 7))) === 0 ? 1 : 0;
    u8[bytes + (positions === null ? at : u32[(positions.pointer >> 2) + at])] = valid;
  }
  const bitmap = chunk.scratch.take(bitmapBytes(chunk.rows));
  const population = chunk.kernels.bitmapFromBytes(bytes, chunk.rows, bitmap);
  return population === 0 ? { kind: "none" } : { kind: "some", bitmap, population };
}
