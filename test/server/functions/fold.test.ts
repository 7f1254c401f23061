/** Case folding beside the engine's own: what /iu takes for the same character. */
import { expect, test } from "vitest";
import { casesOf, foldPoint, foldText } from "#server/execute/functions/fold";

const cased: string[] = [];
for (let point = 65; point <= 0x1ffff; point++) {
  if (point >= 0xd800 && point <= 0xdfff) continue;
  const character = String.fromCodePoint(point);
  if (character.toLowerCase() !== character || character.toUpperCase() !== character) cased.push(character);
}

const pointOf = (character: string): number => character.codePointAt(0)!;

test("characters are the same exactly when /iu says so", () => {
  expect(cased.length).toBeGreaterThan(2500);
  const all = cased.join("");
  const byFold = Map.groupBy(cased, (character) => foldPoint(pointOf(character)));
  for (const character of cased) {
    const same = all.match(new RegExp(character, "giu")) ?? [];
    expect(byFold.get(foldPoint(pointOf(character))), character).toEqual(same);
  }
});

test("a text keeps its number of characters, whatever it holds", () => {
  for (const text of [
    "İstanbul",
    "STRASSE ß ẞ",
    "ﬁ ﬀ ﬃ",
    "ΟΔΟΣ ς",
    "\u212a",
    "\u00c5 \u212b",
    "ı I",
    "😀Ǆǅǆ",
    "ŉ ǰ ΐ",
  ]) {
    expect([...foldText(text)].length).toBe([...text].length);
    expect(foldText(foldText(text))).toBe(foldText(text));
  }
});

test("all cases of a letter", () => {
  expect(casesOf(pointOf("k")).map((point) => String.fromCodePoint(point))).toEqual(["K", "k", "\u212a"]);
  expect(casesOf(pointOf("7"))).toEqual([pointOf("7")]);
});
