/**
 * Long work on a thread that others wait for. The work is a generator that yields wherever it may be interrupted;
 * whoever runs it lets timers, sockets and other queries have their turn when it has gone on for long enough.
 */
import { schemaBounds } from "#schemas/limits";

/** Work in short steps; what it holds is given back in `finally`, for it may be left at any step. */
export type Stepwise<T = void> = Generator<void, T, void>;

/** Rows, groups or values between two steps of a loop that spends some ten nanoseconds on each. */
export const stepItems = 8192;

const turnMs = schemaBounds.turnMs;

/** Who waits for a turn, in the order of asking. */
const waiting: (() => void)[] = [];

/** One turn for each pass of the event loop: sockets and timers wait for one query, not for all of them. */
function next(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}

/** Lets timers, sockets and other queries have their turn. */
export const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(next);
  });

export interface TurnParts {
  /** Monotonic, ms. */
  readonly nowMs: () => number;
  /** Throws when the work is no longer wanted: its time is up, or nobody waits for it. */
  readonly check: () => void;
}

/** Runs the work of one query, turn by turn. */
export class Turns {
  private readonly parts: TurnParts;
  private endMs: number;

  constructor(parts: TurnParts) {
    this.parts = parts;
    this.endMs = parts.nowMs() + turnMs;
  }

  /** This turn has lasted long enough: `pass` it on. */
  get isOver(): boolean {
    return this.parts.nowMs() >= this.endMs;
  }

  /** Lets others have their turn; throws what `check` throws. */
  async pass(): Promise<void> {
    await breathe();
    this.endMs = this.parts.nowMs() + turnMs;
    this.parts.check();
  }

  /** The work's result: at once when it takes no longer than a turn. */
  start<T>(work: Stepwise<T>): T | Promise<T> {
    this.endMs = this.parts.nowMs() + turnMs;
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      if (this.isOver) return this.rest(work);
    }
  }

  /** The work's result; what `check` throws ends the work first. */
  run<T>(work: Stepwise<T>): Promise<T> {
    this.endMs = this.parts.nowMs() + turnMs;
    return this.rest(work);
  }

  private async rest<T>(work: Stepwise<T>): Promise<T> {
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      if (!this.isOver) continue;
      try {
        await this.pass();
      } catch (error) {
        work.throw(error);
        throw error;
      }
    }
  }
}

/** The work's result without a pause: on threads that nobody else waits for. `check` may throw at any step. */
export function atOnce<T>(work: Stepwise<T>, check: () => void = () => {}): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    check();
  }
}
