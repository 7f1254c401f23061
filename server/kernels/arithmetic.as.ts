// Arithmetic over vectors. Twin: arithmetic.ts.

function applyDoubles(operation: i32, a: v128, b: v128): v128 {
  if (operation == 0) return f64x2.add(a, b);
  if (operation == 1) return f64x2.sub(a, b);
  // There is one zero: adding it makes −0 that.
  if (operation == 2) return f64x2.add(f64x2.mul(a, b), f64x2.splat(0));
  return f64x2.add(f64x2.div(a, b), f64x2.splat(0));
}

export function arithmeticDoubles(operation: i32, a: usize, b: usize, rows: i32, to: usize): void {
  for (let row = 0; row < rows; row += 2) {
    const at = (<usize>row) << 3;
    v128.store(to + at, applyDoubles(operation, v128.load(a + at), v128.load(b + at)));
  }
}

export function arithmeticDoublesConstant(
  operation: i32, a: usize, constant: f64, constantFirst: bool, rows: i32, to: usize,
): void {
  const lanes = f64x2.splat(constant);
  for (let row = 0; row < rows; row += 2) {
    const at = (<usize>row) << 3;
    const value = v128.load(a + at);
    v128.store(to + at, constantFirst ? applyDoubles(operation, lanes, value) : applyDoubles(operation, value, lanes));
  }
}

/** Nonzero when the signed product leaves 64 bits. */
function productOverflows(a: i64, b: i64, product: i64): i64 {
  // Both factors within 32 bits is the usual case and cannot overflow.
  if (a == <i64>(<i32>a) && b == <i64>(<i32>b)) return 0;
  if (a == 0) return 0;
  if (a == -1) return <i64>(b == i64.MIN_VALUE);
  return <i64>(product / a != b);
}

function applyInt(operation: i32, a: i64, b: i64): i64 {
  if (operation == 0) return a + b;
  if (operation == 1) return a - b;
  return a * b;
}

/** Negative or nonzero-low-bit when the result is wrong. */
function overflowOf(operation: i32, a: i64, b: i64, result: i64): i64 {
  if (operation == 0) return <i64>(((a ^ result) & (b ^ result)) < 0);
  if (operation == 1) return <i64>(((a ^ b) & (a ^ result)) < 0);
  return productOverflows(a, b, result);
}

export function arithmeticInts(operation: i32, a: usize, b: usize, rows: i32, to: usize): i32 {
  let overflow: i64 = 0;
  for (let row = 0; row < rows; row++) {
    const left = load<i64>(a + ((<usize>row) << 3));
    const right = load<i64>(b + ((<usize>row) << 3));
    const result = applyInt(operation, left, right);
    overflow |= overflowOf(operation, left, right, result);
    store<i64>(to + ((<usize>row) << 3), result);
  }
  return <i32>(overflow != 0);
}

export function arithmeticIntsConstant(
  operation: i32, a: usize, constant: i64, constantFirst: bool, rows: i32, to: usize,
): i32 {
  let overflow: i64 = 0;
  for (let row = 0; row < rows; row++) {
    const value = load<i64>(a + ((<usize>row) << 3));
    const left = constantFirst ? constant : value;
    const right = constantFirst ? value : constant;
    const result = applyInt(operation, left, right);
    overflow |= overflowOf(operation, left, right, result);
    store<i64>(to + ((<usize>row) << 3), result);
  }
  return <i32>(overflow != 0);
}
