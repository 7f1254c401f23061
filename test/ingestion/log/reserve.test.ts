/** An offset that a push was given is never given again: what the catalog reserved tells a lost log from a whole one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PushOptions } from "#schemas/admin";
import { unplaced } from "#schemas/segment";
import type { World } from "#schemas/world";
import { smallLimits, type TestHost, testHost } from "#test/setup/ingest";
import { testTable } from "#test/setup/tables";
import { type MemoryWorld, memoryWorld } from "#test/setup/world";

const table = testTable([{ name: "v", type: "LONG" }]);
const options: PushOptions = { format: "ndjson", idempotencyKey: null, sync: true };
/** A few pushes fill a file. */
const limits = { ...smallLimits, logFileBytes: 400 };

/** A start on what the catalog has: sealed rows end at `sealed`. */
async function started(world: World, before: TestHost | null, sealed = 0n): Promise<TestHost> {
  const test = testHost(world, { limits });
  const reserved = before?.reservations.get("events/0") ?? null;
  if (reserved !== null) test.reservations.set("events/0", reserved);
  const committed =
    before === null
      ? []
      : [{ partition: 0, nextOffset: sealed, lastRecordCrc: null, reserved, place: unplaced }];
  await test.host.addTable({ table, committed, partitions: null, paused: false });
  return test;
}

const push = (test: TestHost, count: number) =>
  test.host.push("events", new TextEncoder().encode('{"v":1}\n'.repeat(count)), options);

const filesOf = (world: MemoryWorld) => world.disk.paths().filter((path) => path.endsWith(".log"));

describe("offsets of a stream of our own", () => {
  it("go on after those of a lost log, over a gap that is said", async () => {
    const world = memoryWorld();
    const first = await started(world, null);
    await push(first, 10);
    await push(first, 5);
    await first.host.close();
    for (const path of filesOf(world)) await world.disk.remove(path);
    const second = await started(world, first, 10n);
    expect(second.gaps).toMatchObject([
      { partition: 0, start: 10n, reason: expect.stringContaining("missing") },
    ]);
    const end = second.gaps[0]?.end ?? 0n;
    expect(end).toBeGreaterThanOrEqual(15n);
    expect(await push(second, 3)).toMatchObject({ offset: String(end + 3n) });
    await second.host.close();
    const third = await started(world, second, end);
    expect(third.gaps).toEqual([]);
    expect(await push(third, 1)).toMatchObject({ offset: String(end + 4n) });
    await third.host.close();
  });

  it.each([
    { how: "cut", damage: (bytes: Uint8Array) => bytes.slice(0, -1) },
    { how: "cut at a record", damage: (bytes: Uint8Array) => bytes.slice(0, 8 + 44 + 3 * 8) },
    {
      how: "flipped",
      damage: (bytes: Uint8Array) => bytes.map((byte, at) => (at === bytes.length - 3 ? byte ^ 1 : byte)),
    },
    { how: "cut to nothing", damage: () => new Uint8Array(0) },
  ])("are a gap after a clean stop when the log's end is $how", async ({ damage }) => {
    const world = memoryWorld();
    const first = await started(world, null);
    await push(first, 3);
    await push(first, 4);
    await first.host.close();
    const [path] = filesOf(world) as [string];
    const damaged = damage(world.disk.peek(path));
    world.disk.plant(path, damaged);
    const second = await started(world, first);
    const kept = damaged.length === 0 ? 0n : 3n;
    expect(second.gaps).toMatchObject([
      { start: kept, end: 7n, reason: expect.stringContaining("acknowledged") },
    ]);
    expect(await push(second, 2)).toMatchObject({ offset: "9" });
    await second.host.close();
    const third = await started(world, second, 7n);
    expect(third.gaps).toEqual([]);
    expect(third.offsets(table)).toEqual([7, 8]);
    await third.host.close();
  });

  it("are a gap after a crash too, but for what was acknowledged in the last second", async () => {
    const world = memoryWorld();
    const first = await started(world, null);
    await push(first, 3);
    await push(first, 4);
    await world.clock.advance(1100);
    const [path] = filesOf(world) as [string];
    const bytes = world.disk.peek(path).slice();
    world.disk.plant(path, bytes.slice(0, -1));
    const second = await started(world, first);
    expect(second.gaps).toMatchObject([{ start: 3n, end: 7n }]);
    // What there was of it is kept.
    expect(world.disk.paths().some((one) => one.includes("damaged-"))).toBe(true);
    await second.host.close();
  });

  it("go on behind a log that was damaged inside, when somebody says so", async () => {
    const world = memoryWorld();
    const first = await started(world, null);
    for (let at = 0; at < 20; at++) await push(first, 5);
    await first.host.close();
    const [, path] = filesOf(world) as [string, string];
    world.disk.plant(
      path,
      world.disk.peek(path).map((byte, at) => (at === 60 ? byte ^ 1 : byte)),
    );
    const second = await started(world, first);
    expect(second.host.status("events")[0]).toMatchObject({ state: "stopped", lastErrorCode: "LOG_CORRUPT" });
    const kept = second.offsets(table).length;
    expect(await second.host.continueFrom("events", "next")).toEqual([0]);
    const [gap] = second.gaps;
    expect(gap).toMatchObject({ start: BigInt(kept) });
    expect(Number(gap?.end)).toBeGreaterThanOrEqual(100);
    expect(await push(second, 2)).toMatchObject({ offset: String((gap?.end ?? 0n) + 2n) });
    await second.host.close();
    const third = await started(world, second);
    expect(third.host.status("events")[0]).toMatchObject({ state: "consuming" });
    expect(third.offsets(table).length).toBe(kept + 2);
    await third.host.close();
  });

  it("are never given twice, whichever files of the log are lost at whichever restarts", async () => {
    const life = fc.array(
      fc.record({
        pushes: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }),
        kept: fc.infiniteStream(fc.boolean()),
      }),
      { minLength: 2, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(life, async (starts) => {
        const world = memoryWorld();
        let test: TestHost | null = null;
        const given = new Set<bigint>();
        for (const { pushes, kept } of starts) {
          test = await started(world, test);
          for (const count of pushes) {
            const end = BigInt((await push(test, count)).offset);
            for (let offset = end - BigInt(count); offset < end; offset++) {
              expect(given).not.toContain(offset);
              given.add(offset);
            }
          }
          await test.host.close();
          const visible = new Set(test.offsets(table).map(BigInt));
          const inGap = (offset: bigint) =>
            test?.gaps.some(({ start, end }) => offset >= start && offset < end);
          for (const offset of given) expect(visible.has(offset) || inGap(offset)).toBe(true);
          for (const path of filesOf(world)) if (kept.next().value === false) await world.disk.remove(path);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are not given while the catalog cannot keep that they were, and are when it can", async () => {
    const world = memoryWorld();
    let isAway = true;
    const test = testHost(world, { limits, catalogFault: () => isAway });
    await test.host.addTable({ table, committed: [], partitions: null, paused: false });
    await expect(push(test, 1)).rejects.toMatchObject({ code: "INGESTION_PAUSED" });
    isAway = false;
    await world.clock.advance(2000);
    expect(await push(test, 2)).toMatchObject({ offset: "2" });
    await test.host.close();
  });

  it("of a whole log go on without a gap", async () => {
    const world = memoryWorld();
    let test: TestHost | null = null;
    for (let start = 0; start < 4; start++) {
      test = await started(world, test);
      for (let at = 0; at < 9; at++) await push(test, 10);
      await test.host.close();
      expect(test.gaps).toEqual([]);
    }
    expect(test?.offsets(table)).toEqual(Array.from({ length: 360 }, (_, at) => at));
  });
});
