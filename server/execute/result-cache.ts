/**
 * States of sealed slices, kept between queries: a refreshed dashboard pays only for rows since. The key is
 * what the slice has to do (its tests after zones dropped those that always hold, keys, slots, time zone)
 * and the segment's generation; merging a kept state gives the same digits as scanning again. Oldest use
 * goes first when the bound is reached.
 */
import { functionNamed } from "#schemas/functions/resolve";
import type { Expression } from "#schemas/plan/expression";
import type { Fragment } from "#schemas/plan/plan";
import type { Arena } from "#server/arena/arena";
import type { Compiled } from "#server/execute/compile/compile";
import { type AggregateResult, noCounts } from "#server/execute/scan/scan-aggregate";
import type { SlotResult } from "#server/execute/scan/slot";
import type { AggregateTask } from "#server/execute/task";

/** A kept result with the content of its blocks. */
export interface Kept {
  readonly segment: string;
  readonly result: AggregateResult;
  /** Content of the result's blocks, in the order of its pointers. */
  readonly blocks: readonly Uint8Array[];
  readonly bytes: number;
}

/** One entry may take this share of the cache. */
const entryShare = 0.25;
const entryOverhead = 1024;

export class ResultCache {
  private readonly bytesMax: number;
  private readonly entries = new Map<string, Kept>();
  private held = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  bytes(): number {
    return this.held;
  }

  /** What is kept under a key, or null. It may be revived even after it has been dropped here. */
  find(key: string): Kept | null {
    const entry = this.entries.get(key);
    if (entry === undefined) return null;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry;
  }

  /** Copies a result that is about to be merged and freed. */
  keep(key: string, segment: string, result: AggregateResult, arena: Arena): void {
    if (this.entries.has(key)) return;
    const bytes = entryOverhead + result.bytes;
    if (bytes > this.bytesMax * entryShare) return;
    const { u8 } = arena.views;
    const blocks = result.blocks.map((block) => u8.slice(block.pointer, block.pointer + block.bytes));
    this.entries.set(key, { segment, result, blocks, bytes });
    this.held += bytes;
    for (const [oldest, entry] of this.entries) {
      if (this.held <= this.bytesMax) break;
      this.entries.delete(oldest);
      this.held -= entry.bytes;
    }
  }

  forget(segment: string): void {
    for (const [key, entry] of this.entries) {
      if (entry.segment !== segment) continue;
      this.entries.delete(key);
      this.held -= entry.bytes;
    }
  }
}

/** The result as if it had just been scanned: its blocks allocated anew in the arena. */
export function revive(kept: Kept, ordinal: number, arena: Arena): AggregateResult {
  const moved = new Map<number, number>([[0, 0]]);
  const blocks = kept.blocks.map((block, index) => {
    const pointer = arena.allocate(block.length, "cache");
    arena.views.u8.set(block, pointer);
    moved.set(kept.result.blocks[index].pointer, pointer);
    return { pointer, bytes: block.length };
  });
  const { rowsMatched } = kept.result.counts;
  const counts = { ...noCounts(), rowsMatched };
  const slots = kept.result.slots.map((slot) => movedSlot(slot, moved));
  return { ...kept.result, ordinal, arena: arena.index, countedKiB: 0, counts, slots, blocks };
}

function movedSlot(slot: SlotResult, moved: ReadonlyMap<number, number>): SlotResult {
  return "pointer" in slot ? { ...slot, pointer: moved.get(slot.pointer) ?? 0 } : slot;
}

/** Text of a task's parts: typed arrays and bigints included. */
const written = (value: unknown): string =>
  JSON.stringify(value, (_, part) => {
    if (typeof part === "bigint") return `${part}n`;
    if (ArrayBuffer.isView(part))
      return [part.constructor.name, ...Array.from(part as unknown as number[], String)];
    if (typeof part === "number" && !Number.isFinite(part)) return String(part);
    return part;
  });

/** null: the task's result may not be kept. */
export function cacheKey({ task, segment, filter }: Compiled<AggregateTask>): string | null {
  if (segment.state !== "sealed") return null;
  const columns = task.columns.map(({ columnId, window }) => [columnId, window]);
  const chunks = task.chunks.map(({ chunk, tests }) => [chunk, tests]);
  const used = filter.tests.filter((_, index) => task.chunks.some(({ tests }) => tests.includes(index)));
  const places = filter.tests.map((test) => used.indexOf(test));
  const parts = [
    segment.generation,
    task.context.timeZone,
    columns,
    chunks.map(([chunk, tests]) => [chunk, (tests as readonly number[]).map((test) => places[test])]),
    used,
    task.filters,
    task.grouping,
    task.slots,
  ];
  return `${segment.id} ${written(parts)}`;
}

/** The same rows give the same result at any time. */
export function isRepeatable(fragment: Fragment): boolean {
  if (fragment.kind !== "aggregate") return false;
  const expressions = [
    ...(fragment.filter === null ? [] : [fragment.filter]),
    ...fragment.keys,
    ...fragment.aggregates.flatMap(({ args, filter }) => (filter === null ? args : [...args, filter])),
  ];
  return expressions.every(isDeterministic);
}

function isDeterministic(expression: Expression): boolean {
  if (expression.kind !== "call") return true;
  if (functionNamed(expression.name)?.deterministic === false) return false;
  return expression.args.every(isDeterministic);
}
