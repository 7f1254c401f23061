/**
 * Slices' states → the query's states, in the order of slices. Keys are joined through domains; groups that no row
 * reached are left behind.
 */
import { aggregateNamed } from "#schemas/aggregates/registry";
import { assert, unreachable } from "#schemas/errors";
import type { Expression } from "#schemas/plan/expression";
import { sequence } from "#schemas/row-order";
import type { Stepwise } from "#schemas/turns";
import { layoutOf } from "#schemas/types";
import type { SlotSpec, Specs } from "#server/execute/compile/specs";
import { type Dictionaries, dictionaryPart } from "#server/execute/merge/dictionaries";
import type { Domain, LocalKey } from "#server/execute/merge/domain";
import { GroupTable } from "#server/execute/merge/group-table";
import { MergedDistinct } from "#server/execute/merge/merged-distinct";
import {
  MergedCounts,
  MergedDoubles,
  MergedIntegers,
  type MergedSlot,
  MergedStates,
  type MergeHome,
  type SlicePart,
} from "#server/execute/merge/merged-slot";
import { MergedValues } from "#server/execute/merge/merged-values";
import { numberDomain, RangeDomain } from "#server/execute/merge/number-domain";
import { TextDomain } from "#server/execute/merge/text-domain";
import { TextKeyDomain } from "#server/execute/merge/text-key-domain";
import type { Runtime } from "#server/execute/runtime";
import type { AggregateResult } from "#server/execute/scan/scan-aggregate";
import type { AggregateTask, KeyPlan } from "#server/execute/task";
import type { SegmentReader } from "#server/segment/reader";

/** A task and the segment it is about. */
export interface MergeSource {
  readonly task: AggregateTask;
  readonly segment: SegmentReader;
}

export interface MergeParts {
  readonly table: string;
  readonly keys: readonly Expression[];
  readonly specs: Specs;
  /** What to add to each integer key for the windows that a group lies in (HOP); [0] else. */
  readonly shifts: readonly bigint[];
  /** Keys that are a window's bound. */
  readonly windowKeys: readonly boolean[];
  readonly home: MergeHome;
  readonly owner: Runtime;
  readonly dictionaries: Dictionaries;
  readonly sources: readonly MergeSource[];
}

/** Arrays of this many groups cost next to nothing. */
const denseGroupsMin = 4096;
/** Dictionaries of fewer entries are numbered in order of appearance. */
const denseTextsMin = 16_384;
const numberSlots: readonly string[] = ["rows", "count", "ints", "doubles"];

type Column = ReturnType<Dictionaries["column"]>;

/** A slice's groups with rows, per key their codes, and the common codes of keys that no window shifts. */
interface Numbered {
  readonly occupied: Uint32Array;
  readonly codes: readonly Uint32Array[];
  readonly common: (Uint32Array | undefined)[];
}

export class AggregateMerge {
  readonly parts: MergeParts;
  readonly groups: GroupTable;
  readonly slots: readonly MergedSlot[];
  private readonly columns = new Map<string, Column>();
  private counted = 0;

  constructor(parts: MergeParts) {
    this.parts = parts;
    const rows = parts.sources.reduce(
      (sum, { task }) => sum + task.chunks.reduce((total, chunk) => total + chunk.rows, 0),
      0,
    );
    const domains = parts.keys.map((key, index) => this.keyDomain(key, index));
    this.groups = new GroupTable(domains, { dense: this.isDense(domains, rows) });
    this.slots = parts.specs.slots.map((spec, index) => this.mergedSlot(spec, index));
    for (const slot of this.slots) slot.ensure(this.groups.groups);
  }

  /** Codes are groups where that wastes little: a narrow range, or a large dictionary most of which has rows. */
  private isDense(domains: readonly Domain[], rows: number): boolean {
    const [domain] = domains;
    const { sources, specs } = this.parts;
    if (domains.length !== 1) return false;
    if (domain instanceof RangeDomain) return domain.card <= Math.max(denseGroupsMin, rows * 2);
    if (!(domain instanceof TextKeyDomain)) return false;
    const plans = sources.map(({ task }) => plansOf(task)[0]);
    const cards = plans.map((plan) => plan.card);
    const numbers = specs.slots.every(({ kind }) => numberSlots.includes(kind));
    if (!numbers || plans.some(({ kind }) => kind !== "ids" && kind !== "texts")) return false;
    const total = cards.reduce((sum, card) => sum + card, domain.card);
    return Math.max(...cards) >= denseTextsMin && total <= rows * 2;
  }

  private keyDomain(key: Expression, index: number): Domain {
    const plans = this.parts.sources.map(({ task }) => plansOf(task)[index]);
    return this.domain(key, plans, this.parts.windowKeys[index] ? this.parts.shifts : [0n]);
  }

  private domain(expression: Expression, plans: readonly KeyPlan[], shifts: readonly bigint[]): Domain {
    if (layoutOf(expression.type) !== "text") return numberDomain(expression.type, plans, shifts);
    if (expression.kind !== "column") return new TextKeyDomain(new TextDomain(), expression.type);
    return new TextKeyDomain(this.column(expression.column).domain, expression.type);
  }

  private column(columnId: number): Column {
    const key = String(columnId);
    const known = this.columns.get(key);
    if (known !== undefined) return known;
    const column = this.parts.dictionaries.column(this.parts.table, columnId);
    this.columns.set(key, column);
    return column;
  }

  private mergedSlot(spec: SlotSpec, index: number): MergedSlot {
    const { home } = this.parts;
    switch (spec.kind) {
      case "rows":
      case "count":
        return new MergedCounts(home);
      case "ints":
        return new MergedIntegers(home);
      case "doubles":
        return new MergedDoubles(home, spec.extremes ? "full" : "sum");
      case "distinct": {
        const plans = this.parts.sources.flatMap(({ task }) => {
          const plan = task.slots[index];
          return plan.kind === "distinct" ? [plan.key] : [];
        });
        return new MergedDistinct(home, this.domain(spec.argument, plans, [0n]));
      }
      case "values":
        return new MergedValues(home, spec.percent);
      case "registers":
        return new MergedStates(
          home,
          accumulatorOf("distinctCountHll", [spec.argument], [spec.precision], "LONG"),
        );
      case "states": {
        const { name, args, parameters, type } = spec.call;
        return new MergedStates(home, accumulatorOf(name, args, parameters, type));
      }
      default:
        return unreachable(spec);
    }
  }

  /** Takes one slice's result. Its memory may be freed afterwards. */
  *add(source: MergeSource, result: AggregateResult): Stepwise {
    if (result.counts.rowsMatched === 0) return;
    const { scratch } = this.parts.home;
    const local = this.localOf(result);
    let numbered: Numbered | null = null;
    for (const shift of this.parts.shifts) {
      const mark = scratch.mark();
      let part = this.shiftedPart(source, result, { shift, local });
      part ??= yield* this.textPart(source, result, local);
      if (part === null) {
        numbered ??= this.numbered(source, result);
        part = yield* this.mappedPart(source, result, { numbered, shift, local });
      }
      this.ensure();
      yield* this.mergeSlots(source, result, part);
      scratch.release(mark);
    }
    const bytes = this.groups.bytes() + this.groups.domains.reduce((sum, domain) => sum + domain.bytes(), 0);
    this.parts.home.memory.count(Math.max(0, bytes - this.counted));
    this.counted = Math.max(bytes, this.counted);
  }

  /** Room for all groups: a shared dictionary grows by other queries too. */
  private ensure(): void {
    for (const slot of this.slots) slot.ensure(this.groups.groups);
  }

  /** The slice's groups that have rows. */
  private occupied(result: AggregateResult): Uint32Array {
    const [rows] = result.slots;
    assert(rows.kind === "count", "the first slot counts the rows of groups");
    const { u32 } = this.parts.owner.at(result.arena).arena.views;
    const found = new Uint32Array(result.groups);
    const { copies } = rows;
    let count = 0;
    let at = rows.pointer >> 2;
    for (let group = 0; group < result.groups; group++) {
      let population = 0;
      for (let copy = 0; copy < copies; copy++) population += u32[at++];
      if (population > 0) found[count++] = group;
    }
    return found.subarray(0, count);
  }

  private numbered(source: MergeSource, result: AggregateResult): Numbered {
    const occupied = this.occupied(result);
    return { occupied, codes: occupiedCodes(source.task, result, occupied), common: [] };
  }

  /** Groups whose numbers need no table: none but one, or a range's codes, which are apart by a constant. */
  private shiftedPart(
    source: MergeSource,
    result: AggregateResult,
    { shift, local }: { readonly shift: bigint; readonly local: SlicePart["local"] },
  ): SlicePart | null {
    const { grouping } = source.task;
    if (grouping.kind === "one") return { groups: 1, remap: 0, targets: null, offset: 0, local };
    const [domain] = this.groups.domains;
    if (!this.groups.dense || grouping.kind !== "flat" || !(domain instanceof RangeDomain)) return null;
    const [plan] = grouping.keys;
    if (plan.kind === "null") return null;
    const offset = domain.offsetOf(plan, this.parts.windowKeys[0] ? shift : 0n);
    // NULL is group 0 everywhere, so it cannot be shifted with the others.
    if (offset !== 0 && this.rowsOfGroup(result, 0) > 0) return null;
    return { groups: result.groups, remap: 0, targets: null, offset, local };
  }

  /** The mapping of the slice's texts is the remap; a dictionary's own, once every id with rows has a code. */
  private *textPart(
    source: MergeSource,
    result: AggregateResult,
    local: SlicePart["local"],
  ): Stepwise<SlicePart | null> {
    const [domain] = this.groups.domains;
    if (!this.groups.dense || !(domain instanceof TextKeyDomain)) return null;
    const key = this.localKey(source, 0, result);
    let targets: Uint32Array;
    if (result.codes !== null) targets = yield* domain.map(key, result.codes[0]);
    else {
      assert(key.part !== null, "ids have a dictionary");
      targets = yield* domain.completeIds(key.part, (id) => this.rowsOfGroup(result, id) > 0);
    }
    const { runtime, scratch } = this.parts.home;
    const remap = scratch.take(result.groups * 4);
    runtime.arena.views.u32.set(targets.subarray(0, result.groups), remap >> 2);
    return { groups: result.groups, remap, targets, offset: 0, local };
  }

  private rowsOfGroup(result: AggregateResult, group: number): number {
    const [rows] = result.slots;
    assert(rows.kind === "count", "the first slot counts the rows of groups");
    const { u32 } = this.parts.owner.at(result.arena).arena.views;
    const at = (rows.pointer >> 2) + group * rows.copies;
    let population = 0;
    for (let copy = 0; copy < rows.copies; copy++) population += u32[at + copy];
    return population;
  }

  /** Addresses of the slice in the home arena: copied there when the slice lies in another. */
  private localOf(result: AggregateResult): SlicePart["local"] {
    const { runtime, scratch } = this.parts.home;
    return (pointer, bytes) => {
      if (result.arena === runtime.arena.index || bytes === 0) return pointer;
      const copy = scratch.take(bytes);
      const { u8 } = this.parts.owner.at(result.arena).arena.views;
      runtime.arena.views.u8.set(u8.subarray(pointer, pointer + bytes), copy);
      return copy;
    };
  }

  private *mappedPart(
    source: MergeSource,
    result: AggregateResult,
    from: { readonly numbered: Numbered; readonly shift: bigint; readonly local: SlicePart["local"] },
  ): Stepwise<SlicePart> {
    const { runtime, scratch } = this.parts.home;
    const { occupied, codes } = from.numbered;
    const common: Uint32Array[] = [];
    for (let key = 0; key < codes.length; key++) {
      const shift = this.parts.windowKeys[key] ? from.shift : null;
      let mapped = shift === null ? from.numbered.common[key] : undefined;
      mapped ??= yield* this.groups.domains[key].map(
        this.localKey(source, key, result),
        codes[key],
        shift ?? 0n,
      );
      if (shift === null) from.numbered.common[key] = mapped;
      common.push(mapped);
    }
    const numbers = yield* this.groups.intern(common);
    const targets = new Uint32Array(result.groups);
    for (let at = 0; at < numbers.length; at++) targets[occupied[at]] = numbers[at];
    const remap = scratch.take(targets.length * 4);
    runtime.arena.views.u32.set(targets, remap >> 2);
    return { groups: result.groups, remap, targets, offset: 0, local: from.local };
  }

  /** Groups with rows; without keys the one group. */
  occupiedGroups(): Uint32Array {
    this.ensure();
    if (!this.groups.dense) return sequence(this.groups.groups);
    const [rows] = this.slots;
    assert(rows instanceof MergedCounts, "the first slot counts the rows of groups");
    const found = new Uint32Array(this.groups.groups);
    let count = 0;
    for (let group = 0; group < found.length; group++) if (rows.rowsOf(group) > 0) found[count++] = group;
    return found.subarray(0, count);
  }

  private localKey(source: MergeSource, key: number, result: AggregateResult): LocalKey {
    const plan = plansOf(source.task)[key];
    return { plan, values: result.values[key], part: this.partOf(source, plan, this.parts.keys[key]) };
  }

  private partOf({ task, segment }: MergeSource, plan: KeyPlan, expression: Expression) {
    if (plan.kind !== "ids" || expression.kind !== "column") return null;
    const { dictionary } = task.columns[plan.column];
    assert(dictionary !== null, "ids have a dictionary");
    return dictionaryPart(this.column(expression.column), segment, dictionary, segment.arena.views);
  }

  private *mergeSlots(source: MergeSource, result: AggregateResult, part: SlicePart): Stepwise {
    for (const [index, slot] of this.slots.entries()) {
      const slice = result.slots[index];
      const plan = source.task.slots[index];
      if (!(slot instanceof MergedDistinct)) yield* slot.merge(part, slice);
      else if (plan.kind === "distinct") {
        const spec = this.parts.specs.slots[index];
        assert(spec.kind === "distinct", "a set has an argument");
        const key = { plan: plan.key, values: null, part: this.partOf(source, plan.key, spec.argument) };
        yield* slot.mergeDistinct(part, slice, key);
      }
      yield;
    }
  }
}

const plansOf = (task: AggregateTask): readonly KeyPlan[] =>
  task.grouping.kind === "one" ? [] : task.grouping.keys;

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

export function accumulatorOf(
  name: string,
  args: readonly { readonly type: Expression["type"] }[],
  parameters: readonly (string | number | bigint | boolean | Uint8Array | null)[],
  type: Expression["type"],
) {
  const aggregate = aggregateNamed(name);
  assert(aggregate !== null, `there is an aggregate ${name}`);
  return aggregate.accumulator({ name, args, parameters, type });
}
