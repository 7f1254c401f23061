/**
 * A snappy block, unpacked piece by piece, so that a block of any length needs the same memory. The library that does
 * small blocks wants all of the output at once. Source: github.com/google/snappy, format_description.txt.
 *
 * Block   => length:uvarint Element*
 * Element => tag:u8, its low two bits: 0 literal · 1 copy, 1-byte offset · 2 copy, 2-byte · 3 copy, 4-byte
 */

/** How far back a copy may reach. Compressors cut their input into 64 KiB; the format would allow all of the output. */
const historyBytes = 8 << 20;
const pieceBytes = 1 << 20;
/** A copy makes at most 64 bytes of three. */
const growthMax = 22;

/** The length that a block says it unpacks to, and where its elements begin. */
export function snappyLength(block: Uint8Array): { readonly length: number; readonly start: number } {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte >= 0x80) continue;
    if (length > block.length * growthMax) break;
    return { length, start: index + 1 };
  }
  throw new RangeError("a snappy block has no length that its bytes could unpack to");
}

/** What was unpacked last: copies look back into it. */
class History {
  readonly bytes = new Uint8Array(historyBytes + 2 * pieceBytes);
  end = 0;
  /** Behind the last piece that was handed on. */
  #taken = 0;

  get waiting(): number {
    return this.end - this.#taken;
  }

  /** What was not handed on yet: valid until the next write. */
  take(): Uint8Array {
    const piece = this.bytes.subarray(this.#taken, this.end);
    this.#taken = this.end;
    return piece;
  }

  /** Makes room for a piece behind the history. Everything was taken before. */
  makeRoom(): void {
    if (this.end + pieceBytes <= this.bytes.length) return;
    this.bytes.copyWithin(0, this.end - historyBytes, this.end);
    this.end = this.#taken = historyBytes;
  }

  copy(offset: number, length: number): void {
    if (offset <= 0 || offset > this.end) throw new RangeError(`a snappy copy reaches ${offset} bytes back`);
    const { bytes } = this;
    for (let left = length; left > 0; left--, this.end++)
      bytes[this.end] = bytes[this.end - offset] as number;
  }
}

/** The block's bytes in order. Each piece is valid until the next is asked for. */
export function* unsnapPieces(block: Uint8Array): Generator<Uint8Array> {
  const { length, start } = snappyLength(block);
  const history = new History();
  let total = 0;
  for (let at = start; at < block.length; ) {
    const element = readElement(block, at);
    at = element.next;
    for (let done = 0; done < element.length; ) {
      if (history.waiting >= pieceBytes) yield history.take();
      if (history.waiting === 0) history.makeRoom();
      const part = Math.min(element.length - done, pieceBytes);
      if (element.offset > 0) history.copy(element.offset, part);
      else {
        const from = at - element.length + done;
        history.bytes.set(block.subarray(from, from + part), history.end);
        history.end += part;
      }
      done += part;
    }
    total += element.length;
    if (total > length) throw new RangeError(`a snappy block has more than its ${length} bytes`);
  }
  if (total !== length) throw new RangeError(`a snappy block has ${total} of its ${length} bytes`);
  if (history.waiting > 0) yield history.take();
}

interface Element {
  readonly length: number;
  /** 0: a literal, whose bytes end at `next`. */
  readonly offset: number;
  readonly next: number;
}

function readElement(block: Uint8Array, at: number): Element {
  const tag = block[at] as number;
  const kind = tag & 3;
  if (kind === 0) {
    const lengthBytes = Math.max(0, (tag >> 2) - 59);
    const length = (lengthBytes === 0 ? tag >> 2 : littleEndian(block, at + 1, lengthBytes)) + 1;
    const next = at + 1 + lengthBytes + length;
    if (next > block.length) throw new RangeError("a snappy literal runs past the end");
    return { length, offset: 0, next };
  }
  if (kind === 1) {
    const offset = littleEndian(block, at + 1, 1) + ((tag >> 5) << 8);
    return { length: ((tag >> 2) & 7) + 4, offset: copyOffset(offset), next: at + 2 };
  }
  const offsetBytes = kind === 2 ? 2 : 4;
  const offset = littleEndian(block, at + 1, offsetBytes);
  return { length: (tag >> 2) + 1, offset: copyOffset(offset), next: at + 1 + offsetBytes };
}

function copyOffset(offset: number): number {
  if (offset === 0 || offset > historyBytes)
    throw new RangeError(`a snappy copy reaches ${offset} bytes back`);
  return offset;
}

function littleEndian(block: Uint8Array, at: number, count: number): number {
  if (at + count > block.length) throw new RangeError("a snappy element runs past the end");
  let value = 0;
  for (let index = count - 1; index >= 0; index--) value = value * 256 + (block[at + index] as number);
  return value;
}
