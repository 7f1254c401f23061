/**
 * Finds line ends with SIMD, window by window, in a small memory of its own. The twin is `sliceLines`
 * without it.
 */

import { grown, offsetsFrom, sliceLines } from "#ingestion/decode/lines";
import type { RecordSlices } from "#schemas/ingest";

interface Exports {
  readonly splitLines: (text: number, bytes: number, target: number, linesMax: number) => void;
}

const pageBytes = 65_536;

export interface SplitterSizes {
  readonly windowBytes: number;
  readonly linesMax: number;
}

const usualSizes: SplitterSizes = { windowBytes: 1 << 20, linesMax: 1 << 16 };

export class LineSplitter {
  readonly #exports: Exports;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #sizes: SplitterSizes;
  readonly #target: number;

  constructor(module: WebAssembly.Module, sizes = usualSizes) {
    this.#sizes = sizes;
    // Slack: a window begins up to seven bytes in, and its last load reads past it.
    this.#target = Math.ceil((sizes.windowBytes + 32) / 16) * 16;
    const pages = Math.ceil((this.#target + 8 + sizes.linesMax * 8) / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
  }

  /** As `sliceLines`. */
  slice(bytes: Uint8Array, baseOffset: bigint): RecordSlices {
    const { windowBytes, linesMax } = this.#sizes;
    const words = this.#words;
    const head = this.#target >>> 2;
    let starts = new Int32Array(Math.max(16, bytes.length >> 7));
    let lengths = new Int32Array(starts.length);
    let count = 0;
    for (let from = 0; from < bytes.length; ) {
      const window = bytes.subarray(from, from + windowBytes);
      const text = window.byteOffset & 7; // as aligned as its source: see `alike` in decoder.ts
      this.#bytes.set(window, text);
      this.#exports.splitLines(text, window.length, this.#target, linesMax);
      // Nothing: the body's last line, or one longer than the window. The slow way, for the rest.
      const rest = words[head + 1] === 0 ? sliceLines(bytes.subarray(from), 0n) : null;
      const found = rest?.count ?? words[head];
      if (count + found > starts.length) {
        starts = grown(starts, count + found);
        lengths = grown(lengths, count + found);
      }
      for (let line = 0, at = head + 2; line < found; line++, at += 2, count++) {
        starts[count] = from + (rest === null ? words[at] : rest.starts[line]);
        lengths[count] = rest === null ? words[at + 1] : rest.lengths[line];
      }
      if (rest !== null) break;
      from += words[head + 1];
    }
    return { bytes, count, starts, lengths, offsets: offsetsFrom(baseOffset, count), newestMs: null };
  }
}
