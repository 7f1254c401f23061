/** A date pattern cut into its parts: letters, how many of them, and the text between. */
import { StoreError } from "#schemas/errors";

export const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
export const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

export interface Part {
  /** A pattern letter, or "'" for literal text. */
  readonly letter: string;
  readonly count: number;
  readonly text: string;
  /** No digits may follow unclaimed: a number right before another number has exactly `count` digits. */
  readonly adjacent: boolean;
}

const letters = "GyuYxMdDEewHkhKmsSazZX";
const numeric = (part: Part): boolean =>
  "yuYxdDewHkhKmsS".includes(part.letter) || (part.letter === "M" && part.count < 3);

export function partsOf(pattern: string): Part[] {
  const parts: Part[] = [];
  const literal = (text: string) => {
    const last = parts.at(-1);
    if (last?.letter === "'") parts[parts.length - 1] = { ...last, text: last.text + text };
    else parts.push({ letter: "'", count: 0, text, adjacent: false });
  };
  for (let at = 0; at < pattern.length; ) {
    const letter = pattern[at];
    let end = at + 1;
    if (letter === "'") {
      const close = pattern.indexOf("'", end);
      if (close < 0) throw new StoreError("VALUE_SYNTAX", `the pattern "${pattern}" has an unclosed quote`);
      literal(close === end ? "'" : pattern.slice(end, close));
      end = close + 1;
    } else if (/[A-Za-z]/.test(letter)) {
      if (!letters.includes(letter))
        throw new StoreError(
          "VALUE_SYNTAX",
          `the pattern "${pattern}" has no letter "${letter}"; quote it if it is text`,
          { found: pattern },
        );
      while (pattern[end] === letter) end++;
      parts.push({ letter, count: end - at, text: "", adjacent: false });
    } else literal(letter);
    at = end;
  }
  return parts.map((part, at) => ({ ...part, adjacent: at + 1 < parts.length && numeric(parts[at + 1]) }));
}
