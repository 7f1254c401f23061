/** A snapshot's version changes with whatever changes rows, and never comes back with other rows. */
import { afterEach, expect, test } from "vitest";
import { versionOf } from "#schemas/plan/snapshot";
import { testTable } from "#test/setup/tables";
import { columns, Life, range, record } from "../life.ts";

let life = new Life();
afterEach(async () => {
  await life.stop();
  life = new Life();
});

/** The version as a live panel and a cache see it. */
async function version(): Promise<string> {
  const info = await life.server.snapshot(["t"]);
  life.server.release(info.id);
  return versionOf({ nowMs: 0, parts: [{ kind: "held", server: { name: "s" }, info }] }, ["t"]);
}

/** What was seen under each version: another set of rows under a known one is a wrong answer of every cache. */
class Seen {
  readonly #rows = new Map<string, string>();
  async look(): Promise<void> {
    const rows = (await life.ids()).join();
    const known = this.#rows.get(await version());
    if (known !== undefined) expect(rows).toBe(known);
    this.#rows.set(await version(), rows);
  }
  get count(): number {
    return this.#rows.size;
  }
}

test("nothing happened: the same version", async () => {
  await life.start();
  await life.until(life.create(record()));
  await life.push(range(0, 10));
  const before = await version();
  await life.world.clock.advance(100);
  expect(await version()).toBe(before);
});

test("rows, seals, merges, retention and definitions each make another, and none comes again", async () => {
  await life.start();
  await life.until(life.create(record({ retentionMs: 3_600_000 })));
  const seen = new Seen();
  await seen.look();
  for (let round = 0; round < 6; round++) {
    // The same number of rows each time, and the old ones expire: a count alone would repeat.
    await life.push(range(round * 10, round * 10 + 10));
    await seen.look();
    await life.seal();
    await seen.look();
    await life.world.clock.advance(1_900_000);
    await life.maintain();
    await seen.look();
  }
  const more = testTable([...columns, { name: "extra", type: "LONG" }]).columns;
  const next = { version: 2, columns: more, nextColumnId: 4, retentionMs: 3_600_000 };
  const before = await version();
  await life.until(life.alter(record(next)));
  expect(await version()).not.toBe(before);
  await seen.look();
  expect(seen.count).toBeGreaterThan(15);
});

test("a table dropped and made anew, filled with as many other rows, has no version of the one before", async () => {
  await life.start();
  const seen = new Seen();
  for (let life_ = 0; life_ < 3; life_++) {
    await life.until(life.create(record()));
    await seen.look();
    for (let batch = 0; batch < 3; batch++) {
      await life.push(range(life_ * 1000 + batch * 10, life_ * 1000 + batch * 10 + 10));
      await seen.look();
      if (batch === 1) await life.seal();
      await seen.look();
    }
    await life.until(life.drop("t"));
  }
});

test("a server that began again counts anew: nobody takes its versions for those of the life before", async () => {
  await life.start();
  await life.until(life.create(record({ retentionMs: 3_600_000 })));
  const seen = new Seen();
  for (let round = 0; round < 4; round++) {
    await life.push(range(round * 10, round * 10 + 10));
    await seen.look();
    await life.seal();
    await seen.look();
    await life.world.clock.advance(4_000_000);
    await life.restart();
    await life.maintain();
    await seen.look();
  }
});
