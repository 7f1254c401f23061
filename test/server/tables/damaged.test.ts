/** Damaged segments and merges: what cannot be read is neither merged nor thrown away, and holds nobody else up. */
import { afterEach, expect, test } from "vitest";
import { Life, range, record } from "../life.ts";

let life = new Life();
afterEach(async () => {
  await life.stop();
  life = new Life();
});

/** Seals so many segments of ten rows, without merging them. */
async function segments(count: number): Promise<readonly string[]> {
  await life.start();
  await life.until(life.create(record()));
  for (let at = 0; at < count; at++) {
    await life.push(range(at * 10, at * 10 + 10));
    await life.seal();
  }
  return life.segmentFiles();
}

const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, at) => (at > bytes.length - 60 ? byte ^ 255 : byte));

/** A file that opens, and fails where its rows are read. */
const holed = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, at) => (at > bytes.length / 8 && at < bytes.length / 4 ? byte ^ 255 : byte));

test.each([
  ["whose footer is damaged", flipped],
  ["whose blocks are damaged", holed],
])("a segment %s is left out of merges, which go on without it", async (_, damage) => {
  const files = await segments(6);
  await life.stop();
  const before = damage(life.world.disk.peek(files[2]!));
  life.world.disk.plant(files[2]!, before);
  await life.start();
  for (let round = 0; round < 3; round++) {
    await life.maintain();
    // A merge that met the damage waits before the next: the one after leaves it out.
    await life.world.clock.advance(40_000);
  }
  const [summary] = life.admin.descriptions.summaries();
  expect(summary).toMatchObject({ state: "degraded", sealedSegments: 2 });
  expect(life.world.disk.peek(files[2]!)).toEqual(before);
  expect(await life.ids()).toEqual([...range(0, 20), ...range(30, 60)]);
  const detail = await life.until(life.admin.descriptions.detail("t"));
  expect(detail.segments.filter(({ state }) => state === "corrupt")).toMatchObject([{ rows: 10 }]);
  // Put back, the file is whole again: nothing of it was taken into a merge meanwhile.
  expect(detail.segments.find(({ state }) => state === "sealed")?.rows).toBe(50);
});
