/**
 * MIN and MAX of a text column with a dictionary: rows only mark which entries each group has; texts are compared
 * once for each pair of group and entry, or, when the dictionary is sorted, not at all.
 */
import type { Accumulator } from "#schemas/aggregates/aggregate";
import { aggregateNamed } from "#schemas/aggregates/registry";
import type { Vector } from "#schemas/batch";
import { assert } from "#schemas/errors";
import { sequence } from "#schemas/row-order";
import type { Rows, Slot, SlotParts, SlotResult } from "#server/execute/scan/slot";
import { BitsSlot } from "#server/execute/scan/slot-sets";
import { copyEntries } from "#server/execute/scan/text-vector";
import type { PlainDictionary, SlotPlan } from "#server/execute/task";
import type { TaskMemory } from "#server/execute/task-memory";

type ExtremesPlan = Extract<SlotPlan, { kind: "extremes" }>;

export class TextExtremesSlot implements Slot {
  private readonly plan: ExtremesPlan;
  private readonly bits: BitsSlot;
  private readonly memory: TaskMemory;
  private dictionary: PlainDictionary | null = null;
  private groups = 0;

  constructor(parts: SlotParts, plan: ExtremesPlan) {
    this.plan = plan;
    this.memory = parts.memory;
    this.bits = new BitsSlot(parts, plan.key);
  }

  ensure(groups: number): void {
    this.groups = Math.max(this.groups, groups);
    this.bits.ensure(groups);
  }

  update(rows: Rows): void {
    const { key } = this.plan;
    if (key.kind === "ids") this.dictionary = rows.chunk.task.columns[key.column].dictionary;
    this.bits.update(rows);
  }

  result(): SlotResult {
    const { name, type, parameters } = this.plan.call;
    const aggregate = aggregateNamed(name);
    assert(aggregate !== null, `there is an aggregate ${name}`);
    const accumulator = aggregate.accumulator({ name, type, parameters, args: [{ type }] });
    accumulator.resize(this.groups);
    const bits = this.bits.result();
    assert(bits.kind === "bits", "marks are bits");
    if (this.dictionary !== null) this.take(accumulator, this.dictionary, bits);
    this.memory.free(bits.pointer);
    this.memory.count(accumulator.bytes());
    return { kind: "states", states: accumulator.states(null, { final: false }) };
  }

  private take(
    accumulator: Accumulator,
    dictionary: PlainDictionary,
    bits: Extract<SlotResult, { kind: "bits" }>,
  ): void {
    const { views } = this.memory.arena;
    const words = bits.card >> 5;
    const gids: number[] = [];
    const ids: number[] = [];
    for (let group = 0; group < this.groups; group++) {
      const start = (bits.pointer >> 2) + group * words;
      for (const id of this.candidates(views.u32.subarray(start, start + words), dictionary.sorted)) {
        gids.push(group);
        ids.push(id);
      }
    }
    const entries = copyEntries(views, dictionary, Uint32Array.from(ids));
    const { type } = this.plan.call;
    const vector: Vector = {
      kind: "text",
      type,
      rows: ids.length,
      ids: sequence(ids.length),
      entries,
      nulls: null,
    };
    accumulator.update([vector], Uint32Array.from(gids), ids.length);
  }

  /** Ids that may be the extreme: all of a group, or the first or last when ids are in order. */
  private candidates(set: Uint32Array, sorted: boolean): number[] {
    set[0] &= ~1; // NULL
    if (sorted) return this.plan.call.name === "min" ? firstOf(set) : lastOf(set);
    const found: number[] = [];
    set.forEach((word, index) => {
      for (let bits = word; bits !== 0; bits &= bits - 1) found.push(index * 32 + lowestBit(bits));
    });
    return found;
  }
}

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);

function firstOf(set: Uint32Array): number[] {
  const word = set.findIndex((bits) => bits !== 0);
  return word < 0 ? [] : [word * 32 + lowestBit(set[word])];
}

function lastOf(set: Uint32Array): number[] {
  const word = set.findLastIndex((bits) => bits !== 0);
  return word < 0 ? [] : [word * 32 + 31 - Math.clz32(set[word])];
}
