/** One chunk of a task as kernels see it: decoded forwards, scratch, and the columns' values as vectors. */
import { isNull } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import type { Evaluate } from "#schemas/plan/evaluator";
import { layoutOf } from "#schemas/types";
import type { Views } from "#server/arena/arena";
import { type BoundExpression, expressionOf } from "#server/execute/bound";
import type { ArenaRuntime } from "#server/execute/runtime";
import type { EntryMemos } from "#server/execute/scan/entry-memo";
import { textVector } from "#server/execute/scan/text-vector";
import type { Scratch } from "#server/execute/scratch";
import { type ColumnKind, forwardWords, type Task, type TaskColumn } from "#server/execute/task";
import type { Kernels } from "#server/kernels/kernels";
import type { AnyWidth } from "#server/kernels/widths";

/** Rows that passed: a bitmap, or one of its two trivial cases. */
export type Selection =
  | { readonly kind: "all" }
  | { readonly kind: "none" }
  | { readonly kind: "some"; readonly bitmap: number; readonly population: number };

export const everything: Selection = { kind: "all" };
export const nothing: Selection = { kind: "none" };

export const narrow = (rows: number, bitmap: number, population: number): Selection =>
  population === rows ? everything : population === 0 ? nothing : { kind: "some", bitmap, population };

export const populationOf = (selection: Selection, rows: number): number =>
  selection.kind === "all" ? rows : selection.kind === "none" ? 0 : selection.population;

/** The address of a selection's bitmap for kernels: 0 when all rows count. */
export const bitmapOf = (selection: Selection): number => {
  assert(selection.kind !== "none", "kernels are not called for no rows");
  return selection.kind === "all" ? 0 : selection.bitmap;
};

/** A forward's addresses. */
export interface ChunkColumn {
  readonly kind: ColumnKind;
  readonly width: AnyWidth;
  readonly pointer: number;
  readonly validity: number;
  readonly offsets: number;
  readonly base: bigint;
}

/** Positions (u32) of selected rows. */
export interface Positions {
  readonly pointer: number;
  readonly count: number;
}

const absent = { width: 8, pointer: 0, validity: 0, offsets: 0, base: 0n } as const;

export const bitmapBytes = (rows: number): number => ((rows + 63) >> 6) << 3;

export class Chunk {
  readonly task: Task;
  readonly index: number;
  readonly rows: number;
  readonly kernels: Kernels;
  readonly scratch: Scratch;
  readonly views: Views;
  /** Expressions computed once an entry; null: this scan keeps none. */
  readonly memos: EntryMemos | null;
  private readonly evaluator: Evaluate;
  private readonly decoded: (ChunkColumn | undefined)[] = [];

  constructor(
    runtime: ArenaRuntime,
    evaluate: Evaluate,
    task: Task,
    index: number,
    memos: EntryMemos | null = null,
  ) {
    this.task = task;
    this.memos = memos;
    this.index = index;
    this.rows = task.chunks[index].rows;
    this.kernels = runtime.kernels;
    this.scratch = runtime.scratch;
    this.views = runtime.arena.views;
    this.evaluator = evaluate;
  }

  column(place: number): ChunkColumn {
    const known = this.decoded[place];
    if (known !== undefined) return known;
    const { kind, forwards } = this.task.columns[place];
    if (kind === "missing" || kind === "window" || kind === "docIds") return { ...absent, kind };
    const at = this.index * forwardWords;
    const created: ChunkColumn = {
      kind,
      width: Number(forwards[at]) as AnyWidth,
      pointer: Number(forwards[at + 1]),
      validity: Number(forwards[at + 2]),
      offsets: Number(forwards[at + 3]),
      base: forwards[at + 4],
    };
    this.decoded[place] = created;
    return created;
  }

  /**
   * A base that all of the task's chunks of an integer column can be written relative to: this chunk's own, so that
   * chunks stay as they are; 0 when another chunk's values would leave 64 bits relative to it.
   */
  sharedBase(place: number): bigint {
    const { forwards } = this.task.columns[place];
    let [least, most] = [0n, 0n];
    for (let at = 0; at < forwards.length; at += forwardWords) {
      if (forwards[at] === 8n) return 0n;
      const base = forwards[at + 4];
      if (at === 0 || base < least) least = base;
      if (at === 0 || base > most) most = base;
    }
    return most - least < 2n ** 62n ? this.column(place).base : 0n;
  }

  newBitmap(): number {
    return this.scratch.take(bitmapBytes(this.rows));
  }

  and(left: Selection, right: Selection): Selection {
    if (left.kind === "none" || right.kind === "none") return nothing;
    if (left.kind === "all") return right;
    if (right.kind === "all") return left;
    const bitmap = this.newBitmap();
    return narrow(this.rows, bitmap, this.kernels.bitmapAnd(left.bitmap, right.bitmap, this.rows, bitmap));
  }

  or(left: Selection, right: Selection): Selection {
    if (left.kind === "all" || right.kind === "all") return everything;
    if (left.kind === "none") return right;
    if (right.kind === "none") return left;
    const bitmap = this.newBitmap();
    return narrow(this.rows, bitmap, this.kernels.bitmapOr(left.bitmap, right.bitmap, this.rows, bitmap));
  }

  not(selection: Selection): Selection {
    if (selection.kind === "all") return nothing;
    if (selection.kind === "none") return everything;
    const bitmap = this.newBitmap();
    return narrow(this.rows, bitmap, this.kernels.bitmapNot(selection.bitmap, this.rows, bitmap));
  }

  /** Rows where the column has a value. */
  present(place: number): Selection {
    const column = this.column(place);
    if (column.kind === "missing") return nothing;
    const { window } = this.task.columns[place];
    if (window !== null) return this.present(window.time);
    if (column.kind === "ids") {
      if (!this.task.columns[place].nulls) return everything;
      const bitmap = this.newBitmap();
      const width = column.width as 1 | 2 | 4;
      const population = this.kernels.filterRange(width, column.pointer, this.rows, 1, 0xffff_ffff, bitmap);
      return narrow(this.rows, bitmap, population);
    }
    if (column.validity === 0) return everything;
    const population = this.kernels.bitmapPopulation(column.validity, this.rows);
    return narrow(this.rows, column.validity, population);
  }

  /** Positions of the selected rows; null when all are. */
  positions(selection: Selection): Positions | null {
    if (selection.kind === "all") return null;
    if (selection.kind === "none") return { pointer: 0, count: 0 };
    const pointer = this.scratch.take((this.rows + 16) * 4);
    return { pointer, count: this.kernels.bitmapPositions(selection.bitmap, this.rows, pointer) };
  }

  /**
   * The column's values at the positions (null: all rows). Numbers may lie in the arena's scratch memory: use the
   * vector before the scratch is released, or copy it.
   */
  vector(place: number, positions: Positions | null): Vector {
    const info = this.task.columns[place];
    const column = this.column(place);
    const rows = positions === null ? this.rows : positions.count;
    switch (column.kind) {
      case "missing":
        return nullVector(info, rows);
      case "window":
        return this.windowVector(place, positions);
      case "docIds":
        return { kind: "int", type: info.type, rows, values: this.docIds(positions), nulls: null };
      case "ids":
      case "bytes":
        return textVector(this, info, column, positions);
      case "doubles":
        return {
          kind: "double",
          type: info.type,
          rows,
          values: this.doubles(column, positions),
          nulls: this.nulls(column, positions),
        };
      case "ints":
        return {
          kind: "int",
          type: info.type,
          rows,
          values: this.integers(column, positions),
          nulls: this.nulls(column, positions),
        };
    }
  }

  private windowVector(place: number, positions: Positions | null): Vector {
    const { window, type } = this.task.columns[place];
    assert(window !== null, "a window column has a window");
    const time = this.vector(window.time, positions);
    if (time.kind !== "int") return nullVector({ type }, time.rows);
    const { slideMs, addMs } = window;
    const values = time.values.map((value) => {
      const rest = value % slideMs;
      return value - (rest < 0n ? rest + slideMs : rest) + addMs;
    });
    for (let row = 0; row < time.rows; row++) if (isNull(time.nulls, row)) values[row] = 0n;
    return { kind: "int", type, rows: time.rows, values, nulls: time.nulls };
  }

  private docIds(positions: Positions | null): BigInt64Array {
    const { firstRow } = this.task.chunks[this.index];
    const { u32 } = this.views;
    return BigInt64Array.from({ length: positions === null ? this.rows : positions.count }, (_, at) =>
      BigInt(firstRow + (positions === null ? at : u32[(positions.pointer >> 2) + at])),
    );
  }

  private doubles(column: ChunkColumn, positions: Positions | null): Float64Array {
    const { f64 } = this.views;
    if (positions === null) return f64.subarray(column.pointer >> 3, (column.pointer >> 3) + this.rows);
    const to = this.scratch.take(positions.count * 8);
    this.kernels.gather(8, column.pointer, positions.pointer, positions.count, to);
    return f64.subarray(to >> 3, (to >> 3) + positions.count);
  }

  private integers(column: ChunkColumn, positions: Positions | null): BigInt64Array {
    const { i64 } = this.views;
    const count = positions === null ? this.rows : positions.count;
    if (positions === null && column.width === 8 && column.base === 0n) {
      return i64.subarray(column.pointer >> 3, (column.pointer >> 3) + count);
    }
    const to = this.scratch.take(count * 8);
    if (positions === null) this.kernels.widenInts(column.width, column.pointer, column.base, count, to);
    else this.kernels.gatherInts(column.width, column.pointer, column.base, positions.pointer, count, to);
    const values = i64.subarray(to >> 3, (to >> 3) + count);
    if (column.base !== 0n) this.zeroNulls(column, positions, values);
    return values;
  }

  /** NULL slots hold the base; vectors promise zero. */
  private zeroNulls(column: ChunkColumn, positions: Positions | null, values: BigInt64Array): void {
    const nulls = this.nulls(column, positions);
    if (nulls === null) return;
    for (let row = 0; row < values.length; row++) {
      if ((nulls[row >> 3] & (1 << (row & 7))) !== 0) values[row] = 0n;
    }
  }

  /** 1 = NULL bits of a column with a validity bitmap. */
  nulls(column: ChunkColumn, positions: Positions | null): Uint8Array | null {
    if (column.validity === 0) return null;
    const rows = positions === null ? this.rows : positions.count;
    let from = column.validity;
    if (positions !== null) {
      from = this.scratch.take(bitmapBytes(rows) + 64);
      const present = this.kernels.gatherBits(column.validity, positions.pointer, rows, from);
      if (present === rows) return null;
    }
    const bytes = (rows + 7) >> 3;
    const nulls = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at++) nulls[at] = ~this.views.u8[from + at];
    if ((rows & 7) !== 0) nulls[bytes - 1] &= (1 << (rows & 7)) - 1;
    return nulls.some((byte) => byte !== 0) ? nulls : null;
  }

  /** Evaluates an expression over the rows at the positions (null: all). */
  evaluate(bound: BoundExpression, positions: Positions | null): Vector {
    const rows = positions === null ? this.rows : positions.count;
    const made: (Vector | undefined)[] = [];
    const column = (index: number): Vector => (made[index] ??= this.vector(bound.columns[index], positions));
    return this.evaluator(expressionOf(bound), { rows, column }, this.task.context);
  }

  /** Evaluates an expression over one column, given as a vector. */
  evaluateOver(bound: BoundExpression, vector: Vector): Vector {
    return this.evaluator(
      expressionOf(bound),
      { rows: vector.rows, column: () => vector },
      this.task.context,
    );
  }
}

/** A column that the segment does not have. */
function nullVector(info: Pick<TaskColumn, "type">, rows: number): Vector {
  const nulls = new Uint8Array((rows + 7) >> 3).fill(255);
  if ((rows & 7) !== 0) nulls[nulls.length - 1] = (1 << (rows & 7)) - 1;
  const { type } = info;
  switch (layoutOf(type)) {
    case "int":
      return { kind: "int", type, rows, values: new BigInt64Array(rows), nulls };
    case "double":
      return { kind: "double", type, rows, values: new Float64Array(rows), nulls };
    case "text": {
      const entries = { count: 1, offsets: new Uint32Array(2), bytes: new Uint8Array(0) };
      return { kind: "text", type, rows, ids: new Uint32Array(rows), entries, nulls };
    }
  }
}
