/**
 * Text that may grow large: kept as a string while it is small, as blocks of UTF-8 beyond, because a string of millions
 * of pieces costs more to join than to write, and one block that grows is copied again and again.
 */
import { brokerBounds } from "#schemas/limits";

/** An answer's text, whole or as blocks of UTF-8 to be sent one after another. */
export type Body = string | readonly Uint8Array[];

const pendingMax = brokerBounds.sinkPendingChars;
const blockBytes = brokerBounds.sinkBlockBytes;

const encoder = new TextEncoder();

export class TextSink {
  #pending = "";
  #block = new Uint8Array(0);
  #used = 0;
  readonly #blocks: Uint8Array[] = [];

  add(text: string): void {
    this.#pending += text;
    if (this.#pending.length > pendingMax) this.#flush();
  }

  /** Everything added. */
  finish(): Body {
    if (this.#used === 0) return this.#pending;
    this.#flush();
    this.#close();
    return this.#blocks;
  }

  #close(): void {
    if (this.#used > 0) this.#blocks.push(this.#block.subarray(0, this.#used));
  }

  #flush(): void {
    const needed = this.#pending.length * 3; // a UTF-16 unit is at most three bytes
    if (this.#used + needed > this.#block.length) {
      this.#close();
      this.#block = new Uint8Array(Math.max(needed, blockBytes));
      this.#used = 0;
    }
    this.#used += encoder.encodeInto(this.#pending, this.#block.subarray(this.#used)).written;
    this.#pending = "";
  }
}

/** The bytes of a body, joined. */
export const bytesOf = (body: Body): Uint8Array =>
  typeof body === "string" ? encoder.encode(body) : Buffer.concat(body);
