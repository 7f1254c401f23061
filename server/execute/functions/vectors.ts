/**
 * Reading and making vectors. 64-bit integers are read and written as two 32-bit halves: a loop over doubles is many
 * times faster than one over bigints, and exact while magnitudes stay within 2^53.
 */
import type { NullBits, TextEntries, Vector } from "#schemas/batch";
import { assert, StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import { layoutOf, type SqlType, type Value } from "#schemas/types";

export type IntVector = Extract<Vector, { kind: "int" }>;
export type DoubleVector = Extract<Vector, { kind: "double" }>;
export type TextVector = Extract<Vector, { kind: "text" }>;

const two32 = 4_294_967_296;
/** Magnitudes below this are exact as doubles. */
export const exactMax = 9_007_199_254_740_992;

const words = (values: BigInt64Array): Int32Array =>
  new Int32Array(values.buffer, values.byteOffset, values.length * 2);

/** The integers as doubles, or null when one of them is past 2^53. */
export function exactDoubles(values: BigInt64Array): Float64Array | null {
  const halves = words(values);
  const doubles = new Float64Array(values.length);
  let outside = 0;
  for (let row = 0; row < doubles.length; row++) {
    const high = halves[2 * row + 1];
    outside |= ((high >> 21) + 1) & ~1;
    doubles[row] = high * two32 + (halves[2 * row] >>> 0);
  }
  return outside === 0 ? doubles : null;
}

/** The integers as the nearest doubles. */
export function nearestDoubles(values: BigInt64Array): Float64Array {
  const doubles = exactDoubles(values);
  if (doubles !== null) return doubles;
  return Float64Array.from(values, Number);
}

/** Writes a whole double within 2^53 into an integer's two words. */
export function putWhole(halves: Int32Array, row: number, value: number): void {
  const high = Math.floor(value / two32);
  halves[2 * row] = value - high * two32;
  halves[2 * row + 1] = high;
}

/** Whole doubles within 2^53 as integers. */
export function integersOf(doubles: Float64Array): BigInt64Array {
  const values = new BigInt64Array(doubles.length);
  const halves = words(values);
  for (let row = 0; row < doubles.length; row++) putWhole(halves, row, doubles[row]);
  return values;
}

/** Copies integers by their words, which costs no bigint: row r of `into` from row `chosen[r]`. */
function gatherWords(from: BigInt64Array, chosen: Uint32Array): BigInt64Array {
  const values = new BigInt64Array(chosen.length);
  const [source, target] = [words(from), words(values)];
  for (let at = 0; at < chosen.length; at++) {
    target[2 * at] = source[2 * chosen[at]];
    target[2 * at + 1] = source[2 * chosen[at] + 1];
  }
  return values;
}

/** The low words of integers: what a BOOLEAN's 0 or 1 is read and written through, at 2 · row. */
export const lowWords = words;

export const isNullAt = (nulls: NullBits, row: number): boolean =>
  nulls !== null && ((nulls[row >> 3] >> (row & 7)) & 1) === 1;

export const nullBytes = (rows: number): number => (rows + 7) >> 3;

export function setNull(nulls: Uint8Array, row: number): void {
  nulls[row >> 3] |= 1 << (row & 7);
}

/** Bits of all rows set. */
const allNulls = (rows: number): Uint8Array => new Uint8Array(nullBytes(rows)).fill(255);

/** NULL where one of both is. */
export function unionNulls(left: NullBits, right: NullBits): NullBits {
  if (left === null) return right;
  if (right === null || left === right) return left;
  const union = new Uint8Array(Math.max(left.length, right.length));
  for (let at = 0; at < union.length; at++) union[at] = left[at] | right[at];
  return union;
}

/** Writes zero into the NULL rows of values just made, as every vector has them. */
export function clearNulls(vector: Vector): Vector {
  const { nulls, rows } = vector;
  if (nulls === null) return vector;
  const clear = (row: number): void => {
    if (vector.kind === "int") vector.values[row] = 0n;
    else if (vector.kind === "double") vector.values[row] = 0;
    else vector.ids[row] = 0;
  };
  for (let at = 0; at < nullBytes(rows); at++) {
    const byte = nulls[at];
    if (byte === 0) continue;
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1 && at * 8 + bit < rows) clear(at * 8 + bit);
  }
  return vector;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export const utf8Of = (text: string): Uint8Array => encoder.encode(text);

/** The string of UTF-8 bytes [start, end). */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= 20) {
    let text = "";
    let at = start;
    for (; at < end && bytes[at] < 128; at++) text += String.fromCharCode(bytes[at]);
    if (at === end) return text;
  }
  const part = bytes.subarray(start, end);
  return decoder.decode(part.buffer instanceof SharedArrayBuffer ? part.slice() : part);
}

export const entryText = (entries: TextEntries, id: number): string =>
  decodeText(entries.bytes, entries.offsets[id], entries.offsets[id + 1]);

export const entryBytes = (entries: TextEntries, id: number): Uint8Array =>
  entries.bytes.subarray(entries.offsets[id], entries.offsets[id + 1]);

const vectorTextBytesMax = serverBounds.vectorTextBytes;

/** Collects entries; ids count from 0. */
export class TextBuilder {
  #bytes: Uint8Array;
  #offsets: Uint32Array;
  #used = 0;
  #count = 0;

  constructor(entriesExpected = 16, bytesExpected = 256) {
    this.#bytes = new Uint8Array(bytesExpected);
    this.#offsets = new Uint32Array(entriesExpected + 1);
  }

  get count(): number {
    return this.#count;
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed > vectorTextBytesMax)
      throw new StoreError(
        "QUERY_MEMORY",
        `an expression made more than ${vectorTextBytesMax} bytes of text`,
      );
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    if (this.#count + 2 > this.#offsets.length) {
      const grown = new Uint32Array(this.#offsets.length * 2 + 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
  }

  #finish(bytes: number): number {
    this.#used += bytes;
    this.#offsets[++this.#count] = this.#used;
    return this.#count - 1;
  }

  addText(text: string): number {
    this.#reserve(text.length * 3);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#used));
    return this.#finish(written);
  }

  addBytes(bytes: Uint8Array): number {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#used);
    return this.#finish(bytes.length);
  }

  /** An entry for a value of a text type. */
  add(value: string | Uint8Array): number {
    return typeof value === "string" ? this.addText(value) : this.addBytes(value);
  }

  entries(): TextEntries {
    return {
      count: this.#count,
      offsets: this.#offsets.subarray(0, this.#count + 1),
      bytes: this.#bytes.subarray(0, this.#used),
    };
  }
}

const emptyEntries: TextEntries = { count: 1, offsets: new Uint32Array(2), bytes: new Uint8Array(0) };

/** A vector of NULLs. */
export function nullVector(type: SqlType, rows: number): Vector {
  const nulls = allNulls(rows);
  switch (layoutOf(type)) {
    case "int":
      return { kind: "int", type, rows, values: new BigInt64Array(rows), nulls };
    case "double":
      return { kind: "double", type, rows, values: new Float64Array(rows), nulls };
    case "text":
      return { kind: "text", type, rows, ids: new Uint32Array(rows), entries: emptyEntries, nulls };
  }
}

/** Values of one type as a vector. */
export function vectorOf(type: SqlType, values: readonly Value[]): Vector {
  const rows = values.length;
  const vector = nullVector(type, rows);
  const nulls = vector.nulls as Uint8Array;
  nulls.fill(0);
  const text = new TextBuilder();
  text.addText("");
  let some = false;
  values.forEach((value, row) => {
    if (value === null) {
      setNull(nulls, row);
      some = true;
    } else if (vector.kind === "int") vector.values[row] = BigInt(value as bigint | boolean | number);
    else if (vector.kind === "double") vector.values[row] = Number(value);
    else vector.ids[row] = text.add(value as string | Uint8Array);
  });
  const known = some ? nulls : null;
  return vector.kind === "text"
    ? { ...vector, entries: text.entries(), nulls: known }
    : { ...vector, nulls: known };
}

/** The value of one row. */
export function valueAt(vector: Vector, row: number): Value {
  if (isNullAt(vector.nulls, row) || vector.type === "UNKNOWN") return null;
  if (vector.kind === "double") return vector.values[row];
  if (vector.kind === "int")
    return vector.type === "BOOLEAN" ? vector.values[row] !== 0n : vector.values[row];
  const id = vector.ids[row];
  return vector.type === "BYTES" ? entryBytes(vector.entries, id).slice() : entryText(vector.entries, id);
}

export const valuesOf = (vector: Vector): Value[] =>
  Array.from({ length: vector.rows }, (_, row) => valueAt(vector, row));

/** The rows chosen, in that order. */
export function gather(vector: Vector, chosen: Uint32Array): Vector {
  const rows = chosen.length;
  let nulls: Uint8Array | null = null;
  if (vector.nulls !== null) {
    nulls = new Uint8Array(nullBytes(rows));
    for (let at = 0; at < rows; at++) if (isNullAt(vector.nulls, chosen[at])) setNull(nulls, at);
  }
  if (vector.kind === "text") {
    const ids = new Uint32Array(rows);
    for (let at = 0; at < rows; at++) ids[at] = vector.ids[chosen[at]];
    return { ...vector, rows, ids, nulls };
  }
  if (vector.kind === "double") {
    const values = new Float64Array(rows);
    for (let at = 0; at < rows; at++) values[at] = vector.values[chosen[at]];
    return { ...vector, rows, values, nulls };
  }
  return { ...vector, rows, values: gatherWords(vector.values, chosen), nulls };
}

/** The same values under another type of the same layout. */
export function retyped(vector: Vector, type: SqlType): Vector {
  assert(layoutOf(type) === layoutOf(vector.type), `${vector.type} lies as ${type} does`);
  return vector.type === type ? vector : { ...vector, type };
}
