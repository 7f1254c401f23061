/** Writes one table's cells into a stage. Views are made once per stage: its memory never grows. */
import { assert } from "#schemas/errors";
import { type Stage, stageTags } from "#schemas/stage";
import type { Value } from "#schemas/types";

/** Cells whose tag this is were not given by the row. */
export const unsetTag = 0xff;

export class Cells {
  readonly stage: Stage;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
  /** Where the next text that is not in its record goes. */
  textAt = 0;
  textEnd = 0;
  #tags: readonly number[];
  #values: readonly number[];
  #defaults: readonly ({ readonly pointer: number; readonly length: number } | null)[] = [];

  constructor(stage: Stage) {
    this.stage = stage;
    const { buffer } = stage.memory;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.#tags = stage.columns.map((column) => column.tags);
    this.#values = stage.columns.map((column) => column.values);
    assert(
      stage.columns.every((column) => column.values % 8 === 0),
      "stage values are 8-aligned",
    );
  }

  clearRow(row: number): void {
    for (const tags of this.#tags) this.u8[tags + row] = unsetTag;
  }

  tag(column: number, row: number): number {
    return this.u8[this.#tags[column] + row];
  }

  setUnset(column: number, row: number): void {
    this.u8[this.#tags[column] + row] = unsetTag;
  }

  setNull(column: number, row: number): void {
    this.u8[this.#tags[column] + row] = stageTags.null;
  }

  /** An integer that a double holds exactly. */
  setSmallInt(column: number, row: number, value: number): void {
    this.u8[this.#tags[column] + row] = stageTags.int;
    const at = (this.#values[column] >>> 2) + row * 2;
    this.i32[at] = value;
    this.i32[at + 1] = Math.floor(value / 2 ** 32);
  }

  setInt(column: number, row: number, value: bigint): void {
    this.u8[this.#tags[column] + row] = stageTags.int;
    this.i64[(this.#values[column] >>> 3) + row] = value;
  }

  /** −0.0 becomes 0.0 here, for every path. */
  setDouble(column: number, row: number, value: number): void {
    this.u8[this.#tags[column] + row] = stageTags.double;
    this.f64[(this.#values[column] >>> 3) + row] = value + 0;
  }

  setText(column: number, row: number, pointer: number, length: number): void {
    this.u8[this.#tags[column] + row] = stageTags.text;
    const at = (this.#values[column] >>> 2) + row * 2;
    this.u32[at] = pointer;
    this.u32[at + 1] = length;
  }

  /** Text that is not in its record: copied to the text area. False when that is full. */
  putText(column: number, row: number, text: Uint8Array): boolean {
    if (this.textAt + text.length > this.textEnd) return false;
    this.u8.set(text, this.textAt);
    this.setText(column, row, this.textAt, text.length);
    this.textAt += text.length;
    return true;
  }

  /** Puts the columns' default texts at the head of the text area; null where a column has none. */
  placeDefaults(defaults: readonly (Uint8Array | null)[]): void {
    this.#defaults = defaults.map((text) => {
      if (text === null) return null;
      assert(this.textAt + text.length <= this.textEnd, "the text area holds the default values");
      const pointer = this.textAt;
      this.u8.set(text, pointer);
      this.textAt += text.length;
      return { pointer, length: text.length };
    });
  }

  /** The column's default text, placed before. */
  setDefault(column: number, row: number): void {
    const text = this.#defaults[column];
    assert(text !== null, "the column has a default text");
    this.setText(column, row, text.pointer, text.length);
  }

  /** Where the column's default text lies. */
  defaultAt(column: number): { readonly pointer: number; readonly length: number } | null {
    return this.#defaults[column];
  }

  /** Closes the gaps that rejected rows left: `kept` are the rows to keep, ascending. */
  compact(kept: Int32Array): void {
    for (let column = 0; column < this.#tags.length; column++) {
      const tags = this.#tags[column];
      const values = this.#values[column] >>> 2;
      for (let row = 0; row < kept.length; row++) {
        this.u8[tags + row] = this.u8[tags + kept[row]];
        // Halves, not doubles: an integer's bits may look like a NaN that the engine is free to change.
        this.i32[values + row * 2] = this.i32[values + kept[row] * 2];
        this.i32[values + row * 2 + 1] = this.i32[values + kept[row] * 2 + 1];
      }
    }
  }

  /** A cell as a value, for tests and samples. */
  read(column: number, row: number): Value {
    const at = (this.#values[column] >>> 3) + row;
    switch (this.tag(column, row)) {
      case stageTags.int:
        return this.i64[at];
      case stageTags.double:
        return this.f64[at];
      case stageTags.text: {
        const pointer = this.u32[at * 2];
        return this.u8.slice(pointer, pointer + this.u32[at * 2 + 1]);
      }
      default:
        return null;
    }
  }
}
