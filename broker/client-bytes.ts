/**
 * What clients make the process hold: bodies that are coming in and answers that are not read yet, half of
 * `clientBytes` for each. A body that does not fit is refused; while answers fill theirs, statements wait their turn.
 */
import { StoreError } from "#schemas/errors";
import type { Limits } from "#schemas/limits";
import type { Metric } from "#schemas/metric";

type ClientPurpose = "bodies" | "answers";

export class ClientBytes {
  /** For each of the two. */
  readonly #bytesMax: number;
  readonly #held: Record<ClientPurpose, number> = { bodies: 0, answers: 0 };
  readonly #waiting: (() => void)[] = [];

  constructor({ clientBytes }: Pick<Limits, "clientBytes">) {
    this.#bytesMax = clientBytes / 2;
  }

  /** What /metrics tells. */
  metrics(): readonly Metric[] {
    return Object.entries(this.#held).map(([purpose, value]) => ({
      name: "freshet_client_bytes",
      kind: "gauge",
      help: "Bytes of request bodies, and of answers that are not read yet",
      labels: { purpose },
      value,
    }));
  }

  get isFull(): boolean {
    return this.#held.answers >= this.#bytesMax;
  }

  /** Counts bytes that are there already; the answer gives them back, once. */
  hold(purpose: ClientPurpose, bytes: number): () => void {
    this.#held[purpose] += bytes;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#held[purpose] -= bytes;
      if (!this.isFull) for (const resume of this.#waiting.splice(0)) resume();
    };
  }

  /** As `hold`, for what can still be refused: MEMORY_BUDGET when it does not fit. */
  take(purpose: ClientPurpose, bytes: number): () => void {
    const held = this.#held[purpose];
    if (held + bytes <= this.#bytesMax) return this.hold(purpose, bytes);
    const expected = `at most ${this.#bytesMax} bytes of ${purpose} at once (half of clientBytes)`;
    throw new StoreError(
      "MEMORY_BUDGET",
      `expected ${expected} but found ${bytes} more beside ${held}; try again in a second`,
      { expected, found: `${held + bytes} bytes` },
    );
  }

  /** Calls back when there is room again. */
  whenRoom(resume: () => void): void {
    this.#waiting.push(resume);
  }
}
