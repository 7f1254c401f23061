/**
 * ORDER BY … LIMIT over a leading number (or sorted dictionary) key: the kernels' top lists find the value
 * of the last row that can be in the answer, so only rows that reach it are looked at in full. Ties are kept
 * for the other keys.
 */

import { serverBounds } from "#schemas/limits";
import type { Runtime } from "#server/execute/runtime";
import { bitmapOf, type Chunk, type Selection } from "#server/execute/scan/chunk";
import type { RowOrder, RowsTask, TaskColumn, Test } from "#server/execute/task";
import { bounds } from "#server/kernels/kernels";

const limitMax = serverBounds.topReachRows;

/** How far rows must reach, by the order's leading key. */
export type Reach =
  | { readonly kind: "ids" | "ints"; readonly value: bigint }
  | { readonly kind: "doubles"; readonly value: number };

/** Rows whose leading key reaches `reach`, NULLs too when they come first. */
export function reachTest(order: RowOrder, reach: Reach, options: { readonly nulls: boolean }): Test | null {
  if (order.source.kind !== "column") return null;
  const { column } = order.source;
  const within = rangeTest(column, order.descending, reach);
  if (!order.nullsFirst || !options.nulls) return within;
  return { kind: "or", tests: [within, { kind: "absent", column }] };
}

function rangeTest(column: number, descending: boolean, reach: Reach): Test {
  switch (reach.kind) {
    case "ids": {
      const id = Number(reach.value);
      return descending
        ? { kind: "ids", column, low: id, high: 0xffff_ffff }
        : { kind: "ids", column, low: 1, high: id };
    }
    case "ints":
      return descending
        ? { kind: "ints", column, low: reach.value, high: 2n ** 63n - 1n }
        : { kind: "ints", column, low: -(2n ** 63n), high: reach.value };
    case "doubles": {
      const infinity = Number.POSITIVE_INFINITY;
      if (descending)
        return { kind: "doubles", column, low: reach.value, high: infinity, flags: bounds.nanPasses };
      if (Number.isNaN(reach.value)) return { kind: "present", column };
      return { kind: "doubles", column, low: -infinity, high: reach.value, flags: 0 };
    }
  }
}

export class TopReach {
  private readonly order: RowOrder;
  private readonly column: TaskColumn;
  private readonly kind: Reach["kind"];
  private readonly limit: number;
  private readonly values: number;
  private readonly rows: number;
  private readonly views: { readonly i64: BigInt64Array; readonly f64: Float64Array };
  private held = 0;

  /** null: the task has no such order, or its limit is too large to profit. */
  static for(task: RowsTask, owner: Runtime): TopReach | null {
    const [first] = task.order;
    if (first === undefined || task.limit > limitMax || task.limit === 0) return null;
    if (first.source.kind !== "column") return null;
    const column = task.columns[first.source.column];
    const sortedIds = column.kind === "ids" && column.dictionary?.sorted === true;
    if (!sortedIds && column.kind !== "ints" && column.kind !== "doubles") return null;
    return new TopReach(task, owner, first, column);
  }

  private constructor(task: RowsTask, owner: Runtime, order: RowOrder, column: TaskColumn) {
    const { scratch, arena } = owner.at(task.arena);
    this.order = order;
    this.column = column;
    this.kind = column.kind === "doubles" ? "doubles" : column.kind === "ids" ? "ids" : "ints";
    this.limit = task.limit;
    this.values = scratch.take((task.limit + 1) * 8);
    this.rows = scratch.take((task.limit + 1) * 4);
    this.views = arena.views;
  }

  /** Takes a chunk's selected rows into the list. */
  look(chunk: Chunk, selection: Selection): void {
    const { source, descending } = this.order;
    if (source.kind !== "column") return;
    const valid = chunk.and(selection, chunk.present(source.column));
    if (valid.kind === "none") return;
    const { width, pointer, base } = chunk.column(source.column);
    const { kernels, rows, task, index } = chunk;
    const bitmap = bitmapOf(valid);
    const { firstRow } = task.chunks[index];
    const { limit, held, values } = this;
    this.held =
      this.kind === "doubles"
        ? kernels.topDoubles(pointer, rows, bitmap, descending, limit, held, firstRow, values, this.rows)
        : kernels.topInts(
            width,
            pointer,
            base,
            rows,
            bitmap,
            descending,
            limit,
            held,
            firstRow,
            values,
            this.rows,
          );
  }

  /** The worst value in a full list. */
  reach(): Reach | null {
    if (this.held < this.limit) return null;
    const at = this.values >> 3;
    if (this.kind === "doubles") {
      let worst = this.views.f64[at];
      for (let index = 1; index < this.held; index++) {
        const value = this.views.f64[at + index];
        if (this.order.descending ? less(value, worst) : less(worst, value)) worst = value;
      }
      return { kind: "doubles", value: worst };
    }
    let worst = this.views.i64[at];
    for (let index = 1; index < this.held; index++) {
      const value = this.views.i64[at + index];
      if (this.order.descending ? value < worst : value > worst) worst = value;
    }
    return { kind: this.kind, value: worst };
  }

  /** What candidates must pass, once the list is full. */
  test(): Test | null {
    const reach = this.reach();
    return reach === null ? null : reachTest(this.order, reach, { nulls: this.column.nulls });
  }
}

const less = (left: number, right: number): boolean =>
  left < right || (Number.isNaN(right) && !Number.isNaN(left));
