/**
 * All arenas of a process, made once at start from the memory budget and used for ever: a dropped shared
 * memory is not collected in time, and its pages cannot be given back.
 */
import { assert, StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import { attachArena, createArena, type SharedArena } from "#server/arena/attach";
import { Ledger } from "#server/arena/ledger";

export interface PoolOptions {
  /** All memory for columns, indexes, states and scratch. */
  readonly budgetBytes: number;
  /** Size of one arena; the last one takes what is left of the budget. At most 2 GiB, so addresses stay positive. */
  readonly arenaBytes: number;
  /** Overwrite freed blocks (tests). */
  readonly poison: boolean;
}

const arenaBytesMin = 1 << 20;
const arenaBytesMax = serverBounds.arenaBytesMost;

export class ArenaPool {
  readonly arenas: readonly SharedArena[];
  readonly ledger: Ledger;

  /** At start, on the server's main thread. */
  static create(options: PoolOptions): ArenaPool {
    assert(
      options.arenaBytes >= arenaBytesMin && options.arenaBytes <= arenaBytesMax,
      "1 MiB to 2 GiB an arena",
    );
    const arenas: SharedArena[] = [];
    for (let left = options.budgetBytes; left >= arenaBytesMin || arenas.length === 0; ) {
      const bytes = Math.max(arenaBytesMin, Math.min(left, options.arenaBytes));
      arenas.push(createArena(bytes, arenas.length, { poison: options.poison }));
      left -= bytes;
    }
    return new ArenaPool(arenas);
  }

  /** On a worker, from the memories of `memories()`. */
  static attach(memories: readonly WebAssembly.Memory[]): ArenaPool {
    return new ArenaPool(memories.map((memory, index) => attachArena(memory, index)));
  }

  private constructor(arenas: readonly SharedArena[]) {
    this.arenas = arenas;
    this.ledger = new Ledger(arenas);
  }

  /** What to post to a worker. */
  memories(): readonly WebAssembly.Memory[] {
    return this.arenas.map((arena) => arena.memory);
  }

  arena(index: number): SharedArena {
    const arena = this.arenas[index];
    assert(arena !== undefined, `arena ${index} of ${this.arenas.length} exists`);
    return arena;
  }

  /** The arena with the most free memory, for a new segment. MEMORY_BUDGET when none has `bytes` free. */
  roomiest(bytes: number): SharedArena {
    const free = (arena: SharedArena) => arena.allocator.capacity() - arena.allocator.usedBytes();
    const best = this.arenas.reduce((found, arena) => (free(arena) > free(found) ? arena : found));
    if (free(best) < bytes)
      throw new StoreError(
        "MEMORY_BUDGET",
        `expected ${bytes} bytes free in one arena but found at most ${free(best)}; in use: ${JSON.stringify(this.ledger.byPurpose())}`,
      );
    return best;
  }
}
