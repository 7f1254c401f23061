/**
 * Letters without their case, character by character: Unicode's simple case folding, which is what "ignoring case"
 * means everywhere. A character stays one character: "ß" is not "ss", "İ" is itself, the Kelvin sign is "k".
 */

/** Where folding is not "lower case of upper case": dotless ı, and letters whose cases are several characters. */
const exceptions: ReadonlyMap<number, number> = new Map([
  [0x131, 0x131],
  [0x1fd3, 0x390],
  [0x1fe3, 0x3b0],
  [0xfb05, 0xfb06],
]);

/** The code point of a text of one character, or `otherwise`. */
function onlyPoint(text: string, otherwise: number): number {
  const point = text.codePointAt(0)!;
  return text.length === (point > 0xffff ? 2 : 1) ? point : otherwise;
}

const known = new Map<number, number>(exceptions);

/** The character without its case. */
export function foldPoint(point: number): number {
  if (point < 128) return point >= 65 && point <= 90 ? point + 32 : point;
  let folded = known.get(point);
  if (folded === undefined) {
    const upper = onlyPoint(String.fromCodePoint(point).toUpperCase(), point);
    folded = onlyPoint(String.fromCodePoint(upper).toLowerCase(), upper);
    known.set(point, folded);
  }
  return folded;
}

const beyondAscii = /[^\0-\x7f]/;

/** The text without case; it has as many characters as before. */
export function foldText(text: string): string {
  if (!beyondAscii.test(text)) return text.toLowerCase();
  let folded = "";
  for (const character of text) folded += String.fromCodePoint(foldPoint(character.codePointAt(0)!));
  return folded;
}

let classes: ReadonlyMap<number, readonly number[]> | null = null;

/** Letters end well before: what lies behind has no case. */
const casedMax = 0x1ffff;

function classesOf(): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (let point = 65; point <= casedMax; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const character = String.fromCodePoint(point);
    if (character.toLowerCase() === character && character.toUpperCase() === character) continue;
    const folded = foldPoint(point);
    const others = found.get(folded);
    if (others === undefined) found.set(folded, [point]);
    else others.push(point);
  }
  return found;
}

/** All characters that are the same but for case, this one among them. */
export function casesOf(point: number): readonly number[] {
  classes ??= classesOf();
  return classes.get(foldPoint(point)) ?? [point];
}
