/**
 * PERCENTILE(x, p): exactly the value at position floor(count · p / 100) of the values in order (the last one for
 * p = 100), as Pinot's; NaN is greatest. A DOUBLE.
 * State => version:u8 = 1, kind:u8, then kind 0 (final) value:f64 | kind 1 value:f64[to the end]
 */
import type { Aggregate } from "#schemas/aggregates/aggregate";
import { bound, expectCount, expectNumber, literalNumber } from "#schemas/aggregates/arguments";
import { corruptState, VariableAccumulator } from "#schemas/aggregates/variable";
import { entryBytes, isNull, NullMarks } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { atOnce, type Stepwise } from "#schemas/turns";

interface ValueList {
  values: Float64Array;
  count: number;
  /** The answer alone is left; nothing may be merged. */
  final: boolean;
  /** The answer when there were `count` values. */
  answered?: { readonly count: number; readonly value: number };
}

/** Values that are partitioned at a stretch. */
const stepValues = 1 << 16;

/** The value at `rank` of values[0 … count) in order; reorders them. Quickselect, middle of three. */
function* selectRank(values: Float64Array, count: number, rank: number): Stepwise<number> {
  let numbers = 0; // NaN to the end: it is greatest
  for (let at = 0; at < count; at++) {
    const value = values[at];
    if (!Number.isNaN(value)) {
      values[at] = values[numbers];
      values[numbers++] = value;
    }
  }
  if (rank >= numbers) return Number.NaN;
  let low = 0;
  let high = numbers - 1;
  while (low < high) {
    const pivot = middleOf(values[low], values[(low + high) >> 1], values[high]);
    let left = low - 1;
    let right = high + 1;
    while (true) {
      do left++;
      while (values[left] < pivot);
      do right--;
      while (values[right] > pivot);
      if (left >= right) break;
      const swapped = values[left];
      values[left] = values[right];
      values[right] = swapped;
    }
    if (high - low > stepValues) yield;
    if (rank <= right) high = right;
    else low = right + 1;
  }
  return values[rank];
}

const middleOf = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** Which rank is percentile p of `count` values. */
const percentileRank = (count: number, percent: number): number =>
  Math.min(count - 1, Math.floor((count * percent) / 100));

const utf8 = new TextDecoder();
const numberAt = (vector: Vector, row: number): number =>
  vector.kind === "text"
    ? Number(utf8.decode(entryBytes(vector.entries, vector.ids[row])))
    : Number(vector.values[row]);

export class PercentileAccumulator extends VariableAccumulator<ValueList> {
  private readonly percent: number;

  constructor(percent: number) {
    super();
    this.percent = percent;
  }

  update(args: readonly Vector[], gids: Uint32Array | null, rows: number): void {
    const [vector] = args;
    for (let row = 0; row < rows; row++) {
      if (isNull(vector.nulls, row)) continue;
      const list = this.listFor(gids === null ? 0 : gids[row], 1);
      list.values[list.count++] = numberAt(vector, row);
    }
  }

  /** Adds values[from … to) to a group. */
  addAll(group: number, values: Float64Array): void {
    const list = this.listFor(group, values.length);
    list.values.set(values, list.count);
    list.count += values.length;
  }

  private listFor(group: number, more: number): ValueList {
    let list = this.held[group];
    if (list === undefined) {
      list = { values: new Float64Array(Math.max(8, more)), count: 0, final: false };
      this.held[group] = list;
      this.grew(list.values.byteLength);
    }
    if (list.final) corruptState("a final percentile cannot be merged");
    if (list.count + more > list.values.length) {
      const grown = new Float64Array(Math.max(list.values.length * 2, list.count + more));
      grown.set(list.values.subarray(0, list.count));
      this.grew(grown.byteLength - list.values.byteLength);
      list.values = grown;
    }
    return list;
  }

  private *answer(list: ValueList): Stepwise<number> {
    if (list.final) return list.values[0];
    if (list.answered?.count !== list.count) {
      const value = yield* selectRank(list.values, list.count, percentileRank(list.count, this.percent));
      list.answered = { count: list.count, value };
    }
    return list.answered.value;
  }

  private answerOf(list: ValueList): number {
    return atOnce(this.answer(list));
  }

  *settle(groups: Uint32Array | null): Stepwise {
    let looked = 0;
    const count = groups?.length ?? this.groups;
    for (let at = 0; at < count; at++) {
      const list = this.held[groups === null ? at : groups[at]];
      if (list === undefined) continue;
      yield* this.answer(list);
      looked += list.count;
      if (looked < stepValues) continue;
      looked = 0;
      yield;
    }
  }

  protected encode(list: ValueList, options: { readonly final: boolean }): Uint8Array {
    const final = options.final || list.final;
    const values = final ? Float64Array.of(this.answerOf(list)) : list.values.subarray(0, list.count);
    const bytes = new Uint8Array(2 + values.byteLength);
    bytes[0] = 1;
    bytes[1] = final ? 0 : 1;
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 2);
    return bytes;
  }

  protected decode(bytes: Uint8Array): ValueList {
    const whole = (bytes.length - 2) % 8 === 0 && bytes.length > 2;
    if (!whole || bytes[0] !== 1 || bytes[1] > 1 || (bytes[1] === 0 && bytes.length !== 10)) {
      return corruptState("not a list of values");
    }
    const values = new Float64Array(bytes.slice(2).buffer);
    return { values, count: values.length, final: bytes[1] === 0 };
  }

  protected mergeStates(into: ValueList, from: ValueList): ValueList {
    if (into.final || from.final) return corruptState("a final percentile cannot be merged");
    const values = new Float64Array(Math.max(into.values.length, (into.count + from.count) * 2));
    values.set(into.values.subarray(0, into.count));
    values.set(from.values.subarray(0, from.count), into.count);
    return { values, count: into.count + from.count, final: false };
  }

  protected finishRows(rows: number, stateOf: (row: number) => ValueList | undefined): Vector {
    const values = new Float64Array(rows);
    const nulls = new NullMarks(rows);
    for (let row = 0; row < rows; row++) {
      const list = stateOf(row);
      if (list === undefined) nulls.mark(row);
      else values[row] = this.answerOf(list);
    }
    return { kind: "double", type: "DOUBLE", rows, values, nulls: nulls.bits };
  }
}

export const percentile: Aggregate = {
  name: "percentile",
  aliases: [],
  documentation: "The exact p-th percentile (0 to 100) of the values that are not NULL, as a DOUBLE.",
  example: "PERCENTILE(total_purchase, 95)",
  version: 1,
  bind(args) {
    expectCount("percentile", args, { least: 2, most: 2 });
    expectNumber("percentile", args, 0);
    const percent = literalNumber("percentile", args, { index: 1, least: 0, most: 100, whole: false });
    return bound("percentile", 1, "DOUBLE", [percent]);
  },
  layout: () => ({ kind: "variable" }),
  accumulator: (call) => new PercentileAccumulator(Number(call.parameters[0])),
};
