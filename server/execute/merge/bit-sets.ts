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
