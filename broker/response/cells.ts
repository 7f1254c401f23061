/**
 * Cells as text, one writer a column, chosen once: exact digits of integers, doubles with their point, NaN and the
 * infinities by name, times as `yyyy-MM-dd HH:mm:ss.S` in UTC, dates as `yyyy-MM-dd`, bytes as hexadecimal.
 */
import { entryBytes, isNull } from "#schemas/aggregates/vectors";
import type { Cell } from "#schemas/api/query";
import type { Vector } from "#schemas/batch";
import { unreachable } from "#schemas/errors";
import { hundredthsText } from "#schemas/functions/number-text";
import { formatDate, formatTimestamp } from "#schemas/functions/timestamp";

const decoder = new TextDecoder();

/** What a cell is to a format: a bare number or boolean, or text that the format quotes. */
type CellKind = "bare" | "text";

export interface CellWriter {
  isNull(row: number): boolean;
  /** Of a row that is not NULL. */
  text(row: number): string;
  kind(row: number): CellKind;
}

/** A double as the shortest text that reads back the same, always with a point or an exponent. */
export function doubleText(value: number): string {
  const short = hundredthsText(value, { isFloat: false });
  if (short !== null) return short;
  if (!Number.isInteger(value) || Math.abs(value) >= 1e21) return String(value);
  return `${Object.is(value, -0) ? "-0" : value}.0`;
}

/** A 32-bit float as the shortest text that reads back as the same float. */
export function floatText(value: number): string {
  const short = hundredthsText(value, { isFloat: true });
  if (short !== null) return short;
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return doubleText(shorter);
  }
  return doubleText(Number(value.toPrecision(9)));
}

function hexText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Texts of entries, each made once if rows share them. */
export function entryTexts(
  vector: Vector & { readonly kind: "text" },
  finish: (text: string) => string = (text) => text,
): (row: number) => string {
  const { ids, entries, type } = vector;
  const textOf = (id: number): string => {
    const bytes = entryBytes(entries, id);
    return finish(type === "BYTES" ? hexText(bytes) : decoder.decode(bytes));
  };
  if (entries.count * 2 > vector.rows) return (row) => textOf(ids[row]);
  const texts: (string | undefined)[] = new Array(entries.count).fill(undefined);
  return (row) => {
    const id = ids[row];
    texts[id] ??= textOf(id);
    return texts[id];
  };
}

/** Digits of integers; those within 2^53 without making a bigint. */
function integerTexts(values: BigInt64Array): (row: number) => string {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  return (row) => {
    const high = words[2 * row + 1];
    if (high >= -0x200000 && high < 0x200000) return String(high * 0x1_0000_0000 + (words[2 * row] >>> 0));
    return values[row].toString();
  };
}

function textWriter(vector: Vector): (row: number) => string {
  switch (vector.kind) {
    case "int": {
      const { values } = vector;
      if (vector.type === "BOOLEAN") return (row) => (values[row] === 0n ? "false" : "true");
      if (vector.type === "TIMESTAMP") return (row) => formatTimestamp(values[row]);
      if (vector.type === "DATE") return (row) => formatDate(Number(values[row]));
      return integerTexts(values);
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
  const { nulls } = vector;
  const isNullAt = nulls === null ? () => false : (row: number) => isNull(nulls, row);
  const text = textWriter(vector);
  if (vector.kind === "double") {
    const { values } = vector;
    return { isNull: isNullAt, text, kind: (row) => (Number.isFinite(values[row]) ? "bare" : "text") };
  }
  const isTime = vector.type === "TIMESTAMP" || vector.type === "DATE";
  const kind: CellKind = vector.kind === "int" && !isTime ? "bare" : "text";
  return { isNull: isNullAt, text, kind: () => kind };
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
