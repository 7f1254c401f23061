/**
 * Memory of one task's results, or of a query's merged ones: counted against the query's budget, which all of its threads
 * share, and given back if the task fails.
 */
import { StoreError } from "#schemas/errors";
import type { Arena } from "#server/arena/arena";
import type { Control } from "#server/execute/runtime";

/** Smaller changes are not worth telling the other threads. */
const reportKiB = 64;

export interface Budget {
  readonly bytesMax: number;
  readonly control: Control;
}

export class TaskMemory {
  readonly arena: Arena;
  private readonly budget: Budget;
  private readonly blocks = new Map<number, number>();
  private total = 0;
  private reportedKiB = 0;

  constructor(arena: Arena, budget: Budget) {
    this.arena = arena;
    this.budget = budget;
  }

  get bytes(): number {
    return this.total;
  }

  /** Bytes that live outside the arena count too. */
  count(bytes: number): void {
    const { bytesMax, control } = this.budget;
    this.total += bytes;
    if (bytes > 0 && this.total > bytesMax) throw memoryError(this.total, bytesMax);
    const kib = Math.ceil(this.total / 1024);
    if (Math.abs(kib - this.reportedKiB) < reportKiB) return;
    const held = control.hold(kib - this.reportedKiB) * 1024;
    this.reportedKiB = kib;
    if (held > bytesMax && bytes > 0) throw memoryError(held, bytesMax);
  }

  /** What the query's count has of this memory: whoever frees it takes it off again. */
  get countedKiB(): number {
    return this.reportedKiB;
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
    this.count(-bytes);
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
