/** The groups of one slice: for each window of HOP (one without), where they are among the query's. */
import { assert } from "#schemas/errors";
import type { Stepwise } from "#schemas/turns";
import type { LocalKey } from "#server/execute/merge/domain";
import type { GroupTable } from "#server/execute/merge/group-table";
import type { HeldColumns } from "#server/execute/merge/held-columns";
import { type MergeParts, type MergeSource, plansOf } from "#server/execute/merge/merge-parts";
import type { SlicePart } from "#server/execute/merge/merged-slot";
import { RangeDomain } from "#server/execute/merge/number-domain";
import { TextKeyDomain } from "#server/execute/merge/text-key-domain";
import type { AggregateResult } from "#server/execute/scan/scan-aggregate";
import type { AggregateTask } from "#server/execute/task";

/** The groups with rows, per key their codes, and the common codes of keys that no window shifts. */
interface Numbered {
  readonly occupied: Uint32Array;
  readonly codes: readonly Uint32Array[];
  readonly common: (Uint32Array | undefined)[];
}

/** Rows of the groups, in as many copies as a kernel keeps of each count. */
interface Counts {
  readonly u32: Uint32Array;
  readonly from: number;
  readonly copies: number;
}

function countsOf({ owner }: MergeParts, result: AggregateResult): Counts {
  const [rows] = result.slots;
  assert(rows.kind === "count", "the first slot counts the rows of groups");
  const { u32 } = owner.at(result.arena).arena.views;
  return { u32, from: rows.pointer >> 2, copies: rows.copies };
}

/** What all slices of a merge share. */
export interface SliceContext {
  readonly parts: MergeParts;
  readonly groups: GroupTable;
  readonly columns: HeldColumns;
}

export class SliceGroups {
  private readonly context: SliceContext;
  private readonly source: MergeSource;
  private readonly result: AggregateResult;
  private readonly local: SlicePart["local"];
  private readonly counts: Counts;
  private numbered: Numbered | null = null;

  constructor(context: SliceContext, source: MergeSource, result: AggregateResult) {
    this.context = context;
    this.source = source;
    this.result = result;
    this.local = localOf(context.parts, result);
    this.counts = countsOf(context.parts, result);
  }

  /** The slice in one window. Its addresses hold until the home's scratch is released. */
  *part(shift: bigint): Stepwise<SlicePart> {
    return this.shifted(shift) ?? (yield* this.texts()) ?? (yield* this.mapped(shift));
  }

  /** Groups whose numbers need no table: none but one, or a range's codes, which are apart by a constant. */
  private shifted(shift: bigint): SlicePart | null {
    const { local, result } = this;
    const { parts, groups } = this.context;
    const { grouping } = this.source.task;
    if (grouping.kind === "one") return { groups: 1, remap: 0, targets: null, offset: 0, local };
    const [domain] = groups.domains;
    if (!groups.dense || grouping.kind !== "flat" || !(domain instanceof RangeDomain)) return null;
    const [plan] = grouping.keys;
    if (plan.kind === "null") return null;
    const offset = domain.offsetOf(plan, parts.windowKeys[0] ? shift : 0n);
    // NULL is group 0 everywhere, so it cannot be shifted with the others.
    if (offset !== 0 && this.rowsOfGroup(0) > 0) return null;
    return { groups: result.groups, remap: 0, targets: null, offset, local };
  }

  /** The mapping of the slice's texts is the remap; a dictionary's own, once every id with rows has a code. */
  private *texts(): Stepwise<SlicePart | null> {
    const { result } = this;
    const { groups } = this.context;
    const [domain] = groups.domains;
    if (!groups.dense || !(domain instanceof TextKeyDomain)) return null;
    const key = this.localKey(0);
    if (result.codes !== null) return this.remapped(yield* domain.map(key, result.codes[0]));
    assert(key.part !== null, "ids have a dictionary");
    return this.remapped(yield* domain.completeIds(key.part, (id) => this.rowsOfGroup(id) > 0));
  }

  /** Through the domains of the keys and the table of groups. */
  private *mapped(shift: bigint): Stepwise<SlicePart> {
    const { parts, groups } = this.context;
    this.numbered ??= this.number();
    const { occupied, codes, common } = this.numbered;
    const mapped: Uint32Array[] = [];
    for (let key = 0; key < codes.length; key++) {
      const isShifted = parts.windowKeys[key];
      let one = isShifted ? undefined : common[key];
      one ??= yield* groups.domains[key].map(this.localKey(key), codes[key], isShifted ? shift : 0n);
      if (!isShifted) common[key] = one;
      mapped.push(one);
    }
    const numbers = yield* groups.intern(mapped);
    const targets = new Uint32Array(this.result.groups);
    for (let at = 0; at < numbers.length; at++) targets[occupied[at]] = numbers[at];
    return this.remapped(targets);
  }

  private remapped(targets: Uint32Array): SlicePart {
    const { groups } = this.result;
    const { runtime, scratch } = this.context.parts.home;
    const remap = scratch.take(groups * 4);
    runtime.arena.views.u32.set(targets.subarray(0, groups), remap >> 2);
    return { groups, remap, targets, offset: 0, local: this.local };
  }

  private localKey(key: number): LocalKey {
    const { parts, columns } = this.context;
    const plan = plansOf(this.source.task)[key];
    const part = columns.part(this.source, plan, parts.keys[key]);
    return { plan, values: this.result.values[key], part };
  }

  private number(): Numbered {
    const occupied = this.occupied();
    return { occupied, codes: occupiedCodes(this.source.task, this.result, occupied), common: [] };
  }

  private rowsOfGroup(group: number): number {
    const { u32, from, copies } = this.counts;
    const at = from + group * copies;
    let population = 0;
    for (let copy = 0; copy < copies; copy++) population += u32[at + copy];
    return population;
  }

  /** The groups that have rows. */
  private occupied(): Uint32Array {
    const { u32, from, copies } = this.counts;
    const { groups } = this.result;
    const found = new Uint32Array(groups);
    let count = 0;
    let at = from;
    for (let group = 0; group < groups; group++) {
      let population = 0;
      for (let copy = 0; copy < copies; copy++) population += u32[at++];
      if (population > 0) found[count++] = group;
    }
    return found.subarray(0, count);
  }
}

/** Addresses of the slice in the home arena: copied there when the slice lies in another. */
function localOf({ home, owner }: MergeParts, result: AggregateResult): SlicePart["local"] {
  const { runtime, scratch } = home;
  return (pointer, bytes) => {
    if (result.arena === runtime.arena.index || bytes === 0) return pointer;
    const copy = scratch.take(bytes);
    const { u8 } = owner.at(result.arena).arena.views;
    runtime.arena.views.u8.set(u8.subarray(pointer, pointer + bytes), copy);
    return copy;
  };
}

/** Per key the codes of the occupied groups. */
function occupiedCodes(task: AggregateTask, result: AggregateResult, occupied: Uint32Array): Uint32Array[] {
  const plans = plansOf(task);
  if (result.codes !== null) {
    return result.codes.map((codes) => occupied.map((group) => codes[group]));
  }
  if (plans.length === 1) return [occupied];
  const codes = plans.map(() => new Uint32Array(occupied.length));
  for (let at = 0; at < occupied.length; at++) {
    let rest = occupied[at];
    for (let key = plans.length - 1; key >= 0; key--) {
      const { card } = plans[key];
      const above = Math.floor(rest / card);
      codes[key][at] = rest - above * card;
      rest = above;
    }
  }
  return codes;
}
