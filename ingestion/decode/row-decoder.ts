/**
 * One JSON row → one stage row, in TypeScript: the oracle of the WebAssembly extractor and what does the
 * rows that it leaves. Fields may come in any order (the last row's order is tried first); the last of two
 * equal names counts; names that the schema does not have are counted.
 */
import { type Cells, unsetTag } from "#ingestion/decode/cells";
import { type Coercion, coercionOf, scannedText } from "#ingestion/decode/coerce";
import { JsonScanner, valueKinds } from "#ingestion/decode/json-scanner";
import type { UnknownFields } from "#ingestion/decode/unknown-fields";
import { bytesOf } from "#ingestion/decode/utf8";
import { formatDecimal, parseDecimal } from "#schemas/decimal";
import type { Limits } from "#schemas/limits";
import type { Column, Table } from "#schemas/table";
import type { Value } from "#schemas/types";

/** What a column holds when a row does not name it. */
export type Missing =
  | { readonly kind: "null" }
  | { readonly kind: "reject"; readonly reason: string }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "double"; readonly value: number }
  | { readonly kind: "text"; readonly bytes: Uint8Array };

function missingOf(column: Column, table: Table): Missing {
  if (column.defaultValue !== undefined && column.defaultValue !== null) return defaultOf(column);
  if (column.name === table.timeColumn)
    return { kind: "reject", reason: `column ${column.name}: the time is missing` };
  if (column.notNull) return { kind: "reject", reason: `column ${column.name}: a value is required` };
  return { kind: "null" };
}

function defaultOf(column: Column): Missing {
  const value: Value = column.defaultValue ?? null;
  if (value instanceof Uint8Array) return { kind: "text", bytes: value };
  if (typeof value === "bigint") return { kind: "int", value };
  if (typeof value === "boolean") return { kind: "int", value: value ? 1n : 0n };
  if (typeof value === "number") return { kind: "double", value: value + 0 };
  const decimal = column.type === "BIG_DECIMAL" ? parseDecimal(String(value)) : null;
  return { kind: "text", bytes: bytesOf(decimal === null ? String(value) : formatDecimal(decimal)) };
}

interface Field {
  readonly name: Uint8Array;
  readonly column: number;
}

export class RowDecoder {
  readonly table: Table;
  readonly missing: readonly Missing[];
  readonly scanner = new JsonScanner();
  readonly coercions: readonly Coercion[];
  #fields: readonly Field[];
  #byName: ReadonlyMap<string, number>;
  #unknown: UnknownFields;
  /** order[k]: the field that came k-th in the last row. */
  #order: number[] = [];

  constructor(table: Table, limits: Limits, unknown: UnknownFields) {
    this.table = table;
    this.#unknown = unknown;
    this.missing = table.columns.map((column) => missingOf(column, table));
    this.coercions = table.columns.map((column, at) => coercionOf(column, at, limits));
    this.#fields = table.columns.map((column, at) => ({ name: bytesOf(column.name), column: at }));
    this.#byName = new Map(table.columns.map((column, at) => [column.name, at]));
  }

  /** Decodes bytes[start, end) into `row`; answers "" or why the row is refused. */
  decode(bytes: Uint8Array, start: number, end: number, cells: Cells, row: number): string {
    const { scanner } = this;
    scanner.reset(bytes, start, end);
    cells.clearRow(row);
    if (!scanner.take(0x7b)) return "not JSON: expected an object";
    if (!scanner.take(0x7d)) {
      for (let place = 0; ; place++) {
        const fault = this.#member(place, cells, row);
        if (fault !== "") return fault;
        if (scanner.take(0x2c)) continue;
        if (scanner.take(0x7d)) break;
        return 'not JSON: expected "," or "}"';
      }
    }
    scanner.skipSpace();
    if (scanner.at < end) return "not JSON: more text after the object";
    return this.fill(cells, row);
  }

  /** Gives cells that the row did not have their default; answers "" or which column must not be missing. */
  fill(cells: Cells, row: number): string {
    for (let column = 0; column < this.missing.length; column++) {
      if (cells.tag(column, row) !== unsetTag) continue;
      const missing = this.missing[column];
      switch (missing.kind) {
        case "reject":
          return missing.reason;
        case "null":
          cells.setNull(column, row);
          break;
        case "int":
          cells.setInt(column, row, missing.value);
          break;
        case "double":
          cells.setDouble(column, row, missing.value);
          break;
        case "text":
          cells.setDefault(column, row);
          break;
      }
    }
    return "";
  }

  #member(place: number, cells: Cells, row: number): string {
    const { scanner } = this;
    if (!scanner.take(0x22)) return "not JSON: expected a field name";
    const column = this.#columnAt(place);
    if (column === faulty || !scanner.take(0x3a)) {
      return `not JSON: ${column === faulty ? scanner.fault : 'expected ":" after a field name'}`;
    }
    if (!scanner.value(1)) return `not JSON: ${scanner.fault}`;
    if (column < 0) return "";
    if (scanner.kind === valueKinds.null) {
      cells.setUnset(column, row);
      return "";
    }
    return this.coercions[column](scanner, cells, row);
  }

  /**
   * The column that the name after the opening quote means, `unknown`, or `faulty`; the closing quote is
   * passed.
   */
  #columnAt(place: number): number {
    const { scanner } = this;
    const guess = place < this.#order.length ? this.#order[place] : place;
    if (guess >= 0 && guess < this.#fields.length && this.#takeName(this.#fields[guess].name)) return guess;
    if (!scanner.string()) return faulty;
    const name = scannedText(scanner);
    const column = this.#byName.get(name) ?? unknownColumn;
    if (column === unknownColumn) this.#unknown.count(name, 1);
    if (place < 1024) this.#order[place] = column;
    return column;
  }

  #takeName(name: Uint8Array): boolean {
    const { scanner } = this;
    const { bytes, at } = scanner;
    const stop = at + name.length;
    if (stop >= scanner.end || bytes[stop] !== 0x22) return false;
    for (let index = 0; index < name.length; index++) if (bytes[at + index] !== name[index]) return false;
    scanner.at = stop + 1;
    return true;
  }
}

const unknownColumn = -1;
const faulty = -2;
