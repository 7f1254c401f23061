/**
 * What a stream program would make of the purchases: transactions, quantities and sales of each product since
 * the café opened, told once a minute for the products that were bought in it.
 */

export const totalsEveryMs = 60_000;

interface Total {
  readonly id: string;
  transactions: number;
  quantities: number;
  cents: number;
}

export class DemoTotals {
  readonly #totals = new Map<string, Total>();
  readonly #changed = new Set<Total>();
  #dueMs: number;

  constructor(startMs: number) {
    this.#dueMs = (Math.floor(startMs / totalsEveryMs) + 1) * totalsEveryMs;
  }

  /** Whether the minute of the rows so far is over. */
  isDue(ms: number): boolean {
    return ms >= this.#dueMs;
  }

  /** The minute's end and the products bought in it; the next minute is then the one of `ms`. */
  take(ms: number): readonly [dueMs: number, changed: readonly Total[]] {
    const dueMs = this.#dueMs;
    const changed = [...this.#changed];
    this.#changed.clear();
    this.#dueMs = (Math.floor(ms / totalsEveryMs) + 1) * totalsEveryMs;
    return [dueMs, changed];
  }

  add(id: string, quantity: number, cents: number): void {
    let total = this.#totals.get(id);
    if (total === undefined) {
      total = { id, transactions: 0, quantities: 0, cents: 0 };
      this.#totals.set(id, total);
    }
    total.transactions++;
    total.quantities += quantity;
    total.cents += cents;
    this.#changed.add(total);
  }
}
