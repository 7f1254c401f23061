/**
 * What the caller lays out for the extractor (extractor.ts writes it), and the books kept in it: the guess
 * which field comes where, raw cells, fields that no column takes.
 *
 * Plan   => fieldCount:u32 columnCount:u32 fields:u32 columns:u32 order:u32 raw:u32 rawMax:u32 rawCount:u32
 *           status:u32 powers:u32 others:u32 countOthers:u32 seen:u32 seenCount:u32 scratch[16]   (72 bytes)
 * Field  => head[16] mask[16] name:u32 nameBytes:u32 column:i32 kind:u32 count:u32 textMax:u32 unit:f64
 *           shape:u32 counts:u32 pad[8]   (80 bytes; column −1: counted only)
 * Column => tags:u32 values:u32 missing:u32 pad value[8]   (24 bytes)
 * Record => pointer:u32 bytes:i32
 * Raw    => row:u32 column:i32 pointer:u32 bytes:u32
 */
import { stringEnd } from "./scan.as";

// Plan
export const COLUMN_COUNT: usize = 4, COLUMNS: usize = 12, RAW_COUNT: usize = 28, STATUS: usize = 32;
export const POWERS: usize = 36, SEEN: usize = 48, SEEN_COUNT: usize = 52, SCRATCH: usize = 56;
const FIELD_COUNT: usize = 0, FIELDS: usize = 8, ORDER: usize = 16, RAW: usize = 20, RAW_MAX: usize = 24;
const OTHERS: usize = 40, COUNT_OTHERS: usize = 44;
const FIELD_BYTES: usize = 80, ORDER_MAX: i32 = 1024;
export const COLUMN_BYTES: usize = 24, SEEN_MAX: u32 = 64;

export const UNSET: u8 = 0xff;
const NOT_FOUND: i32 = -1;

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

/** The field named at `at` (after its opening quote); 0: a name that TypeScript must look at. */
export function fieldAt(plan: usize, at: usize, end: usize, place: i32): usize {
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

export function keepRaw(plan: usize, row: u32, column: i32, start: usize, stop: usize): bool {
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

/** Writes the columns that the row did not name; false when one of them must be there. */
export function fill(plan: usize, row: usize): bool {
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
export function clear(plan: usize, rows: usize): void {
  const count = load<u32>(plan, COLUMN_COUNT);
  let entry: usize = load<u32>(plan, COLUMNS);
  for (let column: u32 = 0; column < count; column++, entry += COLUMN_BYTES) {
    memory.fill(load<u32>(entry), UNSET, rows);
  }
}

/**
 * Counts the row's fields that no column takes; only now, for a row that TypeScript does is counted there.
 */
export function countSeen(plan: usize): void {
  const seen: usize = load<u32>(plan, SEEN);
  const count = load<u32>(plan, SEEN_COUNT);
  for (let index: u32 = 0; index < count; index++) {
    const counter: usize = load<u32>(seen + (<usize>index << 2));
    store<u32>(counter, load<u32>(counter) + 1);
  }
}
