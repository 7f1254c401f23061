/**
 * A stage in a memory of its own, and a sink that keeps rows as values: what the server's arena and
 * segments do.
 */

import { Cells } from "#ingestion/decode/cells";
import type { Limits } from "#schemas/limits";
import type { RowSink, Stage } from "#schemas/stage";
import type { Table } from "#schemas/table";
import { layoutOf, type Value } from "#schemas/types";

export function memoryStage(table: Table, limits: Pick<Limits, "stageRows" | "stageTextBytes">): Stage {
  const { stageRows: rows, stageTextBytes: textBytes } = limits;
  const tagBytes = Math.ceil(rows / 8) * 8;
  const columnBytes = tagBytes + rows * 8;
  const head = 1024;
  const bytes = head + table.columns.length * columnBytes + rows * 8 + textBytes + 64;
  const pages = Math.ceil(bytes / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const columns = table.columns.map((_, at) => ({
    tags: head + at * columnBytes,
    values: head + at * columnBytes + tagBytes,
  }));
  const offsets = head + table.columns.length * columnBytes;
  return { memory, rows, columns, offsets, text: offsets + rows * 8, textBytes };
}

const decoder = new TextDecoder();

/** A staged cell as the value a query would show; texts as strings, so that they compare by content. */
export function cellValue(cells: Cells, table: Table, column: number, row: number): Value {
  const value = cells.read(column, row);
  if (!(value instanceof Uint8Array)) return value;
  return table.columns[column].type === "BYTES" ? Buffer.from(value).toString("hex") : decoder.decode(value);
}

export interface StoredRow {
  readonly offset: bigint;
  readonly values: readonly Value[];
}

/** Keeps what it is given; `rows` are the visible ones. */
export class MemorySink implements RowSink {
  readonly stage: Stage;
  readonly table: Table;
  nextOffset: bigint;
  /** Visible to queries. */
  rows: StoredRow[] = [];
  pending: StoredRow[] = [];
  publishes = 0;
  bytes = 0;
  /** Thrown by the next append. */
  refuse: Error | null = null;
  #cells: Cells;

  constructor(table: Table, limits: Pick<Limits, "stageRows" | "stageTextBytes">, startOffset: bigint) {
    this.table = table;
    this.stage = memoryStage(table, limits);
    this.nextOffset = startOffset;
    this.#cells = new Cells(this.stage);
  }

  append(rows: number, endOffset: bigint): void {
    if (this.refuse !== null) throw this.refuse;
    if (endOffset < this.nextOffset) throw new Error(`append to ${endOffset} after ${this.nextOffset}`);
    for (let row = 0; row < rows; row++) {
      const offset = this.#cells.i64[this.stage.offsets / 8 + row];
      const last = this.pending.at(-1) ?? this.rows.at(-1);
      if (last !== undefined && offset <= last.offset)
        throw new Error(`offset ${offset} after ${last.offset}`);
      if (offset < this.nextOffset || offset >= endOffset)
        throw new Error(`offset ${offset} out of its batch`);
      const values = this.table.columns.map((column, at) => {
        const value = cellValue(this.#cells, this.table, at, row);
        const tag = this.#cells.tag(at, row);
        const layout = { int: 1, double: 2, text: 3 }[layoutOf(column.type)];
        if (tag !== 0 && tag !== layout) throw new Error(`${column.name} has tag ${tag}`);
        return value;
      });
      this.pending.push({ offset, values });
      this.bytes += 64;
    }
    this.nextOffset = endOffset;
  }

  publish(): void {
    this.publishes++;
    this.rows.push(...this.pending);
    this.pending = [];
  }

  unsealedBytes(): number {
    return this.bytes;
  }
}
