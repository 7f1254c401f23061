/**
 * Which groups can be in a result when this server holds all rows: the first in the fragment's order, ties
 * by the keys' own order, so that an answer does not depend on how rows lie in segments. Values are made
 * only as far as the order asks.
 */
import type { Vector } from "#schemas/batch";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import { columnsOf } from "#schemas/plan/walk";
import { firstInOrder, type SortKey } from "#schemas/row-order";
import { atOnce, type Stepwise } from "#schemas/turns";
import { finishOf } from "#server/execute/merge/answers";
import type { AggregateMerge } from "#server/execute/merge/merge";
import { TextKeyDomain } from "#server/execute/merge/text-key-domain";
import type { AggregateFragment } from "#server/execute/task";

/** A key's vector has the expression's type (domains know only layouts). */
export const typedKey = (vector: Vector, fragment: AggregateFragment, key: number): Vector => ({
  ...vector,
  type: fragment.keys[key].type,
});

/** The columns keys ++ aggregates of some groups, each made when it is first looked at. */
class GroupColumns {
  private readonly merge: AggregateMerge;
  private readonly fragment: AggregateFragment;
  private readonly groups: Uint32Array;
  private readonly codes: readonly Uint32Array[];
  private readonly made: (Vector | undefined)[] = [];

  constructor(
    merge: AggregateMerge,
    fragment: AggregateFragment,
    at: { readonly groups: Uint32Array; readonly codes: readonly Uint32Array[] },
  ) {
    this.merge = merge;
    this.fragment = fragment;
    this.groups = at.groups;
    this.codes = at.codes;
  }

  column(index: number): Vector {
    this.made[index] ??= index < this.fragment.keys.length ? atOnce(this.key(index)) : this.aggregate(index);
    return this.made[index];
  }

  /** Makes the columns of the leading key of an order, in steps; ties may never ask for the others. */
  *settle(leading: Expression | undefined): Stepwise {
    const { specs } = this.merge.parts;
    if (leading === undefined || this.inDomain(leading).compare !== undefined) return;
    for (const { column: index } of columnsOf(leading)) {
      if (index >= this.fragment.keys.length) {
        const { slot } = specs.answers[index - this.fragment.keys.length];
        yield* this.merge.slots[slot].settle(this.groups);
        this.column(index);
      } else this.made[index] ??= yield* this.key(index);
      yield;
    }
  }

  private *key(index: number): Stepwise<Vector> {
    const vector = yield* this.merge.groups.domains[index].vector(this.codes[index]);
    return typedKey(vector, this.fragment, index);
  }

  private aggregate(index: number): Vector {
    const { call, slot } = this.merge.parts.specs.answers[index - this.fragment.keys.length];
    return finishOf(call, this.merge.slots[slot], this.groups);
  }

  /** A text key is compared where its domain holds it, not in a copy of every group's text. */
  inDomain(expression: Expression): Pick<SortKey, "compare" | "isNull"> {
    if (expression.kind !== "column" || expression.column >= this.fragment.keys.length) return {};
    const domain = this.merge.groups.domains[expression.column];
    if (!(domain instanceof TextKeyDomain)) return {};
    const codes = this.codes[expression.column];
    return {
      compare: (left, right) => domain.compareCodes(codes[left], codes[right]),
      isNull: (row) => codes[row] === 0,
    };
  }
}

/** The groups that survive, in order; all of them when they are not more than wanted. */
export function* topGroups(
  merge: AggregateMerge,
  fragment: AggregateFragment,
  all: Uint32Array,
  tools: { readonly evaluate: Evaluate; readonly context: EvaluateContext },
): Stepwise<Uint32Array> {
  const { top } = fragment;
  if (top === null || all.length <= top.rows) return all;
  const codes = yield* merge.groups.codesOf(all);
  const columns = new GroupColumns(merge, fragment, { groups: all, codes });
  yield* columns.settle(top.order[0]?.expression);
  const input = { rows: all.length, column: (index: number) => columns.column(index) };
  const sortKey = (key: Omit<SortKey, "vector"> & { readonly expression: Expression }): SortKey => {
    const { expression, descending, nullsFirst } = key;
    let vector: Vector | null = null;
    return {
      get vector() {
        vector ??=
          expression.kind === "column"
            ? columns.column(expression.column)
            : tools.evaluate(expression, input, tools.context);
        return vector;
      },
      ...columns.inDomain(expression),
      descending,
      nullsFirst,
    };
  };
  const ties = fragment.keys.map((key, column) => ({
    expression: { kind: "column", type: key.type, column, name: "key" } as const,
    descending: false,
    nullsFirst: false,
  }));
  const keys = [...top.order, ...ties].map(sortKey);
  return (yield* firstInOrder(all.length, keys, top.rows)).map((row) => all[row]);
}
