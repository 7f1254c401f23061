/** At which edges of its range a statement takes a part of a bucket: where it compares a time with the bare edge. */

/** Texts, names, comments, casts; then a parameter with what stands before it. */
const tokens =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`[^`]*`?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|::|(>=?|<=?|=|\bBETWEEN\b|\bAND\b)?\s*:(from|to)\b(?!\s*[+\-*/])|\s+|./gi;

export function cutsOf(sql: string): { readonly start: boolean; readonly end: boolean } {
  let start = false;
  let end = false;
  for (const [, before, name] of sql.matchAll(tokens)) {
    if (before === undefined || name === undefined) continue;
    if (name.toLowerCase() === "from") start ||= /^(>|BETWEEN)/i.test(before);
    else end ||= /^(<|AND)/i.test(before);
  }
  return { start, end };
}
