/** Retention by time columns of every format that a Pinot schema may give one, in each type that holds it. */
import { afterEach, expect, test } from "vitest";
import { parsePattern } from "#schemas/functions/pattern";
import type { TimeFormat } from "#schemas/table";
import type { SqlType } from "#schemas/types";
import { testTable } from "#test/setup/tables";
import { Life, range, record, stream } from "../life.ts";

let life = new Life();
afterEach(async () => {
  await life.stop();
  life = new Life();
});

const day = 86_400_000;
const epoch = (unitMs: number, size = 1, micros = false): TimeFormat => ({
  kind: "epoch",
  unitMs,
  size,
  micros,
});
const pattern = (text: string, zone = "UTC"): TimeFormat => ({ kind: "pattern", pattern: text, zone });
const written = (format: TimeFormat, ms: number): string | number => {
  switch (format.kind) {
    case "epoch":
      return format.micros ? ms * 1000 : Math.floor(ms / (format.unitMs * format.size));
    case "timestamp":
      return new Date(ms).toISOString().replace("T", " ").replace("Z", "");
    case "pattern":
      return parsePattern(format.pattern, format.zone).format(ms);
  }
};

const cases: readonly { type: SqlType; format: TimeFormat }[] = [
  { type: "INT", format: pattern("yyyyMMdd") },
  { type: "STRING", format: pattern("yyyyMMdd") },
  { type: "LONG", format: pattern("yyyyMMddHH") },
  { type: "STRING", format: pattern("yyyy-MM-dd HH:mm:ss") },
  { type: "STRING", format: pattern("yyyy-MM-dd", "America/New_York") },
  // Neither the smallest text nor the smallest number is the first day.
  { type: "STRING", format: pattern("dd/MM/yyyy") },
  { type: "INT", format: pattern("ddMMyyyy") },
  { type: "STRING", format: pattern("MMM d yyyy") },
  { type: "INT", format: epoch(day) },
  { type: "INT", format: epoch(3_600_000) },
  { type: "INT", format: epoch(60_000, 5) },
  { type: "LONG", format: epoch(1000) },
  { type: "LONG", format: epoch(1, 1, true) },
  { type: "STRING", format: epoch(day) },
  { type: "DOUBLE", format: epoch(1000) },
  { type: "STRING", format: { kind: "timestamp" } },
  { type: "TIMESTAMP", format: { kind: "timestamp" } },
  { type: "TIMESTAMP", format: pattern("dd/MM/yyyy") },
];

test.each(cases)("$type as $format", async ({ type, format }) => {
  const columns = [
    { name: "id", type: "LONG", notNull: true },
    { name: "text", type: "STRING" },
    { name: "ts", type, role: "dateTime", timeFormat: format },
  ] as const;
  const table = testTable(columns, { name: "t", timeColumn: "ts", stream, retentionMs: 60 * day });
  await life.start();
  await life.until(life.create({ ...record(), table }));
  const nowMs = life.world.clock.nowMs();
  const push = async (ids: readonly number[], daysAgo: number) => {
    for (const id of ids)
      await life.push([id], { ts: written(format, nowMs - (daysAgo + id / 10) * day) as never });
  };
  // All of it old; a mixture that is mostly old, over the turn of months; all of it young.
  await push(range(0, 5), 70);
  await life.seal();
  await push(range(5, 10), 200);
  await push(range(10, 15), 30);
  await life.seal();
  await push(range(15, 20), 1);
  await life.seal();
  const [, ofMixed] = (await life.until(life.admin.descriptions.detail("t"))).segments;
  expect(Math.abs(Number(ofMixed?.timeMinMs) - (nowMs - 200.9 * day))).toBeLessThan(1.6 * day);
  expect(Math.abs(Number(ofMixed?.timeMaxMs) - (nowMs - 31 * day))).toBeLessThan(1.6 * day);
  for (let round = 0; round < 3; round++) await life.maintain();
  expect(await life.ids()).toEqual(range(10, 20));
  await life.restart();
  expect(await life.ids()).toEqual(range(10, 20));
});

test("merges keep young rows of a pattern, and rows whose time cannot be read", async () => {
  const columns = [
    { name: "id", type: "LONG", notNull: true },
    { name: "text", type: "STRING" },
    { name: "ts", type: "STRING", role: "dateTime", timeFormat: pattern("yyyyMMdd") },
  ] as const;
  const table = testTable(columns, { name: "t", timeColumn: "ts", stream, retentionMs: 60 * day });
  await life.start();
  await life.until(life.create({ ...record(), table }));
  const today = written(pattern("yyyyMMdd"), life.world.clock.nowMs());
  for (let at = 0; at < 6; at++) {
    await life.push(range(at * 10, at * 10 + 9), { ts: today as never });
    await life.push([at * 10 + 9], { ts: null as never });
    await life.seal();
  }
  for (let round = 0; round < 3; round++) await life.maintain();
  expect(life.segmentFiles().length).toBeLessThan(6);
  expect(await life.ids()).toEqual(range(0, 60));
});
