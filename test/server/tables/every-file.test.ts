/**
 * Every kind of file in a data folder, with flipped bytes and cut short at many places: each start answers right, or
 * names what is missing in the answer, or refuses with the file's name. Never a wrong answer without a word, and what a
 * first start made of it the second one takes.
 */
import { expect, test } from "vitest";
import { StoreError } from "#schemas/errors";
import { Life, range, record } from "../life.ts";

const options = { format: "ndjson", idempotencyKey: "a key", sync: true } as const;
const keyed = () => new TextEncoder().encode('{"id":40,"text":"t","ts":1700000000000}\n');

/** Sealed rows, rows in the log, an idempotency key, dead letters. */
async function filled(): Promise<Life> {
  const life = new Life();
  await life.start();
  await life.until(life.create(record()));
  for (let at = 0; at < 2; at++) {
    await life.push(range(at * 10, at * 10 + 10));
    await life.seal();
  }
  await life.push(range(20, 30));
  await life.until(life.admin.pushes.push("t", keyed(), options));
  const refused = new TextEncoder().encode('{"id":"no number"}\n{"id":41,"ts":1}\n{"id":null}\n');
  await life.until(life.admin.pushes.push("t", refused, { ...options, idempotencyKey: null }));
  await life.push([42]);
  await life.stop();
  return life;
}
const all = [...range(0, 30), 40, 41, 42];

/** What a start makes of the folder: the rows, whether the answer says that some are missing, or why it does not start. */
async function outcomeOf(
  life: Life,
): Promise<{ ids: number[]; isSaid: boolean; letters: number } | StoreError> {
  try {
    await life.start();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  // A query meets damaged blocks, and what it met is known from then on.
  const rows = await life.until(life.admin.topics.sample("t", 1000));
  const ids = rows.map((row) => (JSON.parse(row) as { id: number }).id);
  const { id } = await life.server.snapshot(["t"]);
  const { faults, moment } = life.server.snapshots.table(id, "t");
  const isSaid = faults.length > 0 || moment.gaps.length > 0;
  life.server.release(id);
  const { total, lost } = await life.admin.descriptions.deadLetters("t");
  return { ids: ids.toSorted((a, b) => a - b), isSaid, letters: lost === undefined ? total : 2 };
}

const places = (bytes: number): number[] => {
  const step = Math.max(1, Math.floor(bytes / 24));
  const spread = Array.from({ length: Math.ceil(bytes / step) }, (_, at) => at * step);
  return [...new Set([0, 3, 5, 9, ...spread, bytes - 2, bytes - 1])].filter((at) => at >= 0 && at < bytes);
};

const damages = (bytes: Uint8Array): { how: string; damaged: Uint8Array }[] => [
  ...places(bytes.length).map((at) => ({
    how: `byte ${at} flipped`,
    damaged: bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte)),
  })),
  ...[0, 0.2, 0.5, 0.9, 1 - 1 / bytes.length].map((share) => ({
    how: `cut to ${share}`,
    damaged: bytes.slice(0, Math.floor(bytes.length * share)),
  })),
];

test("no damage to any file is told as if nothing were missing", { timeout: 240_000 }, async () => {
  const life = await filled();
  const whole = new Map(life.world.disk.paths().map((path) => [path, life.world.disk.peek(path).slice()]));
  const kinds = [...whole.keys()].map((path) =>
    path.replace(/.*\//, "").replace(/.*(\.segment|\.log)$/, "*$1"),
  );
  expect([...new Set(kinds)].toSorted()).toEqual(["*.log", "*.segment", "dead-letters", "definition.json"]);
  const catalog = life.file.serialize();
  const restore = async () => {
    for (const path of life.world.disk.paths()) if (!whole.has(path)) await life.world.disk.remove(path);
    for (const [path, bytes] of whole) life.world.disk.plant(path, bytes);
    life.file = new (life.file.constructor as new (bytes: Buffer) => typeof life.file)(catalog);
    life.file.defaultSafeIntegers(true);
  };
  for (const [path, bytes] of whole) {
    for (const { how, damaged } of damages(bytes)) {
      await restore();
      life.world.disk.plant(path, damaged);
      for (const start of ["first", "second"]) {
        const where = `${path}, ${how}, ${start} start`;
        const outcome = await outcomeOf(life);
        if (outcome instanceof StoreError) expect(outcome.message, where).toContain(path);
        else {
          expect(
            outcome.ids.filter((id) => !all.includes(id)),
            where,
          ).toEqual([]);
          expect(new Set(outcome.ids).size, where).toBe(outcome.ids.length);
          if (!outcome.isSaid) expect(outcome.ids, where).toEqual(all);
          // An empty file is one that has no letters yet.
          expect(outcome.letters, where).toBe(path.endsWith("dead-letters") && damaged.length === 0 ? 0 : 2);
        }
        await life.stop();
      }
    }
  }
  await restore();
  expect(await outcomeOf(life)).toMatchObject({ ids: all, isSaid: false });
  await life.stop();
});

test("a definition that was damaged does not come back when the catalog is lost", {
  timeout: 60_000,
}, async () => {
  const life = await filled();
  const path = life.world.disk.paths().find((one) => one.endsWith("definition.json")) as string;
  const bytes = life.world.disk.peek(path).slice();
  const { openSqliteFile } = await import("#broker/catalog/sqlite-node");
  for (const { how, damaged } of damages(bytes)) {
    life.world.disk.plant(path, damaged);
    life.file = openSqliteFile(":memory:");
    const outcome = await outcomeOf(life);
    if (!(outcome instanceof StoreError)) expect(outcome.ids, how).toEqual(all);
    else expect(outcome.message, how).toContain(path);
    await life.stop();
  }
});
