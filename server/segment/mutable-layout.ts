/**
 * Where a mutable segment lies in its arena: one control block that never moves, and a block a chunk. Writer and
 * readers on other threads compute every address from the same functions here.
 *
 * Control => sequence:i32 rowsVisible:i32 arrivalMs:f64 endOffset:i64 pad(to 64)
 *            dictionary[columns] (to 64)                  zeros for columns without one
 *            chunkPointers:u32[chunksMax] (to 64)         0 until the chunk exists
 * dictionary => count:u32 directory:u32 hashes:u32 pad:u32   as published; see dictionary.ts
 * Chunk   => capacity:u32 pad(to 64) zone[columns] (32 bytes each, to 64) textPointers:u32[columns] (to 64)
 *            column[columns]
 * column  => ids:    ids:u32[capacity] (to 64)
 *            ints:   validity (to 64) values:(1|4|8 bytes)[capacity] (to 64)
 *            doubles: validity (to 64) values:f64[capacity] (to 64)
 *            bytes:  validity (to 64) offsets:u32[capacity + 1] (to 64); the bytes are at textPointers[column]
 *            constant: nothing
 * validity => u64[ceil(capacity / 64)], 1 = value present
 *
 * `sequence` is odd while the writer publishes; a reader copies what it needs between two equal even readings.
 * Rows below rowsVisible never change. The first chunk starts small and is copied into larger blocks; the old ones
 * stay until the whole segment is freed, so a pointer that a reader has taken stays true.
 */
import type { SourceRange } from "#schemas/segment";
import { type Column, offsetColumn, partitionColumn, type Table } from "#schemas/table";
import { layoutOf, type SqlType } from "#schemas/types";

/** Bytes of a dictionary's entry in the control block. */
export const dictionaryBytes = 16;
export const zoneBytes = 32;

export interface MutableColumn {
  readonly columnId: number;
  readonly type: SqlType;
  /** "constant": every row has `base`; it needs no memory but a block of zeros. */
  readonly kind: "ids" | "ints" | "doubles" | "bytes" | "constant";
  readonly width: 1 | 4 | 8;
  readonly base: bigint;
}

/** Plain data that another thread needs to open a reader: structured-clone it. */
export interface MutableHandle {
  readonly id: string;
  readonly table: string;
  readonly partition: number;
  readonly startOffset: bigint;
  /** Index of the arena in the pool. */
  readonly arena: number;
  readonly control: number;
  /** A block of chunkRows zero bytes: the values of constant columns. */
  readonly zeros: number;
  readonly chunkRows: number;
  readonly chunksMax: number;
  readonly columns: readonly MutableColumn[];
}

export const aligned = (bytes: number): number => (bytes + 63) & ~63;

export interface ControlLayout {
  readonly dictionaries: number;
  readonly chunkPointers: number;
  readonly bytes: number;
}

/** Offsets of the control block's parts from its start. */
export function controlLayout(columns: number, chunksMax: number): ControlLayout {
  const dictionaries = 64;
  const chunkPointers = dictionaries + aligned(columns * dictionaryBytes);
  return { dictionaries, chunkPointers, bytes: chunkPointers + aligned(chunksMax * 4) };
}

export interface ChunkLayout {
  readonly zones: number;
  readonly textPointers: number;
  /** Per column: offset of its validity bitmap (0: none) and of its values or text offsets. */
  readonly validity: readonly number[];
  readonly values: readonly number[];
  readonly bytes: number;
}

/** Offsets of a chunk's parts from its block's start. */
export function chunkLayout(columns: readonly MutableColumn[], capacity: number): ChunkLayout {
  const zones = 64;
  const textPointers = zones + aligned(columns.length * zoneBytes);
  let at = textPointers + aligned(columns.length * 4);
  const validity: number[] = [];
  const values: number[] = [];
  for (const column of columns) {
    const bits =
      column.kind === "ids" || column.kind === "constant" ? 0 : aligned(((capacity + 63) >> 6) * 8);
    validity.push(bits === 0 ? 0 : at);
    values.push(at + bits);
    at += bits + aligned(valueBytes(column, capacity));
  }
  return { zones, textPointers, validity, values, bytes: at };
}

function valueBytes(column: MutableColumn, capacity: number): number {
  switch (column.kind) {
    case "constant":
      return 0;
    case "bytes":
      return (capacity + 1) * 4;
    default:
      return capacity * column.width;
  }
}

/** The columns of a mutable segment: the table's in their order, then $offset and $partition. */
export function mutableColumns(
  table: Table,
  partition: number,
  rawColumnIds: readonly number[],
): MutableColumn[] {
  const raw = new Set(table.rawColumns.map((name) => name.toLowerCase()));
  const isRaw = ({ id, name }: Column) => raw.has(name.toLowerCase()) || rawColumnIds.includes(id);
  return [
    ...table.columns.map((column) => mutableColumn(column, isRaw(column))),
    { columnId: offsetColumn.id, type: "LONG", kind: "ints", width: 8, base: 0n },
    { columnId: partitionColumn.id, type: "INT", kind: "constant", width: 1, base: BigInt(partition) },
  ];
}

function mutableColumn(column: Column, raw: boolean): MutableColumn {
  const { id: columnId, type } = column;
  switch (layoutOf(type)) {
    case "text":
      return { columnId, type, kind: raw ? "bytes" : "ids", width: 4, base: 0n };
    case "double":
      return { columnId, type, kind: "doubles", width: 8, base: 0n };
    case "int":
      if (type === "INT") return { columnId, type, kind: "ints", width: 4, base: -(2n ** 31n) };
      return { columnId, type, kind: "ints", width: type === "BOOLEAN" ? 1 : 8, base: 0n };
  }
}

/** The offsets a mutable segment covers up to `end`. */
export const rangeOf = (handle: MutableHandle, end: bigint): SourceRange => ({
  partition: handle.partition,
  start: handle.startOffset,
  end,
});
