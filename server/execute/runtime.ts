/** What code on any thread needs to run a task: arenas with their kernels and scratch, functions, the stop flag. */
import { StoreError } from "#schemas/errors";
import type { Evaluate } from "#schemas/plan/evaluator";
import type { Arena } from "#server/arena/arena";
import { Scratch } from "#server/execute/scratch";
import type { Kernels } from "#server/kernels/kernels";

export interface ArenaRuntime {
  readonly arena: Arena;
  readonly kernels: Kernels;
  readonly scratch: Scratch;
}

/** One per thread. */
export class Runtime {
  readonly evaluate: Evaluate;
  private readonly arenaAt: (index: number) => Arena;
  private readonly kernelsFor: (arena: Arena) => Kernels;
  private readonly byArena = new Map<number, ArenaRuntime>();

  constructor(parts: {
    readonly evaluate: Evaluate;
    readonly arenaAt: (index: number) => Arena;
    readonly kernelsFor: (arena: Arena) => Kernels;
  }) {
    this.evaluate = parts.evaluate;
    this.arenaAt = parts.arenaAt;
    this.kernelsFor = parts.kernelsFor;
  }

  at(index: number): ArenaRuntime {
    const known = this.byArena.get(index);
    if (known !== undefined) return known;
    const arena = this.arenaAt(index);
    const created = { arena, kernels: this.kernelsFor(arena), scratch: new Scratch(arena) };
    this.byArena.set(index, created);
    return created;
  }

  /** Gives scratch memory back (shutdown, tests that look for leaks). */
  close(): void {
    for (const { scratch } of this.byArena.values()) scratch.close();
    this.byArena.clear();
  }
}

/**
 * Stops a query's scans wherever they run: word 0 is set by cancel or failure, word 1 counts taken tasks, word 2
 * merged ones. Shared memory, so that threads see it between chunks.
 */
export class Control {
  static readonly words = 4;
  readonly shared: Int32Array;
  readonly deadlineMs: number;

  constructor(shared: Int32Array, deadlineMs: number) {
    this.shared = shared;
    this.deadlineMs = deadlineMs;
  }

  static create(deadlineMs: number): Control {
    return new Control(new Int32Array(new SharedArrayBuffer(Control.words * 4)), deadlineMs);
  }

  get stopped(): boolean {
    return Atomics.load(this.shared, 0) !== 0;
  }

  stop(): void {
    Atomics.store(this.shared, 0, 1);
    Atomics.notify(this.shared, 2);
  }

  /** Throws when the query has been stopped. */
  check(): void {
    if (this.stopped) throw new StoreError("QUERY_CANCELLED", "the query was cancelled");
  }
}
