/**
 * A strict JSON scanner over bytes. It finds where values begin and end and what they are, without making
 * objects, so that 64-bit integers and long decimals keep their digits. Accepts exactly what JSON.parse
 * accepts, given valid UTF-8 and at most `depthMax` levels. `fault` says what is wrong, and `at` where.
 */
import { utf8Fault } from "#ingestion/decode/utf8";
import { ingestionBounds } from "#schemas/limits";

export const valueKinds = {
  null: 0,
  true: 1,
  false: 2,
  integer: 3,
  number: 4,
  string: 5,
  object: 6,
  array: 7,
} as const;

const depthMax = ingestionBounds.jsonDepth;

export class JsonScanner {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  fault = "";
  /** The value scanned last; of a string without its quotes. */
  kind: number = valueKinds.null;
  start = 0;
  stop = 0;
  /** A string with backslashes. */
  escaped = false;

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.fault = "";
  }

  skipSpace(): void {
    const { bytes, end } = this;
    let at = this.at;
    for (; at < end; at++) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    }
    this.at = at;
  }

  /** Steps over `byte` after white space; false leaves the position. */
  take(byte: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== byte) {
      this.skipSpace();
      if (this.at >= this.end || this.bytes[this.at] !== byte) return false;
    }
    this.at++;
    return true;
  }

  fail(fault: string): false {
    this.fault = fault;
    return false;
  }

  /** Scans the text as exactly one value. */
  whole(): boolean {
    if (!this.value()) return false;
    this.skipSpace();
    return this.at === this.end || this.fail("expected the text's end after the value");
  }

  /** Scans one value of any kind. */
  value(depth = 0): boolean {
    this.skipSpace();
    if (this.at >= this.end) return this.fail("expected a value but the text ends");
    switch (this.bytes[this.at]) {
      case 0x22:
        this.at++;
        return this.string();
      case 0x7b:
        return this.#nested(depth, 0x7d);
      case 0x5b:
        return this.#nested(depth, 0x5d);
      case 0x74:
        return this.#word("true", valueKinds.true);
      case 0x66:
        return this.#word("false", valueKinds.false);
      case 0x6e:
        return this.#word("null", valueKinds.null);
      default:
        return this.#number();
    }
  }

  /** Scans a string whose opening quote was taken. */
  string(): boolean {
    const { bytes, end } = this;
    const start = this.at;
    let at = start;
    let high = 0;
    let escaped = false;
    for (; ; at++) {
      if (at >= end) return this.fail("a string does not end");
      const byte = bytes[at];
      if (byte === 0x22) break;
      high |= byte;
      if (byte === 0x5c) {
        escaped = true;
        at = this.#escape(at + 1);
        if (at < 0) return false;
      } else if (byte < 0x20) {
        this.at = at;
        return this.fail("a string holds a control character");
      }
    }
    if (high >= 0x80 && utf8Fault(bytes, start, at) >= 0) return this.fail("not UTF-8");
    this.kind = valueKinds.string;
    this.start = start;
    this.stop = at;
    this.escaped = escaped;
    this.at = at + 1;
    return true;
  }

  /** Checks the escape whose backslash was passed; returns its last byte's position, or −1. */
  #escape(at: number): number {
    const { bytes, end } = this;
    const byte = at < end ? bytes[at] : 0;
    if (byte === 0x75) {
      for (let digit = at + 1; digit <= at + 4; digit++) {
        if (digit >= end || !isHex(bytes[digit])) {
          this.fail("expected four hexadecimal digits after \\u");
          return -1;
        }
      }
      return at + 4;
    }
    // " \ / b f n r t
    const known =
      byte === 0x22 ||
      byte === 0x5c ||
      byte === 0x2f ||
      byte === 0x62 ||
      byte === 0x66 ||
      byte === 0x6e ||
      byte === 0x72 ||
      byte === 0x74;
    if (known) return at;
    this.fail("unknown escape in a string");
    return -1;
  }

  #word(word: string, kind: number): boolean {
    const start = this.at;
    for (let index = 0; index < word.length; index++) {
      if (start + index >= this.end || this.bytes[start + index] !== word.charCodeAt(index)) {
        return this.fail(`expected ${word}`);
      }
    }
    this.kind = kind;
    this.start = start;
    this.stop = this.at = start + word.length;
    return true;
  }

  #number(): boolean {
    const start = this.at;
    const { bytes, end } = this;
    let at = start;
    if (bytes[at] === 0x2d) at++;
    const whole = at;
    at = digitsEnd(bytes, at, end);
    if (at === whole) return this.fail("expected a value");
    if (bytes[whole] === 0x30 && at > whole + 1) return this.fail("a number begins with 0");
    let kind: number = valueKinds.integer;
    if (at < end && bytes[at] === 0x2e) {
      kind = valueKinds.number;
      const fraction = ++at;
      at = digitsEnd(bytes, at, end);
      if (at === fraction) return this.fail("expected digits after the decimal point");
    }
    if (at < end && (bytes[at] | 0x20) === 0x65) {
      kind = valueKinds.number;
      at++;
      if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++;
      const exponent = at;
      at = digitsEnd(bytes, at, end);
      if (at === exponent) return this.fail("expected digits in the exponent");
    }
    this.kind = kind;
    this.start = start;
    this.stop = this.at = at;
    return true;
  }

  #nested(depth: number, close: number): boolean {
    if (depth >= depthMax) return this.fail(`nested deeper than ${depthMax} levels`);
    const start = this.at++;
    const isObject = close === 0x7d;
    if (!this.take(close)) {
      for (;;) {
        if (isObject && !this.#key()) return false;
        if (!this.value(depth + 1)) return false;
        if (this.take(0x2c)) continue;
        if (this.take(close)) break;
        return this.fail(isObject ? 'expected "," or "}"' : 'expected "," or "]"');
      }
    }
    this.kind = isObject ? valueKinds.object : valueKinds.array;
    this.start = start;
    this.stop = this.at;
    return true;
  }

  #key(): boolean {
    if (!this.take(0x22)) return this.fail("expected a field name");
    if (!this.string()) return false;
    return this.take(0x3a) || this.fail('expected ":" after a field name');
  }
}

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39) at++;
  return at;
}

const isHex = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
