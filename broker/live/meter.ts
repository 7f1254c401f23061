/** What one page sends in a second, and when that is too much. */
import { StoreError } from "#schemas/errors";

export interface MeterLimits {
  readonly liveMessagesPerSecond: number;
  readonly liveBytesPerSecond: number;
}

export class Meter {
  readonly #limits: MeterLimits;
  #secondMs = Number.NEGATIVE_INFINITY;
  #messages = 0;
  #bytes = 0;

  constructor(limits: MeterLimits) {
    this.#limits = limits;
  }

  /** One more message; RATE_LIMITED with the limit's name when the second already had what it may have. */
  take(bytes: number, nowMs: number): void {
    const secondMs = Math.floor(nowMs / 1000) * 1000;
    if (secondMs !== this.#secondMs) {
      this.#messages = 0;
      this.#bytes = 0;
    }
    this.#secondMs = secondMs;
    this.#messages++;
    this.#bytes += bytes;
    const { liveMessagesPerSecond, liveBytesPerSecond } = this.#limits;
    if (this.#messages > liveMessagesPerSecond) {
      throw new StoreError(
        "RATE_LIMITED",
        `more than liveMessagesPerSecond = ${liveMessagesPerSecond} messages in a second from one page`,
      );
    }
    if (this.#bytes > liveBytesPerSecond) {
      throw new StoreError(
        "RATE_LIMITED",
        `more than liveBytesPerSecond = ${liveBytesPerSecond} bytes in a second from one page`,
      );
    }
  }
}
