/**
 * One account of all arena memory: bytes by purpose against the budget. The counters lie in the arenas, so
 * every thread that has attached them reads the same figures.
 */
import { purposes } from "#server/arena/allocator";
import type { Purpose } from "#server/arena/arena";
import type { SharedArena } from "#server/arena/attach";

export class Ledger {
  private readonly arenas: readonly SharedArena[];

  constructor(arenas: readonly SharedArena[]) {
    this.arenas = arenas;
  }

  /** Bytes that blocks may take in all arenas together. */
  budgetBytes(): number {
    return this.arenas.reduce((sum, arena) => sum + arena.allocator.capacity(), 0);
  }

  usedBytes(): number {
    return this.arenas.reduce((sum, arena) => sum + arena.allocator.usedBytes(), 0);
  }

  freeBytes(): number {
    return this.budgetBytes() - this.usedBytes();
  }

  usedBy(purpose: Purpose): number {
    return this.arenas.reduce((sum, arena) => sum + arena.allocator.usedBy(purpose), 0);
  }

  /** Bytes in use by purpose, all purposes named: for metrics and error messages. */
  byPurpose(): Readonly<Record<Purpose, number>> {
    const entries = purposes.map((purpose) => [purpose, this.usedBy(purpose)] as const);
    return Object.fromEntries(entries) as Record<Purpose, number>;
  }
}
