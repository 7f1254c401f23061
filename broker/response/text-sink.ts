/**
 * Text that may grow large: kept as a string while it is small, as UTF-8 bytes beyond, because a string of millions
 * of pieces costs more to join than to write.
 */

/** Pending characters that are worth a write. */
const pendingMax = 16_384;

const encoder = new TextEncoder();

export class TextSink {
  #pending = "";
  #bytes = new Uint8Array(0);
  #written = 0;

  add(text: string): void {
    this.#pending += text;
    if (this.#pending.length > pendingMax) this.#flush();
  }

  /** Everything added. */
  finish(): string | Uint8Array {
    if (this.#written === 0) return this.#pending;
    this.#flush();
    return this.#bytes.subarray(0, this.#written);
  }

  #flush(): void {
    const needed = this.#written + this.#pending.length * 3; // a UTF-16 unit is at most three bytes
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2, 1 << 17));
      grown.set(this.#bytes.subarray(0, this.#written));
      this.#bytes = grown;
    }
    this.#written += encoder.encodeInto(this.#pending, this.#bytes.subarray(this.#written)).written;
    this.#pending = "";
  }
}

/** The text of what `finish` gave. */
export const textOf = (body: string | Uint8Array): string =>
  typeof body === "string" ? body : new TextDecoder().decode(body);
