/** "Did you mean": the nearest known word to a misspelt one. */
import { schemaBounds } from "#schemas/limits";

/** Edits (insert, delete, replace, swap neighbours) between two words; stops counting past `most`. */
function editDistance(left: string, right: string, most: number): number {
  if (Math.abs(left.length - right.length) > most) return most + 1;
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          (previous[column] as number) + 1,
          (current[column - 1] as number) + 1,
          (previous[column - 1] as number) + (same ? 0 : 1),
          swapped ? (before[column - 2] as number) + 1 : most + 1,
        ),
      );
    }
    before = previous;
    previous = current;
  }
  return previous[right.length] as number;
}

/** Nobody misspells a longer word by a few letters; comparing costs the square of its length. */
const wordMax = schemaBounds.suggestedWordChars;

/** The candidate nearest to `word` (case ignored) within a third of its length; null when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > wordMax) return null;
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase(), bestDistance - 1);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` Did you mean "x"?` or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = nearest(word, candidates);
  return found === null ? "" : ` Did you mean "${found}"?`;
}
