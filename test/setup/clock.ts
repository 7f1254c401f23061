/** A clock that moves only when told, or jumps to the next timer when everything else is at rest. */
import type { Clock } from "#schemas/world";

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Lets every promise that can go on do so. */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export class ManualClock implements Clock {
  #wallMs: number;
  #elapsedMs = 0;
  #order = 0;
  #timers: Timer[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return Math.floor(this.#wallMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** Timers that have not fired. */
  get waiting(): number {
    return this.#timers.length;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        reject(signal?.reason);
      };
      const fire = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const timer = { atMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, fire };
      this.#timers.push(timer);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** The wall clock jumps (forwards or back); the monotonic one does not. */
  jump(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Moves on by `byMs`, firing timers in order and letting what they wake go on. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#elapsedMs + byMs;
    await settle();
    for (let next = this.#next(); next !== undefined && next.atMs <= untilMs; next = this.#next()) {
      this.#fire(next);
      await settle();
    }
    this.#move(untilMs);
  }

  /** Jumps from timer to timer until `done` says so; false when `limitMs` passed, or nothing is left to wait for. */
  async runUntil(done: () => boolean, limitMs = 3_600_000): Promise<boolean> {
    const untilMs = this.#elapsedMs + limitMs;
    for (;;) {
      await settle();
      if (done()) return true;
      const next = this.#next();
      if (next === undefined || next.atMs > untilMs) return false;
      this.#fire(next);
    }
  }

  #next(): Timer | undefined {
    return this.#timers.reduce<Timer | undefined>(
      (first, timer) =>
        first === undefined ||
        timer.atMs < first.atMs ||
        (timer.atMs === first.atMs && timer.order < first.order)
          ? timer
          : first,
      undefined,
    );
  }

  #fire(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
    this.#move(timer.atMs);
    timer.fire();
  }

  #move(toMs: number): void {
    this.#wallMs += Math.max(0, toMs - this.#elapsedMs);
    this.#elapsedMs = Math.max(this.#elapsedMs, toMs);
  }
}
