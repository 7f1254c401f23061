/** + - * / % and what is like them. Integers are exact or fail with VALUE_RANGE; decimals are exact; doubles are IEEE. */
import type { NullBits, Vector } from "#schemas/batch";
import {
  addDecimals,
  type Decimal,
  decimalOf,
  divideDecimals,
  formatDecimal,
  multiplyDecimals,
  negateDecimal,
  remainderDecimals,
  subtractDecimals,
} from "#schemas/decimal";
import { StoreError } from "#schemas/errors";
import { sqlTypes } from "#schemas/types";
import {
  type Call,
  exactOf,
  intsOf,
  type Kernel,
  numbersOf,
  type Operand,
} from "#server/execute/functions/operand";
import { scalar } from "#server/execute/functions/scalar";
import { exactMax, type IntVector, isNullAt, putWhole } from "#server/execute/functions/vectors";

const [longLeast, longMost] = sqlTypes.LONG.range;

/** The integer, if it is one of 64 bits. */
export function long(value: bigint, what: string): bigint {
  if (value < longLeast || value > longMost)
    throw new StoreError(
      "VALUE_RANGE",
      `${what} = ${value} does not fit LONG; CAST an operand to DECIMAL or DOUBLE`,
    );
  return value;
}

interface Operation {
  readonly symbol: string;
  readonly integers: (left: bigint, right: bigint) => bigint;
  readonly decimals: (left: Decimal, right: Decimal) => Decimal;
}

function divisor(right: bigint): bigint {
  if (right === 0n) throw new StoreError("VALUE_RANGE", "an integer is divided by zero");
  return right;
}

const plus: Operation = {
  symbol: "+",
  integers: (left, right) => left + right,
  decimals: addDecimals,
};
const minus: Operation = {
  symbol: "-",
  integers: (left, right) => left - right,
  decimals: subtractDecimals,
};
const times: Operation = {
  symbol: "*",
  integers: (left, right) => left * right,
  decimals: multiplyDecimals,
};
const divide: Operation = {
  symbol: "/",
  integers: (left, right) => left / divisor(right),
  decimals: divideDecimals,
};
const mod: Operation = {
  symbol: "%",
  integers: (left, right) => left % divisor(right),
  decimals: remainderDecimals,
};

/** Both as integers: through doubles where the result is exact, through bigints where it is not. */
function integers(call: Call, operation: Operation, left: Operand, right: Operand): IntVector {
  const { rows, nulls, type } = call;
  const [a, b] = [exactOf(left), exactOf(right)];
  const values = new BigInt64Array(rows);
  const halves = new Int32Array(values.buffer);
  const [bigA, bigB] = [intsOf(left).values, intsOf(right).values];
  const exactly = (row: number): void => {
    if (isNullAt(nulls, row)) return;
    const [x, y] = [bigA[row & left.mask], bigB[row & right.mask]];
    values[row] = long(operation.integers(x, y), `${x} ${operation.symbol} ${y}`);
  };
  if (a === null || b === null) {
    for (let row = 0; row < rows; row++) exactly(row);
    return { kind: "int", type, rows, values, nulls };
  }
  const results = new Float64Array(rows);
  runDoubles(operation.symbol, results, { values: a, mask: left.mask }, { values: b, mask: right.mask });
  for (let row = 0; row < rows; row++) {
    const value = results[row];
    // NaN (a remainder by zero) fails the comparison too, and the exact way says why.
    if (value > -exactMax && value < exactMax) putWhole(halves, row, value);
    else exactly(row);
  }
  return { kind: "int", type, rows, values, nulls };
}

/** One loop an operator, so that each compiles to its instruction. There is one zero: + 0 makes −0 that. */
function runDoubles(symbol: string, values: Float64Array, left: Doubles, right: Doubles): void {
  const [a, b] = [left.values, right.values];
  const [maskA, maskB] = [left.mask, right.mask];
  const rows = values.length;
  if (symbol === "+") for (let row = 0; row < rows; row++) values[row] = a[row & maskA] + b[row & maskB];
  else if (symbol === "-") for (let row = 0; row < rows; row++) values[row] = a[row & maskA] - b[row & maskB];
  else if (symbol === "*")
    for (let row = 0; row < rows; row++) values[row] = a[row & maskA] * b[row & maskB] + 0;
  else if (symbol === "/")
    for (let row = 0; row < rows; row++) values[row] = a[row & maskA] / b[row & maskB] + 0;
  else for (let row = 0; row < rows; row++) values[row] = (a[row & maskA] % b[row & maskB]) + 0;
}

interface Doubles {
  readonly values: Float64Array;
  readonly mask: number;
}

function doubles(call: Call, operation: Operation, left: Operand, right: Operand): Vector {
  const { rows, nulls, type } = call;
  const values = new Float64Array(rows);
  const of = (operand: Operand): Doubles => ({ values: numbersOf(operand), mask: operand.mask });
  runDoubles(operation.symbol, values, of(left), of(right));
  return { kind: "double", type, rows, values, nulls };
}

const [dayLeast, dayMost] = sqlTypes.DATE.range;

function checkDates({ values, rows }: IntVector, nulls: NullBits): void {
  for (let row = 0; row < rows; row++)
    if ((values[row] < dayLeast || values[row] > dayMost) && !isNullAt(nulls, row))
      throw new StoreError("VALUE_RANGE", `day ${values[row]} is outside the years that have a calendar`);
}

function one(call: Call, operation: Operation, left: Operand, right: Operand): Vector {
  const own: Call = { ...call, args: [left, right] };
  if (call.type === "BIG_DECIMAL")
    return scalar((a: string, b: string) => formatDecimal(operation.decimals(decimalOf(a), decimalOf(b))))(
      own,
    );
  if (call.type === "DOUBLE" || call.type === "FLOAT") return doubles(own, operation, left, right);
  const result = integers(own, operation, left, right);
  if (call.type === "DATE") checkDates(result, call.nulls);
  return result;
}

/** Two operands, or more from the left: a + b + c. */
const folded =
  (operation: Operation): Kernel =>
  (call) => {
    let result = one(call, operation, call.args[0], call.args[1]);
    for (let at = 2; at < call.args.length; at++)
      result = one(call, operation, { vector: result, mask: -1 }, call.args[at]);
    return result;
  };

const negate: Kernel = (call) => {
  const { rows, nulls, type } = call;
  const [operand] = call.args;
  if (type === "BIG_DECIMAL")
    return scalar((text: string) => formatDecimal(negateDecimal(decimalOf(text))))(call);
  if (type === "DOUBLE" || type === "FLOAT") {
    const values = numbersOf(operand).map((value) => 0 - value);
    return { kind: "double", type, rows, values, nulls };
  }
  const values = intsOf(operand).values.map((value) => long(-value, `-(${value})`));
  return { kind: "int", type, rows, values, nulls };
};

const whole =
  (compute: (left: bigint, right: bigint) => bigint): Kernel =>
  (call) => {
    const { rows, nulls, type } = call;
    const [left, right] = [call.args[0], call.args[1] ?? call.args[0]];
    const [a, b] = [intsOf(left).values, intsOf(right).values];
    const values = new BigInt64Array(rows);
    for (let row = 0; row < rows; row++)
      if (!isNullAt(nulls, row))
        values[row] = long(compute(a[row & left.mask], b[row & right.mask]), call.name);
    return { kind: "int", type, rows, values, nulls };
  };

function floorDivide(left: bigint, right: bigint): bigint {
  const quotient = left / divisor(right);
  return left % right !== 0n && left < 0n !== right < 0n ? quotient - 1n : quotient;
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

function greatestDivisor(left: bigint, right: bigint): bigint {
  let [a, b] = [magnitude(left), magnitude(right)];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function bitCount(value: bigint): bigint {
  let bits = 0n;
  for (let rest = BigInt.asUintN(64, value); rest !== 0n; rest &= rest - 1n) bits++;
  return bits;
}

export const arithmeticKernels: Readonly<Record<string, Kernel>> = {
  plus: folded(plus),
  minus: folded(minus),
  times: folded(times),
  divide: folded(divide),
  mod: folded(mod),
  negate,
  div: whole((left, right) => left / divisor(right)),
  intDiv: whole(floorDivide),
  intDivOrZero: whole((left, right) => (right === 0n ? 0n : floorDivide(left, right))),
  moduloOrZero: whole((left, right) => (right === 0n ? 0n : left % right)),
  positiveModulo: whole((left, right) => {
    const size = magnitude(divisor(right));
    return ((left % size) + size) % size;
  }),
  gcd: whole(greatestDivisor),
  lcm: whole((left, right) =>
    left === 0n || right === 0n ? 0n : magnitude((left / greatestDivisor(left, right)) * right),
  ),
  bitAnd: whole((left, right) => left & right),
  bitOr: whole((left, right) => left | right),
  bitXor: whole((left, right) => left ^ right),
  bitNot: whole((value) => ~value),
  bitShiftLeft: whole((value, count) => BigInt.asIntN(64, value << (count & 63n))),
  bitShiftRight: whole((value, count) => value >> (count & 63n)),
  bitCount: whole(bitCount),
};
