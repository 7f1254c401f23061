/**
 * Expressions over columns: `evaluate` is the one meaning of every function, in scans, in the broker and in
 * ingestion.
 * Constants are computed once. CASE, COALESCE, AND and OR protect what they skip: an argument that fails over all
 * rows is computed again over just those rows that need it, and only then may fail.
 */
import type { Vector } from "#schemas/batch";
import { assert, StoreError } from "#schemas/errors";
import { functionNamed } from "#schemas/functions/resolve";
import { serverBounds } from "#schemas/limits";
import type { EvaluateContext, EvaluateInput } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import { foldExpression } from "#schemas/plan/walk";
import type { Value } from "#schemas/types";
import { castVector } from "#server/execute/functions/cast";
import { choose, coalesce } from "#server/execute/functions/choose";
import { kernels } from "#server/execute/functions/kernels";
import { isDecided, joinTruths, truthsOf, vectorOfTruths } from "#server/execute/functions/logic";
import { column, constant, isConstant, nullsOf, type Operand } from "#server/execute/functions/operand";
import {
  clearNulls,
  gather,
  isNullAt,
  nullVector,
  retyped,
  unionNulls,
  valueAt,
  vectorOf,
} from "#server/execute/functions/vectors";

type CallExpression = Extract<Expression, { kind: "call" }>;

const depthMax = serverBounds.expressionDepth;

/** Literals' vectors, kept while their expression lives: a scan evaluates it once a chunk. */
const literals = new WeakMap<Expression, Vector>();

function literalVector(expression: Extract<Expression, { kind: "literal" }>): Vector {
  let vector = literals.get(expression);
  if (vector === undefined) {
    vector = vectorOf(expression.type, [expression.value]);
    literals.set(expression, vector);
  }
  return vector;
}

/** The chosen rows of an input. */
const subset = (input: EvaluateInput, rows: Uint32Array): EvaluateInput => ({
  rows: rows.length,
  column: (id) => gather(input.column(id), rows),
});

function rowsWhere(rows: number, wanted: (row: number) => boolean): Uint32Array {
  const chosen = new Uint32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) if (wanted(row)) chosen[count++] = row;
  return chosen.subarray(0, count);
}

class Evaluation {
  readonly #input: EvaluateInput;
  readonly #context: EvaluateContext;
  #depth: number;

  constructor(input: EvaluateInput, context: EvaluateContext, depth: number) {
    this.#input = input;
    this.#context = context;
    this.#depth = depth;
  }

  /** Arguments first, without recursion: chains may be many thousand calls deep. */
  operand(expression: Expression): Operand {
    return foldExpression<Operand>(
      expression,
      (node, args) => this.#strict(node as CallExpression, args),
      (node) => this.#leafOrLazy(node),
    );
  }

  /** What needs no arguments, or decides by itself which of them it needs; undefined for strict calls. */
  #leafOrLazy(expression: Expression): Operand | undefined {
    if (expression.kind === "literal") return constant(literalVector(expression));
    if (expression.kind === "column") return column(this.#input.column(expression.column));
    const { name } = expression;
    if (name !== "and" && name !== "or" && name !== "case" && name !== "coalesce") return undefined;
    if (++this.#depth > depthMax)
      throw new StoreError("SQL_UNSUPPORTED", `an expression is nested deeper than ${depthMax}`);
    const result =
      name === "case"
        ? this.#case(expression)
        : name === "coalesce"
          ? this.#coalesce(expression)
          : this.#junction(name, expression);
    this.#depth--;
    return result;
  }

  #strict(expression: CallExpression, args: readonly Operand[]): Operand {
    const { name, type } = expression;
    const isFixed = args.every(isConstant);
    const rows = isFixed ? 1 : this.#input.rows;
    const result = (vector: Vector): Operand => (isFixed ? constant(vector) : column(vector));
    if (name === "cast") return result(castVector(args[0].vector, type, this.#context));
    const signature = functionNamed(name);
    const kernel = kernels[name];
    assert(signature !== undefined && kernel !== undefined, `there is a kernel for ${name}`);
    if (!signature.strict)
      return result(kernel({ name, type, rows, args, nulls: null, context: this.#context }));
    let nulls: Uint8Array | null = null;
    for (const arg of args) {
      if (arg.vector.type === "UNKNOWN" || (isConstant(arg) && isNullAt(arg.vector.nulls, 0)))
        return constant(nullVector(type, 1));
      nulls = unionNulls(nulls, nullsOf(arg, rows)) as Uint8Array | null;
    }
    return result(clearNulls(kernel({ name, type, rows, args, nulls, context: this.#context })));
  }

  /** The operand over all rows; or, when it fails, over the rows that need it with NULL elsewhere. */
  #guarded(expression: Expression, needed: (row: number) => boolean): Operand {
    const depth = this.#depth;
    try {
      return this.operand(expression);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#depth = depth;
      const rows = rowsWhere(this.#input.rows, needed);
      if (rows.length === 0) return constant(nullVector(expression.type, 1));
      if (rows.length === this.#input.rows) throw error;
      const part = evaluateAt(expression, subset(this.#input, rows), this.#context, depth);
      const back = new Uint32Array(this.#input.rows);
      const choice = new Int32Array(this.#input.rows).fill(-1);
      rows.forEach((row, at) => {
        back[row] = at;
        choice[row] = 0;
      });
      return column(choose(expression.type, choice, [column(gather(part, back))]));
    }
  }

  #junction(name: "and" | "or", expression: CallExpression): Operand {
    const { rows } = this.#input;
    const [first, ...others] = expression.args;
    const start = this.#guarded(first, () => true);
    const truths = truthsOf(start, rows);
    let isFixed = isConstant(start);
    for (const other of others) {
      const operand = this.#guarded(other, (row) => !isDecided(name, truths[row]));
      isFixed = isFixed && isConstant(operand);
      joinTruths(name, truths, truthsOf(operand, rows));
    }
    return isFixed && rows > 0
      ? constant(vectorOfTruths(truths.subarray(0, 1)))
      : column(vectorOfTruths(truths));
  }

  #case(expression: CallExpression): Operand {
    const { rows } = this.#input;
    const { args, type } = expression;
    const undecided = -2;
    const choice = new Int32Array(rows).fill(undecided);
    const values: Operand[] = [];
    for (let at = 0; at + 1 < args.length; at += 2) {
      const condition = this.#guarded(args[at], (row) => choice[row] === undecided);
      const truths = truthsOf(condition, rows);
      const branch = values.length;
      for (let row = 0; row < rows; row++)
        if (choice[row] === undecided && truths[row] === 1) choice[row] = branch;
      values.push(this.#guarded(args[at + 1], (row) => choice[row] === branch));
    }
    values.push(this.#guarded(args[args.length - 1], (row) => choice[row] === undecided));
    for (let row = 0; row < rows; row++) if (choice[row] === undecided) choice[row] = values.length - 1;
    return column(choose(type, choice, values));
  }

  #coalesce(expression: CallExpression): Operand {
    const { rows } = this.#input;
    const open = new Uint8Array(rows).fill(1);
    const operands: Operand[] = [];
    for (const arg of expression.args) {
      const operand = this.#guarded(arg, (row) => open[row] === 1);
      operands.push(operand);
      if (operand.vector.nulls === null && operand.vector.type !== "UNKNOWN") break;
      for (let row = 0; row < rows; row++)
        if (!isNullAt(operand.vector.nulls, row & operand.mask) && operand.vector.type !== "UNKNOWN")
          open[row] = 0;
    }
    if (operands.every(isConstant)) return constant(coalesce(expression.type, 1, operands));
    return column(coalesce(expression.type, rows, operands));
  }
}

/** A constant for all rows. */
function spread(vector: Vector, rows: number): Vector {
  if (vector.rows === rows) return vector;
  return gather(vector, new Uint32Array(rows));
}

function evaluateAt(
  expression: Expression,
  input: EvaluateInput,
  context: EvaluateContext,
  depth: number,
): Vector {
  const operand = new Evaluation(input, context, depth).operand(expression);
  const vector = isConstant(operand) ? spread(operand.vector, input.rows) : operand.vector;
  return vector.type === "UNKNOWN" && expression.type !== "UNKNOWN"
    ? nullVector(expression.type, input.rows)
    : retyped(vector, expression.type);
}

/** The expression's value in every row. */
export const evaluate = (expression: Expression, input: EvaluateInput, context: EvaluateContext): Vector =>
  evaluateAt(expression, input, context, 0);

/** Bits of the rows where the condition is true (not false, not NULL), row r at bit r & 31 of word r >> 5. */
export function evaluateFilter(
  expression: Expression,
  input: EvaluateInput,
  context: EvaluateContext,
): { readonly bitmap: Uint32Array; readonly population: number } {
  const truths = truthsOf(column(evaluate(expression, input, context)), input.rows);
  const bitmap = new Uint32Array((input.rows + 31) >> 5);
  let population = 0;
  for (let row = 0; row < input.rows; row++) {
    const hit = truths[row] & 1;
    bitmap[row >> 5] |= hit << (row & 31);
    population += hit;
  }
  return { bitmap, population };
}

/** The value for one row of values by column id; a column that is not there is NULL. */
export function evaluateRow(
  expression: Expression,
  row: ReadonlyMap<number, Vector>,
  context: EvaluateContext,
): Value {
  const column = (id: number): Vector => row.get(id) ?? nullVector("UNKNOWN", 1);
  return valueAt(evaluate(expression, { rows: 1, column }, context), 0);
}
