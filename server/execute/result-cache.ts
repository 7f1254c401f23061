/**
 * What is kept between queries, within one bound: states of sealed slices, so that a refreshed dashboard pays only for
 * rows since, and whole answers over rows that have not changed since. A key is a fingerprint of what was to be done
 * and of the rows it was done over (`cache-keys.ts`); merging a kept state gives the same digits as scanning again.
 * Oldest use goes first when the bound is reached.
 */
import type { Arena } from "#server/arena/arena";
import { heldBytes } from "#server/execute/held-bytes";
import type { Answer } from "#server/execute/query";
import { type AggregateResult, noCounts } from "#server/execute/scan/scan-aggregate";
import type { SlotResult } from "#server/execute/scan/slot";

/** A kept slice with the content of its blocks, in the order of its pointers. */
export interface KeptSlice {
  readonly result: AggregateResult;
  readonly blocks: readonly Uint8Array[];
}

interface Entry<T> {
  readonly value: T;
  /** Segments it was made from. */
  readonly segments: readonly string[];
  readonly bytes: number;
}

/** One entry may take this share of the cache. */
const entryShare = 0.25;
/** The key, the entry and its place in the map. */
const entryOverhead = 512;

export class ResultCache {
  private readonly bytesMax: number;
  private readonly entries = new Map<string, Entry<KeptSlice | Answer>>();
  private held = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  bytes(): number {
    return this.held;
  }

  /** The kept slice, or null. It may be revived even after it has been dropped here. */
  slice(key: string): KeptSlice | null {
    const found = this.find(`slice ${key}`);
    return found !== null && "blocks" in found ? found : null;
  }

  answer(key: string): Answer | null {
    const found = this.find(`answer ${key}`);
    return found !== null && "partial" in found ? found : null;
  }

  /** Copies a result that is about to be merged and freed. */
  keepSlice(key: string, segment: string, result: AggregateResult, arena: Arena): void {
    if (result.bytes > this.bytesMax * entryShare) return;
    const { u8 } = arena.views;
    const blocks = result.blocks.map((block) => u8.slice(block.pointer, block.pointer + block.bytes));
    this.keep(`slice ${key}`, { result, blocks }, [segment]);
  }

  keepAnswer(key: string, segments: readonly string[], answer: Answer): void {
    this.keep(`answer ${key}`, answer, segments);
  }

  /** A segment is gone: so is what was made from it. */
  forget(segment: string): void {
    for (const [key, { segments }] of this.entries) if (segments.includes(segment)) this.drop(key);
  }

  private find(key: string): KeptSlice | Answer | null {
    const entry = this.entries.get(key);
    if (entry === undefined) return null;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  private keep(key: string, value: KeptSlice | Answer, segments: readonly string[]): void {
    if (this.entries.has(key)) return;
    const names = segments.reduce((total, segment) => total + segment.length + 16, 0);
    const bytes = entryOverhead + names + heldBytes(value);
    if (bytes > this.bytesMax * entryShare) return;
    this.entries.set(key, { value, segments, bytes });
    this.held += bytes;
    for (const oldest of this.entries.keys()) {
      if (this.held <= this.bytesMax) break;
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    this.held -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }
}

/** The result as if it had just been scanned: its blocks allocated anew in the arena. */
export function revive(kept: KeptSlice, ordinal: number, arena: Arena): AggregateResult {
  const moved = new Map<number, number>([[0, 0]]);
  const blocks = kept.blocks.map((block, index) => {
    const pointer = arena.allocate(block.length, "cache");
    arena.views.u8.set(block, pointer);
    moved.set(kept.result.blocks[index].pointer, pointer);
    return { pointer, bytes: block.length };
  });
  const { rowsMatched } = kept.result.counts;
  const counts = { ...noCounts(), rowsMatched };
  const slots = kept.result.slots.map((slot) => movedSlot(slot, moved));
  return { ...kept.result, ordinal, arena: arena.index, countedKiB: 0, counts, slots, blocks };
}

function movedSlot(slot: SlotResult, moved: ReadonlyMap<number, number>): SlotResult {
  return "pointer" in slot ? { ...slot, pointer: moved.get(slot.pointer) ?? 0 } : slot;
}
