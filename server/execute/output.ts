/** Merged groups → the partial answer; cut to the groups that can be in the result when this server holds all rows. */
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Partial } from "#schemas/plan/server-client";
import { statesOf } from "#server/execute/answers";
import type { AggregateMerge } from "#server/execute/merge";
import type { AggregateFragment } from "#server/execute/task";
import { topGroups, typedKey } from "#server/execute/top-groups";

export function aggregatePartial(
  merge: AggregateMerge,
  fragment: AggregateFragment,
  options: { readonly sole: boolean; readonly evaluate: Evaluate; readonly context: EvaluateContext },
): Partial {
  const all = merge.occupiedGroups();
  const groups = options.sole ? topGroups(merge, fragment, all, options) : all;
  const keys = merge.groups
    .codesOf(groups)
    .map((codes, key) => typedKey(merge.groups.domains[key].vector(codes), fragment, key));
  const states = merge.parts.specs.answers.map(({ call, slot }) =>
    statesOf(call, merge.slots[slot], groups, { final: options.sole }),
  );
  return { kind: "aggregate", groups: groups.length, keys, states };
}
