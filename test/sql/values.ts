/** Rows of plain values as vectors, and rows from NDJSON, for tests that need a table quickly. */
import type { Vector } from "#schemas/batch";
import { formatDecimal, parseDecimal } from "#schemas/decimal";
import { parseTimestamp } from "#schemas/functions/timestamp";
import { utc } from "#schemas/functions/zone";
import { type Column, hiddenColumns, type Table } from "#schemas/table";
import { layoutOf, type SqlType, type Value } from "#schemas/types";

export type Row = Readonly<Record<string, Value>>;

const encoder = new TextEncoder();

/** The vector of these values. */
export function vectorOf(type: SqlType, values: readonly Value[]): Vector {
  const rows = values.length;
  const bits = new Uint8Array((rows + 7) >> 3);
  values.forEach((value, row) => {
    if (value === null) bits[row >> 3] |= 1 << (row & 7);
  });
  const nulls = values.includes(null) ? bits : null;
  switch (layoutOf(type)) {
    case "int":
      return {
        kind: "int",
        type,
        rows,
        values: BigInt64Array.from(values, (value) => BigInt((value ?? 0) as bigint)),
        nulls,
      };
    case "double":
      return {
        kind: "double",
        type,
        rows,
        values: Float64Array.from(values, (value) => Number(value ?? 0)),
        nulls,
      };
    case "text": {
      const parts = values.map((value) =>
        value instanceof Uint8Array ? value : encoder.encode(String(value ?? "")),
      );
      const offsets = new Uint32Array(rows + 1);
      parts.forEach((part, row) => {
        offsets[row + 1] = offsets[row] + part.length;
      });
      const bytes = new Uint8Array(offsets[rows]);
      parts.forEach((part, row) => {
        bytes.set(part, offsets[row]);
      });
      const ids = Uint32Array.from(values, (value, row) => (value === null ? 0 : row));
      return { kind: "text", type, rows, ids, entries: { count: rows, offsets, bytes }, nulls };
    }
  }
}

function specialDouble(value: unknown): number {
  return typeof value === "string" ? Number(value.replace("inf", "Infinity")) : Number(value);
}

function canonicalDecimal(text: string): string {
  const decimal = parseDecimal(text);
  return decimal === null ? text : formatDecimal(decimal);
}

/** A JSON value as a value of the type; golden files write only what fits. */
function typedValue(type: SqlType, value: unknown): Value {
  if (value === null || value === undefined) return null;
  switch (type) {
    case "INT":
    case "LONG":
      return BigInt(value as string | number);
    case "FLOAT":
      return Math.fround(specialDouble(value));
    case "DOUBLE":
      return specialDouble(value) + 0;
    case "BOOLEAN":
      return value === true;
    case "TIMESTAMP":
      return BigInt(typeof value === "string" ? (parseTimestamp(value, utc) ?? 0) : (value as number));
    case "BYTES":
      return Uint8Array.from((value as string).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    case "BIG_DECIMAL":
      return canonicalDecimal(String(value));
    case "JSON":
      return typeof value === "string" ? value : JSON.stringify(value);
    default:
      return String(value);
  }
}

/** Rows of NDJSON for a table; a missing field has the column's default. */
export function rowsOfNdjson(table: Table, text: string): Row[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const fields = JSON.parse(line) as Record<string, unknown>;
    return Object.fromEntries(
      table.columns.map((column) => [
        column.name,
        column.name in fields ? typedValue(column.type, fields[column.name]) : (column.defaultValue ?? null),
      ]),
    );
  });
}

/** All columns of a table by id, the hidden ones too. */
export const columnsById = (table: Table): ReadonlyMap<number, Column> =>
  new Map([...table.columns, ...hiddenColumns].map((column) => [column.id, column]));
