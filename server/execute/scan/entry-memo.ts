/**
 * Expressions over one dictionary column, computed once an entry and not once a row: a chunk asks for the entries
 * that its rows have, each is computed the first time it is asked for, and then values are taken by id. Lives as
 * long as its task.
 */
import { isNull } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { serverBounds } from "#schemas/limits";
import { isRepeatable } from "#schemas/plan/repeatable";
import { sequence } from "#schemas/row-order";
import { type BoundExpression, expressionOf } from "#server/execute/bound";
import {
  bitmapOf,
  type Chunk,
  narrow,
  nothing,
  populationOf,
  type Selection,
} from "#server/execute/scan/chunk";
import { copyEntries, entriesOf } from "#server/execute/scan/text-vector";
import type { PlainDictionary, Task } from "#server/execute/task";
import type { TaskMemory } from "#server/execute/task-memory";

const smallEntries = serverBounds.memoSmallEntries;
const worthRows = serverBounds.memoWorthRows;

/** The entries that were asked for so far. */
class KnownEntries {
  readonly place: number;
  readonly dictionary: PlainDictionary;
  private readonly memory: TaskMemory;
  private readonly known: Uint8Array;
  private begun = false;

  constructor(place: number, dictionary: PlainDictionary, memory: TaskMemory) {
    this.place = place;
    this.dictionary = dictionary;
    this.memory = memory;
    memory.count(dictionary.count + 1);
    this.known = new Uint8Array(dictionary.count + 1);
  }

  /** Gives back what the memo's tables took, too. */
  close(...tables: readonly number[]): void {
    this.memory.count(-this.known.length);
    for (const table of tables) this.memory.free(table);
  }

  isWorth(chunk: Chunk, selection: Selection): boolean {
    const { count } = this.dictionary;
    this.begun ||= count <= smallEntries || populationOf(selection, chunk.rows) * worthRows >= count;
    return this.begun;
  }

  /** Ids of the selected rows that were never asked for before; they are known from now on. */
  fresh(chunk: Chunk, selection: Selection): Uint32Array {
    const { width, pointer } = chunk.column(this.place);
    const { u8, u16, u32 } = chunk.views;
    const ids = width === 1 ? u8 : width === 2 ? u16 : u32;
    const first = pointer / width;
    const bitmap = bitmapOf(selection);
    const { known } = this;
    const fresh = new Uint32Array(Math.min(chunk.rows, this.dictionary.count + 1));
    let count = 0;
    for (let row = 0; row < chunk.rows; row++) {
      if (bitmap !== 0 && ((u8[bitmap + (row >> 3)] >> (row & 7)) & 1) === 0) continue;
      const id = ids[first + row];
      if (known[id] !== 0) continue;
      known[id] = 1;
      fresh[count++] = id;
    }
    return fresh.subarray(0, count);
  }

  /** The entries as a text vector in the order of `ids`; a packed dictionary lies there as it is. */
  vector(chunk: Chunk, ids: Uint32Array): Vector {
    const { type } = chunk.task.columns[this.place];
    const { views } = chunk;
    const { packed } = this.dictionary;
    const entries = packed ? entriesOf(views, this.dictionary) : copyEntries(views, this.dictionary, ids);
    let nulls: Uint8Array | null = null;
    const absent = ids.indexOf(0);
    if (absent >= 0) {
      nulls = new Uint8Array((ids.length + 7) >> 3);
      nulls[absent >> 3] |= 1 << (absent & 7);
    }
    return { kind: "text", type, rows: ids.length, ids: packed ? ids : sequence(ids.length), entries, nulls };
  }
}

/** Numbers by entry. */
export class EntryWords {
  private readonly bound: BoundExpression;
  private readonly known: KnownEntries;
  /** 64 bits an entry. */
  private readonly words: number;
  /** A byte an entry: whether it has a value. */
  private readonly valid: number;

  constructor(bound: BoundExpression, known: KnownEntries, memory: TaskMemory) {
    const { count } = known.dictionary;
    this.bound = bound;
    this.known = known;
    this.words = memory.allocate((count + 1) * 8);
    this.valid = memory.allocateZeroed(Math.max(256, count + 1));
  }

  /** The selected rows' values; null: too few rows to begin with. */
  of(chunk: Chunk, selection: Selection): { readonly pointer: number; readonly valid: Selection } | null {
    const { known } = this;
    if (selection.kind === "none") return { pointer: this.words, valid: nothing };
    if (!known.isWorth(chunk, selection)) return null;
    const fresh = known.fresh(chunk, selection);
    if (fresh.length > 0) this.take(chunk, fresh, chunk.evaluateOver(this.bound, known.vector(chunk, fresh)));
    const { kernels, rows, scratch } = chunk;
    const column = chunk.column(known.place);
    const width = column.width as 1 | 2 | 4;
    const pointer = scratch.take(rows * 8);
    const ids = width === 4 ? column.pointer : scratch.take(rows * 4);
    if (width !== 4) kernels.widenIds(width, column.pointer, rows, ids);
    kernels.gather(8, this.words, ids, rows, pointer);
    const bitmap = chunk.newBitmap();
    const population = kernels.filterLut(width, column.pointer, rows, this.valid, bitmap);
    return { pointer, valid: chunk.and(selection, narrow(rows, bitmap, population)) };
  }

  close(): void {
    this.known.close(this.words, this.valid);
  }

  private take(chunk: Chunk, ids: Uint32Array, vector: Vector): void {
    if (vector.kind === "text") return;
    const { u8, u32 } = chunk.views;
    // −0.0 and 0.0 are one value.
    const values = vector.kind === "int" ? vector.values : vector.values.map((value) => value + 0);
    const halves = new Uint32Array(values.buffer, values.byteOffset, vector.rows * 2);
    for (let at = 0; at < ids.length; at++) {
      if (isNull(vector.nulls, at)) continue;
      const to = (this.words >> 2) + ids[at] * 2;
      u32[to] = halves[at * 2];
      u32[to + 1] = halves[at * 2 + 1];
      u8[this.valid + ids[at]] = 1;
    }
  }
}

/** Numbers the texts of a vector: a code for each entry that a row uses. */
type Intern = (chunk: Chunk, vector: Extract<Vector, { kind: "text" }>) => number;

/** Codes of texts by entry. */
export class EntryCodes {
  private readonly bound: BoundExpression;
  private readonly known: KnownEntries;
  /** u32 an entry. */
  private readonly codes: number;

  constructor(bound: BoundExpression, known: KnownEntries, memory: TaskMemory) {
    this.bound = bound;
    this.known = known;
    this.codes = memory.allocateZeroed((known.dictionary.count + 1) * 4);
  }

  /** u32 codes of the chunk's rows; null: too few rows to begin with. */
  of(chunk: Chunk, selection: Selection, intern: Intern): number | null {
    const { known } = this;
    if (selection.kind === "none" || !known.isWorth(chunk, selection)) return null;
    const { kernels, rows, scratch, views } = chunk;
    const codes = scratch.take(rows * 4);
    const mark = scratch.mark();
    const fresh = known.fresh(chunk, selection);
    if (fresh.length > 0) {
      const vector = chunk.evaluateOver(this.bound, known.vector(chunk, fresh));
      if (vector.kind !== "text") return null;
      const byEntry = intern(chunk, vector) >> 2;
      for (let at = 0; at < fresh.length; at++)
        if (!isNull(vector.nulls, at))
          views.u32[(this.codes >> 2) + fresh[at]] = views.u32[byEntry + vector.ids[at]];
    }
    scratch.release(mark);
    const { width, pointer } = chunk.column(known.place);
    kernels.gidLut(width as 1 | 2 | 4, pointer, rows, this.codes, 1, true, 4, codes);
    return codes;
  }

  close(): void {
    this.known.close(this.codes);
  }
}

/** The memos of one task, each made when it is first asked for. */
export class EntryMemos {
  private readonly task: Task;
  private readonly memory: TaskMemory;
  private readonly words = new Map<BoundExpression, EntryWords | null>();
  private readonly codes = new Map<BoundExpression, EntryCodes | null>();

  constructor(task: Task, memory: TaskMemory) {
    this.task = task;
    this.memory = memory;
  }

  wordsOf(bound: BoundExpression): EntryWords | null {
    return this.made(this.words, bound, EntryWords);
  }

  codesOf(bound: BoundExpression): EntryCodes | null {
    return this.made(this.codes, bound, EntryCodes);
  }

  close(): void {
    for (const memo of [...this.words.values(), ...this.codes.values()]) memo?.close();
  }

  private made<Memo>(
    memos: Map<BoundExpression, Memo | null>,
    bound: BoundExpression,
    Made: new (bound: BoundExpression, known: KnownEntries, memory: TaskMemory) => Memo,
  ): Memo | null {
    const found = memos.get(bound);
    if (found !== undefined) return found;
    const known = this.known(bound);
    const memo = known === null ? null : new Made(bound, known, this.memory);
    memos.set(bound, memo);
    return memo;
  }

  /** null: not over one dictionary, or not the same at every call. */
  private known(bound: BoundExpression): KnownEntries | null {
    const [place] = bound.columns;
    if (bound.columns.length !== 1 || !isRepeatable(expressionOf(bound))) return null;
    const { kind, dictionary } = this.task.columns[place];
    return kind === "ids" && dictionary !== null ? new KnownEntries(place, dictionary, this.memory) : null;
  }
}
