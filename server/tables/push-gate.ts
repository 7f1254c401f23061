/**
 * Pushes to one name go side by side; a change of its definition waits for those on their way and keeps new ones
 * waiting, so a push finds either the old definition or the new one, never the moment between. Names ignore case.
 */
import { StoreError } from "#schemas/errors";
import type { Clock } from "#schemas/world";

interface Gate {
  running: number;
  /** Opens when the change is over; null: open. */
  closed: Promise<void> | null;
  /** The change waits for the last push. */
  onQuiet: (() => void) | null;
}

export class PushGate {
  readonly #clock: Clock;
  /** How long a push waits for a change. */
  readonly #waitMs: number;
  readonly #gates = new Map<string, Gate>();

  constructor(options: { readonly clock: Clock; readonly waitMs: number }) {
    this.#clock = options.clock;
    this.#waitMs = options.waitMs;
  }

  /** Runs a push when no change is under way. INGESTION_PAUSED when that takes too long. */
  async pass<T>(name: string, push: () => Promise<T>): Promise<T> {
    for (let closed = this.#gate(name).closed; closed !== null; closed = this.#gate(name).closed)
      await this.#within(closed, name);
    const gate = this.#gate(name);
    gate.running++;
    try {
      return await push();
    } finally {
      gate.running--;
      if (gate.running === 0) gate.onQuiet?.();
      this.#tidy(name, gate);
    }
  }

  /** Runs a change when the pushes on their way have ended. Changes of one name come one at a time. */
  async close<T>(name: string, change: () => Promise<T>): Promise<T> {
    const gate = this.#gate(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    gate.closed = promise;
    try {
      if (gate.running > 0)
        await new Promise<void>((quiet) => {
          gate.onQuiet = quiet;
        });
      return await change();
    } finally {
      gate.closed = null;
      gate.onQuiet = null;
      resolve();
      this.#tidy(name, gate);
    }
  }

  #gate(name: string): Gate {
    const key = name.toLowerCase();
    const known = this.#gates.get(key);
    if (known !== undefined) return known;
    const gate: Gate = { running: 0, closed: null, onQuiet: null };
    this.#gates.set(key, gate);
    return gate;
  }

  #tidy(name: string, { running, closed }: Gate): void {
    if (running === 0 && closed === null) this.#gates.delete(name.toLowerCase());
  }

  async #within(closed: Promise<void>, name: string): Promise<void> {
    const over = new AbortController();
    const late = this.#clock.sleep(this.#waitMs, over.signal).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([closed.then(() => false), late]);
    over.abort(new Error("the change is over"));
    if (!isLate) return;
    const message = `the definition of table "${name}" has been changing for ${this.#waitMs} ms; push again`;
    throw new StoreError("INGESTION_PAUSED", message);
  }
}
