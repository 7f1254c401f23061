/** What the stages of one query share, and what an executor is made of. */
import type { Limits } from "#schemas/limits";
import type { Evaluate } from "#schemas/plan/evaluator";
import type { ExecuteOptions, Partial, ScanStats } from "#schemas/plan/server-client";
import type { Turns } from "#schemas/turns";
import type { CompileTools } from "#server/execute/compile/compile";
import type { Dictionaries } from "#server/execute/merge/dictionaries";
import type { ResultCache } from "#server/execute/result-cache";
import type { Control, Runtime } from "#server/execute/runtime";
import type { Task } from "#server/execute/task";
import type { Take } from "#server/execute/threads/in-order";
import type { ScanPool } from "#server/execute/threads/pool";
import type { SegmentReader } from "#server/segment/reader";

export interface ExecutorParts {
  /** This thread's arenas, kernels and functions. */
  readonly runtime: Runtime;
  readonly evaluate: Evaluate;
  readonly limits: Limits;
  /** What $hostName says. */
  readonly hostName: string;
  /** Wall clock, for deadlines. */
  readonly nowMs: () => number;
  /** For turns. */
  readonly monotonicMs: () => number;
  /** Absent: everything runs on this thread. */
  readonly pool?: ScanPool;
}

export interface Answer {
  readonly partial: Partial;
  readonly stats: ScanStats;
}

/** What the stages of one query share. */
export interface Query {
  readonly parts: ExecutorParts;
  readonly options: ExecuteOptions;
  readonly segments: readonly SegmentReader[];
  readonly stats: ScanStats;
  readonly control: Control;
  /** Runs what takes long on this thread. */
  readonly turns: Turns;
  readonly compile: CompileTools;
  readonly dictionaries: Dictionaries;
  readonly cache: ResultCache;
  /** Runs tasks where their cost says, and hands results over in the tasks' order. */
  readonly scan: (tasks: readonly Task[], take: Take) => Promise<void>;
}
