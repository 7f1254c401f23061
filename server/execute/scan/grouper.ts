/** Group ids of a task's rows, chunk by chunk, by one of the three ways of `Grouping`. */
import { assert, unreachable } from "#schemas/errors";
import type { ArenaRuntime } from "#server/execute/runtime";
import { bitmapOf, type Chunk, type Selection } from "#server/execute/scan/chunk";
import {
  type InternedValues,
  type Interner,
  TextInterner,
  WordInterner,
  WordTable,
} from "#server/execute/scan/intern";
import type { AggregateTask, KeyPlan } from "#server/execute/task";
import type { TaskMemory } from "#server/execute/task-memory";
import type { GidWidth } from "#server/kernels/widths";

/** Radix products up to here keep every code exact in the kernels' 64-bit keys. */
const radixMax = 2 ** 52;

/** How a task's groups and their keys' codes are told to the merge. */
export interface GroupCodes {
  readonly groups: number;
  /** Per key the code of each group; null: gid is the mixed radix of the plans' cards. */
  readonly codes: readonly Uint32Array[] | null;
  /** Per key the values that codes stand for, where the plan does not say. */
  readonly values: readonly (InternedValues | null)[];
}

/** Numbers the values of one key. */
export class KeyCoder {
  readonly plan: KeyPlan;
  readonly interner: Interner | null;
  private readonly lut: number;
  private boundaries: { readonly base: bigint; readonly pointer: number } | null = null;

  constructor(plan: KeyPlan, runtime: ArenaRuntime, memory: TaskMemory) {
    this.plan = plan;
    this.interner =
      plan.kind === "words"
        ? new WordInterner(plan.source, runtime.kernels, memory)
        : plan.kind === "texts"
          ? new TextInterner(plan.source, runtime.kernels, memory)
          : null;
    this.lut = 0;
    if (plan.kind === "lut") {
      this.lut = runtime.scratch.take(plan.lut.length * 4);
      runtime.arena.views.u32.set(plan.lut, this.lut >> 2);
    }
    if (plan.kind === "boundaries") {
      this.boundaries = { base: -1n, pointer: runtime.scratch.take(plan.boundaries.length * 8) };
    }
  }

  /** gids = first ? code : gids × card + code */
  write(
    chunk: Chunk,
    selection: Selection,
    to: { readonly gids: number; readonly width: GidWidth; readonly first: boolean; readonly card: number },
  ): void {
    const { plan } = this;
    const { kernels, rows } = chunk;
    const { gids, width, first, card } = to;
    switch (plan.kind) {
      case "null":
        if (first) kernels.zero(gids, rows * width);
        return;
      case "ids": {
        const column = chunk.column(plan.column);
        kernels.gidIds(column.width as 1 | 2 | 4, column.pointer, rows, card, first, width, gids);
        return;
      }
      case "ints":
        this.writeInts(chunk, plan, to);
        return;
      case "buckets": {
        const { width: stored, pointer, validity, base } = chunk.column(plan.column);
        const origin = plan.origin - base;
        const { size, ascending } = plan;
        kernels.gidBuckets(
          stored,
          pointer,
          rows,
          validity,
          origin,
          size,
          ascending,
          card,
          first,
          width,
          gids,
        );
        return;
      }
      case "boundaries": {
        const { width: stored, pointer, validity, base } = chunk.column(plan.column);
        const at = this.boundariesFrom(chunk, base);
        const count = plan.boundaries.length;
        kernels.gidBoundaries(stored, pointer, rows, validity, at, count, card, first, width, gids);
        return;
      }
      case "lut":
        this.writeLut(chunk, plan, to);
        return;
      case "words":
      case "texts": {
        assert(this.interner !== null, "an interned key has an interner");
        const codes = this.interner.codes(chunk, selection);
        kernels.gidIds(4, codes, rows, card, first, width, gids);
        return;
      }
      default:
        unreachable(plan);
    }
  }

  private writeInts(
    chunk: Chunk,
    plan: Extract<KeyPlan, { kind: "ints" }>,
    to: { readonly gids: number; readonly width: GidWidth; readonly first: boolean; readonly card: number },
  ): void {
    const column = chunk.column(plan.column);
    const min = plan.min - column.base;
    chunk.kernels.gidInts(
      column.width,
      column.pointer,
      chunk.rows,
      column.validity,
      min,
      to.card,
      to.first,
      to.width,
      to.gids,
    );
  }

  private writeLut(
    chunk: Chunk,
    plan: Extract<KeyPlan, { kind: "lut" }>,
    to: { readonly gids: number; readonly width: GidWidth; readonly first: boolean; readonly card: number },
  ): void {
    const { kernels, rows } = chunk;
    const column = chunk.column(plan.column);
    if (plan.min === null) {
      const width = column.width as 1 | 2 | 4;
      kernels.gidLut(width, column.pointer, rows, this.lut, to.card, to.first, to.width, to.gids);
      return;
    }
    const codes = chunk.scratch.take(rows * 4);
    const min = plan.min - column.base;
    kernels.gidInts(
      column.width,
      column.pointer,
      rows,
      column.validity,
      min,
      plan.lut.length,
      true,
      4,
      codes,
    );
    kernels.gidLut(4, codes, rows, this.lut, to.card, to.first, to.width, to.gids);
  }

  /** The boundaries in stored terms, rewritten when a chunk has another base. */
  private boundariesFrom(chunk: Chunk, base: bigint): number {
    assert(this.boundaries !== null && this.plan.kind === "boundaries", "boundaries are prepared");
    const { pointer } = this.boundaries;
    if (this.boundaries.base !== base) {
      const { i64 } = chunk.views;
      const { boundaries } = this.plan;
      for (let at = 0; at < boundaries.length; at++) i64[(pointer >> 3) + at] = boundaries[at] - base;
      this.boundaries = { base, pointer };
    }
    return pointer;
  }

  close(): void {
    this.interner?.close();
  }
}

/** A run of keys that one 64-bit radix holds; from the second on, the first "key" is the groups of the one before. */
interface Stage {
  readonly coders: readonly KeyCoder[];
  readonly cards: readonly number[];
  readonly table: WordTable;
}

export class Grouper {
  readonly ascending: boolean;
  private readonly grouping: AggregateTask["grouping"];
  private readonly coders: readonly KeyCoder[];
  private readonly stages: Stage[] = [];
  /** Group ids of the last stage may be any below this. */
  private readonly cardMax: number;

  constructor(task: AggregateTask, runtime: ArenaRuntime, memory: TaskMemory) {
    const { grouping } = task;
    this.grouping = grouping;
    this.cardMax = task.chunks.reduce((rows, chunk) => rows + chunk.rows, 0) + 1;
    const keys = grouping.kind === "one" ? [] : grouping.keys;
    this.ascending = grouping.kind === "one" ? false : grouping.ascending;
    this.coders = keys.map((plan) => new KeyCoder(plan, runtime, memory));
    if (grouping.kind === "hash" && !this.internedAlone) this.makeStages(runtime, memory);
  }

  /** The one key is interned: its codes are the group ids. */
  private get internedAlone(): boolean {
    return this.coders.length === 1 && this.coders[0].interner !== null;
  }

  private makeStages(runtime: ArenaRuntime, memory: TaskMemory): void {
    let coders: KeyCoder[] = [];
    let product = 1;
    const close = () => {
      const cards = coders.map((coder) => coder.plan.card);
      this.stages.push({ coders, cards, table: new WordTable(runtime.kernels, memory) });
      coders = [];
      product = this.cardMax;
    };
    for (const coder of this.coders) {
      if (coders.length > 0 && product * coder.plan.card > radixMax) close();
      coders.push(coder);
      product *= coder.plan.card;
    }
    close();
  }

  /** Groups so far: states must have room for them. */
  get groups(): number {
    const { grouping } = this;
    if (grouping.kind === "one") return 1;
    if (grouping.kind === "flat") return grouping.groups;
    if (this.internedAlone) return this.coders[0].interner?.card ?? 1;
    return this.stages[this.stages.length - 1].table.groups;
  }

  /** u32 group ids of the chunk's selected rows; 0 when there is but one group. */
  gids(chunk: Chunk, selection: Selection): number {
    const { grouping } = this;
    if (grouping.kind === "one") return 0;
    if (grouping.kind === "flat") return this.flatGids(chunk, selection);
    if (this.internedAlone) return this.coders[0].interner?.codes(chunk, selection) ?? 0;
    let gids = 0;
    for (const stage of this.stages) gids = this.stageGids(stage, chunk, selection, gids);
    return gids;
  }

  private flatGids(chunk: Chunk, selection: Selection): number {
    const [only] = this.coders;
    if (this.coders.length === 1 && only.plan.kind === "ids") {
      const column = chunk.column(only.plan.column);
      if (column.width === 4) return column.pointer;
    }
    const gids = chunk.scratch.take(chunk.rows * 4);
    this.coders.forEach((coder, index) => {
      coder.write(chunk, selection, { gids, width: 4, first: index === 0, card: coder.plan.card });
    });
    return gids;
  }

  private stageGids(stage: Stage, chunk: Chunk, selection: Selection, before: number): number {
    const { rows, kernels, scratch } = chunk;
    const keys = scratch.take(rows * 8);
    if (before !== 0) kernels.gidIds(4, before, rows, this.cardMax, true, 8, keys);
    stage.coders.forEach((coder, index) => {
      const first = index === 0 && before === 0;
      coder.write(chunk, selection, { gids: keys, width: 8, first, card: stage.cards[index] });
    });
    const gids = scratch.takeZeroed(rows * 4);
    stage.table.intern(keys, rows, bitmapOf(selection), gids);
    return gids;
  }

  /** Codes and values of the groups, once all chunks are done. */
  finish(): GroupCodes {
    const values = this.coders.map((coder) => coder.interner?.values() ?? null);
    if (this.grouping.kind !== "hash") return { groups: this.groups, codes: null, values };
    if (this.internedAlone) {
      const codes = new Uint32Array(this.groups);
      for (let code = 0; code < codes.length; code++) codes[code] = code;
      return { groups: codes.length, codes: [codes], values };
    }
    return { groups: this.groups, codes: this.decodeStages(), values };
  }

  private decodeStages(): Uint32Array[] {
    const codes = this.coders.map(() => new Uint32Array(this.groups));
    let last = this.coders.length;
    let owners: Uint32Array | null = null;
    for (let at = this.stages.length - 1; at >= 0; at--) {
      const stage = this.stages[at];
      const first = last - stage.coders.length;
      owners = decodeStage(stage, codes.slice(first, last), owners);
      last = first;
    }
    return codes;
  }

  close(): void {
    for (const coder of this.coders) coder.close();
    for (const stage of this.stages) stage.table.close();
  }
}

/** Splits the stage's keys into codes for the groups `owners` (null: its own); returns the groups of the stage before. */
function decodeStage(stage: Stage, codes: readonly Uint32Array[], owners: Uint32Array | null): Uint32Array {
  const keys = stage.table.keys();
  const groups = codes[0].length;
  const before = new Uint32Array(groups);
  for (let group = 0; group < groups; group++) {
    let rest = Number(keys[owners === null ? group : owners[group]]);
    for (let key = codes.length - 1; key >= 0; key--) {
      const card = stage.cards[key];
      const above = Math.floor(rest / card);
      codes[key][group] = rest - above * card;
      rest = above;
    }
    before[group] = rest;
  }
  return before;
}
