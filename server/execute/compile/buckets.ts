/**
 * Functions that cut an integer column into steps (DATETRUNC, rounding down, unit conversion): if f never falls, its
 * values over [min, max] are found at the step boundaries alone, by search, instead of once a row. Equal steps become
 * arithmetic ("buckets"), others (months, days around a clock change) a list ("boundaries").
 */
import type { Vector } from "#schemas/batch";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import { layoutOf, type SqlType } from "#schemas/types";

/** Steps of one function over one segment. */
export type Steps =
  | {
      readonly kind: "equal";
      readonly origin: bigint;
      readonly size: bigint;
      readonly first: bigint;
      readonly step: bigint;
      readonly count: number;
    }
  | { readonly kind: "listed"; readonly boundaries: BigInt64Array; readonly values: BigInt64Array };

const listedMax = 4096;
const equalMax = 1 << 20;
/** Candidates a round of the boundary search. */
const fan = 63;

/** Functions that never fall as their argument at the place rises, the others being literals. */
const risingArgument: Readonly<Record<string, number>> = {
  dateTrunc: 1,
  dateBin: 1,
  plus: 0,
  minus: 0,
};

const isRisingCast = (from: SqlType, to: SqlType): boolean =>
  (from === "INT" || from === "LONG" || from === "TIMESTAMP") && (to === "LONG" || to === "TIMESTAMP");

/** The one column of a rising step function, or null when the expression is none that we know. */
export function steppedColumn(expression: Expression): Extract<Expression, { kind: "column" }> | null {
  if (expression.kind === "literal" || layoutOf(expression.type) !== "int") return null;
  if (expression.kind === "column") return expression;
  const { name, args } = expression;
  if (name === "cast") return isRisingCast(args[0].type, expression.type) ? steppedColumn(args[0]) : null;
  const rising = name === "dateTimeConvert" || /^toEpoch/.test(name) ? 0 : risingArgument[name];
  if (rising === undefined || !args.every((argument, at) => at === rising || argument.kind === "literal")) {
    return null;
  }
  return steppedColumn(args[rising]);
}

/** `expression` as a function of numbers. */
class Stepped {
  private readonly expression: Expression;
  private readonly type: SqlType;
  private readonly evaluate: Evaluate;
  private readonly context: EvaluateContext;

  constructor(
    expression: Expression,
    type: SqlType,
    tools: { readonly evaluate: Evaluate; readonly context: EvaluateContext },
  ) {
    this.expression = expression;
    this.type = type;
    this.evaluate = tools.evaluate;
    this.context = tools.context;
  }

  /** Values of f, or null when one of them is NULL. */
  at(values: BigInt64Array): BigInt64Array | null {
    const vector: Vector = { kind: "int", type: this.type, rows: values.length, values, nulls: null };
    const result = this.evaluate(
      this.expression,
      { rows: values.length, column: () => vector },
      this.context,
    );
    return result.kind === "int" && result.nulls === null && result.rows === values.length
      ? result.values
      : null;
  }

  /** The smallest x in (low, high] with f(x) ≠ f(low), or null when there is none. */
  next(low: bigint, high: bigint): bigint | null {
    const start = this.at(BigInt64Array.of(low, high));
    if (start === null || start[0] === start[1]) return null;
    let below = low;
    let above = high;
    // Steps are mostly short compared with the range: bracket the first one by doubling.
    const reaches = BigInt64Array.from({ length: 62 }, (_, power) => {
      const reach = low + (1n << BigInt(power));
      return reach < high ? reach : high;
    });
    const reached = this.at(reaches);
    if (reached === null) return null;
    const first = reached.findIndex((value) => value !== start[0]);
    if (first > 0) below = reaches[first - 1];
    if (first >= 0) above = reaches[first];
    while (above - below > 1n) {
      const width = above - below;
      const tried = BigInt64Array.from({ length: fan }, (_, at) => below + (width * BigInt(at + 1)) / 64n);
      const found = this.at(tried);
      if (found === null) return null;
      const beyond = found.findIndex((value) => value !== start[0]);
      if (beyond < 0) below = tried[fan - 1];
      else {
        above = tried[beyond];
        if (beyond > 0) below = tried[beyond - 1];
      }
    }
    return above;
  }
}

const rises = (values: BigInt64Array): boolean =>
  values.every((value, at) => at === 0 || values[at - 1] <= value);

/** The steps of f over [min, max], or null when they are too many or f is none. */
export function stepsOf(
  expression: Expression,
  type: SqlType,
  range: { readonly min: bigint; readonly max: bigint },
  tools: { readonly evaluate: Evaluate; readonly context: EvaluateContext },
): Steps | null {
  const { min, max } = range;
  const f = new Stepped(expression, type, tools);
  const ends = f.at(BigInt64Array.of(min, max));
  if (ends === null || ends[0] > ends[1]) return null;
  if (ends[0] === ends[1]) return listed([min], ends.subarray(0, 1));
  const first = f.next(min, max);
  if (first === null) return null;
  const second = f.next(first, max);
  if (second !== null) {
    const equal = equalSteps(f, { min, max, first, size: second - first });
    if (equal !== null) return equal;
  }
  return listedSteps(f, min, max, first);
}

/** Equal steps of the size seen first, checked at both sides of every boundary. */
function equalSteps(
  f: Stepped,
  seen: { readonly min: bigint; readonly max: bigint; readonly first: bigint; readonly size: bigint },
): Steps | null {
  const { min, max, first, size } = seen;
  const origin = first - size;
  if (origin > min) return null;
  const count = Number((max - origin) / size) + 1;
  if (count > equalMax) return null;
  const probes = new BigInt64Array(count * 2);
  for (let bucket = 0; bucket < count; bucket++) {
    const start = origin + BigInt(bucket) * size;
    probes[bucket * 2] = start < min ? min : start;
    probes[bucket * 2 + 1] = start + size - 1n > max ? max : start + size - 1n;
  }
  const values = f.at(probes);
  if (values === null) return null;
  const step = values[2] - values[0];
  if (step <= 0n) return null;
  for (let bucket = 0; bucket < count; bucket++) {
    const expected = values[0] + BigInt(bucket) * step;
    if (values[bucket * 2] !== expected || values[bucket * 2 + 1] !== expected) return null;
  }
  return { kind: "equal", origin, size, first: values[0], step, count };
}

function listedSteps(f: Stepped, min: bigint, max: bigint, first: bigint): Steps | null {
  const boundaries = [min, first];
  while (true) {
    const next = f.next(boundaries[boundaries.length - 1], max);
    if (next === null) break;
    if (boundaries.length >= listedMax) return null;
    boundaries.push(next);
  }
  const values = f.at(BigInt64Array.from(boundaries));
  return values === null || !rises(values) ? null : listed(boundaries, values);
}

const listed = (boundaries: readonly bigint[], values: BigInt64Array): Steps => ({
  kind: "listed",
  boundaries: BigInt64Array.from(boundaries),
  values: values.slice(),
});
