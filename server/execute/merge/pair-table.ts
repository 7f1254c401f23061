/** Pairs of 32-bit words numbered 0, 1, 2 … in order of first appearance: open addressing over typed arrays. */
import { atOnce, type Stepwise, stepItems } from "#schemas/turns";

const capacityMin = 64;

export class PairTable {
  count = 0;
  private slots = new Uint32Array(capacityMin * 2);
  private pairs = new Uint32Array(capacityMin * 2);

  bytes(): number {
    return this.slots.byteLength + this.pairs.byteLength;
  }

  /** The number of a pair, given one when it is new. */
  intern(low: number, high: number): number {
    const mask = this.slots.length - 1;
    let slot = hashPair(low, high) & mask;
    while (true) {
      const found = this.slots[slot];
      if (found === 0) break;
      const at = (found - 1) * 2;
      if (this.pairs[at] === low && this.pairs[at + 1] === high) return found - 1;
      slot = (slot + 1) & mask;
    }
    const number = this.count;
    if (number * 2 === this.pairs.length) {
      atOnce(this.grown());
      slot = this.freeSlot(low, high);
    }
    this.count++;
    this.pairs[number * 2] = low;
    this.pairs[number * 2 + 1] = high;
    this.slots[slot] = number + 1;
    return number;
  }

  /** Makes room for `more` pairs in steps, so that adding them takes no pause. */
  *reserve(more: number): Stepwise {
    while ((this.count + more) * 2 > this.pairs.length) yield* this.grown();
  }

  private freeSlot(low: number, high: number): number {
    const mask = this.slots.length - 1;
    let slot = hashPair(low, high) & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  /** Twice the room. */
  private *grown(): Stepwise {
    const pairs = new Uint32Array(this.pairs.length * 2);
    pairs.set(this.pairs);
    this.pairs = pairs;
    this.slots = new Uint32Array(pairs.length);
    for (let number = 0; number < this.count; number++) {
      this.slots[this.freeSlot(pairs[number * 2], pairs[number * 2 + 1])] = number + 1;
      if (number % stepItems === 0) yield;
    }
  }

  low(number: number): number {
    return this.pairs[number * 2];
  }

  high(number: number): number {
    return this.pairs[number * 2 + 1];
  }
}

function hashPair(low: number, high: number): number {
  let mixed = Math.imul(low ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(high ^ (low >>> 15), 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
