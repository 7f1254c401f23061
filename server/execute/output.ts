/** Merged groups → the partial answer; cut to the groups that can be in the result when this server holds all rows. */
import type { Vector } from "#schemas/batch";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Partial } from "#schemas/plan/server-client";
import { finishOf, statesOf } from "#server/execute/answers";
import type { AggregateMerge } from "#server/execute/merge";
import { firstInOrder, type SortKey } from "#server/execute/order";
import type { AggregateFragment } from "#server/execute/task";

export function aggregatePartial(
  merge: AggregateMerge,
  fragment: AggregateFragment,
  options: { readonly sole: boolean; readonly evaluate: Evaluate; readonly context: EvaluateContext },
): Partial {
  const all = merge.occupiedGroups();
  const groups = options.sole && fragment.top !== null ? topGroups(merge, fragment, all, options) : all;
  const codes = merge.groups.codesOf(groups);
  const keys = codes.map((column, key) => typed(merge.groups.domains[key].vector(column), fragment, key));
  const states = merge.parts.specs.answers.map(({ call, slot }) =>
    statesOf(call, merge.slots[slot], groups, { final: options.sole }),
  );
  return { kind: "aggregate", groups: groups.length, keys, states };
}

/** A key's vector has the expression's type (domains know only layouts). */
const typed = (vector: Vector, fragment: AggregateFragment, key: number): Vector => ({
  ...vector,
  type: fragment.keys[key].type,
});

/** The first groups in `top.order`; ties by the keys' own order, so an answer does not depend on how rows lie. */
function topGroups(
  merge: AggregateMerge,
  fragment: AggregateFragment,
  all: Uint32Array,
  tools: { readonly evaluate: Evaluate; readonly context: EvaluateContext },
): Uint32Array {
  const { top } = fragment;
  if (top === null || all.length <= top.rows) return all;
  const codes = merge.groups.codesOf(all);
  const made: (Vector | undefined)[] = [];
  const column = (index: number): Vector => {
    const known = made[index];
    if (known !== undefined) return known;
    let vector: Vector;
    if (index < fragment.keys.length) {
      vector = typed(merge.groups.domains[index].vector(codes[index]), fragment, index);
    } else {
      const { call, slot } = merge.parts.specs.answers[index - fragment.keys.length];
      vector = finishOf(call, merge.slots[slot], all);
    }
    made[index] = vector;
    return vector;
  };
  const order: SortKey[] = top.order.map(({ expression, descending, nullsFirst }) => ({
    get vector() {
      return expression.kind === "column"
        ? column(expression.column)
        : tools.evaluate(expression, { rows: all.length, column }, tools.context);
    },
    descending,
    nullsFirst,
  }));
  const ties = fragment.keys.map(
    (_, key): SortKey => ({
      get vector() {
        return column(key);
      },
      descending: false,
      nullsFirst: false,
    }),
  );
  return firstInOrder(all.length, [...order, ...ties], top.rows).map((row) => all[row]);
}
