/**
 * The extractor: many JSON rows a call, straight into stage cells. AssemblyScript, raw pointers, no state
 * but what the caller lays out (see extractor.ts for who writes what). It is never lenient: whatever it
 * does not know for sure is left to the TypeScript decoder, a value at a time (raw cells) or a row at a
 * time (status 1).
 *
 * Plan   => fieldCount:u32 columnCount:u32 fields:u32 columns:u32 order:u32 raw:u32 rawMax:u32 rawCount:u32
 *           status:u32 powers:u32 others:u32 countOthers:u32 seen:u32 seenCount:u32 scratch[16]   (72 bytes)
 * Field  => head[16] mask[16] name:u32 nameBytes:u32 column:i32 kind:u32 count:u32 textMax:u32 unit:f64
 *           shape:u32 counts:u32 pad[8]   (80 bytes; column −1: counted only)
 * Column => tags:u32 values:u32 missing:u32 pad value[8]   (24 bytes)
 * Record => pointer:u32 bytes:i32
 * Raw    => row:u32 column:i32 pointer:u32 bytes:u32
 */

// Plan
const FIELD_COUNT: usize = 0, COLUMN_COUNT: usize = 4, FIELDS: usize = 8, COLUMNS: usize = 12, ORDER: usize = 16;
const RAW: usize = 20, RAW_MAX: usize = 24, RAW_COUNT: usize = 28, STATUS: usize = 32, POWERS: usize = 36;
const OTHERS: usize = 40, COUNT_OTHERS: usize = 44, SEEN: usize = 48, SEEN_COUNT: usize = 52, SCRATCH: usize = 56;
const FIELD_BYTES: usize = 80, COLUMN_BYTES: usize = 24, ORDER_MAX: i32 = 1024, SEEN_MAX: u32 = 64;

// Kinds of fields
const RAW_KIND: u32 = 0, INT: u32 = 1, LONG: u32 = 2, DOUBLE: u32 = 3, FLOAT: u32 = 4;
const BOOLEAN: u32 = 5, STRING: u32 = 6, TIME: u32 = 7, IGNORED: u32 = 8;
/** The calendar's end, timeMsMax of schemas/functions/calendar.ts. */
const TIME_MS_MAX: f64 = 8.64e15;

const UNSET: u8 = 0xff;
/** Cells set in the row in hand. */
let filled: u32 = 0;
const NOT_FOUND: i32 = -1;

// @ts-ignore: decorator
@inline function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

// @ts-ignore: decorator
@inline function skipSpace(at: usize, end: usize): usize {
  while (at < end && isSpace(load<u8>(at))) at++;
  return at;
}

/**
 * Position of the quote that ends the plain string beginning at `at`, or 0: an escape, a control character,
 * no end.
 */
function stringEnd(start: usize, end: usize): usize {
  let at = start;
  let high: i32 = 0;
  while (at < end) {
    const bytes = v128.load(at);
    const stops = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      i8x16.lt_u(bytes, i8x16.splat(0x20)),
    );
    const mask = i8x16.bitmask(stops);
    const signs = i8x16.bitmask(bytes);
    if (mask != 0) {
      const step = ctz<i32>(mask);
      high |= signs & ((1 << step) - 1);
      at += <usize>step;
      if (at >= end || load<u8>(at) != 0x22) return 0;
      if (high != 0 && !isUtf8(start, at)) return 0;
      return at;
    }
    high |= signs;
    at += 16;
  }
  return 0;
}

function isUtf8(start: usize, end: usize): bool {
  let at = start;
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte < 0x80) { at++; continue; }
    const length: usize = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (byte < 0xc2 || byte > 0xf4 || at + length > end) return false;
    const second: u32 = load<u8>(at + 1);
    const low: u32 = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    const high: u32 = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return false;
    for (let next = at + 2; next < at + length; next++) {
      if ((load<u8>(next) & 0xc0) != 0x80) return false;
    }
    at += length;
  }
  return true;
}

/**
 * End of any value by its brackets and quotes alone (TypeScript checks it afterwards), or 0 when it does
 * not end.
 */
function valueEnd(start: usize, end: usize): usize {
  let at = start;
  let depth: i32 = 0;
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte == 0x22) {
      at++;
      while (true) {
        if (at >= end) return 0;
        const inner: u32 = load<u8>(at);
        if (inner == 0x22) break;
        at += inner == 0x5c ? 2 : 1;
      }
      at++;
      if (depth == 0) return at;
      continue;
    }
    if (byte == 0x7b || byte == 0x5b) {
      depth++;
    } else if (byte == 0x7d || byte == 0x5d) {
      if (depth == 0) return at;
      depth--;
      if (depth == 0) return at + 1;
    } else if (depth == 0 && (byte == 0x2c || isSpace(byte))) {
      return at;
    }
    at++;
  }
  return depth == 0 ? at : 0;
}

function sameName(at: usize, name: usize, bytes: usize): bool {
  for (let index: usize = 0; index < bytes; index++) {
    if (load<u8>(at + index) != load<u8>(name + index)) return false;
  }
  return load<u8>(at + bytes) == 0x22;
}

// @ts-ignore: decorator
@inline function isField(at: usize, field: usize): bool {
  const masked = v128.and(v128.load(at), v128.load(field, 16));
  if (!i8x16.all_true(i8x16.eq(masked, v128.load(field)))) return false;
  const bytes: usize = load<u32>(field, 36);
  return bytes < 16 || sameName(at, load<u32>(field, 32), bytes);
}

function findField(plan: usize, at: usize): i32 {
  const fields: usize = load<u32>(plan, FIELDS);
  const count: i32 = load<u32>(plan, FIELD_COUNT);
  for (let index = 0; index < count; index++) {
    if (isField(at, fields + <usize>index * FIELD_BYTES)) return index;
  }
  return NOT_FOUND;
}

// @ts-ignore: decorator
@inline function isEnd(at: usize, end: usize): bool {
  if (at >= end) return false;
  const byte: u32 = load<u8>(at);
  return byte == 0x2c || byte == 0x7d || isSpace(byte);
}

function keepRaw(plan: usize, row: u32, column: i32, start: usize, stop: usize): bool {
  const count = load<u32>(plan, RAW_COUNT);
  if (count >= load<u32>(plan, RAW_MAX)) return false;
  const raw: usize = load<u32>(plan, RAW) + (count << 4);
  store<u32>(raw, row);
  store<i32>(raw, column, 4);
  store<u32>(raw, <u32>start, 8);
  store<u32>(raw, <u32>(stop - start), 12);
  store<u32>(plan, count + 1, RAW_COUNT);
  return true;
}

/** Two digits at `at`, or −1. */
// @ts-ignore: decorator
@inline function twoDigits(at: usize): i32 {
  const tens: u32 = <u32>load<u8>(at) - 0x30;
  const ones: u32 = <u32>load<u8>(at + 1) - 0x30;
  return tens > 9 || ones > 9 ? -1 : tens * 10 + ones;
}

/** Days from 1970 of a civil date (Howard Hinnant's algorithm). */
function daysOf(year: i32, month: i32, day: i32): i32 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

function daysIn(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/**
 * yyyy-MM-dd?HH:mm:ss[.fraction] → ms, or NaN. `shape`: the separator's byte, 0 for blank or T; fraction
 * digits wanted << 8 (0xff: any number from 0 to 9); 1 << 16 allows a "Z" behind it.
 */
function timeOf(at: usize, stop: usize, shape: u32): f64 {
  const bytes = stop - at;
  if (bytes < 19 || bytes > 30) return NaN;
  const century = twoDigits(at), years = twoDigits(at + 2);
  const month = twoDigits(at + 5), day = twoDigits(at + 8);
  const hour = twoDigits(at + 11), minute = twoDigits(at + 14), second = twoDigits(at + 17);
  if ((century | years | month | day | hour | minute | second) < 0) return NaN;
  if (load<u8>(at + 4) != 0x2d || load<u8>(at + 7) != 0x2d) return NaN;
  if (load<u8>(at + 13) != 0x3a || load<u8>(at + 16) != 0x3a) return NaN;
  const separator: u32 = load<u8>(at + 10);
  const wanted = shape & 0xff;
  if (wanted == 0 ? separator != 0x20 && separator != 0x54 : separator != wanted) return NaN;
  const year = century * 100 + years;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return NaN;
  if (day > daysIn(year, month)) return NaN;
  let ms: i32 = 0, digits: u32 = 0;
  let next = at + 19;
  if (next < stop && load<u8>(next) == 0x2e) {
    next++;
    while (next < stop) {
      const digit: u32 = <u32>load<u8>(next) - 0x30;
      if (digit > 9) break;
      if (digits < 3) ms = ms * 10 + digit;
      digits++;
      next++;
    }
    if (digits == 0) return NaN;
    if (digits == 1) ms *= 100;
    else if (digits == 2) ms *= 10;
  }
  const fraction = (shape >> 8) & 0xff;
  if (fraction == 0xff ? digits > 9 : digits != fraction) return NaN;
  if (next < stop && (shape & 0x10000) != 0 && load<u8>(next) == 0x5a) next++;
  if (next != stop) return NaN;
  return <f64>daysOf(year, month, day) * 86400000.0 + <f64>((hour * 60 + minute) * 60 + second) * 1000.0 + <f64>ms;
}

/**
 * One number at `at` into the cell. Returns its end; 0 when TypeScript should do the row, 1 when it should
 * do the value alone.
 */
function number(plan: usize, field: usize, kind: u32, cell: usize, tag: usize, start: usize, end: usize): usize {
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

/** "true" is 0x65757274, "fals" 0x736c6166, "null" 0x6c6c756e. */
// @ts-ignore: decorator
@inline function wordEnd(at: usize, end: usize): usize {
  if (at + 4 > end) return 0;
  const word = load<u32>(at);
  if (word == 0x65757274 || word == 0x6c6c756e) return at + 4;
  if (word == 0x736c6166 && at + 5 <= end && load<u8>(at + 4) == 0x65) return at + 5;
  return 0;
}

/** One value into its cell. Returns its end, or 0: the row is TypeScript's. */
function value(plan: usize, row: u32, field: usize, start: usize, end: usize): usize {
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

/** Writes the columns that the row did not name; false when one of them must be there. */
function fill(plan: usize, row: usize): bool {
  const count = load<u32>(plan, COLUMN_COUNT);
  let entry: usize = load<u32>(plan, COLUMNS);
  for (let column: u32 = 0; column < count; column++, entry += COLUMN_BYTES) {
    const tag = <usize>load<u32>(entry) + row;
    if (load<u8>(tag) != UNSET) continue;
    const missing = load<u32>(entry, 8);
    if (missing == 4) return false;
    store<u8>(tag, <u8>missing);
    if (missing != 0) store<u64>(<usize>load<u32>(entry, 4) + (row << 3), load<u64>(entry, 16));
  }
  return true;
}

/** Before a batch: no cell is set. */
function clear(plan: usize, rows: usize): void {
  const count = load<u32>(plan, COLUMN_COUNT);
  let entry: usize = load<u32>(plan, COLUMNS);
  for (let column: u32 = 0; column < count; column++, entry += COLUMN_BYTES) {
    memory.fill(load<u32>(entry), UNSET, rows);
  }
}

/**
 * Counts the row's fields that no column takes; only now, for a row that TypeScript does is counted there.
 */
function countSeen(plan: usize): void {
  const seen: usize = load<u32>(plan, SEEN);
  const count = load<u32>(plan, SEEN_COUNT);
  for (let index: u32 = 0; index < count; index++) {
    const counter: usize = load<u32>(seen + (<usize>index << 2));
    store<u32>(counter, load<u32>(counter) + 1);
  }
}

/** The field named at `at` (after its opening quote); 0: a name that TypeScript must look at. */
function fieldAt(plan: usize, at: usize, end: usize, place: i32): usize {
  const fields: usize = load<u32>(plan, FIELDS);
  const guess: usize = <usize>load<u32>(plan, ORDER) + (<usize>place << 1);
  if (place < ORDER_MAX) {
    const index: u32 = load<u16>(guess);
    if (index != 0) {
      const field = fields + <usize>(index - 1) * FIELD_BYTES;
      if (isField(at, field)) return field;
    }
  }
  const found = findField(plan, at);
  if (found >= 0) {
    if (place < ORDER_MAX) store<u16>(guess, <u16>(found + 1));
    return fields + <usize>found * FIELD_BYTES;
  }
  if (load<u32>(plan, COUNT_OTHERS) == 0) return 0;
  const quote = stringEnd(at, end);
  if (quote == 0) return 0;
  const others: usize = load<u32>(plan, OTHERS);
  store<u32>(others, <u32>(quote - at), 36);
  return others;
}

/** Extracts the members of the object whose brace was passed; returns the end of the object, or 0. */
function extractMembers(plan: usize, row: u32, start: usize, end: usize): usize {
  const seen: usize = load<u32>(plan, SEEN);
  let at = start;
  for (let place: i32 = 0; at < end; place++) {
    at = skipSpace(at, end);
    if (at >= end || load<u8>(at) != 0x22) return 0;
    const field = fieldAt(plan, at + 1, end, place);
    if (field == 0) return 0;
    at = skipSpace(at + 2 + <usize>load<u32>(field, 36), end);
    if (at >= end || load<u8>(at) != 0x3a) return 0;
    if (load<i32>(field, 40) < 0) {
      const count = load<u32>(plan, SEEN_COUNT);
      if (count >= SEEN_MAX) return 0;
      store<u32>(seen + (<usize>count << 2), <u32>field + 48);
      store<u32>(plan, count + 1, SEEN_COUNT);
    }
    at = skipSpace(at + 1, end);
    if (at >= end) return 0;
    at = value(plan, row, field, at, end);
    if (at == 0) return 0;
    at = skipSpace(at, end);
    if (at >= end) return 0;
    const byte: u32 = load<u8>(at);
    at++;
    if (byte == 0x7d) return at;
    if (byte != 0x2c) return 0;
  }
  return 0;
}

/** Extracts one row; false: the row is TypeScript's. */
function extractRow(plan: usize, row: u32, start: usize, end: usize): bool {
  store<u32>(plan, 0, SEEN_COUNT);
  filled = 0;
  let at = skipSpace(start, end);
  if (at >= end || load<u8>(at) != 0x7b) return false;
  at = skipSpace(at + 1, end);
  if (at < end && load<u8>(at) == 0x7d) at++;
  else at = extractMembers(plan, row, at, end);
  if (at == 0 || skipSpace(at, end) != end) return false;
  if (filled != load<u32>(plan, COLUMN_COUNT) && !fill(plan, <usize>row)) return false;
  countSeen(plan);
  return true;
}

/**
 * Extracts `count` records into the stage's rows 0 … count−1; status[row] is 0 when done, 1 when TypeScript
 * must.
 */
export function extract(plan: usize, records: usize, count: i32): void {
  const status: usize = load<u32>(plan, STATUS);
  store<u32>(plan, 0, RAW_COUNT);
  clear(plan, <usize>count);
  for (let row = 0; row < count; row++) {
    const start: usize = load<u32>(records + (<usize>row << 3));
    const bytes: i32 = load<i32>(records + (<usize>row << 3), 4);
    const rawBefore = load<u32>(plan, RAW_COUNT);
    if (bytes >= 0 && extractRow(plan, row, start, start + bytes)) {
      store<u8>(status + row, load<u32>(plan, RAW_COUNT) == rawBefore ? 0 : 2);
    } else {
      store<u32>(plan, rawBefore, RAW_COUNT);
      store<u8>(status + row, 1);
    }
  }
}

/**
 * Finds the lines of `bytes` bytes at `text` that end with a newline and are not blank; writes (start,
 * length) pairs behind an 8-byte head {count:u32 consumed:u32}, at most `linesMax`. Positions count from
 * `text`.
 */
export function splitLines(text: usize, bytes: usize, target: usize, linesMax: u32): void {
  const newline = i8x16.splat(0x0a);
  let count: u32 = 0;
  let start: usize = 0;
  let at: usize = 0;
  while (at < bytes && count < linesMax) {
    let mask = i8x16.bitmask(i8x16.eq(v128.load(text + at), newline));
    while (mask != 0 && count < linesMax) {
      const end = at + <usize>ctz<i32>(mask);
      if (end >= bytes) break;
      mask &= mask - 1;
      if (!isBlank(text + start, text + end)) {
        const entry = target + 8 + (<usize>count << 3);
        store<u32>(entry, <u32>start);
        store<u32>(entry, <u32>(end - start), 4);
        count++;
      }
      start = end + 1;
    }
    at += 16;
  }
  store<u32>(target, count);
  store<u32>(target, <u32>start, 4);
}

function isBlank(start: usize, end: usize): bool {
  for (let at = start; at < end; at++) {
    const byte: u32 = load<u8>(at);
    if (byte != 0x20 && byte != 0x09 && byte != 0x0d) return false;
  }
  return true;
}
