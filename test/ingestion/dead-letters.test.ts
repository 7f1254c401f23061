/** Dead letters: durable, counted once, bounded. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeadLetters } from "#ingestion/dead-letters";
import { Rejects } from "#ingestion/rejects";
import { StoreError } from "#schemas/errors";
import { limits } from "#schemas/limits";
import type { World } from "#schemas/world";
import { memoryWorld } from "#test/setup/world";
import { Mortal, mortalWorld } from "#test/sim/mortal";

const small = { ...limits, deadLetters: 20, deadLetterBytes: 8 };
const path = "log/t/dead-letters";
const letter = (offset: number, reason = "bad", payload = "payload of the row") => ({
  offset: BigInt(offset),
  reason,
  payload: new TextEncoder().encode(payload),
});

async function opened(world: World) {
  const letters = new DeadLetters(world, small, path);
  return { letters, lost: await letters.open() };
}

describe("dead letters", () => {
  it("come back after a restart, cut to their bound, newest first", async () => {
    const world = memoryWorld();
    const { letters } = await opened(world);
    await letters.record(0, [letter(1), letter(5, "worse")]);
    await letters.record(1, [letter(2)]);
    const refused = new Rejects(small);
    for (const line of [1, 2]) refused.add(line, "bad", letter(9).payload);
    await letters.recordPushed(0, 9n, refused);
    for (const list of [letters.list(), (await opened(world)).letters.list()]) {
      expect(list.total).toBe(5);
      expect(list.reasons).toEqual([
        { reason: "bad", count: 4 },
        { reason: "worse", count: 1 },
      ]);
      expect(list.samples.map(({ partition, offset }) => `${partition}:${offset}`)).toEqual([
        "0:9",
        "0:9",
        "1:2",
        "0:5",
        "0:1",
      ]);
      expect(list.samples[0].payload).toBe("payload ");
    }
  });

  it("are not counted again when a stream is replayed, in any order of partitions", async () => {
    const world = memoryWorld();
    const { letters } = await opened(world);
    await letters.record(0, [letter(1), letter(5)]);
    const again = (await opened(world)).letters;
    await again.record(0, [letter(1), letter(5), letter(7)]);
    await again.record(1, [letter(1)]);
    expect(again.list().total).toBe(4);
  });

  it("keep the newest and all counts when there are too many, in a file that does not grow for ever", async () => {
    const world = memoryWorld();
    const { letters } = await opened(world);
    for (let at = 0; at < 300; at++) await letters.record(0, [letter(at, `reason ${at % 3}`)]);
    const list = (await opened(world)).letters.list();
    expect(list.total).toBe(300);
    expect(list.reasons.every(({ count }) => count === 100)).toBe(true);
    expect(list.samples.map(({ offset }) => Number(offset))).toEqual(
      Array.from({ length: 20 }, (_, at) => 299 - at),
    );
    expect(world.disk.peek(path).length).toBeLessThan(20_000);
  });

  it("refuse when the disk is full and are whole afterwards", async () => {
    const world = memoryWorld();
    const { letters } = await opened(world);
    await letters.record(0, [letter(1)]);
    world.disk.faults.capacityBytes = world.disk.peek(path).length + 30;
    await expect(letters.record(0, [letter(2)])).rejects.toMatchObject({ code: "DISK_FULL" });
    world.disk.faults.capacityBytes = 1e9;
    await letters.record(0, [letter(2), letter(3)]);
    const again = await opened(world);
    expect(again.lost).toBeNull();
    expect(again.letters.list().total).toBe(3);
  });

  it("say so when their file is damaged, and go on", async () => {
    const world = memoryWorld();
    const { letters } = await opened(world);
    await letters.record(0, [letter(1)]);
    const first = world.disk.peek(path).length;
    await letters.record(0, [letter(2)]);
    world.disk.peek(path)[first + 50] ^= 1;
    const again = await opened(world);
    expect(again.lost).toBeInstanceOf(StoreError);
    expect(again.lost?.message).toContain(path);
    await again.letters.record(0, [letter(2)]);
    expect((await opened(world)).letters.list().total).toBe(2);
  });

  it("that were acknowledged survive any crash", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const world = memoryWorld(seed);
        let next = 0;
        let acknowledged = 0;
        for (let life = 0; life < 3; life++) {
          const mortal = new Mortal({ steps: 3 + world.random.below(90), failpoint: null });
          const living = (async () => {
            const { letters } = await opened(
              mortalWorld(world, mortal, { writesInPlace: false, keepsFiles: false }),
            );
            next = acknowledged;
            for (; next < 200; next++) {
              await letters.record(0, [letter(next)]);
              acknowledged = next + 1;
            }
          })();
          await Promise.race([living, mortal.died]);
          mortal.kill("the power goes");
          world.disk.crash(world.random);
        }
        const { total } = (await opened(world)).letters.list();
        expect(total === acknowledged || total === acknowledged + 1).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
