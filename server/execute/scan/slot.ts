/**
 * State arrays of one task: each slot has room for all groups so far and takes a chunk's selected rows at a time.
 * What a slot leaves behind (`SlotResult`) is plain data; its memory stays until the merge has read it.
 */
import type { States } from "#schemas/plan/server-client";
import { typeOf } from "#server/execute/bound";
import type { ArenaRuntime } from "#server/execute/runtime";
import { bitmapOf, type Chunk, nothing, populationOf, type Selection } from "#server/execute/scan/chunk";
import type { InternedValues } from "#server/execute/scan/intern";
import { validRows, wordsOf } from "#server/execute/scan/words";
import { forwardWords, type Source } from "#server/execute/task";
import type { TaskMemory } from "#server/execute/task-memory";
import { stateBytes } from "#server/kernels/kernels";
import type { AnyWidth } from "#server/kernels/widths";

export type SlotResult =
  | { readonly kind: "empty" }
  /** u32 counts. */
  | { readonly kind: "count"; readonly pointer: number; readonly copies: number }
  | {
      readonly kind: "ints";
      readonly layout: "sum" | "wide" | "full";
      readonly pointer: number;
      readonly copies: number;
      readonly base: bigint;
    }
  | {
      readonly kind: "doubles";
      readonly layout: "sum" | "full";
      readonly pointer: number;
      readonly copies: number;
    }
  /** Bit group × card + code. */
  | { readonly kind: "bits"; readonly pointer: number; readonly card: number }
  | {
      readonly kind: "pairs";
      readonly gids: Uint32Array;
      readonly codes: Uint32Array;
      readonly values: InternedValues | null;
    }
  | { readonly kind: "registers"; readonly pointer: number; readonly precision: number }
  | { readonly kind: "values"; readonly gids: Uint32Array | null; readonly values: Float64Array }
  | { readonly kind: "states"; readonly states: States };

/** The rows of one chunk that a slot counts, and their groups. */
export interface Rows {
  readonly chunk: Chunk;
  readonly selection: Selection;
  /** u32 by row; 0: all in group 0. */
  readonly gids: number;
  readonly ascending: boolean;
}

export interface Slot {
  /** Makes room for groups 0 … groups − 1. */
  ensure(groups: number): void;
  update(rows: Rows): void;
  result(): SlotResult;
}

/** A state array that grows with the groups. */
export class StateArray {
  readonly copies: number;
  pointer = 0;
  private readonly memory: TaskMemory;
  private readonly entryBytes: number;
  private readonly clear: (pointer: number, entries: number) => void;
  private capacity = 0;

  constructor(
    memory: TaskMemory,
    parts: {
      readonly entryBytes: number;
      readonly copies: number;
      readonly clear: (pointer: number, entries: number) => void;
    },
  ) {
    this.memory = memory;
    this.copies = parts.copies;
    this.entryBytes = parts.entryBytes;
    this.clear = parts.clear;
  }

  ensure(groups: number): void {
    if (groups <= this.capacity) return;
    const capacity = this.capacity === 0 ? groups : Math.max(groups, this.capacity * 2);
    const entries = capacity * this.copies;
    const bytes = entries * this.entryBytes;
    const used = this.capacity * this.copies;
    this.pointer =
      this.pointer === 0
        ? this.memory.allocate(bytes)
        : this.memory.grow(this.pointer, used * this.entryBytes, bytes);
    this.clear(this.pointer + used * this.entryBytes, entries - used);
    this.capacity = capacity;
  }
}

export interface SlotParts {
  readonly runtime: ArenaRuntime;
  readonly memory: TaskMemory;
  readonly copies: number;
}

const zeroed =
  (parts: SlotParts, bytes: number) =>
  (pointer: number, entries: number): void =>
    parts.runtime.kernels.zero(pointer, entries * bytes);

export const emptySlot: Slot = {
  ensure: () => undefined,
  update: () => undefined,
  result: () => ({ kind: "empty" }),
};

/** Rows, or rows where the source is not NULL. */
export class CountSlot implements Slot {
  private readonly states: StateArray;
  private readonly source: Source | null;

  constructor(parts: SlotParts, source: Source | null) {
    this.source = source;
    const bytes = stateBytes.count;
    this.states = new StateArray(parts.memory, {
      entryBytes: bytes,
      copies: parts.copies,
      clear: zeroed(parts, bytes),
    });
  }

  ensure(groups: number): void {
    this.states.ensure(groups);
  }

  update({ chunk, selection, gids, ascending }: Rows): void {
    const selected = this.source === null ? selection : presentRows(chunk, this.source, selection);
    if (selected.kind === "none") return;
    const { pointer, copies } = this.states;
    if (gids === 0) {
      chunk.views.u32[pointer >> 2] += selected.kind === "all" ? chunk.rows : selected.population;
      return;
    }
    chunk.kernels.groupCount(gids, chunk.rows, bitmapOf(selected), copies, ascending, pointer);
  }

  result(): SlotResult {
    return { kind: "count", pointer: this.states.pointer, copies: this.states.copies };
  }
}

function presentRows(chunk: Chunk, source: Source, selection: Selection): Selection {
  if (source.kind === "column") return chunk.and(selection, chunk.present(source.column));
  const positions = chunk.positions(selection);
  const vector = chunk.evaluate(source.bound, positions);
  if (vector.nulls === null) return selection;
  if (typeOf(source.bound) === "UNKNOWN") return nothing;
  return chunk.and(selection, validRows(chunk, vector.nulls, positions));
}

/** Stored values of a chunk; stored + shift is relative to the slot's base. */
interface Stored {
  readonly width: AnyWidth;
  readonly pointer: number;
  readonly shift: bigint;
  /** The selected rows that have a value. */
  readonly selection: Selection;
}

/** The base that all chunks of a task have, or 0: only then can no difference of bases leave 64 bits. */
function commonBase(chunk: Chunk, place: number): bigint {
  const { forwards } = chunk.task.columns[place];
  const base = forwards[forwardWords - 1];
  for (let at = forwardWords - 1; at < forwards.length; at += forwardWords) {
    if (forwards[at] !== base) return 0n;
  }
  return base;
}

/** Integers: sums, or sums with extremes. */
export class IntegerSlot implements Slot {
  private readonly states: StateArray;
  private readonly source: Source;
  private readonly layout: "sum" | "wide" | "full";
  private readonly memory: TaskMemory;
  /** What stored values are relative to: the first chunk's base, where all chunks' values fit 64 bits beside it. */
  private base: bigint | null = null;

  constructor(parts: SlotParts, source: Source, layout: "sum" | "wide" | "full") {
    this.source = source;
    this.layout = layout;
    this.memory = parts.memory;
    const bytes = stateBytes[layout];
    this.states = new StateArray(parts.memory, {
      entryBytes: bytes,
      copies: parts.copies,
      clear:
        layout === "full"
          ? (pointer, entries) => parts.runtime.kernels.clearFullInts(pointer, entries)
          : zeroed(parts, bytes),
    });
  }

  ensure(groups: number): void {
    this.states.ensure(groups);
  }

  update(rows: Rows): void {
    const { chunk } = rows;
    const stored = this.stored(chunk, rows.selection);
    if (stored.selection.kind === "none") return;
    if (rows.gids !== 0) this.updateGroups(rows, stored, bitmapOf(stored.selection));
    else if (this.layout === "sum" && this.source.kind === "column" && rows.selection.kind === "all") {
      this.sumAll(chunk, stored);
    } else this.updateOne(chunk, stored, bitmapOf(stored.selection));
  }

  private updateOne(chunk: Chunk, { width, pointer, shift }: Stored, bitmap: number): void {
    const { kernels, rows } = chunk;
    const state = this.states.pointer;
    if (this.layout === "wide") kernels.sumWide(pointer, rows, bitmap, state);
    else if (this.layout === "full") kernels.fullInts(width, pointer, shift, rows, bitmap, state);
    else kernels.sumInts(width, pointer, shift, rows, bitmap, state);
  }

  /** NULL slots hold 0, so they are summed too, without a mask, and then not counted. */
  private sumAll(chunk: Chunk, { width, pointer, shift, selection }: Stored): void {
    const state = this.states.pointer;
    const nulls = BigInt(chunk.rows - populationOf(selection, chunk.rows));
    chunk.kernels.sumInts(width, pointer, shift, chunk.rows, 0, state);
    chunk.views.i64[state >> 3] -= nulls;
    chunk.views.i64[(state >> 3) + 1] -= nulls * shift;
  }

  private updateGroups(
    { chunk, gids, ascending }: Rows,
    { width, pointer: values, shift }: Stored,
    bitmap: number,
  ): void {
    const { kernels, rows } = chunk;
    const { copies, pointer } = this.states;
    if (this.layout === "wide") {
      kernels.groupSumWide(values, gids, rows, bitmap, copies, ascending, pointer);
    } else if (this.layout === "full") {
      kernels.groupFullInts(width, values, shift, gids, rows, bitmap, copies, ascending, pointer);
    } else {
      kernels.groupSumInts(width, values, shift, gids, rows, bitmap, copies, ascending, pointer);
    }
  }

  /** The rows that have a value, and their stored values relative to the task's one base. */
  private stored(chunk: Chunk, selected: Selection): Stored {
    const { source } = this;
    if (source.kind === "expression") {
      const { pointer, valid } = wordsOf(chunk, source, selected);
      this.base = 0n;
      return { width: 8, pointer, shift: 0n, selection: valid };
    }
    const { width, pointer, base } = chunk.column(source.column);
    const selection = chunk.and(selected, chunk.present(source.column));
    if (this.layout !== "wide") {
      this.base ??= commonBase(chunk, source.column);
      return { width, pointer, shift: base - this.base, selection };
    }
    this.base = 0n;
    if (width === 8 || selection.kind === "none") return { width, pointer, shift: 0n, selection };
    const wide = chunk.scratch.take(chunk.rows * 8);
    chunk.kernels.widenInts(width, pointer, base, chunk.rows, wide);
    return { width: 8, pointer: wide, shift: 0n, selection };
  }

  result(): SlotResult {
    if (this.base === null) {
      this.memory.free(this.states.pointer);
      return { kind: "empty" };
    }
    const { pointer, copies } = this.states;
    return { kind: "ints", layout: this.layout, pointer, copies, base: this.base };
  }
}

/** Doubles: sums, or sums with extremes. */
export class DoubleSlot implements Slot {
  private readonly states: StateArray;
  private readonly source: Source;
  private readonly layout: "sum" | "full";

  constructor(parts: SlotParts, source: Source, layout: "sum" | "full") {
    this.source = source;
    this.layout = layout;
    const bytes = stateBytes[layout];
    this.states = new StateArray(parts.memory, {
      entryBytes: bytes,
      copies: parts.copies,
      clear:
        layout === "full"
          ? (pointer, entries) => parts.runtime.kernels.clearFullDoubles(pointer, entries)
          : zeroed(parts, bytes),
    });
  }

  ensure(groups: number): void {
    this.states.ensure(groups);
  }

  update({ chunk, selection, gids, ascending }: Rows): void {
    const { pointer: values, valid } = wordsOf(chunk, this.source, selection);
    if (valid.kind === "none") return;
    const { kernels, rows } = chunk;
    const { pointer, copies } = this.states;
    const bitmap = bitmapOf(valid);
    if (gids === 0 && selection.kind === "all" && this.layout === "sum" && this.source.kind === "column") {
      // NULL slots hold 0: summed without a mask, and then not counted.
      kernels.sumDoubles(values, rows, 0, pointer);
      chunk.views.f64[pointer >> 3] -= rows - populationOf(valid, rows);
      return;
    }
    const hasNaN = this.source.kind === "expression" || chunk.task.columns[this.source.column].hasNaN;
    if (gids === 0) {
      if (this.layout === "full") kernels.fullDoubles(values, rows, bitmap, hasNaN, pointer);
      else kernels.sumDoubles(values, rows, bitmap, pointer);
    } else if (this.layout === "full") {
      kernels.groupFullDoubles(values, gids, rows, bitmap, hasNaN, copies, ascending, pointer);
    } else {
      kernels.groupSumDoubles(values, gids, rows, bitmap, copies, ascending, pointer);
    }
  }

  result(): SlotResult {
    const { pointer, copies } = this.states;
    return { kind: "doubles", layout: this.layout, pointer, copies };
  }
}
