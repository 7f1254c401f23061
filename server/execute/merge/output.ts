/** Merged groups → the partial answer; cut to the groups that can be in the result when this server holds all rows. */
import type { Vector } from "#schemas/batch";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Partial, States } from "#schemas/plan/server-client";
import type { Stepwise } from "#schemas/turns";
import { statesOf } from "#server/execute/merge/answers";
import type { AggregateMerge } from "#server/execute/merge/merge";
import { topGroups, typedKey } from "#server/execute/merge/top-groups";
import type { AggregateFragment } from "#server/execute/task";

export function* aggregatePartial(
  merge: AggregateMerge,
  fragment: AggregateFragment,
  options: { readonly sole: boolean; readonly evaluate: Evaluate; readonly context: EvaluateContext },
): Stepwise<Partial> {
  const all = merge.occupiedGroups();
  const groups = options.sole ? yield* topGroups(merge, fragment, all, options) : all;
  const keys: Vector[] = [];
  for (const [key, codes] of (yield* merge.groups.codesOf(groups)).entries()) {
    keys.push(typedKey(yield* merge.groups.domains[key].vector(codes), fragment, key));
  }
  const states: States[] = [];
  for (const { call, slot } of merge.parts.specs.answers) {
    if (options.sole) yield* merge.slots[slot].settle(groups);
    states.push(statesOf(call, merge.slots[slot], groups, { final: options.sole }));
    yield;
  }
  return { kind: "aggregate", groups: groups.length, keys, states };
}
