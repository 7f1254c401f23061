/**
 * Cells as text, one writer a column, chosen once: exact digits of integers, doubles with their point, NaN and the
 * infinities by name, times as `yyyy-MM-dd HH:mm:ss.S` in UTC, bytes as hexadecimal.
 */
import { entryAt, isNullAt } from "#broker/vectors";
import type { Cell } from "#schemas/api/query";
import type { Vector } from "#schemas/batch";
import { unreachable } from "#schemas/errors";
import { formatTimestamp } from "#schemas/functions/timestamp";

const decoder = new TextDecoder();

/** What a cell is to a format: a bare number or boolean, or text that the format quotes. */
export type CellKind = "bare" | "text";

export interface CellWriter {
  isNull(row: number): boolean;
  /** Of a row that is not NULL. */
  text(row: number): string;
  kind(row: number): CellKind;
}

/** A double as the shortest text that reads back the same, always with a point or an exponent. */
export function doubleText(value: number): string {
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${Object.is(value, -0) ? "-0" : text}.0` : text;
}

/** A 32-bit float as the shortest text that reads back as the same float. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return doubleText(shorter);
  }
  return doubleText(Number(value.toPrecision(9)));
}

export function hexText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Texts of entries, each decoded once. */
function entryTexts(vector: Vector & { readonly kind: "text" }): (row: number) => string {
  const texts: string[] = [];
  const { ids, entries, type } = vector;
  const textOf = (id: number): string => {
    const bytes = entryAt(entries, id);
    return type === "BYTES" ? hexText(bytes) : decoder.decode(bytes);
  };
  return (row) => {
    const id = ids[row];
    texts[id] ??= textOf(id);
    return texts[id];
  };
}

function textWriter(vector: Vector): (row: number) => string {
  switch (vector.kind) {
    case "int": {
      const { values } = vector;
      if (vector.type === "BOOLEAN") return (row) => (values[row] === 0n ? "false" : "true");
      if (vector.type === "TIMESTAMP") return (row) => formatTimestamp(values[row]);
      return (row) => values[row].toString();
    }
    case "double": {
      const { values } = vector;
      const format = vector.type === "FLOAT" ? floatText : doubleText;
      return (row) => format(values[row]);
    }
    case "text":
      return entryTexts(vector);
    default:
      return unreachable(vector);
  }
}

/** The writer of a column. */
export function cellWriter(vector: Vector): CellWriter {
  const isNull = vector.nulls === null ? () => false : (row: number) => isNullAt(vector.nulls, row);
  const text = textWriter(vector);
  if (vector.kind === "double") {
    const { values } = vector;
    return { isNull, text, kind: (row) => (Number.isFinite(values[row]) ? "bare" : "text") };
  }
  const kind: CellKind = vector.kind === "int" && vector.type !== "TIMESTAMP" ? "bare" : "text";
  return { isNull, text, kind: () => kind };
}

/** The cell as a JSON parser would read it; integers past 2⁵³ lose digits, as they do there. */
export function cellReader(vector: Vector): (row: number) => Cell {
  const writer = cellWriter(vector);
  return (row) => {
    if (writer.isNull(row)) return null;
    if (writer.kind(row) === "text") return writer.text(row);
    if (vector.type === "BOOLEAN") return writer.text(row) === "true";
    if (vector.kind === "text" || vector.type === "FLOAT") return Number(writer.text(row));
    return Number(vector.values[row]);
  };
}
