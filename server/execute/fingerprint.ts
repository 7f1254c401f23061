/**
 * 128 bits that stand for a plain value: what a query has to do, told apart by what it says and not by how it
 * lies in memory. Made in one pass, without text and without recursion; every part says its kind and length
 * first, so no two values are read alike. Four lanes, mixed as in MurmurHash3.
 */
import { mix32 } from "#server/kernels/hash";

/** Kinds of parts; the numbers only have to differ. */
const marks = { null: 1, undefined: 2, true: 3, false: 4, number: 5, bigint: 6, text: 7 };
const nests = { array: 8, object: 9, bytes: 10, shape: 11 };

const halves = new DataView(new ArrayBuffer(8));

/** Typed arrays that say no more than how long they are, because what they were made from is in the key already. */
export interface FingerprintOptions {
  readonly contents: "all" | "lengths";
}

export class Fingerprint {
  private a = 0x239b961b | 0;
  private b = 0xab0e9789 | 0;
  private c = 0x38b34ae5 | 0;
  private d = 0xa1e38b93 | 0;
  private words = 0;

  /** Adds a value: objects by their fields in order, typed arrays by their bytes. */
  add(value: unknown, { contents }: FingerprintOptions = { contents: "all" }): this {
    const left: unknown[] = [value];
    while (left.length > 0) {
      const part = left.pop();
      if (typeof part !== "object" || part === null) this.scalar(part);
      else if (ArrayBuffer.isView(part)) this.view(part, contents);
      else this.open(part, left);
    }
    return this;
  }

  /** The key: 32 characters. */
  text(): string {
    const total = mix32(this.a ^ this.words) + mix32(this.b) + mix32(this.c) + mix32(this.d);
    return [this.a, this.b, this.c, this.d]
      .map((lane) => (mix32((lane + total) | 0) >>> 0).toString(16).padStart(8, "0"))
      .join("");
  }

  /** An array or object: how many parts it has, then these from the last to the first. */
  private open(part: object, left: unknown[]): void {
    if (Array.isArray(part)) {
      this.word(nests.array);
      this.word(part.length);
      for (const item of part) left.push(item);
      return;
    }
    const fields = Object.entries(part);
    this.word(nests.object);
    this.word(fields.length);
    for (const [name, field] of fields) left.push(name, field);
  }

  private scalar(part: unknown): void {
    switch (typeof part) {
      case "string":
        this.string(part);
        return;
      case "number":
        this.word(marks.number);
        halves.setFloat64(0, part);
        this.word(halves.getInt32(0));
        this.word(halves.getInt32(4));
        return;
      case "bigint":
        this.word(marks.bigint);
        this.string(part.toString(16));
        return;
      case "boolean":
        this.word(part ? marks.true : marks.false);
        return;
      default:
        this.word(part === null ? marks.null : marks.undefined);
    }
  }

  private string(text: string): void {
    this.word(marks.text);
    this.word(text.length);
    for (let at = 0; at < text.length; at += 2)
      this.word(text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
  }

  private view(part: ArrayBufferView, contents: FingerprintOptions["contents"]): void {
    this.word(contents === "all" ? nests.bytes : nests.shape);
    this.string(part.constructor.name);
    this.word(part.byteLength);
    if (contents === "lengths") return;
    const bytes = new DataView(part.buffer, part.byteOffset, part.byteLength);
    const whole = part.byteLength & ~3;
    for (let at = 0; at < whole; at += 4) this.word(bytes.getInt32(at, true));
    for (let at = whole; at < part.byteLength; at++) this.word(bytes.getUint8(at));
  }

  private word(word: number): void {
    this.words++;
    this.a = this.turned(this.a ^ Math.imul(word, 0x239b961b), this.b, 13);
    this.b = this.turned(this.b ^ Math.imul(word, 0xab0e9789), this.c, 17);
    this.c = this.turned(this.c ^ Math.imul(word, 0x38b34ae5), this.d, 15);
    this.d = this.turned(this.d ^ Math.imul(word, 0xa1e38b93), this.a, 19);
  }

  private turned(lane: number, other: number, bits: number): number {
    return (Math.imul((lane << bits) | (lane >>> (32 - bits)), 5) + other) | 0;
  }
}
