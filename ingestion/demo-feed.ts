/**
 * Feeds the café to its topics: first the day before (once), then as time goes on. Where rows go — pushes or Kafka —
 * is the caller's business.
 */
import type { DemoRows } from "#ingestion/demo";
import { messageOf } from "#schemas/errors";
import { ingestionBounds } from "#schemas/limits";
import type { World } from "#schemas/world";

export interface DemoFeedParts {
  readonly world: World;
  /** All rows with event times before `untilMs` that were not given yet, oldest first, in batches. */
  readonly batchesUntil: (untilMs: number) => Iterable<readonly DemoRows[]>;
  readonly send: (batch: DemoRows) => Promise<void>;
  readonly signal: AbortSignal;
}

const stepMs = ingestionBounds.demoStepMs;
const retryMs = ingestionBounds.demoRetryMs;

/** Runs until the signal. A sink that refuses (paused, full, away) is tried again with the same rows. */
export async function feedDemo({ world, batchesUntil, send, signal }: DemoFeedParts): Promise<void> {
  const deliver = async (batch: DemoRows): Promise<void> => {
    for (;;) {
      try {
        return await send(batch);
      } catch (error) {
        if (signal.aborted) return;
        world.log("warn", `the demo's rows for ${batch.topic} wait: ${messageOf(error)}`);
        await world.clock.sleep(retryMs, signal);
      }
    }
  };
  while (!signal.aborted) {
    for (const batches of batchesUntil(world.clock.nowMs())) {
      // Topics do not wait for each other; each has its own rows in order.
      await Promise.all(batches.map(deliver));
      if (signal.aborted) return;
    }
    await world.clock.sleep(stepMs, signal).catch(() => {});
  }
}
