/**
 * Frames between broker and server.
 *
 * Frame => magic:u32 kind:u8 request:u32 bodyBytes:u32 crc32:u32 body[bodyBytes]      (little-endian)
 * The checksum covers kind, request, bodyBytes and body. `request` ties an answer to its question. A length is
 * checked against the bound before a byte of the body is kept, and memory grows with the bytes that came, never with
 * what a header claims.
 */
import { assert, StoreError } from "#schemas/errors";
import { crc32 } from "#schemas/wire/crc32";

/** "FRS1" */
const frameMagic = 0x31535246;
export const frameHeadBytes = 17;

export interface Frame {
  readonly kind: number;
  readonly request: number;
  readonly body: Uint8Array;
}

/** The frame's head and its body, to be sent one after the other. */
export function writeFrame(
  frame: Frame,
  bodyBytesMax: number,
): readonly [head: Uint8Array, body: Uint8Array] {
  const { kind, request, body } = frame;
  assert(body.length <= bodyBytesMax, `a frame of ${body.length} bytes fits ${bodyBytesMax}`);
  const head = new Uint8Array(frameHeadBytes);
  const view = new DataView(head.buffer);
  view.setUint32(0, frameMagic, true);
  view.setUint8(4, kind);
  view.setUint32(5, request, true);
  view.setUint32(9, body.length, true);
  view.setUint32(13, crc32(body, crc32(head.subarray(4, 13))), true);
  return [head, body];
}

/** Cuts a stream of bytes into frames. After FRAME_CORRUPT the stream is lost: close it. */
export class FrameStream {
  readonly #bodyBytesMax: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** Bytes to wait for before it is worth looking again. */
  #wanted = frameHeadBytes;

  constructor(bodyBytesMax: number) {
    this.#bodyBytesMax = bodyBytesMax;
  }

  /** The frames that this chunk completes. */
  *push(chunk: Uint8Array): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#wanted) {
      const joined = this.#joined();
      const view = new DataView(joined.buffer, joined.byteOffset, joined.byteLength);
      const bodyBytes = this.#bodyBytes(view);
      this.#wanted = frameHeadBytes + bodyBytes;
      if (joined.length < this.#wanted) return;
      const frame = checked(joined, view, bodyBytes);
      this.#chunks = [joined.subarray(this.#wanted)];
      this.#bytes = joined.length - this.#wanted;
      this.#wanted = frameHeadBytes;
      yield frame;
    }
  }

  /** Bytes of a frame that has begun and not ended. */
  get pending(): number {
    return this.#bytes;
  }

  #joined(): Uint8Array {
    if (this.#chunks.length === 1) return this.#chunks[0];
    const joined = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [joined];
    return joined;
  }

  #bodyBytes(view: DataView): number {
    const magic = view.getUint32(0, true);
    if (magic !== frameMagic) throw corrupt("frame magic", `0x${magic.toString(16)}`);
    const bodyBytes = view.getUint32(9, true);
    if (bodyBytes > this.#bodyBytesMax)
      throw corrupt(`a body of at most ${this.#bodyBytesMax} bytes`, bodyBytes);
    return bodyBytes;
  }
}

const corrupt = (expected: string, found: unknown): StoreError =>
  new StoreError("FRAME_CORRUPT", `expected ${expected} but found ${String(found)}`, {
    expected,
    found: String(found),
  });

function checked(bytes: Uint8Array, view: DataView, bodyBytes: number): Frame {
  const body = bytes.subarray(frameHeadBytes, frameHeadBytes + bodyBytes);
  const found = view.getUint32(13, true);
  const expected = crc32(body, crc32(bytes.subarray(4, 13)));
  if (found !== expected) throw corrupt(`checksum ${expected}`, found);
  return { kind: view.getUint8(4), request: view.getUint32(5, true), body };
}
