/**
 * How many queries run at once, and who is next: clients take turns, so one that asks a hundred questions does not
 * make another wait for all of them; and while answers that nobody reads fill their account, nobody begins. Past the
 * queue's bound a query is refused with QUERIES_QUEUED.
 */
import type { ClientBytes } from "#broker/client-bytes";
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
  readonly #clients: Pick<ClientBytes, "isFull" | "whenRoom">;
  #running = 0;
  #queued = 0;
  #isWaitingForRoom = false;

  constructor(
    limits: { readonly queriesRunning: number; readonly queriesQueued: number },
    clients: Pick<ClientBytes, "isFull" | "whenRoom">,
  ) {
    this.#runningMax = limits.queriesRunning;
    this.#queuedMax = limits.queriesQueued;
    this.#clients = clients;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#queued;
  }

  /** Resolves when it is this query's turn; call `leave` when it is done. Rejects when the signal fires first. */
  enter(client: string, signal: AbortSignal): Promise<void> | null {
    if (this.#running < this.#runningMax && !this.#clients.isFull) {
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
    this.#running--;
    this.#admit();
  }

  /** Lets those in turn begin, as many as may. */
  #admit(): void {
    while (this.#running < this.#runningMax && this.#queued > 0) {
      if (this.#clients.isFull) {
        this.#admitLater();
        return;
      }
      this.#running++;
      this.#next();
    }
  }

  #admitLater(): void {
    if (this.#isWaitingForRoom) return;
    this.#isWaitingForRoom = true;
    this.#clients.whenRoom(() => {
      this.#isWaitingForRoom = false;
      this.#admit();
    });
  }

  #next(): void {
    const turn = this.#queues.entries().next().value;
    assert(turn !== undefined, "somebody waits");
    const [client, queue] = turn;
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
    if (this.#clients.isFull) this.#admitLater();
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
