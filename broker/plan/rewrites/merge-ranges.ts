/**
 * Bounds on one expression that must all hold become the tightest two; bounds that exclude each other become false.
 * Only where NULL counts as false: x > 5 AND x < 3 is NULL, not false, for a NULL x.
 */

import { booleanLiteral, callOf, conjunction, conjuncts, mapConditions } from "#broker/plan/expressions";
import type { Expression } from "#schemas/plan/expression";
import { expressionKey } from "#schemas/plan/key";
import type { Plan } from "#schemas/plan/plan";
import { compareText } from "#schemas/text";
import type { Value } from "#schemas/types";

interface Bound {
  readonly literal: Expression & { readonly kind: "literal" };
  readonly inclusive: boolean;
}

interface Range {
  readonly value: Expression;
  low: Bound | null;
  high: Bound | null;
}

/** Order of two values of one type; null when this file does not know it. */
function compareValues(left: Value, right: Value): number | null {
  if (typeof left === "bigint" && typeof right === "bigint") return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === "number" && typeof right === "number") {
    return Number.isNaN(left) || Number.isNaN(right) ? null : left - right;
  }
  return typeof left === "string" && typeof right === "string" ? compareText(left, right) : null;
}

const comparable: ReadonlySet<string> = new Set(["INT", "LONG", "FLOAT", "DOUBLE", "TIMESTAMP", "STRING"]);
const boundNames: ReadonlySet<string> = new Set([
  "lessThan",
  "lessThanOrEqual",
  "greaterThan",
  "greaterThanOrEqual",
  "equals",
]);

/** Whether `next` leaves less than `current`; `side` 1 for lower bounds, −1 for upper ones. */
function tighter(next: Bound, current: Bound | null, side: 1 | -1): boolean {
  if (current === null) return true;
  const order = compareValues(next.literal.value, current.literal.value) ?? 0;
  return order * side > 0 || (order === 0 && !next.inclusive);
}

function take(range: Range, name: string, literal: Bound["literal"]): void {
  const bound: Bound = { literal, inclusive: name === "equals" || name.endsWith("OrEqual") };
  if (!name.startsWith("less") && tighter(bound, range.low, 1)) range.low = bound;
  if (!name.startsWith("greater") && tighter(bound, range.high, -1)) range.high = bound;
}

/** The conditions of a range; false when nothing lies in it. */
function conditionsOf({ value, low, high }: Range): Expression[] {
  if (low !== null && high !== null) {
    const order = compareValues(low.literal.value, high.literal.value) ?? -1;
    if (order > 0 || (order === 0 && !(low.inclusive && high.inclusive))) return [booleanLiteral(false)];
    if (order === 0) return [callOf("equals", [value, low.literal])];
  }
  const conditions: Expression[] = [];
  if (low !== null)
    conditions.push(callOf(low.inclusive ? "greaterThanOrEqual" : "greaterThan", [value, low.literal]));
  if (high !== null)
    conditions.push(callOf(high.inclusive ? "lessThanOrEqual" : "lessThan", [value, high.literal]));
  return conditions;
}

function mergeAll(conditions: readonly Expression[]): Expression {
  const ranges = new Map<string, Range>();
  const order: (Range | Expression)[] = [];
  for (const condition of conditions) {
    const [value, literal] =
      condition.kind === "call" && boundNames.has(condition.name) ? condition.args : [];
    const known = literal?.kind === "literal" && compareValues(literal.value, literal.value) === 0;
    if (!known || condition.kind !== "call" || value.kind === "literal" || !comparable.has(literal.type)) {
      order.push(merge(condition));
      continue;
    }
    const key = `${expressionKey(value)} ${literal.type}`;
    let range = ranges.get(key);
    if (range === undefined) {
      range = { value, low: null, high: null };
      ranges.set(key, range);
      order.push(range);
    }
    take(range, condition.name, literal);
  }
  return conjunction(order.flatMap((one) => ("kind" in one ? [one] : conditionsOf(one))));
}

function merge(condition: Expression): Expression {
  if (condition.kind !== "call") return condition;
  if (condition.name === "and") return mergeAll(conjuncts(condition));
  return condition.name === "or" ? callOf("or", condition.args.map(merge)) : condition;
}

export const mergeRanges = (plan: Plan): Plan => mapConditions(plan, merge);
