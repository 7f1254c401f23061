/**
 * Stopping without cutting anybody off: from the first moment on new requests are answered SHUTTING_DOWN, over
 * connections that then close; statements end with it; pushes under way get their answer, or after `drainMs` that one.
 */
import type { FastifyInstance } from "fastify";
import { sendError } from "#broker/http/answers-node";
import { StoreError } from "#schemas/errors";

const shuttingDown = () =>
  new StoreError("SHUTTING_DOWN", "the process is ending; ask again when it is back");

export class Drain {
  readonly #begun = new AbortController();
  readonly #over = new AbortController();
  readonly #empty = Promise.withResolvers<void>();
  #open = 0;

  /** Fires, with SHUTTING_DOWN, when the process is asked to stop. */
  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  /** Refuses what comes after the beginning, and counts what came before. */
  guard(app: FastifyInstance): void {
    app.addHook("onRequest", async (request, reply) => {
      if (this.signal.aborted) {
        reply.header("connection", "close");
        return sendError(reply, this.signal.reason);
      }
      // A live page's connection lasts as long as the page: its hub ends it.
      if (request.headers.upgrade === undefined) this.#count(reply.raw);
      return undefined;
    });
  }

  /** The work's answer; SHUTTING_DOWN when it takes longer than a stop may. */
  async within<T>(work: T | Promise<T>): Promise<T> {
    if (!(work instanceof Promise)) return work;
    const { promise, reject } = Promise.withResolvers<never>();
    const over = (): void => reject(shuttingDown());
    this.#over.signal.addEventListener("abort", over, { once: true });
    try {
      return await Promise.race([work, promise]);
    } finally {
      this.#over.signal.removeEventListener("abort", over);
    }
  }

  /** Resolves when no request is under way any more, or `drainMs` have passed and the rest is told so. */
  async begin(drainMs: number): Promise<void> {
    this.#begun.abort(shuttingDown());
    if (this.#open === 0) return;
    const timer = setTimeout(() => {
      this.#over.abort();
      setImmediate(this.#empty.resolve);
    }, drainMs);
    await this.#empty.promise;
    clearTimeout(timer);
  }

  #count(reply: { once(event: "close", ended: () => void): unknown }): void {
    this.#open++;
    reply.once("close", () => {
      if (--this.#open === 0 && this.signal.aborted) this.#empty.resolve();
    });
  }
}
