/** Values of vectors, one at a time: constants and tests look at them. */
import { entryBytes, isNull } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { unreachable } from "#schemas/errors";
import type { Value } from "#schemas/types";

const decoder = new TextDecoder();

/** The value of a row. */
export function valueAt(vector: Vector, row: number): Value {
  if (isNull(vector.nulls, row)) return null;
  switch (vector.kind) {
    case "int":
      return vector.type === "BOOLEAN" ? vector.values[row] !== 0n : vector.values[row];
    case "double":
      return vector.values[row];
    case "text": {
      const bytes = entryBytes(vector.entries, vector.ids[row]);
      return vector.type === "BYTES" ? bytes.slice() : decoder.decode(bytes);
    }
    default:
      return unreachable(vector);
  }
}
