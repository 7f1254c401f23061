/** Dense codes for values as they come, over the chunks of one task: code 0 is NULL, others in order of appearance. */
import type { TextEntries, Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { bitmapBytes, bitmapOf, type Chunk, type Selection } from "#server/execute/scan/chunk";
import { TextTable } from "#server/execute/scan/text-table";
import { wordsOf } from "#server/execute/scan/words";
import type { Source } from "#server/execute/task";
import type { TaskMemory } from "#server/execute/task-memory";
import { hashBytes, type Kernels } from "#server/kernels/kernels";

const capacityMin = 1024;

/** A kernel hash table of 64-bit keys that grows. */
export class WordTable {
  private readonly kernels: Kernels;
  private readonly memory: TaskMemory;
  private pointer: number;
  private capacity = capacityMin;

  constructor(kernels: Kernels, memory: TaskMemory) {
    this.kernels = kernels;
    this.memory = memory;
    this.pointer = memory.allocate(hashBytes(this.capacity));
    kernels.hashClear(this.pointer, this.capacity);
  }

  get groups(): number {
    return this.kernels.hashGroups(this.pointer);
  }

  /** Group ids (u32) of the selected rows' keys. */
  intern(keys: number, rows: number, bitmap: number, gids: number): void {
    let row = 0;
    while ((row = this.kernels.hashIntern(this.pointer, keys, row, rows, bitmap, gids)) < rows) this.grow();
  }

  private grow(): void {
    const capacity = this.capacity * 4;
    const grown = this.memory.allocate(hashBytes(capacity));
    this.kernels.hashClear(grown, capacity);
    this.kernels.hashGrow(this.pointer, grown);
    this.memory.free(this.pointer);
    this.pointer = grown;
    this.capacity = capacity;
  }

  /** The keys by group id, copied. */
  keys(): BigInt64Array {
    const at = this.kernels.hashKeys(this.pointer) >> 3;
    return this.memory.arena.views.i64.slice(at, at + this.groups);
  }

  close(): void {
    this.memory.free(this.pointer);
  }
}

export interface Interner {
  /** Codes so far, NULL's included. */
  readonly card: number;
  /** u32 codes of all rows of the chunk; 0 for rows that are not selected. */
  codes(chunk: Chunk, selection: Selection): number;
  values(): InternedValues;
  close(): void;
}

/** The value of code c at c − 1 (words), or entry c (texts; entry 0 is empty) with the low half of its hash. */
export type InternedValues =
  | { readonly kind: "words"; readonly values: BigInt64Array }
  | { readonly kind: "texts"; readonly entries: TextEntries; readonly hashes: Uint32Array };

export class WordInterner implements Interner {
  private readonly source: Source;
  private readonly table: WordTable;

  constructor(source: Source, kernels: Kernels, memory: TaskMemory) {
    this.source = source;
    this.table = new WordTable(kernels, memory);
  }

  get card(): number {
    return this.table.groups + 1;
  }

  codes(chunk: Chunk, selection: Selection): number {
    const codes = chunk.scratch.take(chunk.rows * 4);
    const { pointer, valid } = wordsOf(chunk, this.source, selection, { identity: true });
    if (valid.kind === "none") {
      chunk.kernels.zero(codes, chunk.rows * 4);
      return codes;
    }
    const gids = chunk.scratch.take(chunk.rows * 4);
    const bitmap = bitmapOf(valid);
    this.table.intern(pointer, chunk.rows, bitmap, gids);
    chunk.kernels.gidInts(4, gids, chunk.rows, bitmap, 0n, this.card, true, 4, codes);
    return codes;
  }

  values(): InternedValues {
    return { kind: "words", values: this.table.keys() };
  }

  close(): void {
    this.table.close();
  }
}

export class TextInterner implements Interner {
  private readonly source: Source;
  private readonly table: TextTable;

  constructor(source: Source, kernels: Kernels, memory: TaskMemory) {
    this.source = source;
    this.table = new TextTable(kernels, memory);
  }

  get card(): number {
    return this.table.count + 1;
  }

  codes(chunk: Chunk, selection: Selection): number {
    const { source } = this;
    if (source.kind === "column" && chunk.column(source.column).kind === "bytes") {
      return this.rawCodes(chunk, chunk.and(selection, chunk.present(source.column)), source.column);
    }
    if (source.kind === "expression") {
      const memo = chunk.memos?.codesOf(source.bound);
      const codes = memo?.of(chunk, selection, (within, vector) => this.entryCodes(within, vector));
      if (codes !== undefined && codes !== null) return codes;
    }
    const positions = chunk.positions(selection);
    const vector =
      source.kind === "column"
        ? chunk.vector(source.column, positions)
        : chunk.evaluate(source.bound, positions);
    assert(vector.kind === "text", "text expected");
    const { ids, nulls, rows } = vector;
    const codes = chunk.scratch.takeZeroed(chunk.rows * 4);
    const byEntry = this.entryCodes(chunk, vector);
    const { u32 } = chunk.views;
    for (let at = 0; at < rows; at++) {
      if (nulls !== null && (nulls[at >> 3] & (1 << (at & 7))) !== 0) continue;
      const row = positions === null ? at : u32[(positions.pointer >> 2) + at];
      u32[(codes >> 2) + row] = u32[(byEntry >> 2) + ids[at]];
    }
    return codes;
  }

  /** The column's bytes lie in the arena: no vector is needed. */
  private rawCodes(chunk: Chunk, valid: Selection, place: number): number {
    const { offsets, pointer } = chunk.column(place);
    if (valid.kind === "none") return chunk.scratch.takeZeroed(chunk.rows * 4);
    const codes = chunk.scratch.take(chunk.rows * 4);
    this.table.intern(offsets, pointer, chunk.rows, bitmapOf(valid), codes);
    return codes;
  }

  /** Codes (u32) of the entries that some row has; each text once, however many rows share it. */
  private entryCodes(chunk: Chunk, { ids, entries, nulls, rows }: Extract<Vector, { kind: "text" }>): number {
    const { scratch, views } = chunk;
    const used = scratch.takeZeroed(bitmapBytes(entries.count));
    for (let at = 0; at < rows; at++) {
      if (nulls !== null && (nulls[at >> 3] & (1 << (at & 7))) !== 0) continue;
      views.u8[used + (ids[at] >> 3)] |= 1 << (ids[at] & 7);
    }
    const offsets = scratch.take((entries.count + 1) * 4);
    views.u32.set(entries.offsets.subarray(0, entries.count + 1), offsets >> 2);
    const length = entries.offsets[entries.count];
    const bytes = scratch.take(length + 64);
    views.u8.set(entries.bytes.subarray(0, length), bytes);
    const codes = scratch.take(entries.count * 4);
    this.table.intern(offsets, bytes, entries.count, used, codes);
    return codes;
  }

  values(): InternedValues {
    return { kind: "texts", entries: this.table.entries(), hashes: this.table.hashes() };
  }

  close(): void {
    this.table.close();
  }
}
