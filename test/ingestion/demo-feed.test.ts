/** The café's feed: every row in its topic's order, again when it was refused, until told to stop. */
import { expect, it } from "vitest";

import type { DemoRows } from "#ingestion/demo";
import { feedDemo } from "#ingestion/demo-feed";
import { StoreError } from "#schemas/errors";
import { memoryWorld } from "#test/setup/world";

it("delivers in order, waits when it is refused, and stops", async () => {
  const world = memoryWorld();
  const stop = new AbortController();
  const got: Record<string, string[]> = { a: [], b: [] };
  let next = 0;
  let refusals = 2;
  function* batchesUntil(): Generator<readonly DemoRows[]> {
    if (next >= 5) return;
    const row = String(next++);
    yield ["a", "b"].map((topic) => ({ table: topic, topic, rows: [row] }));
  }
  const send = async ({ topic, rows }: DemoRows) => {
    if (topic === "b" && refusals-- > 0) throw new StoreError("INGESTION_PAUSED", "the table is paused");
    got[topic]?.push(...rows);
  };
  const done = feedDemo({ world, batchesUntil, send, signal: stop.signal });
  await world.clock.advance(1000);
  expect(got).toEqual({ a: ["0"], b: [] });
  await world.clock.advance(10_000);
  expect(got).toEqual({ a: ["0", "1", "2", "3", "4"], b: ["0", "1", "2", "3", "4"] });
  expect(world.logged[0]?.message).toContain("the table is paused");
  stop.abort(new Error("stopping"));
  await done;
});
