/**
 * Functions that cut an integer column into steps (DATETRUNC, rounding down, unit conversion): if f never falls, its
 * values over [min, max] are found at the step boundaries alone, by search, instead of once a row. Equal steps become
 * arithmetic ("buckets"), others (months, days around a clock change) a list ("boundaries").
 */
import type { Vector } from "#schemas/batch";
import { dayMs } from "#schemas/functions/calendar";
import { isDayShownAgain } from "#schemas/functions/wall-clock";
import { findZone } from "#schemas/functions/zone";
import { serverBounds } from "#schemas/limits";
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import { nodesOf } from "#schemas/plan/walk";
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

const listedMax = serverBounds.bucketsListed;
const equalMax = serverBounds.bucketsEqual;
/** More steps than this of the first one's size are not counted out. */
const countedMax = serverBounds.bucketsCountedOut * listedMax;
const runMax = serverBounds.bucketRun;
const sizesMax = serverBounds.bucketSizes;
/** Candidates a round of the boundary search. */
const fan = 63;

/** Functions that never fall as their argument at the place rises, the others being literals. */
const risingArgument: Readonly<Record<string, number>> = {
  dateTrunc: 1,
  dateBin: 1,
  date: 0,
  roundTo: 0,
  plus: 0,
  minus: 0,
};

const isRisingCast = (from: SqlType, to: SqlType): boolean =>
  (from === "INT" || from === "LONG" || from === "TIMESTAMP") &&
  (to === "LONG" || to === "TIMESTAMP" || to === "DATE");

/** Lengths in milliseconds of the units that numbers may be times in. */
const timeUnits = [1, 1000, 60_000, 3_600_000, dayMs];
/** Every clock set back over midnight lies between these. */
const [clocksFirst, clocksLast] = [Date.UTC(1900), Date.UTC(2100)];

/**
 * Whether a wall clock that the expression may read shows a day again in the range, whatever unit its numbers are times
 * in: days fall there, and nothing may be searched.
 */
function mayFall(
  expression: Expression,
  { min, max }: { readonly min: bigint; readonly max: bigint },
  context: EvaluateContext,
): boolean {
  const zones = [context.timeZone, ...textsIn(expression)].map(findZone).filter((zone) => zone !== null);
  return zones.some((zone) =>
    timeUnits.some((unit) => {
      const fromMs = Math.max(clocksFirst, Number(min) * unit - 2 * dayMs);
      const toMs = Math.min(clocksLast, Number(max) * unit + 2 * dayMs);
      return fromMs < toMs && isDayShownAgain(zone, fromMs, toMs);
    }),
  );
}

const textsIn = (expression: Expression): readonly string[] =>
  [...nodesOf(expression)].flatMap((node) =>
    node.kind === "literal" && typeof node.value === "string" ? [node.value] : [],
  );

/** Calls within each other that are looked through: each step of a search computes them all. */
const callsMax = serverBounds.steppedCalls;

/** The one column of a rising step function, or null when the expression is none that we know. */
export function steppedColumn(expression: Expression): Extract<Expression, { kind: "column" }> | null {
  let inner = expression;
  for (let calls = 0; calls < callsMax; calls++) {
    if (inner.kind === "literal" || layoutOf(inner.type) !== "int") return null;
    if (inner.kind === "column") return inner;
    const rising = risingOf(inner);
    if (rising === null) return null;
    inner = rising;
  }
  return null;
}

/** The argument with which a call never falls, if its others are literals. */
function risingOf({ name, type, args }: Extract<Expression, { kind: "call" }>): Expression | null {
  if (name === "cast") return isRisingCast(args[0].type, type) ? args[0] : null;
  const rising = name === "dateTimeConvert" || /^toEpoch/.test(name) ? 0 : risingArgument[name];
  if (rising === undefined) return null;
  return args.every((argument, at) => at === rising || argument.kind === "literal") ? args[rising] : null;
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
  if (mayFall(expression, range, tools.context)) return null;
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
    if ((max - min) / (second - first) > countedMax) return null;
  }
  return listedSteps(f, min, max, first);
}

/** Equal steps of the size seen first, checked at both sides of every boundary; unequal ones show within a few. */
function equalSteps(
  f: Stepped,
  seen: { readonly min: bigint; readonly max: bigint; readonly first: bigint; readonly size: bigint },
): Steps | null {
  const { min, max, first, size } = seen;
  const origin = first - size;
  if (origin > min) return null;
  const count = Number((max - origin) / size) + 1;
  if (count > equalMax) return null;
  const edges = f.at(BigInt64Array.of(min, first));
  if (edges === null) return null;
  const [start, next] = edges;
  const step = next - start;
  if (step <= 0n) return null;
  for (let from = 0, rows = 64; from < count; from += rows, rows *= 2) {
    const until = Math.min(count, from + rows);
    const probes = new BigInt64Array((until - from) * 2);
    for (let bucket = from; bucket < until; bucket++) {
      const low = origin + BigInt(bucket) * size;
      probes[(bucket - from) * 2] = low < min ? min : low;
      probes[(bucket - from) * 2 + 1] = low + size - 1n > max ? max : low + size - 1n;
    }
    const values = f.at(probes);
    if (values === null) return null;
    for (let bucket = from; bucket < until; bucket++) {
      const expected = start + BigInt(bucket) * step;
      if (values[(bucket - from) * 2] !== expected || values[(bucket - from) * 2 + 1] !== expected)
        return null;
    }
  }
  return { kind: "equal", origin, size, first: start, step, count };
}

/**
 * Steps of days, weeks and months come in few sizes, most as long as the one before: where the next boundaries should
 * be is asked first, both sides of many at a time, and searched only where none of the sizes seen fits. Since f never
 * falls, a boundary that was guessed right is the one that a search would find.
 */
class Guesses {
  private readonly f: Stepped;
  private readonly max: bigint;
  /** Sizes seen, the newest first. */
  private sizes: bigint[] = [];
  private run = 1;

  constructor(f: Stepped, max: bigint) {
    this.f = f;
    this.max = max;
  }

  learn(size: bigint): void {
    this.sizes = [size, ...this.sizes.filter((known) => known !== size)].slice(0, sizesMax);
  }

  /** Boundaries that follow `low`, or none when nothing was guessed right. */
  after(low: bigint): readonly bigint[] {
    const [size] = this.sizes;
    if (size === undefined) return [];
    const run = this.fitting(Array.from({ length: this.run }, (_, at) => [low + BigInt(at) * size, size]));
    this.run = Math.max(1, Math.min(runMax, run.length === this.run ? this.run * 2 : this.run >> 1));
    if (run.length > 0) return run;
    for (const other of this.sizes.slice(1)) {
      const found = this.fitting([[low, other]]);
      if (found.length === 0) continue;
      this.learn(other);
      return found;
    }
    return [];
  }

  /** The ends of steps as far as each is right: f stays the same up to it and is another at it. */
  private fitting(steps: readonly (readonly [low: bigint, size: bigint])[]): bigint[] {
    const within = steps.filter(([low, size]) => low + size <= this.max);
    const values = this.f.at(
      BigInt64Array.from(within.flatMap(([low, size]) => [low, low + size - 1n, low + size])),
    );
    if (values === null) return [];
    const right = within.findIndex(
      (_, at) => values[at * 3] !== values[at * 3 + 1] || values[at * 3 + 1] === values[at * 3 + 2],
    );
    return within.slice(0, right < 0 ? within.length : right).map(([low, size]) => low + size);
  }
}

function listedSteps(f: Stepped, min: bigint, max: bigint, first: bigint): Steps | null {
  const boundaries = [min, first];
  const guesses = new Guesses(f, max);
  while (true) {
    const last = boundaries[boundaries.length - 1];
    const guessed = guesses.after(last);
    boundaries.push(...guessed);
    if (boundaries.length > listedMax) return null;
    if (guessed.length > 0) continue;
    const next = f.next(last, max);
    if (next === null) break;
    guesses.learn(next - last);
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
