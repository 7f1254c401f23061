/** Functions of doubles, and rounding of every kind of number. */
import {
  decimalOf,
  decimalOfNumber,
  formatDecimal,
  numberOfDecimal,
  type Rounding,
  roundDecimal,
} from "#schemas/decimal";
import { StoreError } from "#schemas/errors";
import { long } from "#server/execute/functions/arithmetic";
import { castVector } from "#server/execute/functions/cast";
import { type Call, intsOf, type Kernel, numbersOf, type Operand } from "#server/execute/functions/operand";
import { prepared, scalar } from "#server/execute/functions/scalar";
import { isNullAt } from "#server/execute/functions/vectors";

/** A function of one double, or of two. */
const real =
  (compute: (x: number, y: number) => number): Kernel =>
  ({ args, rows, nulls, type }) => {
    const x = args.length > 0 ? numbersOf(args[0]) : new Float64Array(1);
    const y = args.length > 1 ? numbersOf(args[1]) : x;
    const [maskX, maskY] = [args[0]?.mask ?? 0, (args[1] ?? args[0])?.mask ?? 0];
    const values = new Float64Array(rows);
    // There is one zero: a result of −0 is 0.
    for (let row = 0; row < rows; row++) values[row] = compute(x[row & maskX], y[row & maskY]) + 0;
    return { kind: "double", type, rows, values, nulls };
  };

/** Exact as doubles up to 10^22. */
const powers = Float64Array.from({ length: 23 }, (_, digits) => Number(`1e${digits}`));

/** A double rounded by its shortest decimal digits, so that 2.675 gives 2.68 as people expect. */
function roundDouble(value: number, digits: number, rounding: Rounding): number {
  if (!Number.isFinite(value) || digits > 20) return value;
  const power = powers[Math.min(Math.abs(digits), 22)];
  const scaled = digits < 0 ? value / power : value * power;
  const whole = Math.trunc(scaled);
  const rest = Math.abs(scaled - whole);
  // Far from a border the doubles decide at once.
  const border = rounding === "halfUp" ? Math.abs(rest - 0.5) : Math.min(rest, 1 - rest);
  if (Math.abs(scaled) < 1e15 && border > 1e-6 && Math.abs(digits) < powers.length) {
    const up = rounding === "halfUp" && rest > 0.5 ? Math.sign(scaled) : 0;
    // Both are exact, so one operation rounds to the nearest double.
    return digits < 0 ? (whole + up) * power + 0 : (whole + up) / power + 0;
  }
  return numberOfDecimal(roundDecimal(decimalOfNumber(value), digits, rounding));
}

function roundInteger(value: bigint, digits: number, rounding: Rounding): bigint {
  if (digits >= 0) return value;
  return roundDecimal({ unscaled: value, scale: 0 }, digits, rounding).unscaled;
}

function digitsAt(call: Call, row: number): number {
  if (call.args.length < 2) return 0;
  const { values } = intsOf(call.args[1]);
  const digits = Number(values[row & call.args[1].mask]);
  if (Math.abs(digits) > 1000) throw new StoreError("VALUE_RANGE", `${call.name} to ${digits} digits`);
  return digits;
}

function runIntegers(call: Call, compute: (value: bigint, row: number) => bigint) {
  const { rows, nulls, type } = call;
  const [operand] = call.args;
  const source = intsOf(operand).values;
  const values = new BigInt64Array(rows);
  for (let row = 0; row < rows; row++)
    if (!isNullAt(nulls, row)) values[row] = long(compute(source[row & operand.mask], row), call.name);
  return { kind: "int", type, rows, values, nulls } as const;
}

const rounded =
  (rounding: Rounding): Kernel =>
  (call) => {
    const [operand] = call.args;
    if (operand.vector.kind === "int")
      return runIntegers(call, (value, row) => roundInteger(value, digitsAt(call, row), rounding));
    if (operand.vector.kind === "text")
      return scalar((text: string, digits: number | undefined) =>
        formatDecimal(roundDecimal(decimalOf(text), digits ?? 0, rounding)),
      )(call);
    const values = new Float64Array(call.rows);
    const source = operand.vector.values;
    for (let row = 0; row < call.rows; row++)
      if (!isNullAt(call.nulls, row))
        values[row] = roundDouble(source[row & operand.mask], digitsAt(call, row), rounding);
    return { kind: "double", type: call.type, rows: call.rows, values, nulls: call.nulls };
  };

/** Digits of a LONG: a second argument above is a size to round down to. */
const digitsMax = 18n;

function floorTo(value: bigint, size: bigint): bigint {
  if (size <= 0n) throw new StoreError("VALUE_RANGE", `cannot round to multiples of ${size}`);
  const rest = value % size;
  return rest < 0n ? value - rest - size : value - rest;
}

const round: Kernel = (call) => {
  const [operand, size] = call.args;
  if (operand.vector.kind !== "int" || size === undefined) return rounded("halfUp")(call);
  const isTime = operand.vector.type === "TIMESTAMP";
  const sizes = intsOf(size).values;
  return runIntegers(call, (value, row) => {
    const own = sizes[row & size.mask];
    return isTime || own > digitsMax
      ? floorTo(value, own)
      : roundInteger(value, digitsAt(call, row), "halfUp");
  });
};

/** Pinot's ROUND of integers and times: value / size · size, cut towards zero. */
const roundTo: Kernel = (call) => {
  const [operand, size] = call.args;
  const { values: sizes } = intsOf(size);
  const { mask } = size;
  const type = operand.vector.type === "DATE" ? "TIMESTAMP" : operand.vector.type;
  const times: Operand = { ...operand, vector: castVector(operand.vector, type, call.context) };
  return runIntegers({ ...call, args: [times, size] }, (value, row) => {
    const size = sizes[row & mask];
    if (size === 0n) throw new StoreError("VALUE_RANGE", "cannot round to multiples of 0");
    return value - (value % size);
  });
};

/** Whole numbers: by Math for doubles, nothing to do for integers. */
const whole =
  (compute: (x: number) => number, rounding: Rounding): Kernel =>
  (call) =>
    call.args[0].vector.kind === "double" ? real(compute)(call) : rounded(rounding)(call);

const abs: Kernel = (call) => {
  const { kind } = call.args[0].vector;
  if (kind === "double") return real(Math.abs)(call);
  if (kind === "int") return runIntegers(call, (value) => (value < 0n ? -value : value));
  return scalar((text: string) => text.replace(/^-/, ""))(call);
};

function widthBucket(x: number, low: number, high: number, buckets: number): number {
  if (!(high > low) || !(buckets >= 1))
    throw new StoreError(
      "VALUE_RANGE",
      `expected low < high and a bucket, found ${low}, ${high}, ${buckets}`,
    );
  if (!(x >= low)) return 0;
  return x >= high
    ? Math.floor(buckets) + 1
    : Math.floor(((x - low) * Math.floor(buckets)) / (high - low)) + 1;
}

/** JavaScript's log2 and log10 of exact powers are exact; its cbrt too. */
export const mathKernels: Readonly<Record<string, Kernel>> = {
  abs,
  ceil: whole(Math.ceil, "ceiling"),
  floor: whole(Math.floor, "floor"),
  round,
  roundTo,
  roundDecimal: rounded("halfUp"),
  truncate: rounded("towardZero"),
  sign: real(Math.sign),
  exp: real(Math.exp),
  exp2: real((x) => 2 ** x),
  exp10: real((x) => 10 ** x),
  ln: real(Math.log),
  log2: real(Math.log2),
  log10: real(Math.log10),
  log1p: real(Math.log1p),
  sqrt: real(Math.sqrt),
  cbrt: real(Math.cbrt),
  pow: real((x, y) => x ** y),
  hypot: real((x, y) => Math.hypot(x, y)),
  sin: real(Math.sin),
  cos: real(Math.cos),
  tan: real(Math.tan),
  cot: real((x) => 1 / Math.tan(x)),
  asin: real(Math.asin),
  acos: real(Math.acos),
  atan: real(Math.atan),
  atan2: real((y, x) => Math.atan2(y, x)),
  sinh: real(Math.sinh),
  cosh: real(Math.cosh),
  tanh: real(Math.tanh),
  degrees: real((x) => (x * 180) / Math.PI),
  radians: real((x) => (x * Math.PI) / 180),
  pi: real(() => Math.PI),
  e: real(() => Math.E),
  isNaN: scalar((x: number) => Number.isNaN(x)),
  isFinite: scalar((x: number) => Number.isFinite(x)),
  isInfinite: scalar((x: number) => x === Number.POSITIVE_INFINITY || x === Number.NEGATIVE_INFINITY),
  ifNotFinite: real((x, y) => (Number.isFinite(x) ? x : y)),
  widthBucket: prepared(() => widthBucket),
};
