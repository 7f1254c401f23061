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
import type { SlotSpec } from "#server/execute/compile/specs";
import type { Domain } from "#server/execute/merge/domain";
import { GroupTable } from "#server/execute/merge/group-table";
import { HeldColumns } from "#server/execute/merge/held-columns";
import { type MergeParts, type MergeSource, plansOf } from "#server/execute/merge/merge-parts";
import { MergedDistinct } from "#server/execute/merge/merged-distinct";
import {
  MergedCounts,
  MergedDoubles,
  MergedIntegers,
  type MergedSlot,
  MergedStates,
  type SlicePart,
} from "#server/execute/merge/merged-slot";
import { MergedValues } from "#server/execute/merge/merged-values";
import { numberDomain, RangeDomain } from "#server/execute/merge/number-domain";
import { SliceGroups } from "#server/execute/merge/slice-groups";
import { TextDomain } from "#server/execute/merge/text-domain";
import { TextKeyDomain } from "#server/execute/merge/text-key-domain";
import type { AggregateResult } from "#server/execute/scan/scan-aggregate";
import type { KeyPlan } from "#server/execute/task";

/** Arrays of this many groups cost next to nothing. */
const denseGroupsMin = 4096;
/** Dictionaries of fewer entries are numbered in order of appearance. */
const denseTextsMin = 16_384;
const numberSlots: readonly string[] = ["rows", "count", "ints", "doubles"];

export class AggregateMerge {
  readonly parts: MergeParts;
  readonly groups: GroupTable;
  readonly columns: HeldColumns;
  readonly slots: readonly MergedSlot[];
  private counted = 0;

  constructor(parts: MergeParts) {
    this.parts = parts;
    this.columns = new HeldColumns(parts.dictionaries, parts.table);
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
    return new TextKeyDomain(this.columns.domain(expression.column), expression.type);
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
    const slice = new SliceGroups(this, source, result);
    for (const shift of this.parts.shifts) {
      const mark = scratch.mark();
      const part = yield* slice.part(shift);
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

  private *mergeSlots(source: MergeSource, result: AggregateResult, part: SlicePart): Stepwise {
    for (const [index, slot] of this.slots.entries()) {
      const slice = result.slots[index];
      const plan = source.task.slots[index];
      if (!(slot instanceof MergedDistinct)) yield* slot.merge(part, slice);
      else if (plan.kind === "distinct") {
        const spec = this.parts.specs.slots[index];
        assert(spec.kind === "distinct", "a set has an argument");
        const key = {
          plan: plan.key,
          values: null,
          part: this.columns.part(source, plan.key, spec.argument),
        };
        yield* slot.mergeDistinct(part, slice, key);
      }
      yield;
    }
  }
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
