/**
 * SUM(x ± c) as SUM(x) ± c · COUNT(x), where no row can overflow: ten sums of shifted values then share two states.
 * x is an INT and c no larger, so the sum that a result holds is the same to the last digit.
 */

import { mapOutput } from "#broker/plan/rewrites/map-output";
import type { AggregateCall, Expression } from "#schemas/plan/expression";
import { expressionKey } from "#schemas/plan/key";
import type { Plan } from "#schemas/plan/plan";

/** |c| up to here: rows are fewer than 2^31, so c · COUNT(x) stays within 64 bits. */
const shiftMax = 2n ** 31n;

interface Shifted {
  readonly operand: Expression;
  readonly shift: bigint;
  /** c − x. */
  readonly isNegated: boolean;
}

/** An INT below any widening. */
function intOf(expression: Expression): Expression | null {
  if (expression.kind === "literal") return null;
  if (expression.type === "INT") return expression;
  const isWidened = expression.kind === "call" && expression.name === "cast" && expression.type === "LONG";
  return isWidened ? intOf(expression.args[0]) : null;
}

function shiftOf(expression: Expression): bigint | null {
  if (expression.kind !== "literal" || typeof expression.value !== "bigint") return null;
  const { value } = expression;
  return value <= shiftMax && value >= -shiftMax ? value : null;
}

function shiftedOf({ name, args, parameters }: AggregateCall): Shifted | null {
  const [sum] = args;
  if (name !== "sum" || parameters.length > 0 || sum.kind !== "call" || sum.type !== "LONG") return null;
  if (sum.name !== "plus" && sum.name !== "minus") return null;
  const [left, right] = sum.args;
  const [leftInt, rightInt] = [intOf(left), intOf(right)];
  const [leftShift, rightShift] = [shiftOf(left), shiftOf(right)];
  const isMinus = sum.name === "minus";
  if (leftInt !== null && rightShift !== null)
    return { operand: leftInt, shift: isMinus ? -rightShift : rightShift, isNegated: false };
  if (rightInt !== null && leftShift !== null)
    return { operand: rightInt, shift: leftShift, isNegated: isMinus };
  return null;
}

const long = (name: string, ...args: readonly Expression[]): Expression => ({
  kind: "call",
  type: "LONG",
  name,
  args,
});

/** The plan's aggregates, each once, with what stands for each of the old ones. */
class Aggregates {
  readonly calls: AggregateCall[] = [];
  private readonly places = new Map<string, number>();
  private readonly keys: number;

  constructor(keys: number) {
    this.keys = keys;
  }

  column(call: AggregateCall, name: string): Expression {
    const filter = call.filter === null ? "" : expressionKey(call.filter);
    const key = `${call.name}:${call.type}(${call.args.map(expressionKey)};${call.parameters.map(String)})${filter}`;
    let place = this.places.get(key);
    if (place === undefined) {
      place = this.calls.push(call) - 1;
      this.places.set(key, place);
    }
    return { kind: "column", type: call.type, column: this.keys + place, name };
  }

  /** SUM(x) ± c · COUNT(x), in the sum's own type. */
  shifted(call: AggregateCall, { operand, shift, isNegated }: Shifted): Expression {
    const of = (name: "sum" | "count") => this.column({ ...call, name, args: [operand], type: "LONG" }, name);
    const moved = long("times", { kind: "literal", type: "LONG", value: shift }, of("count"));
    const sum = isNegated ? long("minus", moved, of("sum")) : long("plus", of("sum"), moved);
    return call.type === "LONG" ? sum : { kind: "call", type: call.type, name: "cast", args: [sum] };
  }
}

export function shiftSums(plan: Plan): Plan {
  const { fragment } = plan;
  if (fragment?.kind !== "aggregate") return plan;
  const shifted = fragment.aggregates.map(shiftedOf);
  if (shifted.every((one) => one === null)) return plan;
  const aggregates = new Aggregates(fragment.keys.length);
  const stand = fragment.aggregates.map((call, index) => {
    const one = shifted[index];
    return one === null ? aggregates.column(call, call.name) : aggregates.shifted(call, one);
  });
  const over = mapOutput(plan, (column) => stand[column.column - fragment.keys.length] ?? column);
  return { ...over, fragment: { ...fragment, aggregates: aggregates.calls } };
}
