/** The tail log: what was acknowledged comes back, in order, whatever happens to the rest. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { encodeRecord, type LogEntry, readRecord } from "#ingestion/log/format";
import { TailLog, type TailLogOptions } from "#ingestion/log/tail-log";
import { StoreError } from "#schemas/errors";
import type { World } from "#schemas/world";
import { type MemoryWorld, memoryWorld } from "#test/setup/world";
import { Mortal, mortalWorld } from "#test/sim/mortal";

const options: TailLogOptions = {
  folder: "log",
  fileBytes: 600,
  syncMs: 0,
  whenFull: "reject",
  reserve: null,
};
const encoder = new TextEncoder();

const entry = (baseOffset: number, rows: number, text = "x"): LogEntry => ({
  kind: "rows",
  baseOffset: BigInt(baseOffset),
  endOffset: BigInt(baseOffset + rows),
  note: encoder.encode(rows % 2 === 0 ? "" : `note ${baseOffset}`),
  payload: encoder.encode(text.repeat(rows * 7)),
});

const plain = ({ kind, baseOffset, endOffset, note, payload }: LogEntry) => ({
  kind,
  range: `${baseOffset}-${endOffset}`,
  note: Buffer.from(note).toString(),
  payload: Buffer.from(payload).toString(),
});

async function reopened(world: World, change: Partial<TailLogOptions> = {}) {
  const log = new TailLog(world, { ...options, ...change });
  const entries: ReturnType<typeof plain>[] = [];
  const recovered = await log.recover((read) => void entries.push(plain(read)));
  return { log, entries, recovered };
}

async function written(world: MemoryWorld, counts: readonly number[]) {
  const { log } = await reopened(world);
  const entries: LogEntry[] = [];
  for (const count of counts) entries.push(entry(Number(entries.at(-1)?.endOffset ?? 0n), count));
  await Promise.all(entries.map((each) => log.append(each)));
  return { log, entries };
}

const logFiles = (world: MemoryWorld) => world.disk.paths().filter((path) => path.endsWith(".log"));

describe("the record format", () => {
  it("reads what it wrote, and nothing that was damaged", () => {
    const bytes = Buffer.concat(encodeRecord(entry(7, 3), 99));
    expect(readRecord(bytes, 0)).toMatchObject({ durableBytes: 99, end: bytes.length });
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 0x40;
      expect(readRecord(damaged, 0)).toBeNull();
      expect(readRecord(bytes.subarray(0, at), 0)).toBeNull();
    }
  });
});

describe("the tail log", () => {
  it("replays what was appended, over as many files as it takes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }), async (counts) => {
        const world = memoryWorld();
        const { entries, log } = await written(world, counts);
        const onDisk = logFiles(world).reduce((sum, path) => sum + world.disk.peek(path).length, 0);
        expect(log.bytes).toBe(onDisk);
        const again = await reopened(world);
        expect(again.log.bytes).toBe(onDisk);
        expect(again.entries).toEqual(entries.map(plain));
        expect(again.recovered.torn).toBeNull();
        expect(again.log.endOffset).toBe(entries.at(-1)?.endOffset ?? 0n);
      }),
      { numRuns: 50 },
    );
  });

  it("cut at any byte of its last file gives the whole records before the cut, and goes on", async () => {
    const world = memoryWorld();
    const { entries } = await written(world, [1, 2, 3, 4, 5]);
    const [path] = logFiles(world);
    const bytes = world.disk.peek(path).slice();
    for (let cut = 0; cut <= bytes.length; cut++) {
      const other = memoryWorld();
      other.disk.plant(path, bytes.slice(0, cut));
      const again = await reopened(other);
      expect(again.recovered.corrupt).toBeNull();
      expect(again.entries).toEqual(entries.slice(0, again.entries.length).map(plain));
      expect(again.recovered.torn === null).toBe(cut === 8 || [...ends(bytes)].includes(cut));
      await again.log.append(entry(50, 1));
      const last = await reopened(other);
      expect(last.entries.length).toBe(again.entries.length + 1);
      expect(last.entries.at(-1)?.range).toBe("50-51");
    }
  });

  it("loses nothing acknowledged when the power goes, and nothing comes back half", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
        async (seed, counts) => {
          const world = memoryWorld(seed);
          const mortal = new Mortal({ steps: Number.POSITIVE_INFINITY, failpoint: null });
          const { log } = await reopened(
            mortalWorld(world, mortal, { writesInPlace: false, keepsFiles: false }),
          );
          const acknowledged: string[] = [];
          const all: string[] = [];
          let next = 0;
          for (const count of counts) {
            const appended = entry(next, count);
            next += count;
            all.push(plain(appended).range);
            const done = log.append(appended).then(() => acknowledged.push(plain(appended).range));
            done.catch(() => {});
            if (world.random.chance(0.5)) await done;
          }
          mortal.kill("the power goes");
          world.disk.crash(world.random);
          const again = await reopened(world);
          const found = again.entries.map(({ range }) => range);
          expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
          expect(found).toEqual(all.slice(0, found.length));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("names file and position when what was acknowledged is damaged, and serves what lies before", async () => {
    const world = memoryWorld();
    const { log } = await reopened(world);
    for (let at = 0; at < 4; at++) await log.append(entry(at * 4, 4));
    const [path] = logFiles(world);
    world.disk.peek(path)[8 + 44 + 28 + 60] ^= 1; // within the second record
    const again = await reopened(world);
    expect(again.entries.length).toBe(1);
    expect(again.recovered.corrupt?.error.code).toBe("LOG_CORRUPT");
    expect(again.recovered.corrupt?.error.message).toContain(`${path} is damaged at byte ${8 + 44 + 28}`);
    await expect(again.log.append(entry(90, 1))).rejects.toThrow("damaged");
    await again.log.discard();
    await again.log.append(entry(4, 1));
    expect((await reopened(world)).entries.map(({ range }) => range)).toEqual(["4-5"]);
  });

  it("does not search a torn tail for ever when rows look like records", async () => {
    const world = memoryWorld();
    const { log } = await reopened(world, { fileBytes: 1 << 24 });
    const forged = new Uint8Array(1 << 20);
    const view = new DataView(forged.buffer);
    for (let at = 0; at + 44 < forged.length; at += 44) {
      view.setUint32(at, 0x43455246, true);
      view.setUint32(at + 12, forged.length >> 1, true);
      view.setUint32(at + 16, 1 << 30, true);
    }
    await log.append({ ...entry(0, 1), payload: forged });
    const [path] = logFiles(world);
    world.disk.plant(path, world.disk.peek(path).slice(0, -1));
    const startedMs = performance.now();
    const { recovered } = await reopened(world);
    // Torn or damaged, it cannot know in good time; then it says damaged and cuts nothing off.
    expect(recovered.corrupt?.error.code).toBe("LOG_CORRUPT");
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it("treats damage before the last file as damage, also when the file ends early", async () => {
    const world = memoryWorld();
    await written(
      world,
      Array.from({ length: 30 }, () => 10),
    );
    const [first, second] = logFiles(world);
    expect(second).toBeDefined();
    world.disk.plant(first, world.disk.peek(first).slice(0, 300));
    expect((await reopened(world)).recovered.corrupt?.error.message).toContain(first);
  });

  it("shares a sync between many appends", async () => {
    const world = memoryWorld();
    await written(
      world,
      Array.from({ length: 1 }, () => 1),
    );
    const before = world.disk.syncs;
    const { log } = await reopened(world, { fileBytes: 1 << 20 });
    await Promise.all(Array.from({ length: 100 }, (_, at) => log.append(entry(10 + at, 1))));
    expect(world.disk.syncs - before).toBeLessThan(5);
  });

  it("stops for good after a failed sync and gives back what was not acknowledged", async () => {
    const world = memoryWorld();
    const { log } = await written(world, [2]);
    world.disk.faults.before = (operation) => {
      if (operation === "sync") throw new StoreError("DISK_FAILED", "EIO");
    };
    await expect(log.append(entry(2, 1))).rejects.toThrow("sync failed");
    world.disk.faults.before = () => {};
    await expect(log.append(entry(2, 1))).rejects.toThrow("sync failed");
    expect(log.stopped).toBe(true);
    expect((await reopened(world)).entries.map(({ range }) => range)).toEqual(["0-2"]);
  });

  it("rejects appends on a full disk, hands their offsets out again and goes on when there is room", async () => {
    const world = memoryWorld();
    const { log } = await written(world, [2]);
    world.disk.faults.capacityBytes = 150;
    const outcomes = await Promise.allSettled([log.append(entry(2, 8)), log.append(entry(10, 1))]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(log.failure?.code).toBe("DISK_FULL");
    expect(log.endOffset).toBe(2n);
    await expect(log.append(entry(2, 8))).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(world.logged.map(({ level }) => level)).toEqual(["error"]);
    world.disk.faults.capacityBytes = 10_000;
    await log.append(entry(2, 4));
    expect(log.failure).toBeNull();
    expect(world.logged.at(-1)).toMatchObject({
      level: "info",
      message: expect.stringContaining("taken again"),
    });
    expect((await reopened(world)).entries.map(({ range }) => range)).toEqual(["0-2", "2-6"]);
  });

  it("has room again only when what did not fit would fit", async () => {
    const world = memoryWorld();
    const { log } = await written(world, [2]);
    world.disk.faults.capacityBytes = 12_000;
    await expect(log.append(entry(2, 2000))).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(await world.disk.freeBytes()).toBeGreaterThan(10_000);
    expect(await log.hasRoom()).toBe(false);
    world.disk.faults.capacityBytes = 100_000;
    expect(await log.hasRoom()).toBe(true);
  });

  it("as a mirror keeps what it has and tries again while the disk is full", async () => {
    const world = memoryWorld();
    world.disk.faults.capacityBytes = 20;
    const { log } = await reopened(world, { whenFull: "retry" });
    const appended = log.append(entry(0, 9));
    await world.clock.advance(3000);
    expect(log.failure?.code).toBe("DISK_FULL");
    world.disk.faults.capacityBytes = 10_000;
    await world.clock.advance(1500);
    await appended;
    expect(log.failure).toBeNull();
  });

  it("as a mirror waits also when there is no room for the next file's beginning", async () => {
    const world = memoryWorld();
    const { log } = await reopened(world, { whenFull: "retry", syncMs: 200, fileBytes: 64 });
    const first = log.append(entry(0, 9));
    await world.clock.advance(1000);
    await first;
    world.disk.faults.before = (operation) => {
      if (operation === "append") throw new StoreError("DISK_FULL", "no space left");
    };
    const second = log.append(entry(9, 9));
    await world.clock.advance(10_000);
    expect(log.failure?.code).toBe("DISK_FULL");
    world.disk.faults.before = () => {};
    await world.clock.advance(3000);
    await second;
    expect((await reopened(world)).entries.map(({ range }) => range)).toEqual(["0-9", "9-18"]);
  });

  it("removes files behind a sealed offset, after what must outlive them is kept", async () => {
    const world = memoryWorld();
    const { log } = await written(
      world,
      Array.from({ length: 40 }, () => 10),
    );
    const before = logFiles(world).length;
    let kept = 0;
    await log.trim(200n, async (files) => void (kept = files.length));
    expect(kept).toBeGreaterThan(0);
    expect(logFiles(world).length).toBe(before - kept);
    const { entries } = await reopened(world);
    expect(BigInt(entries[0].range.split("-")[0])).toBeLessThanOrEqual(200n);
    expect(entries.at(-1)?.range).toBe("390-400");
  });

  it("syncs a mirror at most so often", async () => {
    const world = memoryWorld();
    const { log } = await reopened(world, { syncMs: 200, fileBytes: 1 << 20 });
    const done: number[] = [];
    for (let at = 0; at < 10; at++) {
      void log.append(entry(at, 1)).then(() => done.push(at));
      await world.clock.advance(30);
    }
    expect(world.disk.syncs).toBeLessThan(4);
    await world.clock.advance(300);
    expect(done.length).toBe(10);
    await log.close();
  });
});

function* ends(bytes: Uint8Array): Generator<number> {
  for (let read = readRecord(bytes, 8); read !== null; read = readRecord(bytes, read.end)) yield read.end;
}
