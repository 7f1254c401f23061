/** Comparisons of a column with a literal, as ranges of what the column holds. */
import { formatDecimal, parseDecimal } from "#schemas/decimal";
import type { SqlType, Value } from "#schemas/types";
import type { SegmentColumn } from "#server/execute/compile/segment-columns";
import type { Test } from "#server/execute/task";
import { bounds } from "#server/kernels/kernels";

export type Comparison =
  | "equals"
  | "notEquals"
  | "lessThan"
  | "lessThanOrEqual"
  | "greaterThan"
  | "greaterThanOrEqual";

const comparisons: readonly string[] = [
  "equals",
  "notEquals",
  "lessThan",
  "lessThanOrEqual",
  "greaterThan",
  "greaterThanOrEqual",
];
export const isComparison = (name: string): name is Comparison => comparisons.includes(name);

/** a op b = b swapped(op) a */
export const swapped: Readonly<Record<Comparison, Comparison>> = {
  equals: "equals",
  notEquals: "notEquals",
  lessThan: "greaterThan",
  lessThanOrEqual: "greaterThanOrEqual",
  greaterThan: "lessThan",
  greaterThanOrEqual: "lessThanOrEqual",
};

/** not (a op b) = a opposite(op) b, both not NULL */
export const opposite: Readonly<Record<Comparison, Comparison>> = {
  equals: "notEquals",
  notEquals: "equals",
  lessThan: "greaterThanOrEqual",
  lessThanOrEqual: "greaterThan",
  greaterThan: "lessThanOrEqual",
  greaterThanOrEqual: "lessThan",
};

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

const none: Test = { kind: "none" };
const or = (...tests: readonly Test[]): Test => ({ kind: "or", tests });

/** The test `column op value`, or null when it needs the expression. The value is not NULL. */
export function compareColumn(column: SegmentColumn, op: Comparison, value: Value): Test | null {
  const { place, kind } = column;
  switch (kind) {
    case "missing":
      return none;
    case "docIds":
    case "ints": {
      if (typeof value === "boolean") return compareInts(place, op, value ? 1n : 0n);
      if (typeof value === "bigint") return compareInts(place, op, value);
      return typeof value === "number" ? compareIntsWithDouble(place, op, value) : null;
    }
    case "doubles":
      if (typeof value === "bigint") {
        const exact = Number(value);
        return BigInt(exact) === value ? compareDoubles(place, op, exact) : null;
      }
      return typeof value === "number" ? compareDoubles(place, op, value) : null;
    case "ids": {
      const bytes = bytesOfLiteral(column.type, value);
      return bytes === null ? null : compareIds(column, op, bytes);
    }
    case "bytes":
    case "window":
      return null;
  }
}

function compareInts(column: number, op: Comparison, value: bigint): Test {
  const ints = (low: bigint, high: bigint): Test => (low > high ? none : { kind: "ints", column, low, high });
  const below = (): Test => ints(int64Min, value - 1n);
  const above = (): Test => ints(value + 1n, int64Max);
  switch (op) {
    case "equals":
      return value < int64Min || value > int64Max ? none : ints(value, value);
    case "notEquals":
      return or(below(), above());
    case "lessThan":
      return below();
    case "lessThanOrEqual":
      return ints(int64Min, value);
    case "greaterThan":
      return above();
    case "greaterThanOrEqual":
      return ints(value, int64Max);
  }
}

/** The double is compared as it is, so 2.5 lies between 2 and 3; NaN is greater than every integer. */
function compareIntsWithDouble(column: number, op: Comparison, value: number): Test {
  const present: Test = { kind: "present", column };
  const less = op === "lessThan" || op === "lessThanOrEqual" || op === "notEquals";
  if (Number.isNaN(value) || value >= 2 ** 63) return less ? present : none;
  if (value < -(2 ** 63)) return op.startsWith("greater") || op === "notEquals" ? present : none;
  const floor = BigInt(Math.floor(value));
  if (Number.isInteger(value)) return compareInts(column, op, floor);
  if (op === "equals") return none;
  if (op === "notEquals") return present;
  return less ? compareInts(column, "lessThanOrEqual", floor) : compareInts(column, "greaterThan", floor);
}

function compareDoubles(column: number, op: Comparison, value: number): Test {
  const infinity = Number.POSITIVE_INFINITY;
  const doubles = (low: number, high: number, flags: number): Test => ({
    kind: "doubles",
    column,
    low,
    high,
    flags,
  });
  if (Number.isNaN(value)) {
    if (op === "equals" || op === "greaterThanOrEqual") return doubles(value, infinity, bounds.nanPasses);
    if (op === "notEquals" || op === "lessThan") return doubles(-infinity, infinity, 0);
    return op === "lessThanOrEqual" ? { kind: "present", column } : none;
  }
  const below = doubles(-infinity, value, bounds.highExclusive);
  const above = doubles(value, infinity, bounds.lowExclusive | bounds.nanPasses);
  switch (op) {
    case "equals":
      return doubles(value, value, 0);
    case "notEquals":
      return or(below, above);
    case "lessThan":
      return below;
    case "lessThanOrEqual":
      return doubles(-infinity, value, 0);
    case "greaterThan":
      return above;
    case "greaterThanOrEqual":
      return doubles(value, infinity, bounds.nanPasses);
  }
}

const utf8 = new TextEncoder();

/** A literal as a dictionary holds it, or null when it is of another kind. */
export function bytesOfLiteral(type: SqlType, value: Value): Uint8Array | null {
  if (value instanceof Uint8Array) return type === "BYTES" ? value : null;
  if (type === "BYTES") return null;
  if (type !== "BIG_DECIMAL") return typeof value === "string" ? utf8.encode(value) : null;
  if (typeof value !== "string" && typeof value !== "bigint") return null;
  const decimal = parseDecimal(String(value));
  return decimal === null ? null : utf8.encode(formatDecimal(decimal));
}

function compareIds(column: SegmentColumn, op: Comparison, bytes: Uint8Array): Test | null {
  const { place, dictionary } = column;
  if (dictionary === null) return null;
  const { count, sorted } = dictionary;
  const ids = (low: number, high: number): Test =>
    low > high ? none : { kind: "ids", column: place, low, high };
  if (op === "equals" || op === "notEquals") {
    const id = dictionary.find(bytes);
    if (op === "equals") return id === 0 ? none : ids(id, id);
    return id === 0 ? ids(1, count) : or(ids(1, id - 1), ids(id + 1, count));
  }
  if (!sorted) return null;
  switch (op) {
    case "lessThan":
      return ids(1, dictionary.lowerBound(bytes, { after: false }) - 1);
    case "lessThanOrEqual":
      return ids(1, dictionary.lowerBound(bytes, { after: true }) - 1);
    case "greaterThan":
      return ids(dictionary.lowerBound(bytes, { after: true }), count);
    case "greaterThanOrEqual":
      return ids(dictionary.lowerBound(bytes, { after: false }), count);
  }
}
