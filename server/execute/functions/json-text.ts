/**
 * Values of a JSON text as slices of it, so that digits, spellings, the order of keys and spaces stay as they came.
 * The text is known to be JSON (`JSON.parse` took it), so nothing is checked here, and nothing recurses.
 */

/** A value's text is [start, end). */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

const [quote, comma, openList, closeList, openObject, closeObject, backslash] = [
  34, 44, 91, 93, 123, 125, 92,
];

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** The place behind the string whose quote is at `at`. */
function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let from = end;
    while (text.charCodeAt(from - 1) === backslash) from--;
    if (((end - from) & 1) === 0) return end + 1;
  }
}

/** The place behind the value at `from`. */
function valueEnd(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === quote) return stringEnd(text, from);
  let at = from;
  if (first !== openList && first !== openObject) {
    for (;;) {
      const code = text.charCodeAt(at);
      if (at === text.length || code === comma || code === closeList || code === closeObject || isSpace(code))
        return at;
      at++;
    }
  }
  let depth = 0;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = stringEnd(text, at);
      continue;
    }
    at++;
    if (code === openList || code === openObject) depth++;
    else if ((code === closeList || code === closeObject) && --depth === 0) return at;
  }
}

/** The text's one value. */
export function wholeValue(text: string): Slice {
  let end = text.length;
  while (isSpace(text.charCodeAt(end - 1))) end--;
  return { start: skipSpace(text, 0), end };
}

function isKey(text: string, start: number, end: number, name: string): boolean {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes("\\") ? JSON.parse(text.slice(start, end)) === name : inner === name;
}

/** Behind a value: the next one of its list or object, or the end. */
function next(text: string, end: number): number {
  const at = skipSpace(text, end);
  return text.charCodeAt(at) === comma ? skipSpace(text, at + 1) : at;
}

/** The value of a key, the last one if it is there twice. */
function member(text: string, { start }: Slice, name: string): Slice | null {
  let found: Slice | null = null;
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) !== closeObject) {
    const keyEnd = stringEnd(text, at);
    // Behind the key comes its colon.
    const value = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, value);
    if (isKey(text, at, keyEnd, name)) found = { start: value, end };
    at = next(text, end);
  }
  return found;
}

/** The value at a place, from the end if negative. */
function element(text: string, { start }: Slice, index: number): Slice | null {
  const found: Slice[] = [];
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) !== closeList) {
    const end = valueEnd(text, at);
    found.push({ start: at, end });
    if (found.length === index + 1) break;
    at = next(text, end);
  }
  return found.at(index) ?? null;
}

/** What a path leads to from a value, or null. */
export function follow(text: string, from: Slice, steps: readonly (string | number)[]): Slice | null {
  let value: Slice | null = from;
  for (const step of steps) {
    if (value === null) return null;
    const code = text.charCodeAt(value.start);
    if (code === openObject) value = member(text, value, String(step));
    else value = code === openList && typeof step === "number" ? element(text, value, step) : null;
  }
  return value;
}

/** The JSON text without the spaces between its parts. */
export function compactJson(text: string): string {
  const { start, end } = wholeValue(text);
  let compact = "";
  let from = start;
  for (let at = start; at < end; ) {
    if (text.charCodeAt(at) === quote) {
      at = stringEnd(text, at);
      continue;
    }
    const behind = skipSpace(text, at);
    if (behind === at) at++;
    else {
      compact += text.slice(from, at);
      from = behind;
      at = behind;
    }
  }
  return compact + text.slice(from, end);
}
