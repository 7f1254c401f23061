/**
 * How many queries run at once, and who is next: clients take turns, so one that asks a hundred questions does not
 * make another wait for all of them. Past the queue's bound a query is refused with QUERIES_QUEUED.
 */
import { assert, StoreError } from "#schemas/errors";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class Admission {
  readonly #runningMax: number;
  readonly #queuedMax: number;
  /** By client, in the order of their turns; a client without waiting queries is not in it. */
  readonly #queues = new Map<string, Waiting[]>();
  #running = 0;
  #queued = 0;

  constructor(limits: { readonly queriesRunning: number; readonly queriesQueued: number }) {
    this.#runningMax = limits.queriesRunning;
    this.#queuedMax = limits.queriesQueued;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#queued;
  }

  /** Resolves when it is this query's turn; call `leave` when it is done. Rejects when the signal fires first. */
  enter(client: string, signal: AbortSignal): Promise<void> | null {
    if (this.#running < this.#runningMax) {
      this.#running++;
      return null;
    }
    if (this.#queued >= this.#queuedMax) {
      const expected = `at most ${this.#queuedMax} waiting queries (limit queriesQueued)`;
      const message = `expected ${expected} beside ${this.#runningMax} running ones; try again in a second`;
      throw new StoreError("QUERIES_QUEUED", message, { expected, found: `${this.#queued} waiting` });
    }
    return this.#wait(client, signal);
  }

  /** The running query that `enter` admitted is done. */
  leave(): void {
    assert(this.#running > 0, "a query runs");
    const next = this.#queues.entries().next().value;
    if (next === undefined) {
      this.#running--;
      return;
    }
    const [client, queue] = next;
    const first = queue.shift();
    assert(first !== undefined, "a client in turn waits");
    // The client goes to the end of the turns.
    this.#queues.delete(client);
    if (queue.length > 0) this.#queues.set(client, queue);
    this.#queued--;
    first.resolve();
  }

  #wait(client: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { resolve, reject };
    const queue = this.#queues.get(client) ?? [];
    queue.push(waiting);
    this.#queues.set(client, queue);
    this.#queued++;
    signal.addEventListener("abort", () => this.#giveUp(client, waiting, signal.reason), { once: true });
    return promise;
  }

  #giveUp(client: string, waiting: Waiting, reason: unknown): void {
    const queue = this.#queues.get(client);
    const at = queue?.indexOf(waiting) ?? -1;
    if (queue === undefined || at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this.#queues.delete(client);
    this.#queued--;
    waiting.reject(reason);
  }
}
