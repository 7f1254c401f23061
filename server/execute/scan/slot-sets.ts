/** Slots of variable size: distinct values, sketches, lists for percentiles, and states of any aggregate. */

import type { Accumulator } from "#schemas/aggregates/aggregate";
import { aggregateNamed } from "#schemas/aggregates/registry";
import type { Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { type BoundExpression, typeOf } from "#server/execute/bound";
import { bitmapOf, type Chunk, type Positions, type Selection } from "#server/execute/scan/chunk";
import { KeyCoder } from "#server/execute/scan/grouper";
import { WordTable } from "#server/execute/scan/intern";
import { type Rows, type Slot, type SlotParts, type SlotResult, StateArray } from "#server/execute/scan/slot";
import { wordsOf } from "#server/execute/scan/words";
import type { KeyPlan, SlotPlan, Source } from "#server/execute/task";
import type { TaskMemory } from "#server/execute/task-memory";

/** Distinct codes as one bit set of groups × card bits, zeroed as groups come. */
export class BitsSlot implements Slot {
  private readonly coder: KeyCoder;
  private readonly card: number;
  private readonly memory: TaskMemory;
  private pointer = 0;
  private bytes = 0;

  constructor(parts: SlotParts, key: KeyPlan) {
    this.coder = new KeyCoder(key, parts.runtime, parts.memory);
    // Whole words a group, so that sets can be joined word by word.
    this.card = (key.card + 63) & ~63;
    this.memory = parts.memory;
  }

  ensure(groups: number): void {
    const needed = Math.ceil((groups * this.card) / 64) * 8;
    if (needed <= this.bytes) return;
    const bytes = this.bytes === 0 ? needed : Math.max(needed, this.bytes * 2);
    const { u8 } = this.memory.arena.views;
    this.pointer =
      this.pointer === 0 ? this.memory.allocate(bytes) : this.memory.grow(this.pointer, this.bytes, bytes);
    u8.fill(0, this.pointer + this.bytes, this.pointer + bytes);
    this.bytes = bytes;
  }

  update({ chunk, selection, gids }: Rows): void {
    const { kernels, rows } = chunk;
    const { plan } = this.coder;
    let ids: number;
    let width: 1 | 2 | 4 = 4;
    if (plan.kind === "ids") {
      const column = chunk.column(plan.column);
      ids = column.pointer;
      width = column.width as 1 | 2 | 4;
    } else {
      ids = chunk.scratch.take(rows * 4);
      this.coder.write(chunk, selection, { gids: ids, width: 4, first: true, card: this.card });
    }
    const bitmap = bitmapOf(selection);
    if (gids === 0) kernels.distinctIds(width, ids, rows, bitmap, this.pointer);
    else kernels.distinctPairs(width, ids, gids, rows, bitmap, this.card, this.pointer);
  }

  result(): SlotResult {
    this.coder.close();
    return { kind: "bits", pointer: this.pointer, card: this.card };
  }
}

/** Distinct (group, code) pairs in a hash table, where bits would take too much. */
export class PairsSlot implements Slot {
  private readonly coder: KeyCoder;
  private readonly table: WordTable;

  constructor(parts: SlotParts, key: KeyPlan) {
    this.coder = new KeyCoder(key, parts.runtime, parts.memory);
    this.table = new WordTable(parts.runtime.kernels, parts.memory);
  }

  ensure(): void {}

  update({ chunk, selection, gids }: Rows): void {
    const { kernels, rows, scratch } = chunk;
    const keys = scratch.take(rows * 8);
    if (gids !== 0) kernels.gidIds(4, gids, rows, 2 ** 32, true, 8, keys);
    const { card } = this.coder.plan;
    this.coder.write(chunk, selection, { gids: keys, width: 8, first: gids === 0, card });
    this.table.intern(keys, rows, bitmapOf(selection), scratch.take(rows * 4));
  }

  result(): SlotResult {
    const keys = this.table.keys();
    const { card } = this.coder.plan;
    const gids = new Uint32Array(keys.length);
    const codes = new Uint32Array(keys.length);
    let pairs = 0;
    for (const key of keys) {
      const word = Number(key);
      const gid = Math.floor(word / card);
      const code = word - gid * card;
      if (code === 0) continue;
      gids[pairs] = gid;
      codes[pairs++] = code;
    }
    const values = this.coder.interner?.values() ?? null;
    this.table.close();
    this.coder.close();
    return { kind: "pairs", gids: gids.subarray(0, pairs), codes: codes.subarray(0, pairs), values };
  }
}

/** HyperLogLog registers. */
export class RegistersSlot implements Slot {
  private readonly states: StateArray;
  private readonly source: Source;
  private readonly precision: number;

  constructor(parts: SlotParts, source: Source, precision: number) {
    this.source = source;
    this.precision = precision;
    const entryBytes = 1 << precision;
    const { kernels } = parts.runtime;
    this.states = new StateArray(parts.memory, {
      entryBytes,
      copies: 1,
      clear: (pointer, entries) => kernels.zero(pointer, entries * entryBytes),
    });
  }

  ensure(groups: number): void {
    this.states.ensure(groups);
  }

  update({ chunk, selection, gids }: Rows): void {
    const { source, precision } = this;
    const { kernels, rows } = chunk;
    const registers = this.states.pointer;
    if (source.kind === "column" && chunk.column(source.column).kind === "ids") {
      const { width, pointer } = chunk.column(source.column);
      const { dictionary } = chunk.task.columns[source.column];
      assert(dictionary !== null, "ids have a dictionary");
      const ids = width as 1 | 2 | 4;
      const bitmap = bitmapOf(selection);
      kernels.hllIds(ids, pointer, gids, rows, bitmap, dictionary.hashes, precision, registers);
      return;
    }
    if (source.kind === "column" && chunk.column(source.column).kind === "bytes") {
      const { offsets, pointer } = chunk.column(source.column);
      const valid = chunk.and(selection, chunk.present(source.column));
      if (valid.kind === "none") return;
      kernels.hllTexts(offsets, pointer, gids, rows, bitmapOf(valid), precision, registers);
      return;
    }
    const doubles =
      source.kind === "column" ? chunk.column(source.column).kind === "doubles" : isDouble(source.bound);
    if (source.kind === "column" && !doubles) {
      const { width, base, pointer } = chunk.column(source.column);
      const valid = chunk.and(selection, chunk.present(source.column));
      if (valid.kind === "none") return;
      kernels.hllInts(width, pointer, base, gids, rows, bitmapOf(valid), precision, registers);
      return;
    }
    const { pointer, valid } = wordsOf(chunk, source, selection);
    if (valid.kind === "none") return;
    const bitmap = bitmapOf(valid);
    if (doubles) kernels.hllDoubles(pointer, gids, rows, bitmap, precision, registers);
    else kernels.hllInts(8, pointer, 0n, gids, rows, bitmap, precision, registers);
  }

  result(): SlotResult {
    return { kind: "registers", pointer: this.states.pointer, precision: this.precision };
  }
}

/** All values as doubles, with their groups. */
export class ValuesSlot implements Slot {
  private readonly source: Source;
  private readonly memory: TaskMemory;
  private readonly values: Float64Array[] = [];
  private readonly gids: Uint32Array[] = [];

  constructor(parts: SlotParts, source: Source) {
    this.source = source;
    this.memory = parts.memory;
  }

  ensure(): void {}

  update({ chunk, selection, gids }: Rows): void {
    const { valid, pointer } = doublesOf(chunk, this.source, selection);
    const positions = chunk.positions(valid);
    const count = positions === null ? chunk.rows : positions.count;
    if (count === 0) return;
    const { views, kernels, scratch } = chunk;
    let from = pointer;
    let groups = gids;
    if (positions !== null) {
      from = scratch.take(count * 8);
      kernels.gather(8, pointer, positions.pointer, count, from);
      if (gids !== 0) {
        groups = scratch.take(count * 4);
        kernels.gather(4, gids, positions.pointer, count, groups);
      }
    }
    this.memory.count(count * (gids === 0 ? 8 : 12));
    this.values.push(views.f64.slice(from >> 3, (from >> 3) + count));
    if (gids !== 0) this.gids.push(views.u32.slice(groups >> 2, (groups >> 2) + count));
  }

  result(): SlotResult {
    const rows = this.values.reduce((total, part) => total + part.length, 0);
    const values = new Float64Array(rows);
    const gids = this.gids.length === 0 ? null : new Uint32Array(rows);
    let at = 0;
    this.values.forEach((part, index) => {
      values.set(part, at);
      gids?.set(this.gids[index], at);
      at += part.length;
    });
    return { kind: "values", values, gids };
  }
}

/** The source as a full-length vector of doubles. */
function doublesOf(
  chunk: Chunk,
  source: Source,
  selection: Selection,
): { readonly pointer: number; readonly valid: Selection } {
  if (source.kind === "column") {
    const column = chunk.column(source.column);
    const valid = chunk.and(selection, chunk.present(source.column));
    if (column.kind === "doubles") return { pointer: column.pointer, valid };
    if (column.kind === "ints") {
      const pointer = chunk.scratch.take(chunk.rows * 8);
      chunk.kernels.widenDoubles(column.width, column.pointer, column.base, chunk.rows, pointer);
      return { pointer, valid };
    }
    return { pointer: 0, valid: { kind: "none" } };
  }
  const { pointer, valid } = wordsOf(chunk, source, selection);
  if (isDouble(source.bound)) return { pointer, valid };
  chunk.kernels.widenDoubles(8, pointer, 0n, chunk.rows, pointer);
  return { pointer, valid };
}

const isDouble = (bound: BoundExpression): boolean => typeOf(bound) === "DOUBLE" || typeOf(bound) === "FLOAT";

/** Any aggregate, by its definition in `schemas/aggregates`. */
export class StatesSlot implements Slot {
  private readonly accumulator: Accumulator;
  private readonly plan: Extract<SlotPlan, { kind: "states" }>;
  private readonly memory: TaskMemory;

  constructor(parts: SlotParts, plan: Extract<SlotPlan, { kind: "states" }>) {
    const aggregate = aggregateNamed(plan.name);
    assert(aggregate !== null, `there is an aggregate ${plan.name}`);
    const { name, parameters, type } = plan;
    this.accumulator = aggregate.accumulator({
      name,
      parameters,
      type,
      args: plan.types.map((argument) => ({ type: argument })),
    });
    this.plan = plan;
    this.memory = parts.memory;
  }

  ensure(groups: number): void {
    this.accumulator.resize(groups);
  }

  update({ chunk, selection, gids }: Rows): void {
    const positions = chunk.positions(selection);
    const args = this.plan.sources.map((source) => sourceVector(chunk, source, positions));
    const count = positions === null ? chunk.rows : positions.count;
    let groups: Uint32Array | null = null;
    if (gids !== 0) {
      let at = gids;
      if (positions !== null) {
        at = chunk.scratch.take(count * 4);
        chunk.kernels.gather(4, gids, positions.pointer, count, at);
      }
      groups = chunk.views.u32.subarray(at >> 2, (at >> 2) + count);
    }
    const before = this.accumulator.bytes();
    this.accumulator.update(args, groups, count);
    this.memory.count(this.accumulator.bytes() - before);
  }

  result(): SlotResult {
    return { kind: "states", states: this.accumulator.states(null, { final: false }) };
  }
}

export const sourceVector = (chunk: Chunk, source: Source, positions: Positions | null): Vector =>
  source.kind === "column" ? chunk.vector(source.column, positions) : chunk.evaluate(source.bound, positions);
