/**
 * A fragment over a snapshot's segments: prune and compile on this thread, scan slices inline or on the
 * pool's threads, merge in the order of slices. Same rows, same digits, whatever the number of threads.
 */
import { hasCode, StoreError, storeErrorOf } from "#schemas/errors";
import type { Fragment } from "#schemas/plan/plan";
import type { ExecuteOptions } from "#schemas/plan/server-client";
import { Turns } from "#schemas/turns";
import type { Steps } from "#server/execute/compile/buckets";
import type { CompileTools } from "#server/execute/compile/compile";
import { explainFragment } from "#server/execute/explain";
import { Dictionaries } from "#server/execute/merge/dictionaries";
import type { Answer, ExecutorParts, Query } from "#server/execute/query";
import { ResultCache } from "#server/execute/result-cache";
import { runAggregate } from "#server/execute/run-aggregate";
import { runRows } from "#server/execute/run-rows";
import { Control } from "#server/execute/runtime";
import { statsOf } from "#server/execute/stats";
import type { Task } from "#server/execute/task";
import { TaskMemory } from "#server/execute/task-memory";
import { costNs } from "#server/execute/threads/estimate";
import { InOrder, type Take } from "#server/execute/threads/in-order";
import { InlinePool } from "#server/execute/threads/pool";
import type { SegmentReader } from "#server/segment/reader";

export class Executor {
  private readonly parts: ExecutorParts;
  private readonly inline: InlinePool;
  private readonly dictionaries: Dictionaries;
  private readonly cache: ResultCache;
  private readonly steps = new Map<string, Steps | null>();

  constructor(parts: ExecutorParts) {
    this.parts = parts;
    this.inline = new InlinePool(parts.runtime);
    this.dictionaries = new Dictionaries(parts.limits.resultCacheBytes);
    this.cache = new ResultCache(parts.limits.resultCacheBytes);
  }

  /** Answers the fragment over the readers' rows. The readers stay the caller's, who releases them afterwards. */
  async execute(
    readers: readonly SegmentReader[],
    fragment: Fragment,
    options: ExecuteOptions,
    signal: AbortSignal,
  ): Promise<Answer> {
    const control = Control.create();
    const reason: { error: StoreError | null } = { error: null };
    const stop = (error: StoreError) => {
      reason.error ??= error;
      control.stop();
    };
    const cancel = () => stop(new StoreError("QUERY_CANCELLED", "the query was cancelled"));
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    const late = () =>
      stop(
        new StoreError("QUERY_DEADLINE", "the query ran past its deadline; give it more time by timeoutMs"),
      );
    const leftMs = options.deadlineMs - this.parts.nowMs();
    if (leftMs <= 0) late();
    const timer = setTimeout(late, Math.min(Math.max(leftMs, 0), 2 ** 31 - 1));
    const memories = new Map<number, TaskMemory>();
    // Panels of one tick share a snapshot's readers: what this query pins, it alone lets go.
    const forks = readers.map((reader) => reader.fork());
    const own = forks.filter((fork, at) => fork !== readers[at]);
    try {
      control.check();
      return await this.answer(this.query(forks, options, control, memories), fragment);
    } catch (error) {
      throw reason.error ?? storeErrorOf(error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      for (const memory of memories.values()) memory.freeAll();
      for (const fork of own) fork.release();
    }
  }

  private answer(query: Query, fragment: Fragment): Promise<Answer> {
    return fragment.kind === "aggregate" ? runAggregate(query, fragment) : runRows(query, fragment);
  }

  private query(
    readers: readonly SegmentReader[],
    options: ExecuteOptions,
    control: Control,
    memories: Map<number, TaskMemory>,
  ): Query {
    const { parts } = this;
    const segments = [...readers].sort(byRange);
    const stats = statsOf(segments);
    this.dictionaries.trim();
    const memoryIn = (segment: SegmentReader): TaskMemory => {
      const { arena } = segment;
      const known = memories.get(arena.index);
      if (known !== undefined) return known;
      const created = new TaskMemory(arena, { bytesMax: options.queryBytes, control });
      memories.set(arena.index, created);
      return created;
    };
    const context = { nowMs: options.nowMs, timeZone: options.timeZone };
    const turns = new Turns({ nowMs: parts.monotonicMs, check: () => control.check() });
    const compile: CompileTools = {
      owner: parts.runtime,
      evaluate: parts.evaluate,
      hostName: parts.hostName,
      context,
      steps: this.steps,
      limits: parts.limits,
      bytesMax: options.queryBytes,
      memoryIn,
      stats,
      turns,
    };
    const { dictionaries, cache } = this;
    const scan: Query["scan"] = async (tasks, take) => {
      stats.threadCpuNs += await this.scan(tasks, { control, turns, take });
    };
    return { parts, options, segments, stats, control, turns, compile, dictionaries, cache, scan };
  }

  private async scan(
    tasks: readonly Task[],
    tools: { readonly control: Control; readonly turns: Turns; readonly take: Take },
  ): Promise<number> {
    const { control } = tools;
    const { pool, limits } = this.parts;
    const cost = tasks.reduce((sum, task) => sum + costNs(task), 0);
    const chosen = pool === undefined || pool.threads === 0 || cost < limits.inlineNs ? this.inline : pool;
    control.begin();
    const results = new InOrder(tasks, tools);
    const scanned = await chosen
      .run(tasks, control, (result) => results.deliver(result))
      .then(
        (busyNs) => ({ busyNs, fault: null }),
        (error: unknown) => ({ busyNs: 0, fault: { error } }),
      );
    const taken = await results.taken();
    results.discard(this.parts.runtime);
    // Either may have stopped the other, which then says no more than that it was stopped.
    const faults = [taken, scanned.fault].filter((fault) => fault !== null);
    const cause = faults.find(({ error }) => !hasCode(error, "QUERY_CANCELLED")) ?? faults[0];
    if (cause !== undefined) throw cause.error;
    control.check();
    return scanned.busyNs;
  }

  /** What `execute` would do, one line an operator, outermost first. */
  async explain(readers: readonly SegmentReader[], fragment: Fragment): Promise<readonly string[]> {
    const memories = new Map<number, TaskMemory>();
    const { limits, nowMs } = this.parts;
    const options = {
      deadlineMs: Number.POSITIVE_INFINITY,
      useCache: false,
      queryBytes: limits.queryBytes,
      timeZone: "UTC",
      nowMs: nowMs(),
      sole: true,
    };
    try {
      const query = this.query(readers, options, Control.create(), memories);
      return await explainFragment(query, fragment);
    } finally {
      for (const memory of memories.values()) memory.freeAll();
    }
  }

  /** Bytes kept between queries: results of slices, and common codes of text columns. */
  cacheBytes(): number {
    return this.cache.bytes() + this.dictionaries.bytes();
  }

  async close(): Promise<void> {
    await this.parts.pool?.close();
    this.parts.runtime.close();
  }

  /** A segment is gone: forget what was kept of it. */
  forget(segmentId: string): void {
    this.dictionaries.forget(segmentId);
    this.cache.forget(segmentId);
  }
}

/** Segments in the order of their sources: ties and double sums then do not depend on how a snapshot lists them. */
function byRange(left: SegmentReader, right: SegmentReader): number {
  const [a] = left.ranges;
  const [b] = right.ranges;
  if (a !== undefined && b !== undefined) {
    if (a.partition !== b.partition) return a.partition - b.partition;
    if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  }
  return Buffer.compare(Buffer.from(left.id), Buffer.from(right.id));
}
