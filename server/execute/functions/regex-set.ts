/** Sets of Unicode code points as sorted, separate, inclusive ranges: what one step of a regular expression accepts. */

import { StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import { casesOf } from "#server/execute/functions/fold";

export type CharacterSet = readonly (readonly [first: number, last: number])[];

const codePointMax = 0x10ffff;

/** Any ranges as a set. */
export function setOf(ranges: CharacterSet): CharacterSet {
  const sorted = [...ranges].sort((left, right) => left[0] - right[0]);
  const joined: [number, number][] = [];
  for (const [first, last] of sorted) {
    const previous = joined.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

export function complementOf(set: CharacterSet): CharacterSet {
  const others: [number, number][] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) others.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= codePointMax) others.push([next, codePointMax]);
  return others;
}

export function contains(set: CharacterSet, point: number): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (point < set[middle][0]) high = middle - 1;
    else if (point > set[middle][1]) low = middle + 1;
    else return true;
  }
  return false;
}

const foldedWidthMax = serverBounds.regexFoldedWidth;

/** The set with every case of every letter in it. */
export function withBothCases(set: CharacterSet): CharacterSet {
  const more: [number, number][] = [];
  for (const [first, last] of set) {
    const end = last - first > foldedWidthMax ? Math.min(last, 127) : last;
    for (let point = first; point <= end; point++)
      for (const variant of casesOf(point)) if (variant !== point) more.push([variant, variant]);
  }
  return more.length === 0 ? set : setOf([...set, ...more]);
}

export const digits: CharacterSet = [[48, 57]];
export const wordCharacters: CharacterSet = setOf([
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]);
export const spaces: CharacterSet = setOf([
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);
export const everything: CharacterSet = [[0, codePointMax]];
export const notNewline: CharacterSet = complementOf(
  setOf([
    [10, 10],
    [13, 13],
    [0x2028, 0x2029],
  ]),
);

const posix: Readonly<Record<string, CharacterSet>> = {
  Lower: [[97, 122]],
  Upper: [[65, 90]],
  ASCII: [[0, 127]],
  Alpha: setOf([
    [65, 90],
    [97, 122],
  ]),
  Digit: digits,
  Alnum: setOf([
    [48, 57],
    [65, 90],
    [97, 122],
  ]),
  Punct: setOf([
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ]),
  Graph: [[33, 126]],
  Print: [[32, 126]],
  Blank: setOf([
    [9, 9],
    [32, 32],
  ]),
  Cntrl: setOf([
    [0, 31],
    [127, 127],
  ]),
  XDigit: setOf([
    [48, 57],
    [65, 70],
    [97, 102],
  ]),
  Space: setOf([
    [9, 13],
    [32, 32],
  ]),
};

const properties = new Map<string, CharacterSet>();

/** The set of \p{name}: POSIX names are ASCII, others are Unicode's. */
export function propertySet(name: string): CharacterSet {
  const known = posix[name] ?? properties.get(name);
  if (known !== undefined) return known;
  let test: RegExp;
  try {
    // One character against one class: no pattern of the user's runs here.
    test = new RegExp(`^\\p{${/^Is[A-Z]/.test(name) ? name.slice(2) : name}}$`, "u");
  } catch {
    throw new StoreError("VALUE_SYNTAX", `a regular expression asks for the unknown class \\p{${name}}`);
  }
  const ranges: [number, number][] = [];
  for (let point = 0; point <= codePointMax; point++) {
    if (!test.test(String.fromCodePoint(point))) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === point - 1) last[1] = point;
    else ranges.push([point, point]);
  }
  properties.set(name, ranges);
  return ranges;
}
