/**
 * Little-endian bytes of frames, written and read. Every length is checked against the bytes that are there before
 * anything is allocated; what does not fit is FRAME_CORRUPT.
 */
import { StoreError } from "#schemas/errors";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes that grow as they are written. */
export class FrameWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** What was written. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #take(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }

  u8(value: number): void {
    const at = this.#take(1);
    this.#bytes[at] = value;
  }

  flag(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  u32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value, true);
  }

  i32(value: number): void {
    const at = this.#take(4);
    this.#view.setInt32(at, value, true);
  }

  i64(value: bigint): void {
    const at = this.#take(8);
    this.#view.setBigInt64(at, value, true);
  }

  f64(value: number): void {
    const at = this.#take(8);
    this.#view.setFloat64(at, value, true);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** bytes => length:u32 byte[length] */
  sized(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  text(text: string): void {
    this.sized(encoder.encode(text));
  }

  /** list => count:u32 item[count] */
  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.u32(items.length);
    for (const item of items) write(item);
  }

  /** option => present:u8 item? */
  option<T>(item: T | null, write: (item: T) => void): void {
    this.flag(item !== null);
    if (item !== null) write(item);
  }
}

/** Reads what `FrameWriter` wrote, in the same order. */
export class FrameReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(expected: string, found: unknown): never {
    const place = `at byte ${this.#at} of ${this.#bytes.length}`;
    throw new StoreError("FRAME_CORRUPT", `expected ${expected} but found ${String(found)} ${place}`, {
      expected,
      found: String(found),
    });
  }

  check(condition: boolean, expected: string, found: unknown): void {
    if (!condition) this.fail(expected, found);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  #skip(count: number): number {
    if (count > this.left) this.fail(`${count} more bytes`, `${this.left}`);
    const at = this.#at;
    this.#at += count;
    return at;
  }

  u8(): number {
    return this.#bytes[this.#skip(1)];
  }

  u8Below(bound: number, what: string): number {
    const value = this.u8();
    this.check(value < bound, `${what} below ${bound}`, value);
    return value;
  }

  flag(): boolean {
    return this.u8Below(2, "a flag") === 1;
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#skip(8), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#skip(8), true);
  }

  /** A whole number that was written as f64. */
  whole(what: string): number {
    const value = this.f64();
    this.check(Number.isSafeInteger(value), `a whole number for ${what}`, value);
    return value;
  }

  /** A copy, so that what is kept does not hold the frame, and typed arrays over it are aligned. */
  raw(count: number): Uint8Array<ArrayBuffer> {
    const at = this.#skip(count);
    const copy = new Uint8Array(count);
    copy.set(this.#bytes.subarray(at, at + count));
    return copy;
  }

  /** How many items of at least `itemBytes` come: never more than the bytes left can hold. */
  count(itemBytes: number, what: string): number {
    const count = this.u32();
    this.check(count * itemBytes <= this.left, `at most ${Math.floor(this.left / itemBytes)} ${what}`, count);
    return count;
  }

  sized(what: string): Uint8Array<ArrayBuffer> {
    return this.raw(this.count(1, `bytes of ${what}`));
  }

  text(what: string): string {
    const count = this.count(1, `bytes of ${what}`);
    const at = this.#skip(count);
    try {
      return decoder.decode(this.#bytes.subarray(at, at + count));
    } catch {
      return this.fail(`UTF-8 text for ${what}`, "other bytes");
    }
  }

  list<T>(what: string, read: () => T): T[] {
    const count = this.count(1, what);
    const items: T[] = [];
    for (let at = 0; at < count; at++) items.push(read());
    return items;
  }

  option<T>(read: () => T): T | null {
    return this.flag() ? read() : null;
  }

  /** Nothing may follow. */
  done(): void {
    this.check(this.left === 0, "the end", `${this.left} more bytes`);
  }
}
