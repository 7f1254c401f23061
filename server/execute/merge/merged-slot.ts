/**
 * States of a whole query, slot by slot, with all groups so far. Slices are merged one after another in their order,
 * which fixes the digits of double sums. Fixed-size states lie in one arena and are merged by kernels.
 */
import type { Accumulator } from "#schemas/aggregates/aggregate";
import { mergeInSteps } from "#schemas/aggregates/in-steps";
import { assert } from "#schemas/errors";
import type { States } from "#schemas/plan/server-client";
import type { Stepwise } from "#schemas/turns";
import type { ArenaRuntime } from "#server/execute/runtime";
import { type SlotResult, StateArray } from "#server/execute/scan/slot";
import type { Scratch } from "#server/execute/scratch";
import type { TaskMemory } from "#server/execute/task-memory";
import { stateBytes } from "#server/kernels/kernels";

/** Where merged states lie. */
export interface MergeHome {
  readonly runtime: ArenaRuntime;
  readonly memory: TaskMemory;
  /** The merge's own: others use the runtime's between two steps. */
  readonly scratch: Scratch;
}

/** One slice's part of a merge: `targets[g]` (u32 at `remap` too) is the query's group of the slice's group g. */
export interface SlicePart {
  readonly groups: number;
  /** Address of the targets in the home arena; 0: group g is g + offset. */
  readonly remap: number;
  /** null: group g is g + offset. */
  readonly targets: Uint32Array | null;
  readonly offset: number;
  /** An address of the slice as one in the home arena (copied when it is another arena's). */
  readonly local: (pointer: number, bytes: number) => number;
}

/** The targets as an array, made when they are plain arithmetic. */
function targetsOf(part: SlicePart): Uint32Array | null {
  if (part.targets !== null || part.offset === 0) return part.targets;
  const targets = new Uint32Array(part.groups);
  for (let group = 0; group < targets.length; group++) targets[group] = group + part.offset;
  return targets;
}

/** Where the first group's state is merged into. */
const intoOf = (states: StateArray, part: SlicePart, bytes: number): number =>
  states.pointer + part.offset * bytes;

export interface MergedSlot {
  ensure(groups: number): void;
  merge(part: SlicePart, result: SlotResult): Stepwise;
  /** Does what takes long of finishing these groups, so that their answers are at hand. */
  settle(groups: Uint32Array): Stepwise;
}

/** Numbers of fixed size: merged by one kernel a slice, finished from where they lie. */
abstract class NumberSlot implements MergedSlot {
  readonly home: MergeHome;
  readonly states: StateArray;

  constructor(home: MergeHome, states: StateArray) {
    this.home = home;
    this.states = states;
  }

  ensure(groups: number): void {
    this.states.ensure(groups);
  }

  *merge(part: SlicePart, result: SlotResult): Stepwise {
    this.mergeKernel(part, result);
    yield;
  }

  protected abstract mergeKernel(part: SlicePart, result: SlotResult): void;
  /** How many of a group's rows counted. */
  abstract rowsOf(group: number): number;

  *settle(): Stepwise {}
}

export class MergedCounts extends NumberSlot {
  constructor(home: MergeHome) {
    const clear = (pointer: number, entries: number) =>
      home.runtime.kernels.zero(pointer, entries * stateBytes.mergedCount);
    super(home, new StateArray(home.memory, { entryBytes: stateBytes.mergedCount, copies: 1, clear }));
  }

  protected mergeKernel(part: SlicePart, result: SlotResult): void {
    if (result.kind === "empty") return;
    assert(result.kind === "count", "counts merge with counts");
    const { copies } = result;
    const from = part.local(result.pointer, part.groups * copies * stateBytes.count);
    const into = intoOf(this.states, part, stateBytes.mergedCount);
    this.home.runtime.kernels.mergeCount(from, part.groups, copies, part.remap, into);
  }

  rowsOf(group: number): number {
    // Counts stay far below 2^53: the two halves are read without a bigint.
    const at = (this.states.pointer >> 2) + group * 2;
    const { u32 } = this.home.runtime.arena.views;
    return u32[at] + u32[at + 1] * 2 ** 32;
  }
}

export class MergedIntegers extends NumberSlot {
  constructor(home: MergeHome) {
    const clear = (pointer: number, entries: number) => home.runtime.kernels.clearMerged(pointer, entries);
    super(home, new StateArray(home.memory, { entryBytes: stateBytes.merged, copies: 1, clear }));
  }

  protected mergeKernel(part: SlicePart, result: SlotResult): void {
    if (result.kind === "empty") return;
    assert(result.kind === "ints", "integers merge with integers");
    const { kernels } = this.home.runtime;
    const { groups, remap } = part;
    const { copies, base, layout } = result;
    const from = part.local(result.pointer, groups * copies * stateBytes[layout]);
    const into = intoOf(this.states, part, stateBytes.merged);
    if (layout === "sum") kernels.mergeSumInts(from, groups, copies, remap, base, into);
    else if (layout === "wide") kernels.mergeWide(from, groups, copies, remap, into);
    else kernels.mergeFullInts(from, groups, copies, remap, base, into);
  }

  rowsOf(group: number): number {
    const at = (this.states.pointer >> 2) + group * (stateBytes.merged / 4);
    const { u32 } = this.home.runtime.arena.views;
    return u32[at] + u32[at + 1] * 2 ** 32;
  }
}

export class MergedDoubles extends NumberSlot {
  readonly layout: "sum" | "full";

  constructor(home: MergeHome, layout: "sum" | "full") {
    const { kernels } = home.runtime;
    const entryBytes = stateBytes[layout];
    const clear = (pointer: number, entries: number) =>
      layout === "full"
        ? kernels.clearFullDoubles(pointer, entries)
        : kernels.zero(pointer, entries * entryBytes);
    super(home, new StateArray(home.memory, { entryBytes, copies: 1, clear }));
    this.layout = layout;
  }

  protected mergeKernel(part: SlicePart, result: SlotResult): void {
    if (result.kind === "empty") return;
    assert(result.kind === "doubles" && result.layout === this.layout, "doubles merge with doubles");
    const { kernels } = this.home.runtime;
    const { groups, remap } = part;
    const from = part.local(result.pointer, groups * result.copies * stateBytes[this.layout]);
    const into = intoOf(this.states, part, stateBytes[this.layout]);
    if (this.layout === "full") kernels.mergeFullDoubles(from, groups, result.copies, remap, into);
    else kernels.mergeSumDoubles(from, groups, result.copies, remap, into);
  }

  rowsOf(group: number): number {
    const stride = stateBytes[this.layout] / 8;
    return this.home.runtime.arena.views.f64[(this.states.pointer >> 3) + group * stride];
  }
}

/** HyperLogLog registers and everything else: merged by `schemas/aggregates`. */
export class MergedStates implements MergedSlot {
  readonly accumulator: Accumulator;
  private readonly home: MergeHome;
  private counted = 0;

  constructor(home: MergeHome, accumulator: Accumulator) {
    this.home = home;
    this.accumulator = accumulator;
  }

  ensure(groups: number): void {
    this.accumulator.resize(groups);
  }

  *merge(part: SlicePart, result: SlotResult): Stepwise {
    if (result.kind === "empty") return;
    yield* mergeInSteps(this.accumulator, this.statesOf(part, result), targetsOf(part));
    const bytes = this.accumulator.bytes();
    this.home.memory.count(bytes - this.counted);
    this.counted = bytes;
  }

  *settle(groups: Uint32Array): Stepwise {
    if (this.accumulator.settle !== undefined) yield* this.accumulator.settle(groups);
  }

  private statesOf(part: SlicePart, result: SlotResult): States {
    if (result.kind === "states") return result.states;
    assert(result.kind === "registers", `states cannot be ${result.kind}`);
    const bytes = 1 << result.precision;
    const from = part.local(result.pointer, part.groups * bytes);
    const { u8 } = this.home.runtime.arena.views;
    return { kind: "fixed", stateBytes: bytes, bytes: u8.subarray(from, from + part.groups * bytes) };
  }
}
