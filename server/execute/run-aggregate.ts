/** The aggregate fragment's path: compile → scan → merge in order → partial. */
import { assert } from "#schemas/errors";
import { Compiler, hopPlan, specsOf, windowKeysOf } from "#server/execute/compile";
import { AggregateMerge, type MergeSource } from "#server/execute/merge";
import type { MergeHome } from "#server/execute/merged-slot";
import { aggregatePartial } from "#server/execute/output";
import type { ScanResult } from "#server/execute/pool";
import type { Answer, Query } from "#server/execute/run";
import type { Control, Runtime } from "#server/execute/runtime";
import type { AggregateResult } from "#server/execute/scan-aggregate";
import { addCounts } from "#server/execute/stats";
import type { AggregateFragment, Task } from "#server/execute/task";
import { TaskMemory } from "#server/execute/task-memory";

/** Results in the order of tasks, however they come. */
export function inOrder(
  tasks: readonly Task[],
  control: Control,
  take: (result: ScanResult, index: number) => void,
): (result: ScanResult) => void {
  const waiting = new Map<number, ScanResult>();
  const places = new Map(tasks.map((task, index) => [task.ordinal, index]));
  let next = 0;
  return (result) => {
    const index = places.get(result.ordinal);
    assert(index !== undefined, "a result belongs to a task");
    waiting.set(index, result);
    for (let ready = waiting.get(next); ready !== undefined; ready = waiting.get(next)) {
      waiting.delete(next);
      take(ready, next);
      control.merged(++next);
    }
  };
}

export async function runAggregate(query: Query, fragment: AggregateFragment): Promise<Answer> {
  const { parts, options, segments, stats } = query;
  const specs = specsOf(fragment, segments);
  const compiled = new Compiler(query.compile).aggregates(fragment, specs, segments);
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
    const matched = new Set<string>();
    await query.scan(
      compiled.map(({ task }) => task),
      (result, index) => {
        assert(result.kind === "aggregate", "an aggregate task has an aggregate result");
        takeSlice(merge, compiled[index], result, parts.runtime);
        addCounts(stats, result.counts);
        stats.bytesAllocated += result.bytes;
        if (result.counts.rowsMatched > 0) matched.add(compiled[index].segment.id);
      },
    );
    noteMatched(query, matched);
    const { evaluate, context } = query.compile;
    return { partial: aggregatePartial(merge, fragment, { sole: options.sole, evaluate, context }), stats };
  } finally {
    home.memory.freeAll();
  }
}

/** Merges a slice's states and gives their memory back. */
function takeSlice(
  merge: AggregateMerge,
  source: MergeSource,
  result: AggregateResult,
  owner: Runtime,
): void {
  try {
    merge.add(source, result);
  } finally {
    const { arena } = owner.at(result.arena);
    for (const pointer of result.pointers) arena.free(pointer);
  }
}

/** Merged states lie in the first slice's arena. */
function homeOf(query: Query, arena: number | undefined): MergeHome {
  const runtime = query.parts.runtime.at(arena ?? 0);
  return { runtime, memory: new TaskMemory(runtime.arena, query.options.queryBytes) };
}

export function noteMatched(query: Query, matched: ReadonlySet<string>): void {
  for (const segment of query.segments) {
    if (!matched.has(segment.id)) continue;
    query.stats.segmentsMatched++;
    if (segment.state === "consuming") query.stats.consumingMatched++;
  }
}
