/**
 * How much JSON a text is, before anything is made of it: a parser's objects take many times the memory of their text,
 * and what walks over them later goes as deep as they do.
 */

const quote = 0x22;
const backslash = 0x5c;

/** Arrays and objects within each other at most, and values at most; either may be beyond its bound. */
interface JsonShape {
  readonly depth: number;
  readonly items: number;
}

/** Looks at each character once; ends early past `most`. Text that is no JSON has a shape, too. */
export function shapeOfJson(bytes: Uint8Array, most: JsonShape): JsonShape {
  let depth = 0;
  let deepest = 0;
  let items = 1;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case quote:
        at = endOfText(bytes, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        deepest = Math.max(deepest, ++depth);
        items++;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x2c: // ,
        items++;
    }
    if (deepest > most.depth || items > most.items) break;
  }
  return { depth: deepest, items };
}

/** The place of the quote that ends a text. */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    at = bytes.indexOf(quote, at + 1);
    if (at < 0) return bytes.length;
    let slashes = 0;
    while (bytes[at - 1 - slashes] === backslash) slashes++;
    if (slashes % 2 === 0) return at;
  }
}

const encoder = new TextEncoder();

/** Whether a text nests arrays and objects deeper than so. */
export function isNestedDeeper(text: string, depth: number): boolean {
  if (text.length < depth) return false;
  const most = { depth, items: Number.POSITIVE_INFINITY };
  return shapeOfJson(encoder.encode(text), most).depth > depth;
}
