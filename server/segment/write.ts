/** Puts a segment file together: blocks one after another, then footer and trailer. Nothing is written to disk here. */
import { crc32 } from "@node-rs/crc32";
import { compressBlock, type Gain } from "#server/encode/compress";
import { type Block, type Footer, fileMagic, writeFooter, writeTrailer } from "#server/segment/format";

/** Text is compressed when that saves a tenth; integers are packed already, so only when it saves much. */
export const gains = { text: 1.1, packed: 1.6, footer: 1 } as const satisfies Record<string, Gain>;

export class SegmentFile {
  readonly chunks: Uint8Array[] = [fileMagic];
  #offset: number = fileMagic.length;

  /** Adds a block. `content` is copied unless compressing did. */
  add(content: Uint8Array, gain: Gain): Block {
    const parts = compressBlock(content, gain);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    const block = new Uint8Array((bytes + 7) & ~7);
    let at = 0;
    for (const part of parts) {
      block.set(part, at);
      at += part.length;
    }
    const offset = this.#offset;
    this.chunks.push(block);
    this.#offset += block.length;
    return { offset, bytes, crc: crc32(block.subarray(0, bytes)) };
  }

  /** Adds the footer; returns the file's bytes in pieces. */
  finish(footer: Footer): { readonly chunks: readonly Uint8Array[]; readonly bytes: number } {
    const content = Buffer.concat(compressBlock(writeFooter(footer), gains.footer));
    const footerOffset = this.#offset;
    this.chunks.push(content);
    this.chunks.push(writeTrailer({ footerOffset, footerBytes: content.length, footerCrc: crc32(content) }));
    const bytes = this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    return { chunks: this.chunks, bytes };
  }
}
