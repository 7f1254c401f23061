/**
 * A rows task: filter → order keys of the rows that pass → the first `limit` of them → their projected
 * values. With an order and a small limit, a first look at the leading key alone finds the value that a row
 * must reach.
 */
import type { Vector } from "#schemas/batch";
import { firstInOrder, type SortKey, sequence } from "#schemas/row-order";
import { atOnce } from "#schemas/turns";
import { joinVectors, pickRows } from "#schemas/vector-rows";
import { owned, vectorBytes } from "#server/execute/owned-vectors";
import type { Control, Runtime } from "#server/execute/runtime";
import { Chunk, everything, type Positions, populationOf, type Selection } from "#server/execute/scan/chunk";
import { conjunction, runTest, TestTables } from "#server/execute/scan/filter";
import { noCounts, type ScanCounts } from "#server/execute/scan/scan-aggregate";
import { sourceVector } from "#server/execute/scan/slot-sets";
import { TopReach } from "#server/execute/scan/top-reach";
import type { RowsTask } from "#server/execute/task";
import { TaskMemory } from "#server/execute/task-memory";

export interface RowsResult {
  readonly kind: "rows";
  readonly ordinal: number;
  readonly rows: number;
  readonly project: readonly Vector[];
  /** The order keys' values of the same rows. */
  readonly order: readonly Vector[];
  readonly countedKiB: number;
  readonly counts: ScanCounts;
}

/** Rows of one chunk that are still candidates. */
interface Candidates {
  readonly chunk: number;
  /** Rows of the chunk, ascending. */
  readonly rows: Uint32Array;
  readonly order: readonly Vector[];
}

class RowsScan {
  private readonly owner: Runtime;
  private readonly task: RowsTask;
  private readonly tables: TestTables;
  private readonly memory: TaskMemory;
  private readonly control: Control;
  readonly counts = noCounts();
  private candidates: Candidates[] = [];
  private held = 0;
  private reach: TopReach | null = null;

  constructor(owner: Runtime, task: RowsTask, control: Control) {
    const { scratch, arena } = owner.at(task.arena);
    this.owner = owner;
    this.task = task;
    this.control = control;
    this.memory = new TaskMemory(arena, { bytesMax: task.bytesMax, control });
    this.tables = new TestTables(task, { views: arena.views, scratch, evaluate: owner.evaluate });
    for (const test of task.tests) this.tables.prepare(test);
  }

  run(): void {
    this.reach = TopReach.for(this.task, this.owner);
    const { reach } = this;
    if (reach !== null) {
      this.eachChunk((chunk, selection) => reach.look(chunk, selection), { counted: false });
    }
    this.eachChunk((chunk, selection) => this.collect(chunk, selection), { counted: true });
  }

  private eachChunk(
    visit: (chunk: Chunk, selection: Selection) => void,
    options: { readonly counted: boolean },
  ): void {
    const { task, owner } = this;
    const runtime = owner.at(task.arena);
    for (let index = 0; index < task.chunks.length; index++) {
      this.control.check();
      if (task.order.length === 0 && this.held >= task.limit) return;
      const mark = runtime.scratch.mark();
      const chunk = new Chunk(runtime, owner.evaluate, task, index);
      const { tests, rows } = task.chunks[index];
      const conjuncts = tests.map((test) => task.tests[test]);
      const selection = conjunction(chunk, this.tables, conjuncts, everything);
      if (options.counted) {
        this.counts.rowsScanned += rows;
        this.counts.entriesInFilter += rows * tests.length;
        this.counts.rowsMatched += populationOf(selection, rows);
      }
      if (selection.kind !== "none") visit(chunk, selection);
      runtime.scratch.release(mark);
    }
  }

  private collect(chunk: Chunk, selection: Selection): void {
    const { task } = this;
    const reached = this.reach?.test() ?? null;
    const wanted =
      reached === null ? selection : chunk.and(selection, runTest(chunk, this.tables, reached, selection));
    if (wanted.kind === "none") return;
    let rows = rowsOf(chunk, wanted);
    if (task.order.length === 0) rows = rows.slice(0, task.limit - this.held);
    const positions = place(chunk, rows);
    const order = task.order.map(({ source }) => {
      const vector = owned(sourceVector(chunk, source, positions));
      this.memory.count(vectorBytes(vector));
      return vector;
    });
    this.memory.count(rows.length * 4);
    this.candidates.push({ chunk: chunk.index, rows, order });
    this.held += rows.length;
    if (task.order.length > 0 && this.held > task.limit * 4 + chunk.rows * 4) this.cut();
  }

  /** Keeps the first `limit` candidates in order. */
  private cut(): void {
    const keep = this.ordered();
    const starts = startsOf(this.candidates);
    const chosen = [...keep].sort((a, b) => a - b);
    let at = 0;
    this.candidates = this.candidates.flatMap((candidate, index) => {
      const local: number[] = [];
      const end = starts[index] + candidate.rows.length;
      while (at < chosen.length && chosen[at] < end) local.push(chosen[at++] - starts[index]);
      if (local.length === 0) return [];
      const picked = Uint32Array.from(local);
      const order = candidate.order.map((vector) => owned(pickRows(vector, picked)));
      return [{ chunk: candidate.chunk, rows: picked.map((row) => candidate.rows[row]), order }];
    });
    this.held = keep.length;
  }

  /** Numbers of the first candidates in order. */
  private ordered(): Uint32Array {
    const first = firstInOrder(this.held, this.sortKeys(), Math.min(this.task.limit, this.held));
    return atOnce(first, () => this.control.check());
  }

  private orderVectors(): Vector[] {
    return this.task.order.map(({ type }, key) =>
      joinVectors(
        this.candidates.map(({ order }) => order[key]),
        type,
      ),
    );
  }

  private sortKeys(): SortKey[] {
    const vectors = this.orderVectors();
    return this.task.order.map(({ descending, nullsFirst }, key) => ({
      vector: vectors[key],
      descending,
      nullsFirst,
    }));
  }

  /** Projects the chosen rows, chunk by chunk, and puts them into order. */
  finish(): RowsResult {
    const { task, owner } = this;
    const runtime = owner.at(task.arena);
    const chosen = this.ordered();
    const inChunks = Uint32Array.from(chosen).sort();
    const starts = startsOf(this.candidates);
    const parts: Vector[][] = task.project.map(() => []);
    let at = 0;
    this.candidates.forEach((candidate, index) => {
      const local: number[] = [];
      const end = starts[index] + candidate.rows.length;
      while (at < inChunks.length && inChunks[at] < end) {
        local.push(candidate.rows[inChunks[at++] - starts[index]]);
      }
      if (local.length === 0) return;
      const mark = runtime.scratch.mark();
      const chunk = new Chunk(runtime, owner.evaluate, task, candidate.chunk);
      const positions = place(chunk, Uint32Array.from(local));
      task.project.forEach((source, column) => {
        const vector = owned(sourceVector(chunk, source, positions));
        this.memory.count(vectorBytes(vector));
        parts[column].push(vector);
      });
      runtime.scratch.release(mark);
    });
    const order = this.orderVectors().map((vector) => owned(pickRows(vector, chosen)));
    return this.arranged(parts, chosen, inChunks, order);
  }

  private arranged(
    parts: readonly (readonly Vector[])[],
    chosen: Uint32Array,
    inChunks: Uint32Array,
    order: readonly Vector[],
  ): RowsResult {
    const { task } = this;
    let project = parts.map((vectors, column) => joinVectors(vectors, task.types[column]));
    if (task.order.length > 0) {
      const placeOf = new Map<number, number>();
      inChunks.forEach((candidate, index) => {
        placeOf.set(candidate, index);
      });
      const permutation = chosen.map((candidate) => placeOf.get(candidate) ?? 0);
      project = project.map((vector) => pickRows(vector, permutation));
    }
    const { ordinal } = task;
    const { countedKiB } = this.memory;
    return { kind: "rows", ordinal, rows: chosen.length, project, order, countedKiB, counts: this.counts };
  }
}

function startsOf(candidates: readonly Candidates[]): number[] {
  let start = 0;
  return candidates.map(({ rows }) => {
    const own = start;
    start += rows.length;
    return own;
  });
}

/** The selected rows of a chunk as an own array. */
function rowsOf(chunk: Chunk, selection: Selection): Uint32Array {
  const positions = chunk.positions(selection);
  if (positions === null) return sequence(chunk.rows);
  const at = positions.pointer >> 2;
  return chunk.views.u32.slice(at, at + positions.count);
}

/** Rows as positions for kernels; null when they are all rows of the chunk. */
function place(chunk: Chunk, rows: Uint32Array): Positions | null {
  if (rows.length === chunk.rows) return null;
  const pointer = chunk.scratch.take((rows.length + 16) * 4);
  chunk.views.u32.set(rows, pointer >> 2);
  return { pointer, count: rows.length };
}

export function scanRows(owner: Runtime, task: RowsTask, control: Control): RowsResult {
  const { scratch } = owner.at(task.arena);
  try {
    const scan = new RowsScan(owner, task, control);
    scan.run();
    return scan.finish();
  } finally {
    scratch.reset();
  }
}
