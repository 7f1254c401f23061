/**
 * Expressions → tests of one segment. NOT is pushed to the leaves: `compile(e, true)` tests "e is true",
 * `compile(e, false)` tests "e is false", and NULL is neither, which is all of three-valued logic.
 */

import { serverBounds } from "#schemas/limits";
import type { Expression } from "#schemas/plan/expression";
import { layoutOf, type SqlType, type Value } from "#schemas/types";
import {
  bytesOfLiteral,
  type Comparison,
  compareColumn,
  isComparison,
  opposite,
  swapped,
} from "#server/execute/compile/compare";
import type { SegmentColumn, SegmentColumns } from "#server/execute/compile/segment-columns";
import { simplePattern } from "#server/execute/scan/like";
import type { Test } from "#server/execute/task";

const all: Test = { kind: "all" };
const none: Test = { kind: "none" };

const rangesMax = serverBounds.testRanges;
const indexedRangesMax = serverBounds.indexedRanges;

export function compileTest(expression: Expression, wanted: boolean, columns: SegmentColumns): Test {
  switch (expression.kind) {
    case "literal":
      return expression.value === wanted ? all : none;
    case "column":
      return leaf(compareLeaf(columns, expression, "equals", wanted), expression, wanted, columns);
    case "call":
      return leaf(compileCall(expression, wanted, columns), expression, wanted, columns);
  }
}

type Call = Extract<Expression, { kind: "call" }>;

/** null: no better way than to evaluate it. */
function compileCall(call: Call, wanted: boolean, columns: SegmentColumns): Test | null {
  const { name, args } = call;
  switch (name) {
    case "and":
    case "or":
      return join(
        (name === "and") === wanted ? "and" : "or",
        args.map((argument) => compileTest(argument, wanted, columns)),
      );
    case "not": {
      // Without recursion: nobody says how many there are.
      let inner = args[0];
      let isWanted = !wanted;
      for (; inner.kind === "call" && inner.name === "not"; isWanted = !isWanted) inner = inner.args[0];
      return compileTest(inner, isWanted, columns);
    }
    case "isNull":
    case "isNotNull":
      return nullTest(args[0], (name === "isNull") === wanted, columns);
    case "between":
      return between(args, wanted, columns);
    case "in":
      return memberTest(args, wanted, columns);
    case "like":
      return prefixTest(call, wanted, columns);
    default:
      if (!isComparison(name) || args.length !== 2) return null;
      return comparison(wanted ? name : opposite[name], args, columns);
  }
}

function comparison(op: Comparison, args: readonly Expression[], columns: SegmentColumns): Test | null {
  const [left, right] = args;
  if (right.kind === "literal") {
    return right.value === null ? none : compareLeaf(columns, left, op, right.value);
  }
  if (left.kind !== "literal") return null;
  return left.value === null ? none : compareLeaf(columns, right, swapped[op], left.value);
}

function between(args: readonly Expression[], wanted: boolean, columns: SegmentColumns): Test | null {
  const [value, low, high] = args;
  const aboveLow = comparison(wanted ? "greaterThanOrEqual" : "lessThan", [value, low], columns);
  const belowHigh = comparison(wanted ? "lessThanOrEqual" : "greaterThan", [value, high], columns);
  if (aboveLow === null || belowHigh === null) return null;
  return join(wanted ? "and" : "or", [aboveLow, belowHigh]);
}

/** and / or with their trivial cases taken out. */
export function join(kind: "and" | "or", tests: readonly Test[]): Test {
  const [absorbing, neutral] = kind === "and" ? (["none", "all"] as const) : (["all", "none"] as const);
  const left: Test[] = [];
  for (const test of tests) {
    if (test.kind === absorbing) return test;
    if (test.kind === neutral) continue;
    if (test.kind === kind) for (const part of test.tests) left.push(part);
    else left.push(test);
  }
  if (left.length === 0) return { kind: neutral };
  if (left.length === 1) return left[0];
  return { kind, tests: left };
}

/** Casts that keep the value and its layout, or its place among doubles that are exact. */
function stripCast(expression: Expression, value: Value): Expression {
  if (expression.kind !== "call" || expression.name !== "cast") return expression;
  const [inner] = expression.args;
  const from = layoutOf(inner.type);
  const to = layoutOf(expression.type);
  const isNumber = (type: SqlType): boolean => type !== "BOOLEAN" && type !== "DATE";
  const whole = isNumber(inner.type) && isNumber(expression.type);
  if (from === "int" && to === "int" && whole && expression.type !== "INT") return inner;
  if (from === "double" && expression.type === "DOUBLE") return inner;
  const small = typeof value === "number" && Math.abs(value) < 2 ** 52;
  return from === "int" && to === "double" && expression.type === "DOUBLE" && whole && small
    ? inner
    : expression;
}

function compareLeaf(
  columns: SegmentColumns,
  operand: Expression,
  op: Comparison,
  value: Value,
): Test | null {
  const stripped = stripCast(operand, value);
  if (stripped.kind !== "column") return null;
  const column = columns.column(stripped.column, stripped.type);
  const test = compareColumn(column, op, value);
  return test === null ? null : simplifyOr(inRows(test, columns));
}

/** Ranges of row numbers are runs of rows. */
function inRows(test: Test, columns: SegmentColumns): Test {
  if (test.kind === "or")
    return join(
      "or",
      test.tests.map((part) => inRows(part, columns)),
    );
  if (test.kind !== "ints" || columns.used[test.column].kind !== "docIds") return test;
  const { low, high } = test;
  const within = (row: bigint): number =>
    row <= 0n ? 0 : row >= columns.segment.rows ? columns.segment.rows : Number(row);
  const [from, until] = [within(low), within(high + 1n)];
  return from < until ? { kind: "rows", from, until } : none;
}

const simplifyOr = (test: Test): Test => (test.kind === "or" ? join("or", test.tests) : test);

function nullTest(operand: Expression, wantNull: boolean, columns: SegmentColumns): Test | null {
  if (operand.kind === "literal") return (operand.value === null) === wantNull ? all : none;
  if (operand.kind !== "column") return null;
  const column = columns.column(operand.column, operand.type);
  if (column.kind === "missing") return wantNull ? all : none;
  if (!column.nulls) return wantNull ? none : all;
  return { kind: wantNull ? "absent" : "present", column: column.place };
}

/** LIKE 'prefix%' on a sorted dictionary is a range of ids. */
function prefixTest(call: Call, wanted: boolean, columns: SegmentColumns): Test | null {
  const pattern = simplePattern(call);
  const [operand] = call.args;
  if (pattern === null || pattern.openStart || !pattern.openEnd || operand.kind !== "column") return null;
  const { dictionary, kind, place } = columns.column(operand.column, operand.type);
  if (kind === "missing") return none;
  if (dictionary === null || !dictionary.sorted) return null;
  const beyond = pattern.literal.slice();
  const last = beyond.length - 1;
  // No UTF-8 text has a byte 0xff, so the next byte string after all with this prefix is the one with its end raised.
  beyond[last]++;
  const from = dictionary.lowerBound(pattern.literal, { after: false });
  const until = dictionary.lowerBound(beyond, { after: false });
  const ids = (low: number, high: number): Test =>
    low > high ? none : { kind: "ids", column: place, low, high };
  return wanted ? ids(from, until - 1) : join("or", [ids(1, from - 1), ids(until, dictionary.count)]);
}

function memberTest(args: readonly Expression[], wanted: boolean, columns: SegmentColumns): Test | null {
  const [operand, ...members] = args;
  const values: Value[] = [];
  let hasNull = false;
  for (const member of members) {
    if (member.kind !== "literal") return null;
    if (member.value === null) hasNull = true;
    else values.push(member.value);
  }
  if (!wanted && hasNull) return none;
  const stripped = stripCast(operand, values[0] ?? null);
  if (stripped.kind !== "column") return null;
  const column = columns.column(stripped.column, stripped.type);
  if (column.kind === "missing") return none;
  if (column.kind === "ids") return idMembers(column, values, wanted);
  if (values.length > rangesMax && !values.every((value) => typeof value === "bigint")) return null;
  if (
    (column.kind === "ints" || column.kind === "docIds") &&
    values.every((value) => typeof value === "bigint")
  ) {
    const members = intMembers(column, values, wanted);
    return members === null ? null : inRows(members, columns);
  }
  const tests = values.map((value) => compareColumn(column, wanted ? "equals" : "notEquals", value));
  if (tests.some((test) => test === null)) return null;
  return join(wanted ? "or" : "and", [
    ...(tests as Test[]).map(simplifyOr),
    ...(wanted ? [] : [{ kind: "present", column: column.place } as const]),
  ]);
}

function idMembers(column: SegmentColumn, values: readonly Value[], wanted: boolean): Test | null {
  const { dictionary, place } = column;
  if (dictionary === null) return null;
  const ids = new Set<number>();
  for (const value of values) {
    const bytes = bytesOfLiteral(column.type, value);
    if (bytes === null) return null;
    const id = dictionary.find(bytes);
    if (id !== 0) ids.add(id);
  }
  const inOrder = Uint32Array.from(ids).sort();
  if (inOrder.length === 0) {
    return wanted ? none : { kind: "ids", column: place, low: 1, high: dictionary.count };
  }
  const first = inOrder[0];
  const last = inOrder[inOrder.length - 1];
  if (wanted) {
    return last - first + 1 === inOrder.length
      ? { kind: "ids", column: place, low: first, high: last }
      : { kind: "idSet", column: place, ids: inOrder };
  }
  const others = new Uint32Array(dictionary.count - inOrder.length);
  let at = 0;
  for (let id = 1; id <= dictionary.count; id++) if (!ids.has(id)) others[at++] = id;
  return { kind: "idSet", column: place, ids: others };
}

/** Neighbours join into ranges. */
function intMembers(column: SegmentColumn, values: readonly bigint[], wanted: boolean): Test | null {
  const sorted = BigInt64Array.from(values.filter((value) => BigInt.asIntN(64, value) === value)).sort();
  const ranges: { low: bigint; high: bigint }[] = [];
  for (const value of sorted) {
    const last = ranges[ranges.length - 1];
    if (last !== undefined && value <= last.high + 1n) last.high = value;
    else ranges.push({ low: value, high: value });
  }
  if (ranges.length > (column.reader?.inverted ? indexedRangesMax : rangesMax)) return null;
  const inside = ranges.map(({ low, high }): Test => ({ kind: "ints", column: column.place, low, high }));
  if (wanted) return join("or", inside);
  const gaps: Test[] = [];
  let low = -(2n ** 63n);
  for (const range of ranges) {
    if (range.low > low) gaps.push({ kind: "ints", column: column.place, low, high: range.low - 1n });
    low = range.high + 1n;
  }
  if (low < 2n ** 63n) gaps.push({ kind: "ints", column: column.place, low, high: 2n ** 63n - 1n });
  return join("or", gaps);
}

/** Falls back to evaluating: once an entry when the one column is a dictionary smaller than the segment. */
function leaf(test: Test | null, expression: Expression, wanted: boolean, columns: SegmentColumns): Test {
  if (test !== null) return test;
  const bound = columns.bind(expression);
  if (bound.columns.length === 1) {
    const [place] = bound.columns;
    const column = columns.used[place];
    if (
      column.dictionary !== null &&
      column.kind === "ids" &&
      column.dictionary.count < columns.segment.rows
    ) {
      return { kind: "entries", column: place, bound, wanted };
    }
  }
  return { kind: "expression", bound, wanted };
}
