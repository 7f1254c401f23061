/**
 * Plus, minus, times and divide over whole chunks by kernels, where an expression has nothing else: all rows
 * are computed, also those that are not selected, because that is cheaper than picking them. What does not
 * fit (another function, an overflow somewhere in the chunk) goes back to evaluation value by value.
 */
import type { Expression } from "#schemas/plan/expression";
import { layoutOf } from "#schemas/types";
import { type Chunk, everything, type Selection } from "#server/execute/scan/chunk";
import type { BoundExpression } from "#server/execute/task";
import { arithmetic } from "#server/kernels/kernels";

/** A vector of 64-bit values, or one constant; `valid`: rows without NULL. */
type Operand =
  | { readonly kind: "vector"; readonly pointer: number; readonly valid: Selection }
  | { readonly kind: "constant"; readonly value: number | bigint };

const operations: Readonly<Record<string, number>> = {
  plus: arithmetic.add,
  minus: arithmetic.subtract,
  times: arithmetic.multiply,
  divide: arithmetic.divide,
};

/** The expression's values for all rows of the chunk, or null when kernels cannot compute it. */
export function arithmeticWords(
  chunk: Chunk,
  bound: BoundExpression,
  options: { readonly identity: boolean },
): { readonly pointer: number; readonly valid: Selection } | null {
  const { expression } = bound;
  if (expression.kind !== "call" || layoutOf(expression.type) === "text") return null;
  const mark = chunk.scratch.mark();
  const result = new Arithmetic(chunk, bound.columns).operand(expression);
  if (result === null || result.kind === "constant") {
    chunk.scratch.release(mark);
    return null;
  }
  if (options.identity && layoutOf(expression.type) === "double") {
    // Into other memory: the result may be a column's own.
    const pointer = chunk.scratch.take(chunk.rows * 8);
    chunk.kernels.arithmeticDoublesConstant(arithmetic.add, result.pointer, 0, false, chunk.rows, pointer);
    return { pointer, valid: result.valid };
  }
  return result;
}

class Arithmetic {
  private readonly chunk: Chunk;
  private readonly columns: readonly number[];

  constructor(chunk: Chunk, columns: readonly number[]) {
    this.chunk = chunk;
    this.columns = columns;
  }

  operand(expression: Expression): Operand | null {
    const double = layoutOf(expression.type) === "double";
    switch (expression.kind) {
      case "literal": {
        const { value } = expression;
        return typeof value === (double ? "number" : "bigint")
          ? { kind: "constant", value: value as number | bigint }
          : null;
      }
      case "column":
        return this.column(expression.column, double);
      case "call": {
        const { name, args } = expression;
        if (name === "cast") return this.cast(args[0], double, expression);
        if (args.length !== 2 || operations[name] === undefined) return null;
        if (double) return this.doubles(operations[name], args);
        return name === "divide" || expression.type !== "LONG" ? null : this.integers(operations[name], args);
      }
    }
  }

  private column(index: number, double: boolean): Operand | null {
    const place = this.columns[index];
    const { chunk } = this;
    const { kind, width, pointer, base } = chunk.column(place);
    if (kind === "doubles" && double) return { kind: "vector", pointer, valid: chunk.present(place) };
    if (kind !== "ints" || double) return null;
    const valid = chunk.present(place);
    if (width === 8 && base === 0n) return { kind: "vector", pointer, valid };
    const widened = chunk.scratch.take(chunk.rows * 8);
    chunk.kernels.widenInts(width, pointer, base, chunk.rows, widened);
    return { kind: "vector", pointer: widened, valid };
  }

  /** Integers as doubles; other casts are for the functions. */
  private cast(argument: Expression, double: boolean, expression: Expression): Operand | null {
    const from = layoutOf(argument.type);
    const whole = argument.type === "INT" || argument.type === "LONG";
    if (!double) return from === "int" && whole && expression.type === "LONG" ? this.operand(argument) : null;
    if (from === "double") return expression.type === "DOUBLE" ? this.operand(argument) : null;
    if (!whole || expression.type !== "DOUBLE") return null;
    const { chunk } = this;
    if (argument.kind === "column") {
      const place = this.columns[argument.column];
      const { kind, width, pointer, base } = chunk.column(place);
      if (kind !== "ints") return null;
      const to = chunk.scratch.take(chunk.rows * 8);
      chunk.kernels.widenDoubles(width, pointer, base, chunk.rows, to);
      return { kind: "vector", pointer: to, valid: chunk.present(place) };
    }
    const inner = this.operand(argument);
    if (inner === null || inner.kind === "constant") return null;
    const to = chunk.scratch.take(chunk.rows * 8);
    chunk.kernels.widenDoubles(8, inner.pointer, 0n, chunk.rows, to);
    return { ...inner, pointer: to };
  }

  private doubles(operation: number, args: readonly Expression[]): Operand | null {
    const [left, right] = args.map((argument) => this.operand(argument));
    if (left === null || right === null) return null;
    const { kernels, rows, scratch } = this.chunk;
    const to = scratch.take(rows * 8);
    if (left.kind === "vector" && right.kind === "vector") {
      kernels.arithmeticDoubles(operation, left.pointer, right.pointer, rows, to);
      return { kind: "vector", pointer: to, valid: this.chunk.and(left.valid, right.valid) };
    }
    const vector = left.kind === "vector" ? left : right;
    const constant = left.kind === "constant" ? left : right;
    if (vector.kind !== "vector" || constant.kind !== "constant") return null;
    const value = Number(constant.value);
    kernels.arithmeticDoublesConstant(operation, vector.pointer, value, vector === right, rows, to);
    return { kind: "vector", pointer: to, valid: vector.valid };
  }

  private integers(operation: number, args: readonly Expression[]): Operand | null {
    const [left, right] = args.map((argument) => this.operand(argument));
    if (left === null || right === null) return null;
    const { kernels, rows, scratch } = this.chunk;
    const to = scratch.take(rows * 8);
    let overflowed: number;
    let valid = everything;
    if (left.kind === "vector" && right.kind === "vector") {
      overflowed = kernels.arithmeticInts(operation, left.pointer, right.pointer, rows, to);
      valid = this.chunk.and(left.valid, right.valid);
    } else {
      const vector = left.kind === "vector" ? left : right;
      const constant = left.kind === "constant" ? left : right;
      if (vector.kind !== "vector" || constant.kind !== "constant") return null;
      const value = BigInt(constant.value);
      overflowed = kernels.arithmeticIntsConstant(
        operation,
        vector.pointer,
        value,
        vector === right,
        rows,
        to,
      );
      valid = vector.valid;
    }
    return overflowed !== 0 ? null : { kind: "vector", pointer: to, valid };
  }
}
