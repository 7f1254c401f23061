/** A segment's life as a table of allowed steps. What was replaced is freed through the server's epochs. */
import { assert } from "#schemas/errors";
import type { SegmentState } from "#schemas/segment";

/** Corrupt ones stay in the list, so that every answer that misses their rows says so; a drop removes them. */
export type LifeState = SegmentState | "corrupt";

const steps: Readonly<Record<LifeState, readonly LifeState[]>> = {
  consuming: ["sealing", "dropped"],
  // A seal that failed stays "sealing" and is tried again; there is no way back to consuming.
  sealing: ["sealed", "dropped"],
  sealed: ["corrupt", "dropped"],
  corrupt: ["dropped"],
  dropped: [],
};

/** Takes one step of a segment's life. */
export function step(from: LifeState, to: LifeState): LifeState {
  assert(steps[from].includes(to), `a segment cannot go from ${from} to ${to}`);
  return to;
}
