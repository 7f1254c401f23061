/** One value of a sampled row, as it is spelled. */
export interface Cell {
  /** marker: a word of a CSV that means a missing value, unless its column holds texts. */
  readonly kind: "null" | "marker" | "boolean" | "number" | "text" | "nested";
  /** A text's characters; of anything else its spelling. */
  readonly text: string;
}

export const cellOf = (kind: Cell["kind"], text: string): Cell => ({ kind, text });

/** By field, in the order of the row; of a field that is written twice the last. */
export type SampleRow = ReadonlyMap<string, Cell>;
