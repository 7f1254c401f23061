/** Merged slots → what an aggregate answers for some groups: finished values, or states for another merge. */
import { NullMarks } from "#schemas/aggregates/vectors";
import type { Vector } from "#schemas/batch";
import { assert, StoreError } from "#schemas/errors";
import type { AggregateCall } from "#schemas/plan/expression";
import type { States } from "#schemas/plan/server-client";
import { accumulatorOf } from "#server/execute/merge/merge";
import { MergedDistinct } from "#server/execute/merge/merged-distinct";
import {
  MergedCounts,
  MergedDoubles,
  MergedIntegers,
  type MergedSlot,
  MergedStates,
} from "#server/execute/merge/merged-slot";
import { MergedValues } from "#server/execute/merge/merged-values";

/** Words of a merged state. */
const integerWords = 6;

export function statesOf(
  call: AggregateCall,
  slot: MergedSlot,
  groups: Uint32Array,
  options: { readonly final: boolean },
): States {
  if (slot instanceof MergedDistinct) return slot.states(groups, options);
  if (slot instanceof MergedValues || slot instanceof MergedStates) {
    return slot.accumulator.states(groups, options);
  }
  if (call.name === "count") return countStates(slot, groups);
  if (slot instanceof MergedIntegers) return integerStates(call, slot, groups);
  assert(slot instanceof MergedDoubles, "numbers are integers or doubles");
  return doubleStates(call, slot, groups);
}

function countStates(slot: MergedSlot, groups: Uint32Array): States {
  assert(
    slot instanceof MergedCounts || slot instanceof MergedIntegers || slot instanceof MergedDoubles,
    "this slot counts rows",
  );
  const counts = new Float64Array(groups.length);
  for (let row = 0; row < groups.length; row++) counts[row] = slot.rowsOf(groups[row]);
  return { kind: "fixed", stateBytes: 8, bytes: new Uint8Array(counts.buffer) };
}

function fixedStates(words: number, groups: number) {
  const buffer = new ArrayBuffer(words * 8 * groups);
  return {
    i64: new BigInt64Array(buffer),
    f64: new Float64Array(buffer),
    states: { kind: "fixed", stateBytes: words * 8, bytes: new Uint8Array(buffer) } as const,
  };
}

function integerStates(call: AggregateCall, slot: MergedIntegers, groups: Uint32Array): States {
  const { i64 } = slot.home.runtime.arena.views;
  const base = slot.states.pointer >> 3;
  const sums = call.name === "sum" || call.name === "avg";
  const range = call.name === "minMaxRange";
  const to = fixedStates(sums || range ? 3 : 2, groups.length);
  const words = to.states.stateBytes / 8;
  groups.forEach((group, row) => {
    const from = base + group * integerWords;
    const rows = slot.rowsOf(group);
    const at = row * words;
    if (sums) {
      to.i64[at] = i64[from + 1];
      to.i64[at + 1] = i64[from + 2];
      to.f64[at + 2] = rows;
    } else if (range && rows > 0) {
      to.f64[at] = Number(i64[from + 3]);
      to.f64[at + 1] = Number(i64[from + 4]);
      to.f64[at + 2] = 1;
    } else if (rows > 0) {
      to.i64[at] = i64[from + (isLeast(call) ? 3 : 4)];
      to.f64[at + 1] = 1;
    }
  });
  return to.states;
}

const isLeast = (call: AggregateCall): boolean => call.name === "min" || call.name === "boolAnd";

/** Least and greatest of a `full` state of doubles with rows; see `stateBytes`. */
function extremesOf(f64: Float64Array, i64: BigInt64Array, at: number): readonly [number, number] {
  const greatest = -f64[at + 3] + 0;
  if (!Number.isNaN(greatest)) return [f64[at + 2] + 0, greatest];
  const nans = Number(i64[at + 3] & 0xffff_ffff_ffffn);
  return [nans >= f64[at] ? Number.NaN : f64[at + 2] + 0, Number.NaN];
}

function doubleStates(call: AggregateCall, slot: MergedDoubles, groups: Uint32Array): States {
  const { f64, i64 } = slot.home.runtime.arena.views;
  const base = slot.states.pointer >> 3;
  const stride = slot.layout === "full" ? 4 : 2;
  const range = call.name === "minMaxRange";
  const to = fixedStates(range ? 3 : 2, groups.length);
  groups.forEach((group, row) => {
    const from = base + group * stride;
    const rows = f64[from];
    if (rows === 0) return;
    if (call.name === "sum" || call.name === "avg") {
      to.f64[row * 2] = f64[from + 1];
      to.f64[row * 2 + 1] = rows;
      return;
    }
    const [least, greatest] = extremesOf(f64, i64, from);
    if (range) to.f64.set([least, greatest, 1], row * 3);
    else to.f64.set([isLeast(call) ? least : greatest, 1], row * 2);
  });
  return to.states;
}

/** Finished values: counts, sums and averages straight from the states, all else by `schemas/aggregates`. */
export function finishOf(call: AggregateCall, slot: MergedSlot, groups: Uint32Array): Vector {
  if (call.name === "count") return finishCounts(slot, groups);
  if (slot instanceof MergedDistinct) {
    const counts = slot.counts();
    return longs(groups.length, (row) => BigInt(counts[groups[row]]));
  }
  if (slot instanceof MergedValues || slot instanceof MergedStates) return slot.accumulator.finish(groups);
  if (slot instanceof MergedIntegers && call.name === "sum") return finishSums(slot, groups);
  if (slot instanceof MergedDoubles && (call.name === "sum" || call.name === "avg")) {
    return finishDoubles(call.name, slot, groups);
  }
  const accumulator = accumulatorOf(call.name, call.args, call.parameters, call.type);
  accumulator.resize(groups.length);
  accumulator.merge(statesOf(call, slot, groups, { final: true }), null);
  return accumulator.finish(null);
}

function longs(rows: number, longAt: (row: number) => bigint): Vector {
  const values = new BigInt64Array(rows);
  for (let row = 0; row < rows; row++) values[row] = longAt(row);
  return { kind: "int", type: "LONG", rows, values, nulls: null };
}

function finishCounts(slot: MergedSlot, groups: Uint32Array): Vector {
  assert(
    slot instanceof MergedCounts || slot instanceof MergedIntegers || slot instanceof MergedDoubles,
    "this slot counts rows",
  );
  const values = new BigInt64Array(groups.length);
  // Counts and sums are copied by halves: a million bigints would be a million allocations.
  const halves = new Uint32Array(values.buffer);
  for (let row = 0; row < groups.length; row++) {
    const count = slot.rowsOf(groups[row]);
    halves[row * 2] = count;
    halves[row * 2 + 1] = count / 2 ** 32;
  }
  return { kind: "int", type: "LONG", rows: groups.length, values, nulls: null };
}

function finishSums(slot: MergedIntegers, groups: Uint32Array): Vector {
  const { i32, i64 } = slot.home.runtime.arena.views;
  const base = slot.states.pointer >> 2;
  const values = new BigInt64Array(groups.length);
  const halves = new Int32Array(values.buffer);
  const nulls = new NullMarks(groups.length);
  for (let row = 0; row < groups.length; row++) {
    const at = base + groups[row] * integerWords * 2;
    if ((i32[at] | i32[at + 1]) === 0) {
      nulls.mark(row);
      continue;
    }
    const high = i32[at + 3];
    if (i32[at + 4] !== high >> 31 || i32[at + 5] !== high >> 31) {
      throw sumTooLarge((i64[(at >> 1) + 2] << 64n) + BigInt.asUintN(64, i64[(at >> 1) + 1]));
    }
    halves[row * 2] = i32[at + 2];
    halves[row * 2 + 1] = high;
  }
  return { kind: "int", type: "LONG", rows: groups.length, values, nulls: nulls.bits };
}

const sumTooLarge = (sum: bigint): StoreError =>
  new StoreError(
    "VALUE_RANGE",
    `SUM is ${sum}, which does not fit a LONG; use SUMPRECISION for an exact decimal`,
  );

function finishDoubles(name: "sum" | "avg", slot: MergedDoubles, groups: Uint32Array): Vector {
  const { f64 } = slot.home.runtime.arena.views;
  const base = slot.states.pointer >> 3;
  const stride = slot.layout === "full" ? 4 : 2;
  const values = new Float64Array(groups.length);
  const nulls = new NullMarks(groups.length);
  for (let row = 0; row < groups.length; row++) {
    const at = base + groups[row] * stride;
    if (f64[at] === 0) nulls.mark(row);
    else values[row] = name === "sum" ? f64[at + 1] : f64[at + 1] / f64[at] + 0;
  }
  return { kind: "double", type: "DOUBLE", rows: groups.length, values, nulls: nulls.bits };
}
