/** The aggregate fragment's path: compile → scan → merge in order → partial. */
import { assert } from "#schemas/errors";
import { serverBounds } from "#schemas/limits";
import type { Stepwise } from "#schemas/turns";
import { answerKey, isCacheable, sliceKey } from "#server/execute/cache-keys";
import { type Compiled, Compiler, hopPlan, specsOf, windowKeysOf } from "#server/execute/compile/compile";
import { AggregateMerge } from "#server/execute/merge/merge";
import type { MergeHome } from "#server/execute/merge/merged-slot";
import { aggregatePartial } from "#server/execute/merge/output";
import type { Answer, Query } from "#server/execute/query";
import { type KeptSlice, type ResultCache, revive } from "#server/execute/result-cache";
import type { AggregateResult } from "#server/execute/scan/scan-aggregate";
import { Scratch } from "#server/execute/scratch";
import { addCounts, noteMatched, statsAgain } from "#server/execute/stats";
import type { AggregateFragment, AggregateTask } from "#server/execute/task";
import { TaskMemory } from "#server/execute/task-memory";
import { freeBlocks } from "#server/execute/threads/pool";
import { scanInWaves } from "#server/execute/waves";

/** The answer, kept if the same rows would give it again. */
export async function runAggregate(query: Query, fragment: AggregateFragment): Promise<Answer> {
  const { options, segments, cache } = query;
  if (!options.useCache || !isCacheable(fragment)) return await computed(query, fragment, null);
  const key = answerKey(fragment, segments, options);
  const kept = cache.answer(key);
  if (kept !== null) return { partial: kept.partial, stats: statsAgain(kept.stats, query.stats) };
  const answer = await computed(query, fragment, cache);
  const names = segments.map(({ id }) => id);
  cache.keepAnswer(key, names, { ...answer, stats: { ...answer.stats } });
  return answer;
}

async function computed(
  query: Query,
  fragment: AggregateFragment,
  cache: ResultCache | null,
): Promise<Answer> {
  const { parts, segments, stats, options } = query;
  const specs = specsOf(fragment, segments);
  const compiled = await new Compiler(query.compile).aggregates(fragment, specs, segments);
  const home = homeOf(query, compiled[0]?.segment.arena.index);
  try {
    const merge = new AggregateMerge({
      table: fragment.table,
      keys: fragment.keys,
      specs,
      shifts: hopPlan(fragment).shifts,
      windowKeys: windowKeysOf(fragment),
      home,
      owner: parts.runtime,
      dictionaries: query.dictionaries,
      sources: compiled,
    });
    const keys = compiled.map((one) => (cache === null ? null : sliceKey(fragment, one)));
    await new Gathering(query, merge, compiled, keys).run();
    const { evaluate, context } = query.compile;
    const finishing = aggregatePartial(merge, fragment, { sole: options.sole, evaluate, context });
    return { partial: await query.turns.run(finishing), stats };
  } finally {
    home.memory.freeAll();
    home.scratch.close();
  }
}

/** Takes every slice's result in order: from the cache where it is there, else from a scan. */
class Gathering {
  private readonly query: Query;
  private readonly merge: AggregateMerge;
  private readonly compiled: readonly Compiled<AggregateTask>[];
  /** null: may not be kept. */
  private readonly keys: readonly (string | null)[];
  private readonly hits: readonly (KeptSlice | null)[];
  private readonly matched = new Set<string>();
  private next = 0;

  constructor(
    query: Query,
    merge: AggregateMerge,
    compiled: readonly Compiled<AggregateTask>[],
    keys: readonly (string | null)[],
  ) {
    this.query = query;
    this.merge = merge;
    this.compiled = compiled;
    this.keys = keys;
    this.hits = keys.map((key) => (key === null ? null : query.cache.slice(key)));
  }

  async run(): Promise<void> {
    const { compiled, query } = this;
    const missing = compiled.map((_, index) => index).filter((index) => this.hits[index] === null);
    const sources = missing.map((index) => compiled[index]);
    await scanInWaves(query, sources, (result, place) => {
      assert(result.kind === "aggregate", "an aggregate task has an aggregate result");
      return this.takeScanned(result, missing[place]);
    });
    await query.turns.run(this.takeHits(compiled.length));
    noteMatched(query, this.matched);
    const scanned = new Set(missing.map((index) => compiled[index].segment.id));
    const kept = new Set(compiled.map(({ segment }) => segment.id).filter((id) => !scanned.has(id)));
    query.stats.segmentsCached += kept.size;
  }

  private *takeScanned(result: AggregateResult, index: number): Stepwise {
    try {
      yield* this.takeHits(index);
      yield* this.take(result, index);
    } finally {
      this.giveBack(result);
    }
  }

  /** Merges cached slices before slice `until`. */
  private *takeHits(until: number): Stepwise {
    for (; this.next < until; this.next++) {
      const kept = this.hits[this.next];
      if (kept === null) continue;
      const { task, segment } = this.compiled[this.next];
      const result = revive(kept, task.ordinal, segment.arena);
      try {
        yield* this.take(result, this.next);
      } finally {
        this.giveBack(result);
      }
    }
  }

  private *take(result: AggregateResult, index: number): Stepwise {
    const source = this.compiled[index];
    const { stats, cache } = this.query;
    const key = this.keys[index];
    if (key !== null && this.hits[index] === null)
      cache.keepSlice(key, source.segment.id, result, source.segment.arena);
    yield* this.merge.add(source, result);
    this.query.control.hold(-result.countedKiB);
    addCounts(stats, result.counts);
    stats.bytesAllocated += result.bytes;
    if (result.counts.rowsMatched > 0) this.matched.add(source.segment.id);
  }

  /** Frees a slice's states. */
  private giveBack(result: AggregateResult): void {
    const { runtime } = this.query.parts;
    freeBlocks(result, (index) => runtime.at(index).arena);
  }
}

const mergeBlockBytes = serverBounds.mergeBlockBytes;

/** Merged states lie in the first slice's arena. */
function homeOf(query: Query, arena: number | undefined): MergeHome {
  const runtime = query.parts.runtime.at(arena ?? 0);
  return {
    runtime,
    scratch: new Scratch(runtime.arena, mergeBlockBytes),
    memory: new TaskMemory(runtime.arena, { bytesMax: query.options.queryBytes, control: query.control }),
  };
}
