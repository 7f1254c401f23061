/** The lines of a body, sixteen bytes at a time. */

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
