/** Slot specs of a query → what one segment's slices do for each, and how its rows are grouped. */
import { unreachable } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import type { Expression } from "#schemas/plan/expression";
import type { Stepwise } from "#schemas/turns";
import { layoutOf } from "#schemas/types";
import { compileKey, isAscending, type KeyTools } from "#server/execute/compile/keys";
import type { SegmentColumns } from "#server/execute/compile/segment-columns";
import type { SlotSpec, Specs } from "#server/execute/compile/specs";
import type { Grouping, KeyPlan, SlotPlan, Source } from "#server/execute/task";
import { stateBytes } from "#server/kernels/kernels";

const setBitsMax = serverBounds.setBits;
const copiedGroupsMax = serverBounds.copiedGroups;
/** Flat states pay while groups are not many more than rows. */
const flatGroupsMin = 1024;

export function sourceOf(expression: Expression, columns: SegmentColumns): Source {
  if (expression.kind === "column") {
    const { place, kind } = columns.column(expression.column, expression.type);
    if (kind !== "window" && kind !== "docIds") return { kind: "column", column: place };
  }
  return { kind: "expression", bound: columns.bind(expression) };
}

const isMissing = (source: Source, columns: SegmentColumns): boolean =>
  source.kind === "column" && columns.used[source.column].kind === "missing";

/** Groups that a slice has at most; Infinity when only hashing can tell. */
const groupsOf = (grouping: Grouping): number =>
  grouping.kind === "one" ? 1 : grouping.kind === "flat" ? grouping.groups : Number.POSITIVE_INFINITY;

export function compileSlot(
  spec: SlotSpec,
  columns: SegmentColumns,
  grouping: Grouping,
  tools: KeyTools,
): SlotPlan {
  const { filter } = spec;
  switch (spec.kind) {
    case "rows":
      return { kind: "rows", filter };
    case "count": {
      const source = sourceOf(spec.argument, columns);
      return isMissing(source, columns) ? { kind: "empty" } : { kind: "count", source, filter };
    }
    case "ints": {
      const source = sourceOf(spec.argument, columns);
      const layout = spec.wide ? "wide" : spec.extremes ? "full" : "sum";
      return isMissing(source, columns) ? { kind: "empty" } : { kind: "ints", source, layout, filter };
    }
    case "doubles": {
      const source = sourceOf(spec.argument, columns);
      const layout = spec.extremes ? "full" : "sum";
      return isMissing(source, columns) ? { kind: "empty" } : { kind: "doubles", source, layout, filter };
    }
    case "distinct": {
      const key = compileKey(spec.argument, columns, tools);
      if (key.kind === "null") return { kind: "empty" };
      const known = key.kind !== "words" && key.kind !== "texts";
      const bits = known && groupsOf(grouping) * key.card <= setBitsMax;
      return { kind: "distinct", key, bits, filter };
    }
    case "registers":
      return registersSlot(spec, columns);
    case "values": {
      const source = sourceOf(spec.argument, columns);
      return isMissing(source, columns) ? { kind: "empty" } : { kind: "values", source, filter };
    }
    case "states": {
      const { name, args, parameters, type } = spec.call;
      const key = extremeKey(spec, columns, grouping, tools);
      if (key !== null) return { kind: "extremes", key, call: { name, type, parameters }, filter };
      const sources = args.map((argument) => sourceOf(argument, columns));
      return {
        kind: "states",
        name,
        sources,
        types: args.map((argument) => argument.type),
        parameters,
        type,
        filter,
      };
    }
    default:
      return unreachable(spec);
  }
}

/** MIN or MAX of a dictionary column whose marks fit: how its entries are numbered. */
function extremeKey(
  spec: Extract<SlotSpec, { kind: "states" }>,
  columns: SegmentColumns,
  grouping: Grouping,
  tools: KeyTools,
): KeyPlan | null {
  const { name, args } = spec.call;
  const [argument] = args;
  if ((name !== "min" && name !== "max") || argument.kind !== "column") return null;
  const key = compileKey(argument, columns, tools);
  return key.kind === "ids" && groupsOf(grouping) * key.card <= setBitsMax ? key : null;
}

function registersSlot(spec: Extract<SlotSpec, { kind: "registers" }>, columns: SegmentColumns): SlotPlan {
  const { filter, precision, argument } = spec;
  const source = sourceOf(argument, columns);
  if (isMissing(source, columns)) return { kind: "empty" };
  if (source.kind === "expression" && layoutOf(argument.type) === "text") {
    return {
      kind: "states",
      name: "distinctCountHll",
      sources: [source],
      types: [argument.type],
      parameters: [precision],
      type: "LONG",
      filter,
    };
  }
  return { kind: "registers", source, precision, filter };
}

const slotBytes = (spec: SlotSpec): number => {
  switch (spec.kind) {
    case "rows":
    case "count":
      return stateBytes.count;
    case "ints":
    case "doubles":
      return spec.extremes || (spec.kind === "ints" && spec.wide) ? stateBytes.full : stateBytes.sum;
    case "registers":
      return 1 << spec.precision;
    default:
      return 16;
  }
};

/** A step a key: finding the steps of a function, or tabulating it, takes milliseconds. */
export function* compileGrouping(
  keys: readonly Expression[],
  columns: SegmentColumns,
  specs: Specs,
  tools: KeyTools & { readonly stateBytes: number; readonly sliceRows: number },
): Stepwise<Grouping> {
  if (keys.length === 0) return { kind: "one" };
  const plans: KeyPlan[] = [];
  for (const key of keys) {
    plans.push(compileKey(key, columns, tools));
    yield;
  }
  const ascending = plans.length === 1 && isRising(plans[0], columns);
  const open = plans.some((plan) => plan.kind === "words" || plan.kind === "texts");
  const groups = plans.reduce((product, plan) => product * plan.card, 1);
  const bytes = specs.slots.reduce((sum, spec) => sum + slotBytes(spec), 0);
  const few = groups <= Math.max(flatGroupsMin, tools.sliceRows * 2);
  if (open || !few || groups * bytes > tools.stateBytes)
    return { kind: "hash", keys: plans, ascending: false };
  const copies = groups <= copiedGroupsMax && !ascending ? 4 : 1;
  return { kind: "flat", keys: plans, groups, copies, ascending };
}

/** The plan's codes never fall from row to row. */
function isRising(plan: KeyPlan, columns: SegmentColumns): boolean {
  if (plan.kind === "buckets") return plan.ascending;
  if (plan.kind !== "ids" && plan.kind !== "ints" && plan.kind !== "boundaries") return false;
  const column = columns.used[plan.column];
  return isAscending(column) && (column.dictionary === null || column.dictionary.sorted);
}
