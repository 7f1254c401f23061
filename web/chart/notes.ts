/** What of a result a picture does not show, and why: a picture that leaves something out says so under itself. */
import { formatCount } from "../format.ts";

export interface Note {
  /** Values of the result that are not drawn because of this. */
  readonly values: number;
  readonly text: string;
}

/** "1 value is", "3 values are". */
const are = (count: number): string => `${formatCount(count)} ${count === 1 ? "value is" : "values are"}`;
const have = (count: number): string => `${formatCount(count)} ${count === 1 ? "value has" : "values have"}`;

/** Reasons that one value at a time can have, each with its words. */
const reasons = {
  null: (count: number) => `${are(count)} NULL: a gap, not a zero.`,
  infinite: (count: number) => `${are(count)} NaN or infinite and cannot be drawn.`,
  noNumber: (count: number) => `${are(count)} not a number and cannot be drawn.`,
  noPlace: (count: number) => `${have(count)} no place on the axis: x is missing or cannot be read.`,
  noShare: (count: number) => `${are(count)} zero, negative or NULL: no share of a whole.`,
} as const;
export type Reason = keyof typeof reasons;

/** Counts values by reason and turns them into notes. */
export class NoteBook {
  readonly #counts = new Map<Reason, number>();
  readonly #own: Note[] = [];

  count(reason: Reason, values = 1): void {
    if (values > 0) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + values);
  }

  say(values: number, text: string): void {
    this.#own.push({ values, text });
  }

  notes(): readonly Note[] {
    return [
      ...this.#own,
      ...[...this.#counts].map(([reason, values]) => ({ values, text: reasons[reason](values) })),
    ];
  }
}
