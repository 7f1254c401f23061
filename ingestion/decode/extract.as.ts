/**
 * The extractor: many JSON rows a call, straight into stage cells. AssemblyScript, raw pointers, no state but
 * what the caller lays out (see plan.as.ts). It is never lenient: whatever it does not know for sure is left
 * to the TypeScript decoder, a value at a time (raw cells) or a row at a time (status 1).
 */
import { clear, countSeen, fieldAt, RAW_COUNT, SEEN, SEEN_COUNT, SEEN_MAX, STATUS } from "./plan.as";
import { skipSpace } from "./scan.as";
import { beginRow, endRow, value } from "./values.as";

export { splitLines } from "./lines.as";

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
  beginRow();
  let at = skipSpace(start, end);
  if (at >= end || load<u8>(at) != 0x7b) return false;
  at = skipSpace(at + 1, end);
  if (at < end && load<u8>(at) == 0x7d) at++;
  else at = extractMembers(plan, row, at, end);
  if (at == 0 || skipSpace(at, end) != end) return false;
  if (!endRow(plan, <usize>row)) return false;
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
