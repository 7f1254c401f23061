/** The allocator against a model, out of memory, on several threads; the pool and its ledger. */
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pageBytes, slackBytes } from "#server/arena/allocator";
import { attachArena, createArena } from "#server/arena/attach";
import { ArenaPool } from "#server/arena/pool";

const sizes = fc.oneof(
  fc.integer({ min: 0, max: 200 }),
  fc.integer({ min: 3900, max: 4200 }),
  fc.integer({ min: 0, max: 300_000 }),
);
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("allocate" as const), bytes: sizes }),
    fc.record({ kind: fc.constant("free" as const), index: fc.nat(50) }),
  ),
  { maxLength: 120 },
);

describe("allocator", () => {
  test("blocks are aligned, apart, counted, and all memory comes back", () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const arena = createArena(2 << 20, 0, { poison: true });
        const live: { pointer: number; bytes: number; mark: number }[] = [];
        let mark = 0;
        for (const step of sequence) {
          if (step.kind === "free") {
            const [block] = live.splice(step.index % Math.max(1, live.length), 1);
            if (block === undefined) continue;
            expectFilled(arena.views.u8, block);
            arena.free(block.pointer);
            if (block.bytes > 0) expect(arena.views.u8[block.pointer]).toBe(0xdb);
            continue;
          }
          try {
            const pointer = arena.allocate(step.bytes, "scratch");
            mark = (mark % 200) + 1;
            expect(pointer % 64).toBe(0);
            arena.views.u8.fill(mark, pointer, pointer + step.bytes);
            live.push({ pointer, bytes: step.bytes, mark });
          } catch (error) {
            expect(error).toMatchObject({ code: "MEMORY_BUDGET" });
          }
          arena.allocator.check();
        }
        for (const block of live) expectFilled(arena.views.u8, block);
        const pages = live.reduce(
          (sum, { bytes }) => sum + Math.max(1, Math.ceil((bytes + slackBytes) / pageBytes)),
          0,
        );
        expect(arena.bytesUsed()).toBe(pages * pageBytes);
        for (const block of live) arena.free(block.pointer);
        expect(arena.allocator.check()).toEqual({ free: [arena.allocator.capacity() / pageBytes], used: [] });
      }),
      { numRuns: 60 },
    );
  });

  test("a full arena says MEMORY_BUDGET and recovers", () => {
    const arena = createArena(1 << 20, 0);
    const blocks: number[] = [];
    expect(() => {
      for (;;) blocks.push(arena.allocate(50_000, "sealed"));
    }).toThrow(expect.objectContaining({ code: "MEMORY_BUDGET" }));
    expect(blocks.length).toBeGreaterThan(15);
    for (const pointer of blocks) arena.free(pointer);
    expect(arena.allocator.check().used).toEqual([]);
  });

  test("freeing what is not in use is a bug", () => {
    const arena = createArena(1 << 20, 0);
    const pointer = arena.allocate(10, "index");
    arena.free(pointer);
    expect(() => arena.free(pointer)).toThrow("in use");
    expect(() => arena.free(pointer + 64)).toThrow("address of a block");
  });

  test("threads allocate and free at once", async () => {
    const arena = createArena(4 << 20, 0);
    const program = new URL("./churn-node.ts", import.meta.url);
    const workers = [1, 2].map(
      (seed) => new Worker(program, { workerData: { memory: arena.memory, seed, rounds: 4000 } }),
    );
    const done = await Promise.all(
      workers.map(
        (worker) => new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject)),
      ),
    );
    await Promise.all(workers.map((worker) => worker.terminate()));
    expect(done).toEqual(["whole", "whole"]);
    expect(arena.allocator.check().used).toEqual([]);
    expect(arena.bytesUsed()).toBe(0);
  });
});

function expectFilled(u8: Uint8Array, block: { pointer: number; bytes: number; mark: number }): void {
  const whole = u8.subarray(block.pointer, block.pointer + block.bytes).every((byte) => byte === block.mark);
  expect(whole).toBe(true);
}

describe("pool and ledger", () => {
  test("arenas share out the budget; every thread reads the same ledger", () => {
    const pool = ArenaPool.create({ budgetBytes: 5 << 20, arenaBytes: 2 << 20, poison: false });
    expect(pool.arenas.map((arena) => arena.views.u8.length)).toEqual([2 << 20, 2 << 20, 1 << 20]);
    const other = ArenaPool.attach(pool.memories());
    const pointer = pool.arena(1).allocate(10_000, "dictionary");
    pool.arena(2).allocate(1, "cache");
    expect(other.ledger.usedBy("dictionary")).toBe(3 * pageBytes);
    expect(other.ledger.byPurpose()).toMatchObject({
      dictionary: 3 * pageBytes,
      cache: pageBytes,
      sealed: 0,
    });
    expect(other.ledger.usedBytes() + other.ledger.freeBytes()).toBe(pool.ledger.budgetBytes());
    expect(pool.roomiest(1000).index).toBe(0);
    expect(() => pool.roomiest(3 << 20)).toThrow(expect.objectContaining({ code: "MEMORY_BUDGET" }));
    attachArena(pool.arena(1).memory, 1).free(pointer);
    expect(pool.ledger.usedBy("dictionary")).toBe(0);
  });
});
