/**
 * Reads little-endian bytes with every bound checked: what is out of bounds is SEGMENT_CORRUPT, naming the place the
 * reader was made for. Nothing is allocated by an unchecked length.
 */
import { StoreError } from "#schemas/errors";

export class ByteReader {
  readonly source: Uint8Array;
  /** Index into `source` of the next byte. */
  at: number;
  readonly end: number;
  readonly #view: DataView;
  readonly #where: string;

  /** Reads `source` from `start` to `end`; `where` names file and block in errors. */
  constructor(source: Uint8Array, where: string, start = 0, end = source.length) {
    this.source = source;
    this.#where = where;
    this.at = start;
    this.end = end;
    this.#view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  }

  /** Throws what every reader of corrupt bytes throws. */
  fail(expected: string, found: unknown): never {
    throw new StoreError(
      "SEGMENT_CORRUPT",
      `${this.#where}: expected ${expected} but found ${String(found)}`,
      {
        at: this.#where,
        expected,
        found: String(found),
      },
    );
  }

  check(condition: boolean, expected: string, found: unknown): void {
    if (!condition) this.fail(expected, found);
  }

  left(): number {
    return this.end - this.at;
  }

  /** Index of the next `count` bytes, which are stepped over. */
  skip(count: number): number {
    if (count > this.end - this.at || count < 0)
      this.fail(`${count} more bytes`, `${this.left()} before the end`);
    const start = this.at;
    this.at += count;
    return start;
  }

  u8(): number {
    return this.source[this.skip(1)];
  }

  u16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.skip(8), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.skip(8), true);
  }

  /** A view of the next `count` bytes. */
  raw(count: number): Uint8Array {
    const start = this.skip(count);
    return this.source.subarray(start, start + count);
  }

  u8AtMost(max: number, what: string): number {
    const value = this.u8();
    this.check(value <= max, `${what} of at most ${max}`, value);
    return value;
  }

  u32AtMost(max: number, what: string): number {
    const value = this.u32();
    this.check(value <= max, `${what} of at most ${max}`, value);
    return value;
  }

  sized(what: string): Uint8Array {
    return this.raw(this.u32AtMost(this.left(), `bytes of ${what}`));
  }

  text(what: string): string {
    const bytes = this.sized(what);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes.slice());
    } catch {
      return this.fail(`UTF-8 text for ${what}`, `${bytes.length} other bytes`);
    }
  }

  /** Steps over zeros up to a multiple of `to` bytes from `start`. */
  align(to: number, start: number): void {
    const over = (this.at - start) % to;
    if (over !== 0) this.skip(to - over);
  }

  /** Nothing may follow. */
  done(): void {
    this.check(this.at === this.end, "the end", `${this.left()} more bytes`);
  }
}
