/** Vectors of a query's results: their memory, and out of arenas. */
import type { Vector } from "#schemas/batch";
import { compactEntries } from "#schemas/vector-rows";

const isShared = (array: ArrayBufferView): boolean => array.buffer instanceof SharedArrayBuffer;

const ownedArray = <Elements extends { slice(): Elements } & ArrayBufferView>(array: Elements): Elements =>
  isShared(array) ? array.slice() : array;

/** The vector in memory of its own: nothing of it lies in an arena. Unused text entries are left behind. */
export function owned(vector: Vector): Vector {
  const nulls = vector.nulls === null ? null : ownedArray(vector.nulls);
  switch (vector.kind) {
    case "int":
      return { ...vector, nulls, values: ownedArray(vector.values) };
    case "double":
      return { ...vector, nulls, values: ownedArray(vector.values) };
    case "text": {
      const { entries, rows } = vector;
      // Functions that keep lengths may share the offsets of their argument's entries, but not the bytes.
      const isLent = isShared(entries.bytes) || isShared(entries.offsets);
      const own = { ...vector, nulls, ids: ownedArray(vector.ids) };
      return isLent || entries.count > rows * 2 + 8 ? compactEntries(own) : own;
    }
  }
}

/** Bytes held, about. */
export function vectorBytes(vector: Vector): number {
  if (vector.kind !== "text") return vector.rows * 8;
  return vector.rows * 4 + vector.entries.bytes.length + vector.entries.count * 4;
}
