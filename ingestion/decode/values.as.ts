/**
 * One JSON value into its cell, when it is sure to be what the column takes; else it is kept raw, or its row
 * is TypeScript's.
 */
import { COLUMN_BYTES, COLUMN_COUNT, COLUMNS, fill, keepRaw, POWERS, SCRATCH, UNSET } from "./plan.as";
import { isEnd, stringEnd, valueEnd, wordEnd } from "./scan.as";
import { timeOf } from "./times.as";

// Kinds of fields
const RAW_KIND: u32 = 0, INT: u32 = 1, LONG: u32 = 2, DOUBLE: u32 = 3, FLOAT: u32 = 4;
const BOOLEAN: u32 = 5, STRING: u32 = 6, TIME: u32 = 7, IGNORED: u32 = 8;
/** The calendar's end, timeMsMax of schemas/functions/calendar.ts. */
const TIME_MS_MAX: f64 = 8.64e15;

/** Cells set in the row in hand. */
let filled: u32 = 0;

export function beginRow(): void {
  filled = 0;
}

/** Fills what the row did not name; false when one of these columns must be there. */
export function endRow(plan: usize, row: usize): bool {
  return filled == load<u32>(plan, COLUMN_COUNT) || fill(plan, row);
}

/**
 * One number at `at` into the cell. Returns its end; 0 when TypeScript should do the row, 1 when it should
 * do the value alone.
 */
function number(
  plan: usize, field: usize, kind: u32, cell: usize, tag: usize, start: usize, end: usize,
): usize {
  let at = start;
  const negative = load<u8>(at) == 0x2d;
  if (negative) at++;
  const first = at;
  let mantissa: u64 = 0;
  while (at < end) {
    const digit: u32 = <u32>load<u8>(at) - 0x30;
    if (digit > 9) break;
    mantissa = mantissa * 10 + digit;
    at++;
  }
  const whole = at - first;
  if (whole == 0 || whole > 18 || (whole > 1 && load<u8>(first) == 0x30)) return 1;
  let fraction: usize = 0;
  if (at < end && load<u8>(at) == 0x2e) {
    const point = ++at;
    while (at < end) {
      const digit: u32 = <u32>load<u8>(at) - 0x30;
      if (digit > 9) break;
      mantissa = mantissa * 10 + digit;
      at++;
    }
    fraction = at - point;
    if (fraction == 0 || whole + fraction > 18) return 1;
  }
  if (!isEnd(at, end)) return 1;
  if (kind == DOUBLE || kind == FLOAT) {
    // Up to 2^53 and 10^22 both are exact, so one division rounds once: the right double.
    if (mantissa > 9007199254740992 || fraction > 22) return 1;
    let value = <f64>mantissa;
    if (fraction != 0) value /= load<f64>(<usize>load<u32>(plan, POWERS) + (fraction << 3));
    if (kind == FLOAT) value = <f64>(<f32>value);
    if (negative && mantissa != 0) value = -value;
    store<f64>(cell, value);
    store<u8>(tag, 2);
    filled++;
    return at;
  }
  if (fraction != 0) return 1;
  let value: i64 = negative ? -(<i64>mantissa) : <i64>mantissa;
  if (kind == INT) {
    if (value < -2147483648 || value > 2147483647) return 0;
  } else if (kind == TIME) {
    const unit = load<f64>(field, 56);
    if (unit < 1.0 || <f64>mantissa * unit > TIME_MS_MAX) return 1;
    if (unit != 1.0) value *= <i64>unit;
  } else if (kind == BOOLEAN) {
    if (value != 0 && value != 1) return 0;
    if (negative) return 1;
  }
  store<i64>(cell, value);
  store<u8>(tag, 1);
  filled++;
  return at;
}

/** One value into its cell. Returns its end, or 0: the row is TypeScript's. */
export function value(plan: usize, row: u32, field: usize, start: usize, end: usize): usize {
  const kind = load<u32>(field, 44);
  const column = load<i32>(field, 40);
  let tag: usize = 0, cell: usize = 0;
  if (column >= 0) {
    const entry = <usize>load<u32>(plan, COLUMNS) + <usize>column * COLUMN_BYTES;
    tag = <usize>load<u32>(entry) + row;
    cell = <usize>load<u32>(entry, 4) + (<usize>row << 3);
    if (load<u8>(tag) != UNSET) return 0; // named twice
  }
  const byte: u32 = load<u8>(start);
  if (byte == 0x22) {
    const quote = stringEnd(start + 1, end);
    if (quote != 0) {
      const bytes = <u32>(quote - start - 1);
      if (kind == IGNORED) return quote + 1;
      if (kind == STRING && bytes <= load<u32>(field, 52)) {
        store<u32>(cell, <u32>start + 1);
        store<u32>(cell, bytes, 4);
        store<u8>(tag, 3);
        filled++;
        return quote + 1;
      }
      if (kind == TIME && load<u32>(field, 64) != 0) {
        const ms = timeOf(start + 1, quote, load<u32>(field, 64));
        if (ms == ms) {
          store<i64>(cell, <i64>ms);
          store<u8>(tag, 1);
          filled++;
          return quote + 1;
        }
      }
    }
  } else if (byte == 0x6e || byte == 0x74 || byte == 0x66) {
    const stop = wordEnd(start, end);
    if (stop == 0 || !isEnd(stop, end)) return 0;
    if (byte == 0x6e || kind == IGNORED) return stop;
    if (kind == BOOLEAN) {
      store<i64>(cell, byte == 0x74 ? 1 : 0);
      store<u8>(tag, 1);
      filled++;
      return stop;
    }
  } else if (byte != 0x7b && byte != 0x5b) {
    if (kind == IGNORED) {
      const before = filled;
      const stop = number(plan, field, DOUBLE, plan + SCRATCH, plan + SCRATCH + 8, start, end);
      filled = before;
      if (stop != 1) return stop;
    } else if (kind != RAW_KIND && kind != STRING && (kind != TIME || load<u32>(field, 68) != 0)) {
      const stop = number(plan, field, kind, cell, tag, start, end);
      if (stop != 1) return stop;
    }
  }
  const stop = valueEnd(start, end);
  if (stop == 0 || stop == start) return 0;
  if (!keepRaw(plan, row, column, start, stop)) return 0;
  if (column >= 0) {
    store<u8>(tag, 0xfe);
    filled++;
  }
  return stop;
}
