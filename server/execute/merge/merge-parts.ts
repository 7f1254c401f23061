/** What a merge is made of. */
import type { Expression } from "#schemas/plan/expression";
import type { Specs } from "#server/execute/compile/specs";
import type { Dictionaries } from "#server/execute/merge/dictionaries";
import type { MergeHome } from "#server/execute/merge/merged-slot";
import type { Runtime } from "#server/execute/runtime";
import type { AggregateTask, KeyPlan } from "#server/execute/task";
import type { SegmentReader } from "#server/segment/reader";

/** A task and the segment it is about. */
export interface MergeSource {
  readonly task: AggregateTask;
  readonly segment: SegmentReader;
}

export interface MergeParts {
  readonly table: string;
  readonly keys: readonly Expression[];
  readonly specs: Specs;
  /** What to add to each integer key for the windows that a group lies in (HOP); [0] else. */
  readonly shifts: readonly bigint[];
  /** Keys that are a window's bound. */
  readonly windowKeys: readonly boolean[];
  readonly home: MergeHome;
  readonly owner: Runtime;
  readonly dictionaries: Dictionaries;
  readonly sources: readonly MergeSource[];
}

export const plansOf = (task: AggregateTask): readonly KeyPlan[] =>
  task.grouping.kind === "one" ? [] : task.grouping.keys;
