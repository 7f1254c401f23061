/** Twins of arithmetic.as.ts. */
import { arithmetic, type Twin } from "#server/kernels/kernels";

function applyDoubles(operation: number, a: number, b: number): number {
  if (operation === arithmetic.add) return a + b;
  if (operation === arithmetic.subtract) return a - b;
  return (operation === arithmetic.multiply ? a * b : a / b) + 0;
}

export const arithmeticDoubles: Twin<"arithmeticDoubles"> = (views, operation, a, b, rows, to) => {
  const { f64 } = views;
  for (let row = 0; row < rows; row++)
    f64[(to >>> 3) + row] = applyDoubles(operation, f64[(a >>> 3) + row], f64[(b >>> 3) + row]);
};

export const arithmeticDoublesConstant: Twin<"arithmeticDoublesConstant"> = (
  views,
  operation,
  a,
  constant,
  constantFirst,
  rows,
  to,
) => {
  const { f64 } = views;
  for (let row = 0; row < rows; row++) {
    const value = f64[(a >>> 3) + row];
    f64[(to >>> 3) + row] = constantFirst
      ? applyDoubles(operation, constant, value)
      : applyDoubles(operation, value, constant);
  }
};

function applyInts(operation: number, a: bigint, b: bigint): bigint {
  if (operation === arithmetic.add) return a + b;
  return operation === arithmetic.subtract ? a - b : a * b;
}

export const arithmeticInts: Twin<"arithmeticInts"> = (views, operation, a, b, rows, to) => {
  const { i64 } = views;
  let overflow = 0;
  for (let row = 0; row < rows; row++) {
    const result = applyInts(operation, i64[(a >>> 3) + row], i64[(b >>> 3) + row]);
    overflow |= +(BigInt.asIntN(64, result) !== result);
    i64[(to >>> 3) + row] = result;
  }
  return overflow;
};

export const arithmeticIntsConstant: Twin<"arithmeticIntsConstant"> = (
  views,
  operation,
  a,
  constant,
  constantFirst,
  rows,
  to,
) => {
  const { i64 } = views;
  let overflow = 0;
  for (let row = 0; row < rows; row++) {
    const value = i64[(a >>> 3) + row];
    const result = constantFirst
      ? applyInts(operation, constant, value)
      : applyInts(operation, value, constant);
    overflow |= +(BigInt.asIntN(64, result) !== result);
    i64[(to >>> 3) + row] = result;
  }
  return overflow;
};
