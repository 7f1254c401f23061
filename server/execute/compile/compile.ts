/** A fragment over a snapshot's segments → tasks, in the order in which their results are merged. */
import type { Evaluate, EvaluateContext } from "#schemas/plan/evaluator";
import type { Expression } from "#schemas/plan/expression";
import type { Fragment, Hop } from "#schemas/plan/plan";
import type { ScanStats } from "#schemas/plan/server-client";
import { columnsOf } from "#schemas/plan/walk";
import type { Stepwise, Turns } from "#schemas/turns";
import type { Steps } from "#server/execute/compile/buckets";
import { ConstantColumns } from "#server/execute/compile/constant-columns";
import { integerRange, type KeyTools } from "#server/execute/compile/keys";
import { placesIn } from "#server/execute/compile/places";
import { compileFilter, cutSlices, type SegmentFilter, type Slice } from "#server/execute/compile/segment";
import { SegmentColumns, type WindowPass } from "#server/execute/compile/segment-columns";
import { compileGrouping, compileSlot, sourceOf } from "#server/execute/compile/slots";
import { SpecBuilder, type Specs } from "#server/execute/compile/specs";
import { compileTest } from "#server/execute/compile/tests";
import type { Runtime } from "#server/execute/runtime";
import type {
  AggregateFragment,
  AggregateTask,
  RowsFragment,
  RowsTask,
  SlotPlan,
  Source,
  Task,
  Test,
} from "#server/execute/task";
import type { TaskMemory } from "#server/execute/task-memory";
import type { SegmentReader } from "#server/segment/reader";

export interface CompileTools {
  readonly owner: Runtime;
  readonly evaluate: Evaluate;
  readonly hostName: string;
  readonly context: EvaluateContext;
  readonly steps: Map<string, Steps | null>;
  readonly limits: { readonly sliceChunks: number; readonly chunkRows: number; readonly stateBytes: number };
  readonly bytesMax: number;
  /** Memory of this query in a segment's arena, for index bitmaps. */
  readonly memoryIn: (segment: SegmentReader) => TaskMemory;
  readonly stats: ScanStats;
  readonly turns: Turns;
}

export interface Compiled<One extends Task> {
  /** Without chunks: `loaded` makes them resident. */
  readonly task: One;
  /** Places of the columns whose chunks are looked at. */
  readonly places: ReadonlySet<number>;
  readonly segment: SegmentReader;
  readonly filter: SegmentFilter;
}

/** The task with its chunks resident, until the segment's reader rests. */
export function loaded<One extends Task>({ task, places, filter }: Compiled<One>): One {
  const chunks = task.chunks.map(({ chunk }) => chunk);
  return { ...task, columns: filter.columns.loaded(task.columns, chunks, places) };
}

/** HOP as passes over the rows: one for each window that holds a row, or one alone when groups can be shifted instead. */
export interface HopPlan {
  readonly passes: readonly (WindowPass | null)[];
  /** What to add to window keys of merged groups. */
  readonly shifts: readonly bigint[];
}

const noHop: HopPlan = { passes: [null], shifts: [0n] };

export function hopPlan(fragment: Fragment): HopPlan {
  const { hop } = fragment;
  if (hop === null) return noHop;
  const { slideMs, sizeMs } = hop;
  const backs: bigint[] = [];
  for (let back = 0n; back < sizeMs; back += slideMs) backs.push(back);
  if (fragment.kind === "aggregate" && sizeMs % slideMs === 0n && windowsInKeysAlone(fragment, hop)) {
    return { passes: [{ hop, backMs: 0n }], shifts: backs.map((back) => -back) };
  }
  return { passes: backs.map((backMs) => ({ hop, backMs })), shifts: [0n] };
}

const isWindow = (expression: Expression, hop: Hop): boolean =>
  expression.kind === "column" &&
  (expression.column === hop.startColumn || expression.column === hop.endColumn);

/** The windows' bounds are keys as they are, and nothing else looks at them. */
function windowsInKeysAlone(fragment: AggregateFragment, hop: Hop): boolean {
  const others = [
    ...fragment.keys.filter((key) => !isWindow(key, hop)),
    ...fragment.aggregates.flatMap(({ args, filter }) => (filter === null ? args : [...args, filter])),
    ...(fragment.filter === null ? [] : [fragment.filter]),
  ];
  return others.every((expression) => {
    const used = columnsOf(expression);
    return !used.some(({ column }) => column === hop.startColumn || column === hop.endColumn);
  });
}

export const windowKeysOf = (fragment: AggregateFragment): boolean[] =>
  fragment.keys.map((key) => fragment.hop !== null && isWindow(key, fragment.hop));

/** Which slots the aggregates need, given what the segments hold. */
export function specsOf(fragment: AggregateFragment, segments: readonly SegmentReader[]): Specs {
  const builder = new SpecBuilder({
    wideSum: (argument) => {
      if (argument.kind === "literal") return typeof argument.value === "bigint" && !isInt(argument.value);
      if (argument.kind !== "column") return argument.type !== "INT";
      return segments.some((segment) => sumIsWide(segment, argument));
    },
    neverNull: (argument) => {
      if (argument.kind === "literal") return argument.value !== null;
      if (argument.kind !== "column") return false;
      // Columns that no user made are never NULL.
      if (argument.column < 0) return true;
      return segments.every((segment) => {
        const column = segment.column(argument.column);
        return segment.rows === 0 || (column !== null && column.stats.nulls === 0);
      });
    },
  });
  return builder.build(fragment.aggregates);
}

/** 2^31 of them and more sum within 64 bits. */
const isInt = (value: bigint): boolean => value === BigInt.asIntN(32, value);

function sumIsWide(segment: SegmentReader, argument: Extract<Expression, { kind: "column" }>): boolean {
  if (argument.type === "INT" || segment.rows === 0) return false;
  const columns = new SegmentColumns(segment, null);
  const range = integerRange(columns.column(argument.column, argument.type));
  if (range === null) return false;
  const largest = -range.min > range.max ? -range.min : range.max;
  return largest * BigInt(segment.rows) >= 2n ** 62n;
}

/** The tasks of one segment's slices, a step an expression. */
type Make<One extends Task> = (
  this: Compiler,
  filter: SegmentFilter,
  slices: readonly Slice[],
  pass: WindowPass | null,
  place: number,
) => Stepwise<Compiled<One>[]>;

export class Compiler {
  private readonly tools: CompileTools;
  private readonly constants: ConstantColumns;
  private ordinal = 0;

  constructor(tools: CompileTools) {
    this.tools = tools;
    this.constants = new ConstantColumns(tools);
  }

  aggregates(
    fragment: AggregateFragment,
    specs: Specs,
    segments: readonly SegmentReader[],
  ): Promise<Compiled<AggregateTask>[]> {
    const make: Make<AggregateTask> = function* (this: Compiler, filter, slices, pass, place) {
      const { columns } = filter;
      const { id } = columns.segment;
      const keys = fragment.keys.map((key) => this.constants.replace(key, id));
      const own = this.constants.replaceIn(specs, id);
      const keyTools: KeyTools = {
        ...this.tools,
        hop: pass === null ? null : this.shiftedHop(fragment, pass),
      };
      const sliceRows = Math.max(
        ...slices.map((slice) => slice.chunks.reduce((rows, chunk) => rows + chunk.rows, 0)),
      );
      const sized = { ...keyTools, stateBytes: this.tools.limits.stateBytes, sliceRows };
      const grouping = yield* compileGrouping(keys, columns, own, sized);
      const slots: SlotPlan[] = [];
      for (const spec of own.slots) {
        slots.push(compileSlot(spec, columns, grouping, keyTools));
        yield;
      }
      const filters: Test[] = [];
      for (const expression of own.filters) {
        filters.push(compileTest(expression, true, columns));
        yield;
      }
      const common = placesIn([filters, grouping, slots]);
      return slices.map((slice) => {
        const places = placesIn(slice.tests, new Set(common));
        const base = this.base(filter, slice, { segment: place, places });
        const task = { kind: "aggregate", ...base, filters, grouping, slots } as const;
        return { task, places, segment: columns.segment, filter };
      });
    };
    return this.each(fragment, segments, make);
  }

  /** Window keys become buckets only when the windows are made by shifting groups. */
  private shiftedHop(fragment: AggregateFragment, pass: WindowPass): Hop | null {
    return hopPlan(fragment).shifts.length > 1 || pass.hop.sizeMs === pass.hop.slideMs ? pass.hop : null;
  }

  rows(fragment: RowsFragment, segments: readonly SegmentReader[]): Promise<Compiled<RowsTask>[]> {
    const make: Make<RowsTask> = function* (this: Compiler, filter, slices, _pass, place) {
      const { columns } = filter;
      const source = (expression: Expression): Source =>
        sourceOf(this.constants.replace(expression, columns.segment.id), columns);
      const project: Source[] = [];
      for (const expression of fragment.project) {
        project.push(source(expression));
        yield;
      }
      const order = fragment.order.map(({ expression, descending, nullsFirst }) => ({
        source: source(expression),
        type: expression.type,
        descending,
        nullsFirst,
      }));
      const types = fragment.project.map((expression) => expression.type);
      const common = placesIn([project, order]);
      return slices.map((slice) => {
        const places = placesIn(slice.tests, new Set(common));
        const base = this.base(filter, slice, { segment: place, places });
        const task = { kind: "rows", ...base, project, types, order, limit: fragment.rows } as const;
        return { task, places, segment: columns.segment, filter };
      });
    };
    return this.each(fragment, segments, make);
  }

  private base(
    filter: SegmentFilter,
    slice: Slice,
    parts: { readonly segment: number; readonly places: ReadonlySet<number> },
  ) {
    const { columns } = filter;
    return {
      ordinal: this.ordinal++,
      segment: parts.segment,
      arena: columns.segment.arena.index,
      columns: columns.taskColumns(parts.places),
      chunks: slice.chunks,
      tests: slice.tests,
      context: this.tools.context,
      bytesMax: this.tools.bytesMax,
    };
  }

  private async each<One extends Task>(
    fragment: Fragment,
    segments: readonly SegmentReader[],
    make: Make<One>,
  ): Promise<Compiled<One>[]> {
    const { stats, limits, owner, turns } = this.tools;
    const compiled: Compiled<One>[] = [];
    for (const [place, segment] of segments.entries()) {
      if (segment.rows === 0) continue;
      const { kernels } = owner.at(segment.arena.index);
      const filterHere = fragment.filter && this.constants.replace(fragment.filter, segment.id);
      let used = false;
      for (const pass of hopPlan(fragment).passes) {
        const filter = compileFilter(segment, filterHere, { kernels, pass });
        if (filter === null) continue;
        const slices = cutSlices(filter, limits.sliceChunks, this.tools.memoryIn(segment));
        if (slices.length === 0) continue;
        for (const one of await turns.run(make.call(this, filter, slices, pass, place))) compiled.push(one);
        this.noteIndexes(fragment, filter);
        used = true;
        // Dictionaries and indexes may have been cold.
        if (turns.isOver) await turns.pass();
      }
      if (used) {
        stats.segmentsProcessed++;
        if (segment.state === "consuming") stats.consumingProcessed++;
      } else stats.segmentsPruned++;
    }
    return compiled;
  }

  private noteIndexes(fragment: Fragment, filter: SegmentFilter): void {
    for (const { kind, columnId } of filter.indexes) {
      const name = `${kind}(${nameOf(fragment.filter, columnId) ?? columnId})`;
      if (!this.tools.stats.indexes.includes(name)) this.tools.stats.indexes.push(name);
    }
  }
}

const nameOf = (expression: Expression | null, columnId: number): string | null =>
  expression === null
    ? null
    : (columnsOf(expression).find(({ column }) => column === columnId)?.name ?? null);
