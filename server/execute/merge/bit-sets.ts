/** Sets as bits: one a group, whole words each. */
import { type Stepwise, stepItems } from "#schemas/turns";

/** Groups' sets one after another, `words` words each, from place `from` of `u32` on. */
export interface GroupBits {
  readonly u32: Uint32Array;
  readonly from: number;
  readonly words: number;
}

/** Groups of a step that goes through this many words of each. */
export const groupsOfStep = (words: number): number => Math.max(1, Math.floor((stepItems * 8) / (words + 1)));

/** The bits that any group has. */
export function* unionOf({ u32, from, words }: GroupBits, groups: number): Stepwise<Uint32Array> {
  const any = new Uint32Array(words);
  const groupsStep = groupsOfStep(words);
  for (let group = 0, start = from; group < groups; group++, start += words) {
    for (let word = 0; word < words; word++) any[word] |= u32[start + word];
    if (group % groupsStep === 0) yield;
  }
  return any;
}

/** How many bits are set. */
export function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The numbers of the bits that are set, ascending. */
export function codesOf(set: Uint32Array): number[] {
  const codes: number[] = [];
  set.forEach((word, index) => {
    for (let bits = word; bits !== 0; bits &= bits - 1) {
      codes.push(index * 32 + (31 - Math.clz32(bits & -bits)));
    }
  });
  return codes;
}

/** Some bit but NULL's is set. */
export function hasValue(words: Uint32Array): boolean {
  if ((words[0] & ~1) !== 0) return true;
  for (let word = 1; word < words.length; word++) if (words[word] !== 0) return true;
  return false;
}

/** Adds the bits of codes that are apart from the set's by a constant, NULL's left out. */
export function orShifted(set: Uint32Array, words: Uint32Array, offset: number): void {
  const by = offset & 31;
  let at = offset >> 5;
  for (let word = 0; word < words.length; word++, at++) {
    const found = word === 0 ? words[0] & ~1 : words[word];
    if (found === 0) continue;
    set[at] |= found << by;
    if (by !== 0) set[at + 1] |= found >>> (32 - by);
  }
}

/** Adds the bits whose codes in the set are `remap`'s, NULL's left out. */
export function orMapped(set: Uint32Array, words: Uint32Array, remap: Uint32Array): void {
  for (let word = 0; word < words.length; word++) {
    for (let rest = word === 0 ? words[0] & ~1 : words[word]; rest !== 0; rest &= rest - 1) {
      const code = remap[word * 32 + 31 - Math.clz32(rest & -rest)];
      set[code >>> 5] |= 1 << (code & 31);
    }
  }
}
