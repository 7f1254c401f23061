/** Reading and making vectors, as aggregates need it. */
import type { NullBits, TextEntries, Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import type { SqlType } from "#schemas/types";

export type IntVector = Extract<Vector, { kind: "int" }>;
export type DoubleVector = Extract<Vector, { kind: "double" }>;
export type TextVector = Extract<Vector, { kind: "text" }>;

export const isNull = (nulls: NullBits, row: number): boolean =>
  nulls !== null && (nulls[row >> 3] & (1 << (row & 7))) !== 0;

export function intsOf(vector: Vector): IntVector {
  assert(vector.kind === "int", `expected an int vector, found ${vector.kind}`);
  return vector;
}

export function doublesOf(vector: Vector): DoubleVector {
  assert(vector.kind === "double", `expected a double vector, found ${vector.kind}`);
  return vector;
}

export function textsOf(vector: Vector): TextVector {
  assert(vector.kind === "text", `expected a text vector, found ${vector.kind}`);
  return vector;
}

export const entryBytes = (entries: TextEntries, id: number): Uint8Array =>
  entries.bytes.subarray(entries.offsets[id], entries.offsets[id + 1]);

/** Collects NULL rows; `bits` is null as long as there are none. */
export class NullMarks {
  bits: Uint8Array | null = null;
  readonly rows: number;
  constructor(rows: number) {
    this.rows = rows;
  }
  mark(row: number): void {
    this.bits ??= new Uint8Array((this.rows + 7) >> 3);
    this.bits[row >> 3] |= 1 << (row & 7);
  }
}

/** Builds a text vector row by row, each row its own entry; NULL rows share the first, empty one. */
export class TextBuilder {
  private readonly type: SqlType;
  private readonly ids: Uint32Array;
  private readonly nulls: NullMarks;
  private readonly parts: Uint8Array[] = [];
  private readonly offsets: number[] = [0, 0];
  private bytesTotal = 0;

  constructor(type: SqlType, rows: number) {
    this.type = type;
    this.ids = new Uint32Array(rows);
    this.nulls = new NullMarks(rows);
  }

  set(row: number, bytes: Uint8Array | null): void {
    if (bytes === null) {
      this.nulls.mark(row);
      return;
    }
    this.ids[row] = this.offsets.length - 1;
    this.parts.push(bytes);
    this.bytesTotal += bytes.length;
    this.offsets.push(this.bytesTotal);
  }

  build(): TextVector {
    const bytes = new Uint8Array(this.bytesTotal);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    const entries = { count: this.offsets.length - 1, offsets: Uint32Array.from(this.offsets), bytes };
    return {
      kind: "text",
      type: this.type,
      rows: this.ids.length,
      ids: this.ids,
      entries,
      nulls: this.nulls.bits,
    };
  }
}

/** Order of two byte strings: byte by byte, a prefix first. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at++) {
    if (left[at] !== right[at]) return left[at] - right[at];
  }
  return left.length - right.length;
}

/** a < b where NaN is greatest and equal to itself. */
export const doubleLess = (left: number, right: number): boolean =>
  left < right || (Number.isNaN(right) && !Number.isNaN(left));
