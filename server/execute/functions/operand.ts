/**
 * What kernels take: each argument is a vector of all rows, or one constant row that stands for them all, read
 * through `row & mask`.
 */
import type { NullBits, Vector } from "#schemas/batch";
import { assert, StoreError } from "#schemas/errors";
import type { EvaluateContext } from "#schemas/plan/evaluator";
import type { SqlType, Value } from "#schemas/types";
import {
  entryText,
  exactDoubles,
  type IntVector,
  isNullAt,
  nearestDoubles,
  type TextVector,
  valueAt,
} from "#server/execute/functions/vectors";

export interface Operand {
  readonly vector: Vector;
  /** −1 for a vector of all rows, 0 for a constant: its row is `row & mask`. */
  readonly mask: -1 | 0;
}

export interface Call {
  readonly name: string;
  /** The result's. */
  readonly type: SqlType;
  readonly rows: number;
  readonly args: readonly Operand[];
  /** For strict functions, the rows that are NULL whatever the kernel writes; it must not fail on them. */
  readonly nulls: NullBits;
  readonly context: EvaluateContext;
}

/** Computes all rows. For strict functions it leaves the NULL rows' values to the caller. */
export type Kernel = (call: Call) => Vector;

export const constant = (vector: Vector): Operand => ({ vector, mask: 0 });
export const column = (vector: Vector): Operand => ({ vector, mask: -1 });

export const isConstant = (operand: Operand): boolean => operand.mask === 0;

/** A constant argument's value; VALUE_SYNTAX names the function when it varies. */
export function constantOf(call: Call, at: number): Value {
  const operand = call.args[at];
  if (!isConstant(operand))
    throw new StoreError("FUNCTION_ARGUMENTS", `argument ${at + 1} of ${call.name} must be a literal`);
  return valueAt(operand.vector, 0);
}

export const constantText = (call: Call, at: number): string => String(constantOf(call, at));

/** The optional constant text argument at a place. */
export const optionalText = (call: Call, at: number): string | null =>
  at < call.args.length ? constantText(call, at) : null;

export function intsOf(operand: Operand): IntVector {
  assert(operand.vector.kind === "int", `${operand.vector.type} is an integer vector`);
  return operand.vector;
}

export function textOf(operand: Operand): TextVector {
  assert(operand.vector.kind === "text", `${operand.vector.type} is a text vector`);
  return operand.vector;
}

/** Numbers of any layout but text, as the nearest doubles; index by `row & mask`. */
export function numbersOf(operand: Operand): Float64Array {
  const { vector } = operand;
  assert(vector.kind !== "text", `${vector.type} is a number`);
  return vector.kind === "double" ? vector.values : nearestDoubles(vector.values);
}

/** Integers as doubles where all are exact, else null. */
export const exactOf = (operand: Operand): Float64Array | null => exactDoubles(intsOf(operand).values);

/** Strings of a text operand, each entry decoded at most once. */
export function stringsOf(operand: Operand): (row: number) => string {
  const { ids, entries } = textOf(operand);
  const { mask } = operand;
  if (mask === 0) {
    const text = entryText(entries, ids[0]);
    return () => text;
  }
  if (entries.count > ids.length * 2) return (row) => entryText(entries, ids[row]);
  const known: (string | undefined)[] = new Array(entries.count);
  return (row) => (known[ids[row]] ??= entryText(entries, ids[row]));
}

export const isNull = (operand: Operand, row: number): boolean =>
  isNullAt(operand.vector.nulls, row & operand.mask);

/** A bitmap, 1 = NULL, of the operand over `rows` rows. */
export function nullsOf(operand: Operand, rows: number): NullBits {
  const { vector, mask } = operand;
  if (vector.nulls === null || mask === -1) return vector.nulls;
  return isNullAt(vector.nulls, 0) ? new Uint8Array((rows + 7) >> 3).fill(255) : null;
}
