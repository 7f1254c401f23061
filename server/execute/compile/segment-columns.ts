/** The columns of one segment that a query touches, numbered in order of first use; makes their part of each task. */
import type { Expression } from "#schemas/plan/expression";
import type { Hop } from "#schemas/plan/plan";
import { docIdColumn, hostNameColumn, segmentNameColumn } from "#schemas/table";
import { layoutOf, type SqlType } from "#schemas/types";
import { type BoundExpression, bindColumns } from "#server/execute/bound";
import {
  type ColumnKind,
  forwardWords,
  type PlainDictionary,
  type TaskColumn,
  type TaskWindow,
} from "#server/execute/task";
import type { ColumnReader, DictionaryReader, Forward, SegmentReader } from "#server/segment/reader";

/** What is known of a column without its chunks. */
export interface SegmentColumn {
  readonly place: number;
  readonly columnId: number;
  readonly type: SqlType;
  readonly kind: ColumnKind;
  /** null: the segment does not have the column, all rows are NULL. */
  readonly reader: ColumnReader | null;
  readonly dictionary: DictionaryReader | null;
  readonly nulls: boolean;
  readonly window: TaskWindow | null;
}

const noForwards = new BigInt64Array(0);

/** HOP's pseudo columns in one pass: windows that begin `backMs` before the row's own slide. */
export interface WindowPass {
  readonly hop: Hop;
  readonly backMs: bigint;
}

/** All rows of a segment have the same value; `ConstantColumns` puts it in. */
export const isConstantColumn = (columnId: number): boolean =>
  columnId === segmentNameColumn.id || columnId === hostNameColumn.id;

export class SegmentColumns {
  readonly segment: SegmentReader;
  readonly used: SegmentColumn[] = [];
  private readonly byId = new Map<number, SegmentColumn>();
  private readonly pass: WindowPass | null;

  constructor(segment: SegmentReader, pass: WindowPass | null) {
    this.segment = segment;
    this.pass = pass;
  }

  column(columnId: number, type: SqlType): SegmentColumn {
    const known = this.byId.get(columnId);
    if (known !== undefined) return known;
    const window = this.windowOf(columnId);
    if (window !== null) return this.add({ columnId, type, window, kind: "window", nulls: true });
    if (columnId === docIdColumn.id) {
      return this.add({ columnId, type, window: null, kind: "docIds", nulls: false });
    }
    const reader = this.segment.column(columnId);
    const kind = reader === null || this.segment.rows === 0 ? "missing" : kindOf(reader);
    const created: SegmentColumn = {
      place: this.used.length,
      columnId,
      type: reader?.type ?? type,
      kind: reader !== null && reader.stats.nulls >= this.segment.rows && kind !== "ids" ? "missing" : kind,
      reader,
      dictionary: reader?.dictionary ?? null,
      nulls: reader === null || reader.stats.nulls > 0,
      window: null,
    };
    return this.keep(created);
  }

  private keep(created: SegmentColumn): SegmentColumn {
    this.used.push(created);
    this.byId.set(created.columnId, created);
    return created;
  }

  /** A column that is computed. */
  private add(parts: Omit<SegmentColumn, "place" | "reader" | "dictionary">): SegmentColumn {
    return this.keep({ ...parts, place: this.used.length, reader: null, dictionary: null });
  }

  private windowOf(columnId: number): TaskWindow | null {
    if (this.pass === null) return null;
    const { hop, backMs } = this.pass;
    if (columnId !== hop.startColumn && columnId !== hop.endColumn) return null;
    const time = this.column(hop.timeColumn, "TIMESTAMP").place;
    const addMs = columnId === hop.startColumn ? -backMs : hop.sizeMs - backMs;
    return { time, slideMs: hop.slideMs, addMs };
  }

  /** An expression with its columns as places in the list it names. */
  bind(expression: Expression): BoundExpression {
    return bindColumns(expression, (columnId, type) => this.column(columnId, type).place);
  }

  /** A task's columns without their chunks; dictionaries of those at the places that are looked at. */
  taskColumns(places: ReadonlySet<number>): TaskColumn[] {
    const needed = this.needed(places);
    return this.used.map((column) => ({
      columnId: column.columnId,
      type: column.type,
      kind: column.kind,
      dictionary: plainDictionary(needed.has(column.place) ? column.dictionary : null),
      nulls: column.nulls,
      hasNaN: column.reader?.stats.hasNaN ?? false,
      window: column.window,
      forwards: noForwards,
    }));
  }

  /** The same columns with some chunks resident, of those at the places that are looked at. */
  loaded(
    columns: readonly TaskColumn[],
    chunks: readonly number[],
    places: ReadonlySet<number>,
  ): TaskColumn[] {
    const needed = this.needed(places);
    return columns.map((column, place) =>
      needed.has(place) ? { ...column, forwards: this.forwards(this.used[place], chunks) } : column,
    );
  }

  private needed(places: ReadonlySet<number>): ReadonlySet<number> {
    const needed = new Set(places);
    for (const { place, window } of this.used)
      if (window !== null && needed.has(place)) needed.add(window.time);
    return needed;
  }

  private forwards(column: SegmentColumn, chunks: readonly number[]): BigInt64Array {
    if (column.reader === null || column.kind === "missing") return new BigInt64Array(0);
    const words = new BigInt64Array(chunks.length * forwardWords);
    let at = 0;
    for (const chunk of chunks) {
      writeForward(column.reader.forward(chunk), words, at);
      at += forwardWords;
    }
    return words;
  }
}

/** How the column's chunks lie, without reading one. */
function kindOf(reader: ColumnReader): ColumnKind {
  if (reader.dictionary !== null) return "ids";
  const layout = layoutOf(reader.type);
  return layout === "int" ? "ints" : layout === "double" ? "doubles" : "bytes";
}

function writeForward(forward: Forward, words: BigInt64Array, at: number): void {
  const hasWidth = forward.kind === "ids" || forward.kind === "ints";
  words[at] = BigInt(hasWidth ? forward.width : 8);
  words[at + 1] = BigInt(forward.pointer);
  words[at + 2] = BigInt(forward.validity);
  words[at + 3] = forward.kind === "bytes" ? BigInt(forward.offsets) : 0n;
  words[at + 4] = forward.kind === "ints" ? forward.base : 0n;
}

export function plainDictionary(dictionary: DictionaryReader | null): PlainDictionary | null {
  if (dictionary === null) return null;
  const { count, sorted, layout } = dictionary;
  return layout.kind === "packed"
    ? { count, sorted, packed: true, entries: layout.offsets, bytes: layout.bytes, hashes: layout.hashes }
    : { count, sorted, packed: false, entries: layout.directory, bytes: 0, hashes: layout.hashes };
}
