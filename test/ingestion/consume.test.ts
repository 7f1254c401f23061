/** The consume loop against a scripted topic: what it survives, what it shows, what stops it. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StoreError } from "#schemas/errors";
import type { CommittedPartition, TableStart } from "#schemas/ingest";
import { unplaced } from "#schemas/segment";
import type { Table } from "#schemas/table";
import { ScriptedTopic, smallLimits, type TestHost, testHost } from "#test/setup/ingest";
import { testTable } from "#test/setup/tables";
import { type MemoryWorld, memoryWorld } from "#test/setup/world";
import { Mortal, mortalWorld } from "#test/sim/mortal";

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

describe("the consume loop", () => {
  it("consumes what is there and what comes, and shows how far it is", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add(...column(20));
    const test = await running(world, topic);
    await seen(world, test, 20);
    topic.add(...column(5, 20));
    await seen(world, test, 25);
    expect(test.offsets(table)).toEqual(numbers(25));
    expect(test.rows(table)[24]).toEqual({ v: 24n });
    expect(test.host.status("events")[0]).toMatchObject({
      state: "consuming",
      nextOffset: "25",
      endOffset: "25",
      lagRows: 0,
      lagMs: 0,
      lastError: null,
    });
    expect(test.started).toEqual(["events/0 at 0"]);
    await test.host.close();
  });

  it("replays its log after a restart without asking the source, from the committed offset", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    for (let batch = 0; batch < 10; batch++) topic.add(...column(5, batch * 5));
    const first = await running(world, topic);
    await seen(world, first, 50);
    await world.clock.advance(1000);
    await first.host.close();
    const away = new ScriptedTopic();
    away.faults = Array.from(
      { length: 1000 },
      () => new StoreError("STREAM_UNREACHABLE", "no broker answers"),
    );
    away.crcOf = () => {
      throw new StoreError("STREAM_UNREACHABLE", "no broker answers");
    };
    const second = await running(world, away, startOf(at(17n)));
    expect(second.offsets(table)).toEqual(numbers(33, 17));
    await world.clock.advance(5000);
    expect(second.host.status("events")[0]).toMatchObject({
      state: "retrying",
      lastError: "no broker answers",
    });
    expect(second.host.status("events")[0].retryInMs).toBeGreaterThan(0);
    await second.host.close();
  });

  it("begins where it began when nothing is sealed yet, though the topic's end moved on", async () => {
    const largest = { ...table, stream: { ...table.stream, start: "largest" as const } };
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add(...column(10));
    const first = testHost(world, { topic });
    await first.host.addTable(startOf([], { table: largest }));
    await world.clock.advance(1000);
    await first.host.close();
    topic.add(...column(3, 10));
    const second = testHost(world, { topic });
    await second.host.addTable(startOf([], { table: largest }));
    await seen(world, second, 3);
    expect(second.offsets(table)).toEqual([10, 11, 12]);
    await second.host.close();
  });

  it("tries again with growing pauses while the source is away, and says so", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add(...column(3));
    topic.faults = Array.from(
      { length: 4 },
      () => new StoreError("STREAM_UNREACHABLE", "connection refused"),
    );
    const test = await running(world, topic);
    const startMs = world.clock.monotonicMs();
    await seen(world, test, 3);
    expect(world.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(250 + 500 + 1000 + 2000);
    const states = test.statuses.map(({ state }) => state);
    expect(states).toContain("retrying");
    expect(test.host.status("events")[0]).toMatchObject({
      state: "consuming",
      lastError: null,
      retryInMs: null,
    });
    await test.host.close();
  });

  it("logs an outage once, once a minute while it lasts, and its end", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add(...column(3));
    const away = async () => {
      throw new StoreError("STREAM_UNREACHABLE", "connection refused");
    };
    const { fetch, partitions } = topic;
    const test = await running(world, topic);
    await seen(world, test, 3);
    Object.assign(topic, { fetch: away, partitions: away });
    topic.wake();
    await world.clock.advance(600_000);
    const told = () => world.logged.map(({ message }) => message);
    expect(new Set(told())).toEqual(new Set(["connection refused"]));
    expect(told().length).toBeGreaterThanOrEqual(9);
    expect(told().length).toBeLessThanOrEqual(11);
    Object.assign(topic, { fetch, partitions });
    topic.add(...column(1, 3));
    await seen(world, test, 4);
    expect(told().at(-1)).toMatch(/^read on after 6\d\d s of: connection refused$/);
    await test.host.close();
  });

  it("records a gap, and goes on behind it, when the source has forgotten offsets", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add(...column(10));
    const test = await running(world, topic);
    await seen(world, test, 10);
    await test.host.pause("events");
    topic.add(...column(10, 10));
    topic.add(...column(10, 20));
    topic.forget(20n);
    await test.host.resume("events");
    await seen(world, test, 20);
    expect(test.gaps).toMatchObject([{ partition: 0, start: 10n, end: 20n }]);
    expect(test.offsets(table)).toEqual([...numbers(10), ...numbers(10, 20)]);
    await world.clock.advance(1000);
    await test.host.close();
    const again = await running(world, topic, startOf(at(5n, null)));
    expect(again.offsets(table)).toEqual([...numbers(5, 5), ...numbers(10, 20)]);
    expect(again.gaps).toEqual([]);
    await again.host.close();
  });

  it("stops when the topic is shorter than what was consumed, after a few tries", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add(...column(3));
    const test = await running(world, topic, startOf(at(9n)));
    await world.clock.runUntil(() => test.host.status("events")[0].state === "stopped");
    expect(test.host.status("events")[0].lastError).toContain("made anew");
    await test.host.close();
  });

  it("stops when the last committed record is another than the source's", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add(...column(20));
    const test = await running(world, topic, startOf(at(5n, 999)));
    await world.clock.runUntil(() => test.host.status("events")[0].state === "stopped");
    expect(test.host.status("events")[0].lastError).toContain("offset 4 is not the one");
    expect(test.offsets(table)).toEqual([]);
    await test.host.close();
    const same = await running(memoryWorld(), topic, startOf(at(5n, '{"v":4}'.length)));
    await seen(world, same, 15);
    expect(same.host.status("events")[0].state).toBe("consuming");
    await same.host.close();
  });

  it("begins in the middle of a batch and passes over holes", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add(...column(10));
    const { bytes } = topic.batches[0];
    topic.batches.push({ kind: "rows", baseOffset: 30n, endOffset: 45n, bytes });
    const test = await running(world, topic, startOf(at(7n)));
    await seen(world, test, 13);
    expect(test.offsets(table)).toEqual([7, 8, 9, ...numbers(10, 30)]);
    expect(test.host.status("events")[0].nextOffset).toBe("45");
    await test.host.close();
  });

  it("pauses while unsealed rows take too much, says so, and resumes by itself", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    for (let batch = 0; batch < 6; batch++) topic.add(...column(10, batch * 10));
    const test = testHost(world, { topic, limits: { ...smallLimits, unsealedBytes: 1000 } });
    await test.host.addTable(startOf());
    await world.clock.advance(2000);
    const { state, lastError } = test.host.status("events")[0];
    expect({ state, lastError }).toMatchObject({
      state: "paused",
      lastError: expect.stringContaining("unsealedBytes = 1000"),
    });
    expect(test.offsets(table).length).toBeLessThan(60);
    test.sinks.get("events/0")!.bytes = -1e9; // sealed
    await seen(world, test, 60);
    expect(test.host.status("events")[0]).toMatchObject({ state: "consuming", lastError: null });
    await test.host.close();
  });

  it("waits for memory without losing or repeating a row", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    const test = await running(world, topic);
    await world.clock.advance(10);
    const sink = test.sinks.get("events/0")!;
    sink.refuse = new StoreError("MEMORY_BUDGET", "no room in the arenas");
    topic.add(...column(30));
    await world.clock.advance(1000);
    expect(test.host.status("events")[0]).toMatchObject({
      state: "paused",
      lastError: "no room in the arenas",
    });
    sink.refuse = null;
    await seen(world, test, 30);
    expect(test.offsets(table)).toEqual(numbers(30));
    await test.host.close();
  });

  it("pauses on a full disk and goes on when there is room", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    const test = await running(world, topic);
    await world.clock.advance(100);
    world.disk.faults.capacityBytes = 300;
    for (let batch = 0; batch < 5; batch++) {
      topic.add(...column(40, batch * 40));
      await world.clock.advance(500);
    }
    expect(test.host.status("events")[0]).toMatchObject({
      state: "paused",
      lastError: expect.stringContaining("no space"),
    });
    world.disk.faults.capacityBytes = 1e9;
    await seen(world, test, 200);
    expect(test.offsets(table)).toEqual(numbers(200));
    await world.clock.advance(2000);
    expect(test.host.status("events")[0].state).toBe("consuming");
    await test.host.close();
  });

  it("stops when its log cannot be made durable", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    const test = await running(world, topic);
    await world.clock.advance(1000);
    world.disk.faults.before = (operation) => {
      if (operation === "sync") throw new StoreError("DISK_FAILED", "EIO");
    };
    topic.add(...column(3));
    await world.clock.runUntil(() => test.host.status("events")[0].state === "stopped");
    expect(test.host.status("events")[0].lastError).toContain("sync failed");
    expect(world.logged.filter(({ message }) => message.includes("sync failed"))).toHaveLength(1);
    await test.host.close();
  });

  it("reads the source again when its log is damaged, and shows the damage", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    const first = await running(world, topic);
    for (let batch = 0; batch < 8; batch++) {
      topic.add(...column(5, batch * 5));
      await world.clock.advance(400);
    }
    await first.host.close();
    const path = world.disk.paths().find((name) => name.endsWith(".log"))!;
    world.disk.peek(path)[8 + 44 + 300] ^= 1;
    const second = await running(world, topic, startOf(at(0n)));
    await seen(world, second, 40);
    expect(second.offsets(table)).toEqual(numbers(40));
    expect(second.host.status("events")[0]).toMatchObject({
      state: "consuming",
      lastError: expect.stringContaining(path),
    });
    expect(world.logged.filter(({ message }) => message.includes("is damaged"))).toHaveLength(1);
    await second.host.close();
  });

  it("keeps refused rows by offset and does not count them twice after a crash", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add({ v: 1 }, "oops", { v: "x" }, { v: 2, extra: 1 });
    const first = await running(world, topic);
    await seen(world, first, 2);
    await world.clock.advance(1000);
    await first.host.close();
    const second = await running(world, topic, startOf(at(0n)));
    await seen(world, second, 2);
    for (const test of [first, second]) {
      expect(test.host.deadLetters === undefined).toBe(false);
    }
    expect(second.offsets(table)).toEqual([0, 3]);
    const letters = second.host.deadLetters("events");
    expect(letters.total).toBe(2);
    expect(letters.samples.map(({ offset, payload }) => [offset, payload])).toEqual([
      ["2", '{"v":"x"}'],
      ["1", "oops"],
    ]);
    expect(letters.reasons).toContainEqual({ reason: "column v: expected LONG but found text", count: 1 });
    expect(second.host.unknownFields("events")).toEqual([{ name: "extra", count: 1 }]);
    await second.host.close();
  });

  it("changes over to an altered table between two batches", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add({ v: 1, w: "a" });
    const test = await running(world, topic);
    await seen(world, test, 1);
    const wider = {
      ...table,
      version: 2,
      columns: [...table.columns, { ...table.columns[0], id: 1, name: "w", type: "STRING" as const }],
    };
    await test.host.alterTable(wider);
    topic.add({ v: 2, w: "b" });
    await seen(world, test, 2);
    expect(test.sinks.get("events/0")!.rows.map(({ values }) => values)).toEqual([[1n], [2n, "b"]]);
    await test.host.close();
  });

  it("reads on elsewhere when the table names another address, if it is the same stream", async () => {
    const world = memoryWorld();
    const [away, here, other] = [new ScriptedTopic(), new ScriptedTopic(), new ScriptedTopic()];
    const unreachable = async () => {
      throw new StoreError("STREAM_UNREACHABLE", "no broker answers");
    };
    Object.assign(away, { partitions: unreachable, firstOffset: unreachable, fetch: unreachable });
    const topics: Record<string, ScriptedTopic> = { away, here, other };
    const closed: string[] = [];
    for (const [name, topic] of Object.entries(topics)) topic.close = async () => void closed.push(name);
    const openSource = ({ stream }: Table) => topics[stream.brokers[0]!]!;
    const at = (broker: string): Table => ({ ...table, stream: { ...table.stream, brokers: [broker] } });
    const test = testHost(world, { openSource });
    await test.host.addTable(startOf([], { table: at("away") }));
    await world.clock.advance(60_000);
    expect(test.host.status("events")).toEqual([]);
    expect(test.host.sourceError("events")).toBe("no broker answers");
    here.numbers = [0, 1];
    here.add(...column(3));
    await test.host.alterTable(at("here"));
    const altered = world.clock.monotonicMs();
    await seen(world, test, 3);
    expect(world.clock.monotonicMs() - altered).toBeLessThan(1000);
    expect(test.host.status("events").map(({ lastError }) => lastError)).toEqual([null, null]);
    expect(test.host.sourceError("events")).toBeNull();
    // The same rows of an other length: the topic of that name in another cluster.
    other.add({ v: 10 }, { v: 11 }, { v: 12 }, { v: 13 });
    await test.host.alterTable(at("other"));
    await world.clock.advance(1000);
    expect(test.host.status("events")[0]).toMatchObject({
      state: "stopped",
      lastErrorCode: "STREAM_CHANGED",
    });
    expect(test.offsets(table)).toEqual(numbers(3));
    await test.host.close();
    expect(closed).toEqual(["away", "here", "other"]);
  });

  it("begins at the end of every partition though a dropped table of that name left its folder", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.numbers = [0, 1];
    topic.add(...column(3));
    const test = testHost(world, { topic });
    await test.host.addTable(startOf([], { table: { ...table, stream: testTable([]).stream } }));
    await test.host.dropTable("events");
    const largest = { ...table, stream: { ...table.stream, start: "largest" as const } };
    await test.host.addTable(startOf([], { table: largest }));
    await world.clock.advance(1000);
    expect(topic.asked).toEqual(["0 largest", "1 largest"]);
    await test.host.close();
  });

  it("begins with partitions that are added while it runs, at their start", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    const largest = { ...table, stream: { ...table.stream, start: "largest" as const } };
    const test = await running(world, topic, startOf([], { table: largest }));
    await world.clock.advance(1000);
    topic.add(...column(2));
    await seen(world, test, 2);
    topic.numbers = [0, 1];
    await world.clock.advance(20_000);
    expect(test.host.status("events").map(({ partition }) => partition)).toEqual([0, 1]);
    expect(topic.asked).toEqual(["0 largest", "1 smallest"]);
    await test.host.close();
  });

  it("removes its files when the table is dropped", async () => {
    const world = memoryWorld();
    const topic = new ScriptedTopic();
    topic.add(...column(50));
    const test = await running(world, topic);
    await seen(world, test, 50);
    await test.host.dropTable("events");
    expect(world.disk.paths()).toEqual([]);
    expect(() => test.host.status("events")).toThrow("no table events");
  });

  it("gives every row once, whatever dies when", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const world = memoryWorld(seed);
        const topic = new ScriptedTopic();
        let committed = 0n;
        const sealed: number[] = [];
        for (let life = 0; life < 4; life++) {
          const mortal = new Mortal({ steps: Number.POSITIVE_INFINITY, failpoint: null });
          const test = testHost(mortalWorld(world, mortal, { writesInPlace: false, keepsFiles: false }), {
            topic,
          });
          await test.host.addTable(startOf(committed === 0n ? [] : at(committed)));
          for (let step = 0; step < 6; step++) {
            const rows = column(1 + world.random.below(12), Number(topic.endOffset));
            topic.add(...rows.map((row) => (row.v % 7 === 3 ? "oops" : row)));
            await world.clock.advance(world.random.below(400));
            const sink = test.sinks.get("events/0");
            if (sink !== undefined && world.random.chance(0.4) && sink.rows.length > 0) {
              // Seals what is visible: a commit, then the trim.
              sealed.push(...sink.rows.splice(0).map(({ offset }) => Number(offset)));
              committed = BigInt(test.host.status("events")[0].nextOffset);
              if (world.random.chance(0.7)) await test.host.trim("events", 0, committed);
            }
          }
          mortal.kill("the power goes");
          world.disk.crash(world.random);
        }
        const last = await running(world, topic, startOf(committed === 0n ? [] : at(committed)));
        await world.clock.runUntil(
          () => last.host.status("events")[0]?.nextOffset === String(topic.endOffset),
        );
        const wanted = numbers(Number(topic.endOffset)).filter((value) => value % 7 !== 3);
        expect([...sealed, ...last.offsets(table)]).toEqual(wanted);
        expect(last.host.deadLetters("events").total).toBe(Number(topic.endOffset) - wanted.length);
        await last.host.close();
      }),
      { numRuns: 25 },
    );
  });
});
