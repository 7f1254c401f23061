/**
 * Keys of kept results: (segment, validity, fragment and context), hashed. What a function does to a dictionary is not
 * hashed entry by entry: the segment and the expression, which are in the key, say all of it.
 */
import { isRepeatable } from "#schemas/plan/repeatable";
import type { ExecuteOptions } from "#schemas/plan/server-client";
import type { Compiled } from "#server/execute/compile/compile";
import { Fingerprint } from "#server/execute/fingerprint";
import type { AggregateFragment, AggregateTask } from "#server/execute/task";
import type { SegmentReader } from "#server/segment/reader";

/** A slice's states; null: they may not be kept, for the segment still grows. */
export function sliceKey(
  fragment: AggregateFragment,
  { task, segment, filter }: Compiled<AggregateTask>,
): string | null {
  if (segment.state !== "sealed") return null;
  // Zones drop tests that hold for a whole chunk, so the filter counts as what is left of it: a range that moves on
  // outside a segment leaves the key as it is.
  const used = filter.tests.filter((_, index) => task.chunks.some(({ tests }) => tests.includes(index)));
  const places = filter.tests.map((test) => used.indexOf(test));
  return new Fingerprint()
    .add([segment.id, segment.generation, task.context.timeZone, fragment.keys, fragment.aggregates])
    .add(task.columns.map(({ columnId, window }) => [columnId, window]))
    .add(task.chunks.map(({ chunk, tests }) => [chunk, tests.map((test) => places[test])]))
    .add(used)
    .add([task.filters, task.grouping, task.slots], { contents: "lengths" })
    .text();
}

/** A whole answer over exactly these rows. */
export function answerKey(
  fragment: AggregateFragment,
  segments: readonly SegmentReader[],
  { timeZone, sole }: Pick<ExecuteOptions, "timeZone" | "sole">,
): string {
  const rows = segments.map(({ id, state, rows, generation }) => [id, state, rows, generation]);
  return new Fingerprint().add([timeZone, sole, fragment]).add(rows).text();
}

/** The same rows give the same result at any time. */
export function isCacheable({ filter, keys, aggregates }: AggregateFragment): boolean {
  const expressions = [
    ...(filter === null ? [] : [filter]),
    ...keys,
    ...aggregates.flatMap((call) => (call.filter === null ? call.args : [...call.args, call.filter])),
  ];
  return expressions.every(isRepeatable);
}
