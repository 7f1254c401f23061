/** States of very many groups, merged a step at a time. */
import type { Accumulator } from "#schemas/aggregates/aggregate";
import { StoreError } from "#schemas/errors";
import { schemaBounds } from "#schemas/limits";
import type { States } from "#schemas/plan/server-client";
import { type Stepwise, stepItems } from "#schemas/turns";

const stepBytes = schemaBounds.mergeStepBytes;

function countOf(states: States): number {
  if (states.kind === "variable") return states.offsets.length - 1;
  if (states.stateBytes < 1) throw new StoreError("FRAME_CORRUPT", "states of no size");
  return Math.floor(states.bytes.length / states.stateBytes);
}

/** The end of the states from `from` on that one step merges. */
function stepEnd(states: States, from: number, count: number): number {
  if (states.kind === "fixed") {
    return Math.min(
      count,
      from + Math.max(1, Math.min(stepItems, Math.floor(stepBytes / states.stateBytes))),
    );
  }
  let end = from + 1;
  const last = Math.min(count, from + stepItems);
  while (end < last && states.offsets[end + 1] - states.offsets[from] <= stepBytes) end++;
  return end;
}

const part = (states: States, from: number, end: number): States =>
  states.kind === "fixed"
    ? { ...states, bytes: states.bytes.subarray(from * states.stateBytes, end * states.stateBytes) }
    : { ...states, offsets: states.offsets.subarray(from, end + 1) };

/** Merges state i into group targets[i] (null: i). */
export function* mergeInSteps(
  accumulator: Accumulator,
  states: States,
  targets: Uint32Array | null,
): Stepwise {
  const count = countOf(states);
  if (count > (targets?.length ?? accumulator.groups)) {
    throw new StoreError("FRAME_CORRUPT", `${count} states came for ${accumulator.groups} groups`);
  }
  for (let from = 0; from < count; ) {
    const end = stepEnd(states, from, count);
    if (end - from === count) accumulator.merge(states, targets);
    else {
      const groups =
        targets?.subarray(from, end) ?? Uint32Array.from({ length: end - from }, (_, at) => from + at);
      accumulator.merge(part(states, from, end), groups);
    }
    from = end;
    yield;
  }
}
