/**
 * Seeds that are always run, fresh ones for a bounded time, and planted bugs that must be noticed. A failure
 * prints its seed and the one command that replays it.
 */
import { describe, expect, test } from "vitest";
import type { Bugs } from "./process.ts";
import { type SimReport, simulate } from "./simulate.ts";

const replay = process.env["SIM_SEED"];
const fixedSeeds = replay === undefined ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] : [Number(replay)];
const freshMs = 6000;

async function run(seed: number): Promise<SimReport> {
  try {
    return await simulate({ seed });
  } catch (error) {
    if (error instanceof Error)
      error.message = `${error.message}\nseed ${seed}; replay: SIM_SEED=${seed} npx vitest run test/sim`;
    throw error;
  }
}

describe("whatever is killed whenever, every acknowledged row is there exactly once", () => {
  const seen = new Set<string>();

  test.each(fixedSeeds)("seed %i", { timeout: 30_000 }, async (seed) => {
    const report = await run(seed);
    expect(report.answers).toBeGreaterThan(4);
    for (const name of report.seen) seen.add(name);
  });

  test.runIf(replay === undefined)("these seeds have seen what can happen", () => {
    for (const name of [
      "log.append",
      "log.sync",
      "sink-appended",
      "seal-renamed",
      "catalog-committed",
      "segment-swapped",
      "log-trimmed",
      "merge-written",
      "merge-committed",
      "gap",
      "refused push",
      "drop",
      "made anew",
    ])
      expect(seen).toContain(name);
  });

  test.runIf(replay === undefined)("fresh seeds", { timeout: 30_000 }, async () => {
    const untilMs = performance.now() + freshMs;
    while (performance.now() < untilMs) await run(Math.floor(Math.random() * 2 ** 31));
  });
});

describe("a planted bug is noticed", () => {
  const seedsMax = 40;

  async function seedsUntilNoticed(bugs: Partial<Bugs>): Promise<number> {
    for (let seed = 1; seed <= seedsMax; seed++) {
      try {
        await simulate({ seed, bugs });
      } catch (error) {
        expect(error).toMatchObject({ name: "ModelError" });
        return seed;
      }
    }
    return Number.POSITIVE_INFINITY;
  }

  test.each([
    ["no fsync", { ignoresSync: true }],
    ["no rename", { writesInPlace: true }],
    ["commit outside the transaction", { commitsOutside: true }],
    ["a dropped table's files left", { keepsFiles: true }],
    ["a version without the incarnation", { hidden: "incarnation" }],
    ["a version without the generation", { hidden: "generation" }],
    ["a version without the rows that grow", { hidden: "growing" }],
  ] as const)("%s", { timeout: 60_000 }, async (_, bugs) => {
    expect(await seedsUntilNoticed(bugs)).toBeLessThanOrEqual(seedsMax);
  });
});
