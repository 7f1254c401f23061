/**
 * Segments from plain rows, for tests: `buildMutable(table, rows)` and `buildSealed(table, rows)`. Rows are
 * objects by column name; a missing name is NULL; whole numbers may be written as numbers.
 */
import { limits } from "#schemas/limits";
import type { SegmentRecord } from "#schemas/segment";
import { type Stage, type StageColumn, stageTags } from "#schemas/stage";
import type { Column, Table } from "#schemas/table";
import { layoutOf, type SqlType, type Value } from "#schemas/types";
import type { Arena } from "#server/arena/arena";
import { createArena } from "#server/arena/attach";
import { kernelsFor } from "#server/kernels/instance";
import type { Kernels } from "#server/kernels/kernels";
import { Cache } from "#server/segment/cache";
import { createMutable, type MutableSegment } from "#server/segment/mutable";
import { openMutable } from "#server/segment/mutable-reader";
import { openSegment, type SealedSegment } from "#server/segment/open";
import type { SegmentReader } from "#server/segment/reader";
import { encodeSegment, type SealOptions } from "#server/segment/seal/seal";
import { memoryDisk } from "#test/server/segment/disk";

export type Row = Readonly<Record<string, Value>>;

/** A table of nullable columns with ids 1, 2, …; everything else as the overrides say. */
export function tableOf(
  name: string,
  columns: Readonly<Record<string, SqlType>>,
  overrides: Partial<Table> = {},
): Table {
  const list = Object.entries(columns).map(
    ([columnName, type], index): Column => ({
      id: index + 1,
      name: columnName,
      type,
      role: type === "TIMESTAMP" ? "dateTime" : layoutOf(type) === "text" ? "dimension" : "metric",
      notNull: false,
    }),
  );
  return {
    name,
    version: 1,
    columns: list,
    nextColumnId: list.length + 1,
    timeColumn: list.find((column) => column.type === "TIMESTAMP")?.name ?? null,
    sortedColumn: null,
    invertedColumns: [],
    rawColumns: [],
    stream: {
      kind: "embedded",
      topic: name,
      partitions: 1,
      brokers: [],
      start: "smallest",
      properties: {},
    },
    flushRows: null,
    flushMs: null,
    flushBytes: null,
    retentionMs: null,
    primaryKeyColumns: [],
    paused: false,
    ...overrides,
  };
}

export interface BuildOptions {
  readonly id?: string;
  readonly arena?: Arena;
  readonly kernels?: Kernels;
  readonly chunkRows?: number;
  readonly segmentRows?: number;
  readonly partition?: number;
  readonly startOffset?: bigint;
  /** Rows of one append. */
  readonly stageRows?: number;
  readonly arrivalMs?: number;
  readonly rawColumnIds?: readonly number[];
}

/** An arena of its own, 64 MiB unless said otherwise. Address space only until used. */
export const testArena = (bytes = 64 << 20): Arena => createArena(bytes, 0, { poison: true });

export interface BuiltMutable {
  readonly writer: MutableSegment;
  readonly reader: SegmentReader;
  readonly arena: Arena;
  /** Frees reader and segment. */
  close(): void;
}

/** A mutable segment with these rows appended and published, offsets ascending from startOffset. */
export function buildMutable(table: Table, rows: readonly Row[], options: BuildOptions = {}): BuiltMutable {
  const arena = options.arena ?? testArena();
  const stageRows = options.stageRows ?? 1000;
  const startOffset = options.startOffset ?? 0n;
  const writer = createMutable({
    id: options.id ?? `${table.name}__0__${startOffset}`,
    table,
    partition: options.partition ?? 0,
    startOffset,
    arena,
    kernels: options.kernels ?? testKernels(arena),
    rawColumnIds: options.rawColumnIds ?? [],
    limits: {
      chunkRows: options.chunkRows ?? limits.chunkRows,
      segmentRows: options.segmentRows ?? Math.max(rows.length, 1),
      stageRows,
    },
  });
  for (let from = 0; from < rows.length; from += stageRows) {
    appendRows(writer, table, rows.slice(from, from + stageRows), arena, startOffset + BigInt(from));
  }
  writer.publish(options.arrivalMs ?? 1);
  const reader = openMutable(writer.handle, arena).reader();
  const close = () => {
    reader.release();
    writer.freeAll();
  };
  return { writer, reader, arena, close };
}

/** Stages these rows and appends them, not yet published. Row i has offset `firstOffset` + i. */
export function appendRows(
  writer: MutableSegment,
  table: Table,
  rows: readonly Row[],
  arena: Arena,
  firstOffset: bigint,
): void {
  const { stage, free } = stageOf(table, rows, arena, firstOffset);
  try {
    writer.append(stage, rows.length, firstOffset + BigInt(rows.length));
  } finally {
    free();
  }
}

/** Writes rows into a stage in the arena. */
export function stageOf(
  table: Table,
  rows: readonly Row[],
  arena: Arena,
  firstOffset: bigint,
): { readonly stage: Stage; readonly free: () => void } {
  const texts = new Map<Value, Uint8Array>();
  const bytesOf = (value: Value): Uint8Array => {
    const known = texts.get(value);
    if (known !== undefined) return known;
    const bytes = value instanceof Uint8Array ? value : new TextEncoder().encode(String(value));
    texts.set(value, bytes);
    return bytes;
  };
  let textBytes = 0;
  for (const column of table.columns) {
    if (layoutOf(column.type) !== "text") continue;
    for (const row of rows) {
      const value = row[column.name] ?? null;
      if (value !== null) textBytes += bytesOf(value).length;
    }
  }
  const tagBytes = (rows.length + 7) & ~7;
  const columnBytes = tagBytes + rows.length * 8;
  const block = arena.allocate(table.columns.length * columnBytes + rows.length * 8 + textBytes + 8, "stage");
  const columns = table.columns.map((_, index): StageColumn => {
    const tags = block + index * columnBytes;
    return { tags, values: tags + tagBytes };
  });
  const offsets = block + table.columns.length * columnBytes;
  const { u8, u32, i64, f64 } = arena.views;
  let text = offsets + rows.length * 8;
  rows.forEach((row, at) => {
    i64[(offsets >> 3) + at] = firstOffset + BigInt(at);
    table.columns.forEach((column, index) => {
      const { tags, values } = columns[index];
      const value = row[column.name] ?? null;
      const place = values + at * 8;
      if (value === null) {
        u8[tags + at] = stageTags.null;
        i64[place >> 3] = 0n;
        return;
      }
      const layout = layoutOf(column.type);
      u8[tags + at] = stageTags[layout];
      if (layout === "int") i64[place >> 3] = BigInt(value as bigint | number | boolean);
      else if (layout === "double") f64[place >> 3] = Number(value);
      else {
        const bytes = bytesOf(value);
        u8.set(bytes, text);
        u32[place >> 2] = text;
        u32[(place >> 2) + 1] = bytes.length;
        text += bytes.length;
      }
    });
  });
  const stage: Stage = {
    memory: arena.memory,
    rows: rows.length,
    columns,
    offsets,
    text: offsets + rows.length * 8,
    textBytes,
  };
  return { stage, free: () => arena.free(block) };
}

/** Kernels over this arena: the plain twins. */
export const testKernels = (arena: Arena): Kernels => kernelsFor(arena, { kind: "twin" });

export interface BuiltSealed {
  readonly segment: SealedSegment;
  readonly reader: SegmentReader;
  readonly record: SegmentRecord;
  readonly arena: Arena;
  readonly cache: Cache;
  /** The file. */
  readonly bytes: Uint8Array;
  /** Frees reader and segment. */
  close(): void;
}

export interface SealedOptions extends BuildOptions {
  readonly cacheBytes?: number;
  readonly cache?: Cache;
}

/** A sealed segment with these rows: they go through a mutable one, a file and `openSegment`. */
export function buildSealed(table: Table, rows: readonly Row[], options: SealedOptions = {}): BuiltSealed {
  const built = buildMutable(table, rows, options);
  const sealed = sealReaders([built.reader], table, { ...options, arena: built.arena });
  built.close();
  return sealed;
}

/** Seals or merges readers into one segment, opened. */
export function sealReaders(
  readers: readonly SegmentReader[],
  table: Table,
  options: SealedOptions & Partial<Pick<SealOptions, "keepFromMs" | "lineage" | "ranges">> = {},
): BuiltSealed {
  const arena = options.arena ?? testArena();
  const { record, chunks } = encodeSegment(readers, {
    id: options.id ?? `${table.name}__sealed`,
    table,
    path: `segments/${options.id ?? table.name}`,
    chunkRows: options.chunkRows ?? limits.chunkRows,
    lineage: options.lineage ?? [],
    keepFromMs: options.keepFromMs ?? null,
    createdMs: 1,
    ...(options.ranges === undefined ? {} : { ranges: options.ranges }),
  });
  return { ...openBytes(Buffer.concat(chunks), record.path, { ...options, arena }), record };
}

/** Opens a segment file that is in memory. */
export function openBytes(
  bytes: Uint8Array,
  path: string,
  options: SealedOptions = {},
): Omit<BuiltSealed, "record"> {
  const arena = options.arena ?? testArena();
  const disk = memoryDisk({ [path]: bytes });
  const cache = options.cache ?? new Cache(options.cacheBytes ?? 1 << 30);
  const kernels = options.kernels ?? testKernels(arena);
  const segment = openSegment({ disk, path, arena, kernels, cache });
  const reader = segment.reader();
  const close = () => {
    reader.release();
    segment.close();
  };
  return { segment, reader, arena, cache, bytes, close };
}

const decoder = new TextDecoder();

/** Value of one cell, read slowly and plainly. */
export function cell(reader: SegmentReader, columnId: number, row: number): Value {
  const column = reader.column(columnId);
  if (column === null) return null;
  let chunk = 0;
  let at = row;
  while (at >= reader.rowsOf(chunk)) at -= reader.rowsOf(chunk++);
  const { u8, u16, u32, i64, f64 } = reader.arena.views;
  const forward = column.forward(chunk);
  if (forward.validity !== 0 && ((u8[forward.validity + (at >> 3)] >> (at & 7)) & 1) === 0) return null;
  switch (forward.kind) {
    case "doubles":
      return f64[(forward.pointer >> 3) + at];
    case "ids": {
      const { width, pointer } = forward;
      const id =
        width === 1 ? u8[pointer + at] : width === 2 ? u16[(pointer >> 1) + at] : u32[(pointer >> 2) + at];
      return id === 0 ? null : textValue(column.type, column.dictionary!.entry(id));
    }
    case "bytes": {
      const place = (forward.offsets >> 2) + at;
      return textValue(
        column.type,
        u8.subarray(forward.pointer + u32[place], forward.pointer + u32[place + 1]),
      );
    }
    case "ints": {
      const { width, pointer, base } = forward;
      if (width === 8) return intValue(column.type, i64[(pointer >> 3) + at]);
      const stored =
        width === 1 ? u8[pointer + at] : width === 2 ? u16[(pointer >> 1) + at] : u32[(pointer >> 2) + at];
      return intValue(column.type, base + BigInt(stored));
    }
  }
}

const textValue = (type: SqlType, bytes: Uint8Array): Value =>
  type === "BYTES" ? bytes.slice() : decoder.decode(bytes.slice());
const intValue = (type: SqlType, value: bigint): Value => (type === "BOOLEAN" ? value === 1n : value);

/** All rows back as objects, NULLs included, with the hidden $offset and $partition when asked. */
export function rowsOf(reader: SegmentReader, table: Table, options = { hidden: false }): Row[] {
  const columns: { readonly id: number; readonly name: string }[] = [...table.columns];
  if (options.hidden) columns.push({ id: -1, name: "$offset" }, { id: -2, name: "$partition" });
  return Array.from({ length: reader.rows }, (_, row) =>
    Object.fromEntries(columns.map(({ id, name }) => [name, cell(reader, id, row)])),
  );
}
