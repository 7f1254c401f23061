/** What code on any thread needs to run a task: arenas with their kernels and scratch, functions, the stop flag. */
import { StoreError } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
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

const words = { stopped: 0, taken: 1, merged: 2, enough: 3, heldKiB: 4 } as const;
const pauseMs = serverBounds.turnPauseMs;

/**
 * Steers one query's scans wherever they run, through shared memory: threads take tasks by a counter, wait when they
 * are too far ahead of the merge, and stop between chunks when the query is cancelled, has failed, or has enough rows.
 * Also counts the memory that all of them hold for the query.
 */
export class Control {
  readonly shared: Int32Array;

  constructor(shared: Int32Array) {
    this.shared = shared;
  }

  static create(): Control {
    return new Control(new Int32Array(new SharedArrayBuffer(Object.keys(words).length * 4)));
  }

  get stopped(): boolean {
    return Atomics.load(this.shared, words.stopped) !== 0;
  }

  /** No further task is needed. */
  get ended(): boolean {
    return this.stopped || Atomics.load(this.shared, words.enough) !== 0;
  }

  stop(): void {
    Atomics.store(this.shared, words.stopped, 1);
    Atomics.notify(this.shared, words.merged);
  }

  enough(): void {
    Atomics.store(this.shared, words.enough, 1);
    Atomics.notify(this.shared, words.merged);
  }

  /** Before each list of tasks of the query. */
  begin(): void {
    Atomics.store(this.shared, words.taken, 0);
    Atomics.store(this.shared, words.merged, 0);
  }

  /** The next task's number. */
  take(): number {
    return Atomics.add(this.shared, words.taken, 1);
  }

  /** The merge has come to this task. */
  merged(task: number): void {
    Atomics.store(this.shared, words.merged, task);
    Atomics.notify(this.shared, words.merged);
  }

  /** Threads have taken this many tasks more than are merged: the next one should wait. */
  isAhead(tasks: number): boolean {
    if (this.ended) return false;
    return Atomics.load(this.shared, words.taken) - Atomics.load(this.shared, words.merged) >= tasks;
  }

  /** Blocks (workers only) for a moment, or until the merge goes on. */
  pause(): void {
    Atomics.wait(this.shared, words.merged, Atomics.load(this.shared, words.merged), pauseMs);
  }

  /** Adds to the memory that the query holds, in KiB; answers all of it. */
  hold(kib: number): number {
    return Atomics.add(this.shared, words.heldKiB, kib) + kib;
  }

  /** Throws when the query has been stopped. */
  check(): void {
    if (this.stopped) throw new StoreError("QUERY_CANCELLED", "the query was cancelled");
  }
}
