/**
 * Texts numbered once for many segments: code 1, 2, 3 … in order of first appearance, 0 for NULL. Found by the 64-bit
 * hash of dictionary entries and verified by their bytes; never a JavaScript string.
 */
import type { TextEntries } from "#schemas/batch";
import { type Stepwise, stepItems } from "#schemas/turns";
import { type HashWords, hashBytes } from "#server/kernels/hash";

const slotsMin = 1024;

export class TextDomain {
  /** Codes so far, NULL's included. */
  card = 1;
  /** Of mappings to this domain: the id up to which each is complete. */
  readonly completeTo = new WeakMap<Uint32Array, number>();
  /** Code and low half of the hash, slot after slot: a miss of the cache brings both. */
  private slots = new Uint32Array(slotsMin * 2);
  private offsets = new Uint32Array(slotsMin / 2 + 2);
  private text = new Uint8Array(1 << 14);
  private readonly words: HashWords = { low: 0, high: 0 };

  bytes(): number {
    return this.slots.byteLength + this.offsets.byteLength + this.text.length;
  }

  /** The code of some bytes; `hash` is the low half of their hash, if it is known. */
  intern(bytes: Uint8Array, start: number, length: number, hash: number | null): number {
    let low = hash;
    if (low === null) {
      hashBytes(bytes, start, length, this.words);
      low = this.words.low;
    }
    const { slots } = this;
    const mask = slots.length - 2;
    let slot = (low * 2) & mask;
    while (true) {
      const code = slots[slot];
      if (code === 0) return this.add(bytes, start, length, low);
      if (slots[slot + 1] === low && this.same(code, bytes, start, length)) return code;
      slot = (slot + 2) & mask;
    }
  }

  /**
   * Codes of all entries (entry 0 is NULL's) by the low halves of their hashes. In two passes over each step, so that the
   * misses of the cache, which are nearly all of the cost, overlap instead of waiting for one another.
   */
  *internAll({ count, offsets, bytes }: TextEntries, hashes: Uint32Array): Stepwise<Uint32Array> {
    const codes = new Uint32Array(count);
    for (let first = 1; first < count; first += stepItems) {
      const end = Math.min(first + stepItems, count);
      this.look(hashes, codes, first, end);
      for (let entry = first; entry < end; entry++) {
        const start = offsets[entry];
        const length = offsets[entry + 1] - start;
        const known = codes[entry];
        if (known === 0 || !this.same(known, bytes, start, length))
          codes[entry] = this.intern(bytes, start, length, hashes[entry]);
      }
      yield;
    }
    return codes;
  }

  /** Codes that entries first … end − 1 may have, by their hashes alone; 0: certainly new. */
  private look(hashes: Uint32Array, codes: Uint32Array, first: number, end: number): void {
    const { slots } = this;
    const mask = slots.length - 2;
    for (let entry = first; entry < end; entry++) {
      const low = hashes[entry];
      let slot = (low * 2) & mask;
      while (slots[slot] !== 0 && slots[slot + 1] !== low) slot = (slot + 2) & mask;
      codes[entry] = slots[slot];
    }
  }

  private same(code: number, bytes: Uint8Array, start: number, length: number): boolean {
    const from = this.offsets[code];
    if (this.offsets[code + 1] - from !== length) return false;
    const { text } = this;
    for (let at = 0; at < length; at++) if (text[from + at] !== bytes[start + at]) return false;
    return true;
  }

  private add(bytes: Uint8Array, start: number, length: number, hash: number): number {
    const code = this.card++;
    if (code * 4 + 4 >= this.slots.length) this.growTable();
    const from = this.offsets[code];
    if (from + length > this.text.length) this.growText(from + length);
    this.text.set(bytes.subarray(start, start + length), from);
    this.offsets[code + 1] = from + length;
    this.place(code, hash);
    return code;
  }

  /** Puts a code into the first free slot of its chain. */
  private place(code: number, hash: number): void {
    const { slots } = this;
    const mask = slots.length - 2;
    let slot = (hash * 2) & mask;
    while (slots[slot] !== 0) slot = (slot + 2) & mask;
    slots[slot] = code;
    slots[slot + 1] = hash;
  }

  private growTable(): void {
    const old = this.slots;
    const offsets = new Uint32Array(old.length + 2);
    offsets.set(this.offsets);
    this.offsets = offsets;
    this.slots = new Uint32Array(old.length * 4);
    for (let slot = 0; slot < old.length; slot += 2)
      if (old[slot] !== 0) this.place(old[slot], old[slot + 1]);
  }

  private growText(needed: number): void {
    const grown = new Uint8Array(Math.max(this.text.length * 2, needed));
    grown.set(this.text);
    this.text = grown;
  }

  /** The bytes of a code ≥ 1. */
  entry(code: number): Uint8Array {
    return this.text.subarray(this.offsets[code], this.offsets[code + 1]);
  }

  /** The entries of the codes listed, in that order, copied; code 0 gives an empty one. */
  *entries(codes: Uint32Array): Stepwise<TextEntries> {
    const offsets = new Uint32Array(codes.length + 1);
    for (let at = 0; at < codes.length; at++) {
      const code = codes[at];
      offsets[at + 1] = offsets[at] + (code === 0 ? 0 : this.offsets[code + 1] - this.offsets[code]);
    }
    const bytes = new Uint8Array(offsets[codes.length]);
    for (let at = 0; at < codes.length; at++) {
      if (at % stepItems === 0) yield;
      if (codes[at] !== 0) this.copyEntry(codes[at], bytes, offsets[at]);
    }
    return { count: codes.length, offsets, bytes };
  }

  /** Most texts are short: a loop is faster than a view of each. */
  private copyEntry(code: number, into: Uint8Array, start: number): void {
    const from = this.offsets[code];
    const end = this.offsets[code + 1];
    const { text } = this;
    if (end - from > 64) into.set(text.subarray(from, end), start);
    else for (let at = from, to = start; at < end; at++, to++) into[to] = text[at];
  }
}
