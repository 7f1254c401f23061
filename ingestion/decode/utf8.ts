/** UTF-8 over bytes that may lie in shared memory, where TextDecoder may not look. */

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Position of the first byte that is not UTF-8, or −1. Overlong forms, surrogates and > U+10FFFF are
 * faults.
 */
export function utf8Fault(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; ) {
    const byte = bytes[at];
    if (byte < 0x80) {
      at++;
      continue;
    }
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (byte < 0xc2 || byte > 0xf4 || at + length > end) return at;
    const second = bytes[at + 1];
    const low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    const high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return at;
    for (let next = at + 2; next < at + length; next++) {
      if ((bytes[next] & 0xc0) !== 0x80) return at;
    }
    at += length;
  }
  return -1;
}

/** The text of a span; short ASCII, which most are, without a decoder. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= 32) {
    let text = "";
    let at = start;
    for (; at < end && bytes[at] < 0x80; at++) text += String.fromCharCode(bytes[at]);
    if (at === end) return text;
  }
  return decoder.decode(bytes.slice(start, end));
}

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** The most of the text that fits `lengthMax` UTF-16 units without cutting a character in two. */
export function trimText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const last = text.charCodeAt(lengthMax - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? lengthMax - 1 : lengthMax);
}
