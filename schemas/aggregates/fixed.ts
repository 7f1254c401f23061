/**
 * Accumulators whose state has a fixed size: whole 8-byte slots a group, back to back. A group that is all zero bytes
 * is empty, so growing needs no initialisation.
 */
import type { Accumulator } from "#schemas/aggregates/aggregate";
import type { Vector } from "#schemas/batch";
import { assert, StoreError } from "#schemas/errors";
import type { States } from "#schemas/plan/server-client";

/** The same bytes seen as each type. Counts are kept as doubles (exact far past any row count), so merging is cheap. */
export interface Slots {
  readonly u8: Uint8Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
}

function slotsOver(buffer: ArrayBufferLike, offset: number, bytes: number): Slots {
  return {
    u8: new Uint8Array(buffer, offset, bytes),
    f64: new Float64Array(buffer, offset, bytes >> 3),
    i64: new BigInt64Array(buffer, offset, bytes >> 3),
    u64: new BigUint64Array(buffer, offset, bytes >> 3),
  };
}

/** Views over received bytes; copies them when they are not 8-aligned. */
function slotsOf(bytes: Uint8Array): Slots {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  return slotsOver(aligned.buffer, aligned.byteOffset, aligned.byteLength);
}

export abstract class FixedAccumulator implements Accumulator {
  groups = 0;
  protected slots: Slots;
  /** Slots a group. */
  readonly stride: number;

  constructor(stride: number) {
    this.stride = stride;
    this.slots = slotsOver(new ArrayBuffer(stride * 8), 0, stride * 8);
  }

  get stateBytes(): number {
    return this.stride * 8;
  }

  resize(groups: number): void {
    if (groups <= this.groups) return;
    const needed = groups * this.stateBytes;
    if (needed > this.slots.u8.length) {
      const bytes = Math.max(needed, this.groups === 0 ? 0 : this.slots.u8.length * 2);
      const grown = slotsOver(new ArrayBuffer(bytes), 0, bytes);
      grown.u8.set(this.slots.u8.subarray(0, this.groups * this.stateBytes));
      this.slots = grown;
    }
    this.groups = groups;
  }

  abstract update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void;
  /** Merges the state at slot `source` of `from` into the one at slot `target` of ours. */
  protected abstract mergeSlot(target: number, from: Slots, source: number): void;
  protected abstract finishRows(rows: number, slotOf: (row: number) => number): Vector;

  merge(from: States, targets: Uint32Array | null): void {
    if (from.kind !== "fixed" || from.stateBytes !== this.stateBytes) {
      throw new StoreError(
        "FRAME_CORRUPT",
        `expected states of ${this.stateBytes} bytes, found ${from.kind}`,
      );
    }
    const groups = Math.floor(from.bytes.length / this.stateBytes);
    assert((targets?.length ?? this.groups) >= groups, "every state has a target");
    const source = slotsOf(from.bytes);
    const { stride } = this;
    for (let group = 0; group < groups; group++) {
      this.mergeSlot((targets === null ? group : targets[group]) * stride, source, group * stride);
    }
  }

  states(groups: Uint32Array | null): States {
    const { stateBytes } = this;
    if (groups === null) {
      return { kind: "fixed", stateBytes, bytes: this.slots.u8.slice(0, this.groups * stateBytes) };
    }
    const bytes = new Uint8Array(groups.length * stateBytes);
    for (let row = 0; row < groups.length; row++) {
      const start = groups[row] * stateBytes;
      bytes.set(this.slots.u8.subarray(start, start + stateBytes), row * stateBytes);
    }
    return { kind: "fixed", stateBytes, bytes };
  }

  finish(groups: Uint32Array | null): Vector {
    const { stride } = this;
    if (groups === null) return this.finishRows(this.groups, (row) => row * stride);
    return this.finishRows(groups.length, (row) => groups[row] * stride);
  }

  bytes(): number {
    return this.slots.u8.length;
  }
}
