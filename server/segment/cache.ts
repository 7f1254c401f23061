/**
 * What sealed segments have decoded into arenas: chunks, dictionaries, indexes. Pinned items stay; unpinned ones
 * go, least recently used first, when all together pass the budget or when an arena is full. One cache for all
 * segments that a thread opens; not shared between threads.
 */
import { hasCode } from "#schemas/errors";
import type { Arena, Purpose } from "#server/arena/arena";

/** Something decoded. Made by `Cache.add`, already pinned once. */
export class CacheItem {
  pins = 1;
  /** Gone: its segment was closed while a reader still held it. */
  dropped = false;
  readonly bytes: number;
  readonly arena: Arena;
  /** Frees it and makes its owner forget it. */
  readonly drop: () => void;
  constructor(arena: Arena, bytes: number, drop: () => void) {
    this.arena = arena;
    this.bytes = bytes;
    this.drop = drop;
  }
}

export class Cache {
  readonly budgetBytes: number;
  #bytes = 0;
  #pinnedBytes = 0;
  /** By arena. */
  readonly #held = new Map<number, { bytes: number; pinned: number }>();
  /** Unpinned items, least recently used first. */
  readonly #unpinned = new Set<CacheItem>();

  constructor(budgetBytes: number) {
    this.budgetBytes = budgetBytes;
  }

  /** Bytes of all items, pinned or not. */
  get bytes(): number {
    return this.#bytes;
  }

  get pinnedBytes(): number {
    return this.#pinnedBytes;
  }

  /**
   * Evicts until `bytes` of the arena are free, or half of all that our items leave and hold where other memory fills it;
   * false when pinned items prevent it, or fill the budget by themselves.
   */
  makeRoom(arena: Arena, bytes: number): boolean {
    if (this.#pinnedBytes >= this.budgetBytes) return false;
    const free = arena.memory.buffer.byteLength - arena.bytesUsed();
    if (free >= bytes) return true;
    const held = this.#heldIn(arena);
    const missing = Math.min(bytes, (free + held.bytes) / 2) - free;
    return missing <= 0 || (missing <= held.bytes - held.pinned && this.release(arena, missing) >= missing);
  }

  #heldIn({ index }: Arena): { bytes: number; pinned: number } {
    let held = this.#held.get(index);
    if (held === undefined) this.#held.set(index, (held = { bytes: 0, pinned: 0 }));
    return held;
  }

  #count({ arena, bytes }: CacheItem, sign: 1 | -1): void {
    this.#bytes += sign * bytes;
    this.#heldIn(arena).bytes += sign * bytes;
  }

  #countPinned({ arena, bytes }: CacheItem, sign: 1 | -1): void {
    this.#pinnedBytes += sign * bytes;
    this.#heldIn(arena).pinned += sign * bytes;
  }

  /** Arena memory; makes room by dropping unpinned items of that arena. Throws MEMORY_BUDGET when that is not enough. */
  allocate(arena: Arena, bytes: number, purpose: Purpose): number {
    while (true) {
      try {
        return arena.allocate(bytes, purpose);
      } catch (error) {
        if (!hasCode(error, "MEMORY_BUDGET") || !this.#dropOldest(arena)) throw error;
      }
    }
  }

  /** Takes in something decoded, pinned once. */
  add(arena: Arena, bytes: number, drop: () => void): CacheItem {
    const item = new CacheItem(arena, bytes, drop);
    this.#count(item, 1);
    this.#countPinned(item, 1);
    this.#shrink();
    return item;
  }

  pin(item: CacheItem): void {
    if (item.pins++ === 0) this.#countPinned(item, 1);
    this.#unpinned.delete(item);
  }

  unpin(item: CacheItem): void {
    item.pins--;
    if (item.pins > 0 || item.dropped) return;
    this.#countPinned(item, -1);
    this.#unpinned.add(item);
    this.#shrink();
  }

  /** Drops unpinned items of this arena until they had `bytes` or none is left; answers how many bytes they had. */
  release(arena: Arena, bytes: number): number {
    let dropped = 0;
    for (const item of this.#unpinned) {
      if (dropped >= bytes) break;
      if (item.arena.index !== arena.index) continue;
      this.remove(item);
      dropped += item.bytes;
    }
    return dropped;
  }

  /** Drops an item whatever its pins: its segment is being closed. */
  remove(item: CacheItem): void {
    if (item.dropped) return;
    item.dropped = true;
    this.#unpinned.delete(item);
    if (item.pins > 0) this.#countPinned(item, -1);
    this.#count(item, -1);
    item.drop();
  }

  #dropOldest(arena: Arena): boolean {
    return this.release(arena, 1) > 0;
  }

  #shrink(): void {
    for (const item of this.#unpinned) {
      if (this.#bytes <= this.budgetBytes) return;
      this.remove(item);
    }
  }
}
