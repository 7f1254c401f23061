/** The merged slot of percentiles: lists of all values, one a group. */
import { PercentileAccumulator } from "#schemas/aggregates/percentile";
import { assert } from "#schemas/errors";
import { type Stepwise, stepItems } from "#schemas/turns";
import type { MergedSlot, MergeHome, SlicePart } from "#server/execute/merge/merged-slot";
import type { SlotResult } from "#server/execute/scan/slot";

/** All values of every group: lists grow group by group, so a percentile is one selection at the end. */
export class MergedValues implements MergedSlot {
  readonly accumulator: PercentileAccumulator;
  private readonly home: MergeHome;
  private counted = 0;
  /** The values last sorted: windows ask for the same again and again. */
  private known: { readonly result: SlotResult; readonly lists: GroupLists } | null = null;

  constructor(home: MergeHome, percent: number) {
    this.home = home;
    this.accumulator = new PercentileAccumulator(percent);
  }

  ensure(groups: number): void {
    this.accumulator.resize(groups);
  }

  *merge(part: SlicePart, result: SlotResult): Stepwise {
    if (result.kind === "empty") return;
    assert(result.kind === "values", "lists merge with lists");
    const { values, gids } = result;
    const groupOf = (gid: number) => (part.targets === null ? gid + part.offset : part.targets[gid]);
    if (gids === null) {
      if (values.length > 0) this.accumulator.addAll(groupOf(0), values);
    } else {
      if (this.known?.result !== result) {
        this.known = { result, lists: yield* byGroup(values, gids, part.groups) };
      }
      yield* this.addLists(this.known.lists, groupOf);
    }
    const bytes = this.accumulator.bytes();
    this.home.memory.count(bytes - this.counted);
    this.counted = bytes;
  }

  /** One copy a group. */
  private *addLists({ ends, values }: GroupLists, groupOf: (gid: number) => number): Stepwise {
    let copied = 0;
    for (let gid = 0; gid + 1 < ends.length; gid++) {
      const [from, to] = [ends[gid], ends[gid + 1]];
      if (to > from) this.accumulator.addAll(groupOf(gid), values.subarray(from, to));
      copied += 8 + to - from;
      if (copied < stepItems * 8) continue;
      copied = 0;
      yield;
    }
  }

  settle(groups: Uint32Array): Stepwise {
    return this.accumulator.settle(groups);
  }
}

/** Values by group: those of group g lie at ends[g] … ends[g + 1] − 1, in the order they came. */
interface GroupLists {
  readonly ends: Uint32Array;
  readonly values: Float64Array;
}

/** Counting sort by group. */
function* byGroup(values: Float64Array, gids: Uint32Array, groups: number): Stepwise<GroupLists> {
  const ends = new Uint32Array(groups + 1);
  for (const gid of gids) ends[gid + 1]++;
  for (let gid = 0; gid < groups; gid++) ends[gid + 1] += ends[gid];
  const starts = ends.slice();
  const sorted = new Float64Array(values.length);
  for (let at = 0; at < values.length; at++) {
    sorted[starts[gids[at]]++] = values[at];
    if (at % stepItems === 0) yield;
  }
  return { ends, values: sorted };
}
