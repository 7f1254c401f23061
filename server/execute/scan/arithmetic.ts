/**
 * Plus, minus, times and divide over whole chunks by kernels, where an expression has nothing else: all rows
 * are computed, also those that are not selected, because that is cheaper than picking them. What does not
 * fit (another function, an overflow somewhere in the chunk) goes back to evaluation value by value.
 */
import type { Expression } from "#schemas/plan/expression";
import { foldExpression } from "#schemas/plan/walk";
import { layoutOf } from "#schemas/types";
import { type BoundExpression, expressionOf } from "#server/execute/bound";
import { type Chunk, everything, type Selection } from "#server/execute/scan/chunk";
import { arithmetic } from "#server/kernels/kernels";

/**
 * A vector of 64-bit values, or one constant. What is `ours` may be written over; the rest are a column's own values,
 * or are read again.
 */
type Operand =
  | { readonly kind: "vector"; readonly pointer: number; readonly ours: boolean }
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
  const expression = expressionOf(bound);
  if (expression.kind !== "call" || layoutOf(expression.type) === "text") return null;
  const mark = chunk.scratch.mark();
  const work = new Arithmetic(chunk, bound.columns);
  const result = work.result(expression);
  if (result === null || result.kind === "constant") {
    chunk.scratch.release(mark);
    return null;
  }
  // Every operation is NULL where a column is.
  const valid = work.used.reduce((rows, place) => chunk.and(rows, chunk.present(place)), everything);
  if (options.identity && layoutOf(expression.type) === "double") {
    // Into other memory: the result may be a column's own.
    const pointer = chunk.scratch.take(chunk.rows * 8);
    chunk.kernels.arithmeticDoublesConstant(arithmetic.add, result.pointer, 0, false, chunk.rows, pointer);
    return { pointer, valid };
  }
  return { pointer: result.pointer, valid };
}

class Arithmetic {
  private readonly chunk: Chunk;
  private readonly columns: readonly number[];
  /** Columns by place and layout, widened once. */
  private readonly read = new Map<string, Operand>();
  /** Vectors that nobody needs any more. */
  private readonly free: number[] = [];
  /** Places of the columns that were read. */
  readonly used: number[] = [];

  constructor(chunk: Chunk, columns: readonly number[]) {
    this.chunk = chunk;
    this.columns = columns;
  }

  result(expression: Expression): Operand | null {
    return foldExpression<Operand | null>(
      expression,
      (node, args) => this.operand(node, args),
      (node) => (node.kind === "call" && node.name === "cast" ? this.columnCast(node) : undefined),
    );
  }

  private operand(expression: Expression, args: readonly (Operand | null)[]): Operand | null {
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
        const { name } = expression;
        const [left, right] = args;
        if (left === null || left === undefined) return null;
        if (name === "cast") return this.cast(left, expression.args[0], expression);
        if (right === null || right === undefined || args.length !== 2) return null;
        if (operations[name] === undefined) return null;
        if (double) return this.doubles(operations[name], left, right);
        const isLong = name !== "divide" && expression.type === "LONG";
        return isLong ? this.integers(operations[name], left, right) : null;
      }
    }
  }

  private take(): number {
    return this.free.pop() ?? this.chunk.scratch.take(this.chunk.rows * 8);
  }

  /** Where a result may go: over an operand that is ours; the other one's memory is free again. */
  private target(left: Operand, right: Operand): number {
    const ours = [left, right].flatMap((one) => (one.kind === "vector" && one.ours ? [one.pointer] : []));
    this.free.push(...ours.slice(1));
    return ours[0] ?? this.take();
  }

  private reading(place: number, layout: string, make: () => Operand | null): Operand | null {
    const key = `${layout} ${place}`;
    const known = this.read.get(key) ?? make();
    if (known === null) return null;
    this.read.set(key, known);
    if (!this.used.includes(place)) this.used.push(place);
    return known;
  }

  private column(index: number, double: boolean): Operand | null {
    const place = this.columns[index];
    return this.reading(place, double ? "double" : "int", () => {
      const { chunk } = this;
      const { kind, width, pointer, base } = chunk.column(place);
      if (kind === "doubles" && double) return { kind: "vector", pointer, ours: false };
      if (kind !== "ints" || double) return null;
      if (width === 8 && base === 0n) return { kind: "vector", pointer, ours: false };
      const widened = this.take();
      chunk.kernels.widenInts(width, pointer, base, chunk.rows, widened);
      return { kind: "vector", pointer: widened, ours: false };
    });
  }

  /** A column of integers as doubles, straight from how it is stored; undefined: as any other cast. */
  private columnCast(call: Extract<Expression, { kind: "call" }>): Operand | null | undefined {
    const [argument] = call.args;
    const whole = argument.type === "INT" || argument.type === "LONG";
    if (argument.kind !== "column" || !whole || call.type !== "DOUBLE") return undefined;
    const place = this.columns[argument.column];
    return this.reading(place, "widened", () => {
      const { chunk } = this;
      const { kind, width, pointer, base } = chunk.column(place);
      if (kind !== "ints") return null;
      const to = this.take();
      chunk.kernels.widenDoubles(width, pointer, base, chunk.rows, to);
      return { kind: "vector", pointer: to, ours: false };
    });
  }

  /** Integers as doubles; other casts are for the functions. */
  private cast(inner: Operand, argument: Expression, to: Expression): Operand | null {
    const from = layoutOf(argument.type);
    const whole = argument.type === "INT" || argument.type === "LONG";
    if (layoutOf(to.type) !== "double") return from === "int" && whole && to.type === "LONG" ? inner : null;
    if (from === "double") return to.type === "DOUBLE" ? inner : null;
    if (!whole || to.type !== "DOUBLE" || inner.kind === "constant") return null;
    const pointer = inner.ours ? inner.pointer : this.take();
    this.chunk.kernels.widenDoubles(8, inner.pointer, 0n, this.chunk.rows, pointer);
    return { kind: "vector", pointer, ours: true };
  }

  private doubles(operation: number, left: Operand, right: Operand): Operand | null {
    const { kernels, rows } = this.chunk;
    if (left.kind === "vector" && right.kind === "vector") {
      const to = this.target(left, right);
      kernels.arithmeticDoubles(operation, left.pointer, right.pointer, rows, to);
      return { kind: "vector", pointer: to, ours: true };
    }
    const vector = left.kind === "vector" ? left : right;
    const constant = left.kind === "constant" ? left : right;
    if (vector.kind !== "vector" || constant.kind !== "constant") return null;
    const value = Number(constant.value);
    const to = this.target(left, right);
    kernels.arithmeticDoublesConstant(operation, vector.pointer, value, vector === right, rows, to);
    return { kind: "vector", pointer: to, ours: true };
  }

  private integers(operation: number, left: Operand, right: Operand): Operand | null {
    const { kernels, rows } = this.chunk;
    if (left.kind === "vector" && right.kind === "vector") {
      const to = this.target(left, right);
      const overflowed = kernels.arithmeticInts(operation, left.pointer, right.pointer, rows, to);
      return overflowed !== 0 ? null : { kind: "vector", pointer: to, ours: true };
    }
    const vector = left.kind === "vector" ? left : right;
    const constant = left.kind === "constant" ? left : right;
    if (vector.kind !== "vector" || constant.kind !== "constant") return null;
    const value = BigInt(constant.value);
    const to = this.target(left, right);
    const reversed = vector === right;
    const overflowed = kernels.arithmeticIntsConstant(operation, vector.pointer, value, reversed, rows, to);
    return overflowed !== 0 ? null : { kind: "vector", pointer: to, ours: true };
  }
}
