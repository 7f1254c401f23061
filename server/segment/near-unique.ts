/**
 * Which text columns of a consuming segment do not repay a dictionary: almost every value is new. The next segment of
 * the partition then keeps them raw, which halves the cost of an append. Sealing decides again, exactly, for
 * the file.
 */
import type { Views } from "#server/arena/arena";
import { hashBytes } from "#server/kernels/hash";

/** Fewer values tell nothing. */
const nearUniqueRowsMin = 50_000;
/** Of a dictionary over a whole segment. */
const dictionaryShare = 0.7;
/** Of the first rows of a raw column: few rows repeat less, so the bar is higher. */
const sampleShare = 0.9;

/** Has a dictionary of `entries` over `values` rows not paid? */
export const isDictionaryWaste = (entries: number, values: number): boolean =>
  values >= nearUniqueRowsMin && entries > values * dictionaryShare;

/** Is a raw column of `rows` rows still near-unique? `offsets` and `text` as in `Forward` of kind bytes. */
export function isStillUnique({ u8, u32 }: Views, rows: number, offsets: number, text: number): boolean {
  if (rows < nearUniqueRowsMin) return true;
  const words = { low: 0, high: 0 };
  const seen = new Set<number>();
  let values = 0;
  for (let row = 0, at = offsets >> 2; row < rows; row++, at++) {
    const length = u32[at + 1] - u32[at];
    if (length === 0) continue;
    hashBytes(u8, text + u32[at], length, words);
    seen.add(words.low * 2_097_152 + (words.high & 2_097_151));
    values++;
  }
  return values > 0 && seen.size > values * sampleShare;
}
