/** Streams that are not what was read before: noticed at once, and gone on with where somebody says. */
import { describe, expect, it } from "vitest";
import type { CommittedPartition, TableStart } from "#schemas/ingest";
import { unplaced } from "#schemas/segment";
import { BatchCorrupt } from "#schemas/source";
import { ScriptedTopic, type TestHost, testHost } from "#test/setup/ingest";
import { testTable } from "#test/setup/tables";
import { type MemoryWorld, memoryWorld } from "#test/setup/world";

const table = testTable([{ name: "v", type: "LONG" }], {
  stream: { kind: "kafka", topic: "events", partitions: 0, brokers: [], start: "smallest", properties: {} },
});
const column = (count: number, from = 0) => Array.from({ length: count }, (_, at) => ({ v: from + at }));
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, at) => from + at);

const startOf = (
  committed: readonly CommittedPartition[] = [],
  change: Partial<TableStart> = {},
): TableStart => ({
  table,
  committed,
  partitions: null,
  paused: false,
  ...change,
});

const at = (nextOffset: bigint, lastRecordCrc: number | null = null): CommittedPartition[] => [
  { partition: 0, nextOffset, lastRecordCrc, reserved: null, place: unplaced },
];

async function running(world: MemoryWorld, topic: ScriptedTopic, start = startOf()): Promise<TestHost> {
  const test = testHost(world, { topic });
  await test.host.addTable(start);
  return test;
}

const seen = (world: MemoryWorld, test: TestHost, count: number) =>
  world.clock.runUntil(() => test.offsets(table).length >= count, 120_000);

describe("a stream that changed", () => {
  it.each([0, 3, 9, 30])("stops at once when the topic was made anew with %i records", async (count) => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.id = "the first";
    topic.add(...column(10));
    const test = await running(world, topic);
    await seen(world, test, 10);
    expect(test.places.get(0)).toEqual({ id: "the first", shift: 0n });
    await test.host.pause("events");
    // The same rows at the same offsets do not make it the same topic.
    topic.batches = [];
    topic.id = "the second";
    if (count > 0) topic.add(...column(count));
    await test.host.resume("events");
    await world.clock.advance(1000);
    topic.add(...column(1, 1000));
    // Why it stopped stays said, whatever else is asked of it.
    await test.host.pause("events");
    await test.host.resume("events");
    await world.clock.advance(1000);
    const [status] = test.host.status("events");
    expect(status).toMatchObject({ state: "stopped", lastErrorCode: "STREAM_CHANGED" });
    expect(status?.lastError).toContain("resumeConsumption?consumeFrom=");
    expect(test.offsets(table)).toEqual(numbers(10));
    await test.host.close();
  });

  it.each([
    { from: "smallest", read: [0, 1, 2, 3, 500], shift: 11n },
    { from: "largest", read: [500], shift: 7n },
  ] as const)(
    "goes on with a topic made anew from its $from, behind a recorded gap, also after a restart",
    async (how) => {
      const world = memoryWorld();
      const topic = new ScriptedTopic();
      topic.id = "the first";
      topic.add(...column(10));
      const first = await running(world, topic);
      await seen(world, first, 10);
      topic.batches = [];
      topic.id = "the second";
      topic.add(...column(4));
      await world.clock.runUntil(() => first.host.status("events")[0].state === "stopped");
      expect(await first.host.continueFrom("events", how.from)).toEqual([0]);
      expect(first.gaps).toMatchObject([
        { partition: 0, start: 10n, end: 11n, reason: expect.stringContaining("topic events") },
      ]);
      expect(first.places.get(0)).toEqual({ id: "the second", shift: how.shift });
      topic.add({ v: 500 });
      await seen(world, first, 10 + how.read.length);
      const values = (test: TestHost) => test.rows(table).map(({ v }) => Number(v));
      expect(values(first)).toEqual([...numbers(10), ...how.read]);
      expect(first.offsets(table)).toEqual([...numbers(10), ...numbers(how.read.length, 11)]);
      expect(await first.host.continueFrom("events", "smallest")).toEqual([]);
      await world.clock.advance(1000);
      await first.host.close();
      const committed = { ...at(5n)[0]!, place: first.places.get(0)! };
      const second = await running(world, topic, startOf([committed]));
      topic.add({ v: 501 });
      await seen(world, second, 6 + how.read.length);
      expect(values(second)).toEqual([...numbers(5, 5), ...how.read, 501]);
      expect(second.host.status("events")[0]).toMatchObject({ state: "consuming", lagRows: 0 });
      await second.host.close();
    },
  );

  it("goes on at its own offset when it is the same stream after all", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.id = "moved";
    topic.add(...column(20));
    const committed = { ...at(5n)[0]!, place: { id: "before", shift: 0n } };
    const test = await running(world, topic, startOf([committed]));
    await world.clock.runUntil(() => test.host.status("events")[0].state === "stopped");
    expect(await test.host.continueFrom("events", "lastConsumed")).toEqual([0]);
    await seen(world, test, 15);
    expect(test.gaps).toEqual([]);
    expect(test.offsets(table)).toEqual(numbers(15, 5));
    await test.host.close();
  });

  it("stops at a batch that stays damaged, and goes on behind it when told", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add(...column(10));
    const test = await running(world, topic);
    await seen(world, test, 10);
    await test.host.pause("events");
    topic.faults = Array.from(
      { length: 50 },
      () => new BatchCorrupt("record batch at offset 10: damaged", 14n),
    );
    topic.add(...column(4, 10));
    topic.add(...column(3, 14));
    await test.host.resume("events");
    await world.clock.runUntil(() => test.host.status("events")[0].state === "stopped");
    expect(test.host.status("events")[0]).toMatchObject({ lastErrorCode: "STREAM_CORRUPT" });
    await expect(test.host.continueFrom("events", "smallest")).rejects.toThrow("next");
    topic.faults = [];
    expect(await test.host.continueFrom("events", "next")).toEqual([0]);
    await seen(world, test, 13);
    expect(test.offsets(table)).toEqual([...numbers(10), 14, 15, 16]);
    expect(test.gaps).toMatchObject([{ start: 10n, end: 14n }]);
    await test.host.close();
  });
});
