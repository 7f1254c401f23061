/**
 * Rows of one push that were refused. The counts are of all, by reason; of the rows themselves the first are listed for
 * the sender and the last kept for the dead letters, so a body of nothing else costs no more than a body of good rows.
 */
import { ingestionBounds, type Limits } from "#schemas/limits";

const listedMax = ingestionBounds.rejectsListed;
export const reasonsMax = ingestionBounds.rejectReasons;
const otherReasons = "(other reasons)";

export interface Rejected {
  readonly line: number;
  readonly reason: string;
}

export interface RejectedRow extends Rejected {
  readonly payload: Uint8Array;
}

/** Adds to the count of a reason, or of all others when there are too many of them. */
export function countReason(reasons: Map<string, number>, reason: string, count: number): void {
  const counted = reasons.has(reason) || reasons.size < reasonsMax ? reason : otherReasons;
  reasons.set(counted, (reasons.get(counted) ?? 0) + count);
}

export class Rejects {
  readonly reasons = new Map<string, number>();
  readonly #limits: Pick<Limits, "deadLetters" | "deadLetterBytes">;
  /** In order of their lines. */
  readonly #listed: Rejected[] = [];
  /** Once it is full, row n takes the place of row n − deadLetters. */
  readonly #rows: RejectedRow[] = [];
  #count = 0;

  constructor(limits: Pick<Limits, "deadLetters" | "deadLetterBytes">) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  /** The first by line. */
  get listed(): readonly Rejected[] {
    return this.#listed;
  }

  /** The last that came, in order of their lines. */
  rows(): readonly RejectedRow[] {
    return this.#rows.toSorted((left, right) => left.line - right.line);
  }

  /** The payload is copied, as much of it as a dead letter keeps. */
  add(line: number, reason: string, payload: Uint8Array): void {
    const { deadLetters, deadLetterBytes } = this.#limits;
    const row = { line, reason, payload: payload.slice(0, deadLetterBytes) };
    this.#rows[this.#count++ % deadLetters] = row;
    countReason(this.reasons, reason, 1);
    this.#list({ line, reason });
  }

  #list(row: Rejected): void {
    const listed = this.#listed;
    const last = listed.at(-1);
    if (listed.length === listedMax && last !== undefined && last.line <= row.line) return;
    listed.splice(listed.findLastIndex(({ line }) => line <= row.line) + 1, 0, row);
    if (listed.length > listedMax) listed.pop();
  }
}
