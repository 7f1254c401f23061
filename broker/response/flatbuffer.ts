/**
 * The few FlatBuffers shapes that Arrow's metadata is made of, written back to front as the format wants: children
 * first, each known by its distance from the end.
 */
import { assert } from "#schemas/errors";

/** A field of a table: absent, a number, or a reference to what was written before. */
export type Slot =
  | null
  | { readonly bytes: 1 | 2 | 4; readonly value: number }
  | { readonly bytes: 8; readonly value: bigint }
  | { readonly target: number };

export class FlatBuffer {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  /** Where the written part begins. */
  #head = 1024;
  #alignment = 1;

  /** Bytes written so far: the reference to what was written last. */
  get #written(): number {
    return this.#bytes.length - this.#head;
  }

  string(text: string): number {
    const bytes = new TextEncoder().encode(text);
    this.#prepare(4, bytes.length + 1);
    this.#put(1, 0);
    this.#head -= bytes.length;
    this.#bytes.set(bytes, this.#head);
    return this.#count(bytes.length);
  }

  references(targets: readonly number[]): number {
    this.#prepare(4, targets.length * 4);
    for (const target of targets.toReversed()) this.#reference(target);
    return this.#count(targets.length);
  }

  /** A vector of structs of two 64-bit integers. */
  pairs(pairs: readonly (readonly [bigint, bigint])[]): number {
    this.#prepare(4, pairs.length * 16);
    this.#prepare(8, pairs.length * 16);
    for (const [first, second] of pairs.toReversed()) {
      this.#put64(second);
      this.#put64(first);
    }
    return this.#count(pairs.length);
  }

  table(slots: readonly Slot[]): number {
    const start = this.#written;
    const places = slots.map((slot) => this.#slot(slot));
    this.#prepare(4, 0);
    this.#put(4, 0);
    const table = this.#written;
    for (const place of places.toReversed()) this.#put(2, place === 0 ? 0 : table - place);
    this.#put(2, table - start);
    this.#put(2, (slots.length + 2) * 2);
    this.#view.setInt32(this.#bytes.length - table, this.#written - table, true);
    return table;
  }

  /** The bytes, with `root` as their root table. */
  finish(root: number): Uint8Array {
    this.#prepare(Math.max(8, this.#alignment), 4);
    this.#reference(root);
    return this.#bytes.slice(this.#head);
  }

  #slot(slot: Slot): number {
    if (slot === null) return 0;
    if ("target" in slot) {
      this.#prepare(4, 0);
      this.#reference(slot.target);
    } else {
      this.#prepare(slot.bytes, 0);
      if (slot.bytes === 8) this.#put64(slot.value);
      else this.#put(slot.bytes, slot.value);
    }
    return this.#written;
  }

  #count(count: number): number {
    this.#prepare(4, 0);
    this.#put(4, count);
    return this.#written;
  }

  #reference(target: number): void {
    this.#prepare(4, 0);
    assert(target <= this.#written, "children are written first");
    this.#put(4, this.#written - target + 4);
  }

  /** Pads so that after `following` more bytes the place is aligned, and makes room. */
  #prepare(alignment: number, following: number): void {
    this.#alignment = Math.max(this.#alignment, alignment);
    const padding = -(this.#written + following) & (alignment - 1);
    while (this.#head < padding + following + 16) this.#grow();
    for (let count = 0; count < padding; count++) this.#bytes[--this.#head] = 0;
  }

  #grow(): void {
    const grown = new Uint8Array(this.#bytes.length * 2);
    grown.set(this.#bytes, this.#bytes.length);
    this.#head += this.#bytes.length;
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  #put(bytes: 1 | 2 | 4, value: number): void {
    if (this.#head < 16) this.#grow();
    this.#head -= bytes;
    if (bytes === 1) this.#view.setUint8(this.#head, value);
    else if (bytes === 2) this.#view.setInt16(this.#head, value, true);
    else this.#view.setInt32(this.#head, value, true);
  }

  #put64(value: bigint): void {
    if (this.#head < 16) this.#grow();
    this.#head -= 8;
    this.#view.setBigInt64(this.#head, value, true);
  }
}
