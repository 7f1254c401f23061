/** The aggregate calls of one query: bound, each distinct one once. */

import { labelOf } from "#broker/bind/label";
import type { Aggregate, AggregateArgument } from "#schemas/aggregates/aggregate";
import { StoreError } from "#schemas/errors";
import type { AggregateCall, Expression } from "#schemas/plan/expression";
import { expressionKey } from "#schemas/plan/key";
import type { CallNode } from "#schemas/sql/ast";

/**
 * Aggregates are columns from here on until bind.ts knows how many group keys come before them. Table columns' ids
 * stay far below.
 */
export const aggregateBase = 1 << 24;

/** F(DISTINCT x) by the name of F. MIN and MAX do not care. */
const distinctNames: Readonly<Record<string, string>> = {
  count: "distinctcount",
  min: "min",
  max: "max",
};

const argumentOf = (expression: Expression): AggregateArgument =>
  expression.kind === "literal"
    ? { type: expression.type, literal: expression.value }
    : { type: expression.type };

export class Calls {
  readonly list: AggregateCall[] = [];
  readonly #indexes = new Map<string, number>();

  /** The aggregate that a call names; DISTINCT may change it. */
  nameOf(node: CallNode): string {
    return node.distinct ? (distinctNames[node.name.toLowerCase()] ?? node.name) : node.name;
  }

  /** The column of an aggregate over bound arguments; FUNCTION_ARGUMENTS when it does not take them. */
  add(
    aggregate: Aggregate,
    given: {
      readonly args: readonly Expression[];
      readonly filter: Expression | null;
      readonly star: boolean;
      readonly node: CallNode;
    },
  ): Expression {
    const { args, filter, star, node } = given;
    const name = node.name.toUpperCase();
    if (star && aggregate.name !== "count") {
      throw new StoreError("FUNCTION_ARGUMENTS", `${name} does not take *; name a column`);
    }
    if (node.distinct && distinctNames[node.name.toLowerCase()] === undefined) {
      throw new StoreError("FUNCTION_ARGUMENTS", `${name} does not take DISTINCT`);
    }
    // COUNT of a literal that is not NULL counts rows.
    const whole = aggregate.name === "count" && args.length === 1 && args[0].kind === "literal";
    const counted = whole && args[0].kind === "literal" && args[0].value !== null ? [] : args;
    const bound = aggregate.bind(counted.map(argumentOf));
    const call: AggregateCall = {
      name: bound.name,
      args: counted.slice(0, bound.columns),
      parameters: bound.parameters,
      filter,
      type: bound.type,
    };
    const key = callKey(call);
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.list.push(call) - 1;
      this.#indexes.set(key, index);
    }
    return { kind: "column", type: call.type, column: aggregateBase + index, name: labelOf(node, "pinot") };
  }
}

/** Equal for equal calls. */
function callKey(call: AggregateCall): string {
  const parameters = call.parameters.map((value) =>
    expressionKey({ kind: "literal", type: "UNKNOWN", value }),
  );
  const filter = call.filter === null ? "" : expressionKey(call.filter);
  return [call.name, call.args.map(expressionKey).join(","), parameters.join(","), filter].join("|");
}
