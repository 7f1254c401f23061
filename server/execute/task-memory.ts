/** Memory of one task's results: counted against the query's budget, and given back if the task fails. */
import { StoreError } from "#schemas/errors";
import type { Arena } from "#server/arena/arena";

export class TaskMemory {
  readonly arena: Arena;
  private readonly bytesMax: number;
  private readonly blocks = new Map<number, number>();
  private total = 0;

  constructor(arena: Arena, bytesMax: number) {
    this.arena = arena;
    this.bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.total;
  }

  /** Bytes that live outside the arena count too. */
  count(bytes: number): void {
    this.total += bytes;
    if (this.total > this.bytesMax) throw memoryError(this.total, this.bytesMax);
  }

  allocate(bytes: number): number {
    this.count(bytes);
    const pointer = this.arena.allocate(Math.max(bytes, 8), "state");
    this.blocks.set(pointer, bytes);
    return pointer;
  }

  allocateZeroed(bytes: number): number {
    const pointer = this.allocate(bytes);
    this.arena.views.u8.fill(0, pointer, pointer + bytes);
    return pointer;
  }

  /** A larger block with the same content; the old one is freed. */
  grow(pointer: number, used: number, bytes: number): number {
    const grown = this.allocate(bytes);
    this.arena.views.u8.copyWithin(grown, pointer, pointer + used);
    this.free(pointer);
    return grown;
  }

  free(pointer: number): void {
    const bytes = this.blocks.get(pointer);
    if (bytes === undefined) return;
    this.blocks.delete(pointer);
    this.total -= bytes;
    this.arena.free(pointer);
  }

  freeAll(): void {
    for (const pointer of [...this.blocks.keys()]) this.free(pointer);
  }

  /** The blocks still held, for whoever frees them later. */
  held(): { readonly pointer: number; readonly bytes: number }[] {
    return Array.from(this.blocks, ([pointer, bytes]) => ({ pointer, bytes }));
  }
}

export const memoryError = (bytes: number, bytesMax: number): StoreError =>
  new StoreError(
    "QUERY_MEMORY",
    `the query needs more than its ${bytesMax} bytes of memory (${bytes} asked for): group by fewer values, filter more, or raise the limit queryBytes`,
  );
