/**
 * A fault that comes again with every try is logged once, then once a minute while it lasts, then its end:
 * whoever reads the log of a night sees when it began and ended, and what else happened meanwhile.
 */

import { ingestionBounds } from "#schemas/limits";
import type { World } from "#schemas/world";

const repeatMs = ingestionBounds.faultRepeatMs;

export class FaultLog {
  readonly #world: Pick<World, "clock" | "log">;
  readonly #fields: Readonly<Record<string, unknown>>;
  #message: string | null = null;
  #sinceMs = 0;
  #loggedMs = 0;

  constructor(world: Pick<World, "clock" | "log">, fields: Readonly<Record<string, unknown>>) {
    this.#world = world;
    this.#fields = fields;
  }

  fault(message: string, more: Readonly<Record<string, unknown>> = {}): void {
    const nowMs = this.#world.clock.monotonicMs();
    if (this.#message === null) this.#sinceMs = nowMs;
    if (this.#message === message && nowMs - this.#loggedMs < repeatMs) return;
    this.#message = message;
    this.#loggedMs = nowMs;
    this.#world.log("warn", message, { ...this.#fields, ...more });
  }

  /** As loud as the fault: a log that shows only its beginning leaves open whether it lasts. */
  over(): void {
    if (this.#message === null) return;
    const seconds = Math.round((this.#world.clock.monotonicMs() - this.#sinceMs) / 1000);
    this.#world.log("warn", `read on after ${seconds} s of: ${this.#message}`, this.#fields);
    this.#message = null;
  }
}
