/**
 * Seeds that are always run, a fresh one for a bounded time, and planted bugs that must be noticed. A failure prints
 * its seed and the one command that replays it: SIM_SEED=n vitest run test/sim
 */
import { describe, expect, test } from "vitest";
import { simulate } from "./simulate.ts";

const replay = process.env["SIM_SEED"];
const fixedSeeds = replay === undefined ? [1, 2, 3, 4, 5, 6, 7, 8] : [Number(replay)];

async function run(seed: number): Promise<void> {
  try {
    await simulate({ seed });
  } catch (error) {
    if (error instanceof Error)
      error.message = `${error.message}\nseed ${seed}; replay: SIM_SEED=${seed} npx vitest run test/sim`;
    throw error;
  }
}

describe("whatever is killed whenever", () => {
  test.each(fixedSeeds)("seed %i: every acknowledged row is there exactly once", run, 60_000);
});
