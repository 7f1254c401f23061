/** Dense codes for values as they come, over the chunks of one task: code 0 is NULL, others in order of appearance. */
import type { TextEntries } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { bitmapOf, type Chunk, type Selection } from "#server/execute/chunk";
import type { Source } from "#server/execute/task";
import type { TaskMemory } from "#server/execute/task-memory";
import { wordsOf } from "#server/execute/words";
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

/** The value of code c at c − 1 (words), or entry c (texts; entry 0 is empty). */
export type InternedValues =
  | { readonly kind: "words"; readonly values: BigInt64Array }
  | { readonly kind: "texts"; readonly entries: TextEntries };

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
    const { pointer, valid } = wordsOf(chunk, this.source, selection);
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

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

export class TextInterner implements Interner {
  private readonly source: Source;
  private readonly memory: TaskMemory;
  private readonly byText = new Map<string, number>();

  constructor(source: Source, memory: TaskMemory) {
    this.source = source;
    this.memory = memory;
  }

  get card(): number {
    return this.byText.size + 1;
  }

  codes(chunk: Chunk, selection: Selection): number {
    const codes = chunk.scratch.takeZeroed(chunk.rows * 4);
    const positions = chunk.positions(selection);
    const vector =
      this.source.kind === "column"
        ? chunk.vector(this.source.column, positions)
        : chunk.evaluate(this.source.bound, positions);
    assert(vector.kind === "text", "text expected");
    const { ids, entries, nulls, rows } = vector;
    const byEntry = new Uint32Array(entries.count);
    const { u32 } = chunk.views;
    for (let at = 0; at < rows; at++) {
      if (nulls !== null && (nulls[at >> 3] & (1 << (at & 7))) !== 0) continue;
      const code = (byEntry[ids[at]] ||= this.codeOf(entries, ids[at]));
      u32[(codes >> 2) + (positions === null ? at : u32[(positions.pointer >> 2) + at])] = code;
    }
    return codes;
  }

  private codeOf(entries: TextEntries, id: number): number {
    const text = latin1(entries.bytes.subarray(entries.offsets[id], entries.offsets[id + 1]));
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    const code = this.byText.size + 1;
    this.byText.set(text, code);
    this.memory.count(text.length + 64);
    return code;
  }

  values(): InternedValues {
    const offsets = new Uint32Array(this.byText.size + 2);
    const texts = [...this.byText.keys()];
    texts.forEach((text, index) => {
      offsets[index + 2] = offsets[index + 1] + text.length;
    });
    const bytes = new Uint8Array(offsets[offsets.length - 1]);
    texts.forEach((text, index) => {
      bytes.set(Buffer.from(text, "latin1"), offsets[index + 1]);
    });
    return { kind: "texts", entries: { count: texts.length + 1, offsets, bytes } };
  }

  close(): void {
    this.byText.clear();
  }
}
