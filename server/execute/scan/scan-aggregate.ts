/** An aggregate task from its first chunk to its states: filter → group ids → slots. Runs on any thread. */
import { unreachable } from "#schemas/errors";
import type { ArenaRuntime, Control, Runtime } from "#server/execute/runtime";
import { Chunk, everything, populationOf, type Selection } from "#server/execute/scan/chunk";
import { EntryMemos } from "#server/execute/scan/entry-memo";
import { conjunction, runTest, TestTables } from "#server/execute/scan/filter";
import { type GroupCodes, Grouper } from "#server/execute/scan/grouper";
import {
  CountSlot,
  DoubleSlot,
  emptySlot,
  IntegerSlot,
  type Slot,
  type SlotParts,
  type SlotResult,
} from "#server/execute/scan/slot";
import { TextExtremesSlot } from "#server/execute/scan/slot-extremes";
import { BitsSlot, PairsSlot, RegistersSlot, StatesSlot, ValuesSlot } from "#server/execute/scan/slot-sets";
import type { AggregateTask, SlotPlan } from "#server/execute/task";
import { TaskMemory } from "#server/execute/task-memory";

export interface ScanCounts {
  rowsScanned: number;
  rowsMatched: number;
  entriesInFilter: number;
  entriesPostFilter: number;
}

/** What a slice's scan leaves; `blocks` are the arena's, and the receiver frees them. */
export interface AggregateResult extends GroupCodes {
  readonly kind: "aggregate";
  readonly ordinal: number;
  readonly arena: number;
  readonly slots: readonly SlotResult[];
  readonly blocks: readonly { readonly pointer: number; readonly bytes: number }[];
  readonly bytes: number;
  /** What of it the query's count has. */
  readonly countedKiB: number;
  readonly counts: ScanCounts;
}

export const noCounts = (): ScanCounts => ({
  rowsScanned: 0,
  rowsMatched: 0,
  entriesInFilter: 0,
  entriesPostFilter: 0,
});

function makeSlot(parts: SlotParts, plan: SlotPlan): Slot {
  switch (plan.kind) {
    case "empty":
      return emptySlot;
    case "rows":
      return new CountSlot(parts, null);
    case "count":
      return new CountSlot(parts, plan.source);
    case "ints":
      return new IntegerSlot(parts, plan.source, plan.layout);
    case "doubles":
      return new DoubleSlot(parts, plan.source, plan.layout);
    case "distinct":
      return plan.bits ? new BitsSlot(parts, plan.key) : new PairsSlot(parts, plan.key);
    case "registers":
      return new RegistersSlot(parts, plan.source, plan.precision);
    case "values":
      return new ValuesSlot(parts, plan.source);
    case "extremes":
      return new TextExtremesSlot(parts, plan);
    case "states":
      return new StatesSlot(parts, plan);
    default:
      return unreachable(plan);
  }
}

/** A task with everything that lives from its first to its last chunk. */
class AggregateScan {
  readonly task: AggregateTask;
  readonly runtime: ArenaRuntime;
  readonly memory: TaskMemory;
  readonly tables: TestTables;
  readonly grouper: Grouper;
  readonly slots: readonly Slot[];
  readonly counts = noCounts();
  private readonly memos: EntryMemos;
  private readonly evaluate: Runtime["evaluate"];

  constructor(owner: Runtime, task: AggregateTask, memory: TaskMemory) {
    this.task = task;
    this.runtime = owner.at(task.arena);
    this.evaluate = owner.evaluate;
    this.memory = memory;
    const { scratch, arena } = this.runtime;
    this.tables = new TestTables(task, { views: arena.views, scratch, evaluate: owner.evaluate });
    for (const test of [...task.tests, ...task.filters]) this.tables.prepare(test);
    this.memos = new EntryMemos(task, memory);
    this.grouper = new Grouper(task, this.runtime, this.memory);
    const copies = task.grouping.kind === "flat" ? task.grouping.copies : 1;
    const parts = { runtime: this.runtime, memory: this.memory, copies };
    this.slots = task.slots.map((plan) => makeSlot(parts, plan));
    const groups = task.grouping.kind === "hash" ? 0 : this.grouper.groups;
    for (const slot of this.slots) slot.ensure(groups);
  }

  chunk(index: number): void {
    const { task } = this;
    const chunk = new Chunk(this.runtime, this.evaluate, task, index, this.memos);
    const { tests, rows } = task.chunks[index];
    const selection = conjunction(
      chunk,
      this.tables,
      tests.map((test) => task.tests[test]),
      everything,
    );
    this.counts.rowsScanned += rows;
    this.counts.entriesInFilter += rows * tests.length;
    if (selection.kind === "none") return;
    const population = populationOf(selection, rows);
    this.counts.rowsMatched += population;
    this.counts.entriesPostFilter += population * task.columns.length;
    this.update(chunk, selection);
  }

  private update(chunk: Chunk, selection: Selection): void {
    const { task, grouper } = this;
    const gids = grouper.gids(chunk, selection);
    if (task.grouping.kind === "hash") for (const slot of this.slots) slot.ensure(grouper.groups);
    const filtered: (Selection | undefined)[] = [];
    this.slots.forEach((slot, index) => {
      const plan = task.slots[index];
      const filter = plan.kind === "empty" ? -1 : plan.filter;
      let rows = selection;
      if (filter >= 0) {
        filtered[filter] ??= chunk.and(
          selection,
          runTest(chunk, this.tables, task.filters[filter], selection),
        );
        rows = filtered[filter];
      }
      const mark = chunk.scratch.mark();
      if (rows.kind !== "none") slot.update({ chunk, selection: rows, gids, ascending: grouper.ascending });
      chunk.scratch.release(mark);
    });
  }

  finish(): AggregateResult {
    const groups = this.grouper.finish();
    const slots = this.slots.map((slot) => slot.result());
    this.grouper.close();
    this.memos.close();
    return {
      kind: "aggregate",
      ...groups,
      ordinal: this.task.ordinal,
      arena: this.task.arena,
      slots,
      blocks: this.memory.held(),
      bytes: this.memory.bytes,
      countedKiB: this.memory.countedKiB,
      counts: this.counts,
    };
  }
}

export function scanAggregate(owner: Runtime, task: AggregateTask, control: Control): AggregateResult {
  const { scratch, arena } = owner.at(task.arena);
  const memory = new TaskMemory(arena, { bytesMax: task.bytesMax, control });
  try {
    const scan = new AggregateScan(owner, task, memory);
    for (let index = 0; index < task.chunks.length; index++) {
      control.check();
      const mark = scratch.mark();
      scan.chunk(index);
      scratch.release(mark);
    }
    return scan.finish();
  } catch (error) {
    memory.freeAll();
    throw error;
  } finally {
    scratch.reset();
  }
}
