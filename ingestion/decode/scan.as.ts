/** Where the pieces of a JSON text end: blanks, plain strings, words, values of any kind. */

// @ts-ignore: decorator
@inline export function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

// @ts-ignore: decorator
@inline export function skipSpace(at: usize, end: usize): usize {
  while (at < end && isSpace(load<u8>(at))) at++;
  return at;
}

/**
 * Position of the quote that ends the plain string beginning at `at`, or 0: an escape, a control character,
 * no end.
 */
export function stringEnd(start: usize, end: usize): usize {
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
export function valueEnd(start: usize, end: usize): usize {
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

// @ts-ignore: decorator
@inline export function isEnd(at: usize, end: usize): bool {
  if (at >= end) return false;
  const byte: u32 = load<u8>(at);
  return byte == 0x2c || byte == 0x7d || isSpace(byte);
}

/** "true" is 0x65757274, "fals" 0x736c6166, "null" 0x6c6c756e. */
// @ts-ignore: decorator
@inline export function wordEnd(at: usize, end: usize): usize {
  if (at + 4 > end) return 0;
  const word = load<u32>(at);
  if (word == 0x65757274 || word == 0x6c6c756e) return at + 4;
  if (word == 0x736c6166 && at + 5 <= end && load<u8>(at + 4) == 0x65) return at + 5;
  return 0;
}
