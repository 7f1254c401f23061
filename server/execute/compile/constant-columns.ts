/**
 * Columns with one value for all rows of a segment ($segmentName, $hostName): a literal stands for them in what is
 * compiled for it, and a condition that is decided thereby prunes the segment.
 */
import { assert, StoreError } from "#schemas/errors";
import type { Evaluate, EvaluateContext, EvaluateInput } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import { columnsOf, mapExpression } from "#schemas/plan/walk";
import { segmentNameColumn } from "#schemas/table";
import { isConstantColumn } from "#server/execute/compile/segment-columns";
import type { SlotSpec, Specs } from "#server/execute/compile/specs";
import { valueAt } from "#server/execute/functions/vectors";

const noColumns: EvaluateInput = {
  rows: 1,
  column() {
    assert(false, "a constant has no columns");
  },
};

export class ConstantColumns {
  private readonly parts: {
    readonly hostName: string;
    readonly evaluate: Evaluate;
    readonly context: EvaluateContext;
  };
  private readonly used = new Map<Expression, boolean>();

  constructor(parts: ConstantColumns["parts"]) {
    this.parts = parts;
  }

  /** The expression as the segment of this name sees it. */
  replace(expression: Expression, segmentName: string): Expression {
    let uses = this.used.get(expression);
    if (uses === undefined) {
      uses = columnsOf(expression).some(({ column }) => isConstantColumn(column));
      this.used.set(expression, uses);
    }
    if (!uses) return expression;
    return mapExpression(expression, (one) => {
      if (one.kind === "call") return this.folded(one);
      if (one.kind === "literal" || !isConstantColumn(one.column)) return one;
      const value = one.column === segmentNameColumn.id ? segmentName : this.parts.hostName;
      return { kind: "literal", type: "STRING", value };
    });
  }

  /** A call over literals is its value. One that fails stays: perhaps no row comes to it. */
  private folded(call: Extract<Expression, { kind: "call" }>): Expression {
    if (call.args.some(({ kind }) => kind !== "literal")) return call;
    try {
      const value = valueAt(this.parts.evaluate(call, noColumns, this.parts.context), 0);
      return { kind: "literal", type: call.type, value };
    } catch (error) {
      if (error instanceof StoreError) return call;
      throw error;
    }
  }

  /** The same slots and filters, in the same places. */
  replaceIn({ slots, answers, filters }: Specs, segmentName: string): Specs {
    const change = (expression: Expression): Expression => this.replace(expression, segmentName);
    return { slots: slots.map((slot) => changedSlot(slot, change)), answers, filters: filters.map(change) };
  }
}

function changedSlot(slot: SlotSpec, change: (expression: Expression) => Expression): SlotSpec {
  switch (slot.kind) {
    case "rows":
      return slot;
    case "states":
      return { ...slot, call: { ...slot.call, args: slot.call.args.map(change) } };
    default:
      return { ...slot, argument: change(slot.argument) };
  }
}
