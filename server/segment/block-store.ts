/** The arena memory of one mutable segment: counted, and given back all at once at its end. */
import type { Arena } from "#server/arena/arena";

/** Where the writer takes memory from; what it takes is freed with the segment, or given back before. */
export interface Store {
  take(bytes: number): number;
  give(pointer: number): void;
}

/** Counts and remembers the blocks of one segment. */
export class BlockStore implements Store {
  bytes = 0;
  readonly #arena: Arena;
  readonly #blocks = new Map<number, number>();
  constructor(arena: Arena) {
    this.#arena = arena;
  }
  take(bytes: number): number {
    const pointer = this.#arena.allocate(bytes, "mutable");
    this.#blocks.set(pointer, bytes);
    this.bytes += bytes;
    return pointer;
  }
  zeroed(bytes: number): number {
    const pointer = this.take(bytes);
    this.#arena.views.u8.fill(0, pointer, pointer + bytes);
    return pointer;
  }
  give(pointer: number): void {
    this.bytes -= this.#blocks.get(pointer) ?? 0;
    this.#blocks.delete(pointer);
    this.#arena.free(pointer);
  }
  giveAll(): void {
    for (const pointer of this.#blocks.keys()) this.#arena.free(pointer);
    this.#blocks.clear();
    this.bytes = 0;
  }
}
