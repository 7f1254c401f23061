/** The life of tables on production's server over a disk in memory: what people ask of it, and what goes wrong. */
import { afterEach, describe, expect, test } from "vitest";
import { openSqliteFile, sqliteCatalog } from "#broker/catalog/sqlite-node";
import { StoreError } from "#schemas/errors";
import { smallLimits } from "#test/setup/inline-server";
import { plainInts } from "#test/setup/plain-reader";
import { testTable } from "#test/setup/tables";
import { columns, Life, range, record, stream } from "./life.ts";

let life = new Life();
afterEach(async () => {
  await life.stop();
  life = new Life();
});

describe("rows", () => {
  test("are visible before and after sealing, merging and restarts", async () => {
    await life.start();
    await life.until(life.create(record()));
    for (let batch = 0; batch < 5; batch++) {
      await life.push(range(batch * 20, batch * 20 + 20));
      expect(await life.ids()).toEqual(range(0, batch * 20 + 20));
      await life.seal();
      expect(await life.ids()).toEqual(range(0, batch * 20 + 20));
    }
    expect(life.admin.descriptions.summaries()[0]).toMatchObject({
      rows: 100,
      sealedSegments: 5,
      consumingSegments: 0,
    });
    await life.maintain();
    expect(life.segmentFiles()).toHaveLength(1);
    expect(await life.ids()).toEqual(range(0, 100));
    await life.push(range(100, 110));
    await life.restart();
    expect(await life.ids()).toEqual(range(0, 110));
    const [merged] = (await life.until(life.admin.descriptions.detail("t"))).segments;
    expect(merged).toMatchObject({ state: "sealed", rows: 100 });
  });

  test("rotate by rows and by age without anybody asking", async () => {
    await life.start();
    await life.until(life.create(record({ flushRows: 50 })));
    await life.push(range(0, 60));
    await life.until(life.server.queue.idle());
    expect(life.segmentFiles()).toHaveLength(1);
    await life.push(range(60, 65));
    await life.world.clock.advance(2000);
    expect(life.segmentFiles()).toHaveLength(2);
    expect(await life.ids()).toEqual(range(0, 65));
  });

  test("stay with a snapshot that saw them", async () => {
    await life.start();
    await life.until(life.create(record()));
    await life.push(range(0, 30));
    const before = await life.server.snapshot(["t"]);
    await life.push(range(30, 60));
    await life.seal();
    await life.until(life.drop("t"));
    const { readers } = life.server.snapshots.table(before.id, "t");
    expect(plainInts(readers, 0).map(Number)).toEqual(range(0, 30));
    expect(life.server.epochs.waiting()).toBeGreaterThan(0);
    life.server.release(before.id);
    expect(life.server.epochs.waiting()).toBe(0);
    expect(life.server.parts.pool.ledger.usedBy("mutable")).toBe(0);
  });

  test("are let go of when a snapshot's lease is over", async () => {
    await life.start();
    await life.until(life.create(record()));
    const { id } = await life.server.snapshot(["t"]);
    await life.world.clock.advance(120_000);
    expect(() => life.server.snapshots.table(id, "t")).toThrow("was released, or dropped");
  });
});

describe("definitions", () => {
  test("names are taken whatever their case", async () => {
    await life.start();
    await life.until(life.create(record()));
    const again = life.create(record({ name: "T" }));
    await expect(life.until(again)).rejects.toMatchObject({ code: "TABLE_EXISTS" });
  });

  test("a table whose stream is refused is not made", async () => {
    await life.start();
    const kafka = record({ stream: { ...stream, kind: "kafka" } });
    await expect(life.until(life.create(kafka))).rejects.toMatchObject({ code: "TABLE_DEFINITION" });
    expect(life.admin.definitions.records()).toEqual([]);
    await life.until(life.create(record()));
    await life.push([1]);
    expect(await life.ids()).toEqual([1]);
  });

  test("a column that is added has NULLs before and values after", async () => {
    await life.start();
    await life.until(life.create(record()));
    await life.push(range(0, 10));
    const more = testTable([...columns, { name: "extra", type: "LONG" }]).columns;
    await life.until(life.alter(record({ version: 2, columns: more, nextColumnId: 4 })));
    await life.push(range(10, 20), { more: { extra: 5 } });
    expect(await life.ids()).toEqual(range(0, 20));
    const extra = (await life.until(life.admin.descriptions.detail("t"))).columns.find(
      ({ name }) => name === "extra",
    );
    expect(extra).toMatchObject({ nulls: 10, min: "5", max: "5" });
    await life.restart();
    expect(life.admin.definitions.record("t")?.table.version).toBe(2);
    expect(await life.ids()).toEqual(range(0, 20));
  });

  test("a column's inverted index is told: as asked, then as sealed segments have it", async () => {
    await life.start();
    const price = { name: "price", type: "DOUBLE" } as const;
    const all = testTable([...columns, price]).columns;
    const invertedColumns = ["id", "text", "ts", "price"];
    await life.until(life.create(record({ columns: all, nextColumnId: 4, invertedColumns })));
    const indexes = async () =>
      (await life.until(life.admin.descriptions.detail("t"))).columns.map((column) =>
        column.indexes.join(" "),
      );
    await life.push(range(0, 30), { more: { price: 2.5 } });
    expect(await indexes()).toEqual(["inverted", "inverted", "inverted sorted", ""]);
    await life.seal();
    expect(await indexes()).toEqual(["inverted", "inverted", "inverted sorted", ""]);
  });

  test("a dropped table is gone, and its name free for another", async () => {
    await life.start();
    await life.until(life.create(record()));
    await life.push(range(0, 40));
    await life.seal();
    await life.push(range(40, 50));
    await life.until(life.drop("t"));
    expect(life.world.disk.paths().filter((path) => path.includes("/t/"))).toEqual([]);
    expect((await life.server.snapshot(["t"])).tables).toEqual([]);
    await life.until(life.create(record()));
    await life.push(range(100, 105));
    await life.restart();
    expect(await life.ids()).toEqual(range(100, 105));
  });

  test("a pause outlives a restart and refuses pushes", async () => {
    await life.start();
    await life.until(life.create(record()));
    await life.push(range(0, 3));
    await life.until(life.admin.consumption.pause("t"));
    await life.restart();
    await expect(life.push([9])).rejects.toMatchObject({ code: "INGESTION_PAUSED" });
    expect(life.admin.descriptions.summaries()[0]?.state).toBe("paused");
    await life.until(life.admin.consumption.resume("t"));
    await life.push(range(3, 6));
    expect(await life.ids()).toEqual(range(0, 6));
  });
});

describe("retention", () => {
  const day = 86_400_000;

  test("removes whole segments, and rows of one that is mostly old", async () => {
    await life.start();
    await life.until(life.create(record({ retentionMs: day })));
    const nowMs = life.world.clock.nowMs();
    await life.push(range(0, 10), { ts: nowMs - 2 * day });
    await life.seal();
    await life.push(range(10, 20), { ts: nowMs - day - 1000 });
    await life.push(range(20, 30), { ts: nowMs - day + 3_600_000 / 2 });
    await life.seal();
    await life.maintain();
    expect(life.segmentFiles()).toHaveLength(1);
    expect(await life.ids()).toEqual(range(10, 30));
    life.world.clock.jump(3_600_000 / 3);
    await life.maintain();
    expect(await life.ids()).toEqual(range(20, 30));
    await life.restart();
    expect(await life.ids()).toEqual(range(20, 30));
  });
});

describe("rows that retention takes at once", () => {
  const warnings = () =>
    life.world.logged.filter(({ message }) => message.includes("older than the retention"));

  test("are named with their time, rows that grew old are not", async () => {
    await life.start();
    await life.until(life.create(record({ retentionMs: 30 * 86_400_000 })));
    await life.push(range(0, 10));
    await life.seal();
    life.world.clock.jump(31 * 86_400_000);
    await life.maintain();
    expect(await life.ids()).toEqual([]);
    expect(warnings()).toEqual([]);
    await life.push(range(10, 13), { ts: 1_795_169_000 }); // seconds where milliseconds are meant
    await life.seal();
    await life.maintain();
    expect(await life.ids()).toEqual([]);
    expect(warnings()).toHaveLength(1);
    // No time at all, as far as calendars go: the round of maintenance must not fail over it.
    await life.push([13], { ts: "-9000000000000000000" as never });
    await life.seal();
    await life.maintain();
    expect(warnings()[0]?.message).toMatch(/^3 rows .* 30 days .*the newest ts is 1970-01-21 18:39:29/);
  });
});

describe("what is damaged", () => {
  async function threeSegments(): Promise<string[]> {
    await life.start();
    await life.until(life.create(record()));
    for (let batch = 0; batch < 2; batch++) {
      await life.push(range(batch * 10, batch * 10 + 10));
      await life.seal();
    }
    await life.push(range(20, 30));
    await life.stop();
    return life.segmentFiles();
  }

  test.each([
    ["cut", (bytes: Uint8Array) => bytes.slice(0, 40)],
    ["empty", () => new Uint8Array(0)],
    [
      "overwritten",
      (bytes: Uint8Array) => bytes.map((byte, at) => (at > bytes.length - 60 ? byte ^ 255 : byte)),
    ],
  ])("a segment file that is %s: named, and the rest goes on", async (_, damage) => {
    const [first] = await threeSegments();
    life.world.disk.plant(first!, damage(life.world.disk.peek(first!)));
    await life.start();
    expect(await life.ids()).toEqual(range(10, 30));
    const [summary] = life.admin.descriptions.summaries();
    expect(summary?.state).toBe("degraded");
    expect(summary?.message).toContain(first);
    expect((await life.until(life.admin.descriptions.detail("t"))).segments[0]).toMatchObject({
      state: "corrupt",
      rows: 10,
    });
    await life.push(range(30, 40));
    await life.seal();
    expect(await life.ids()).toEqual(range(10, 40));
  });

  test("a missing segment file is named like a damaged one", async () => {
    const [first] = await threeSegments();
    await life.world.disk.remove(first!);
    await life.start();
    const { id } = await life.server.snapshot(["t"]);
    const { faults } = life.server.snapshots.table(id, "t");
    expect(faults).toMatchObject([{ code: "SEGMENT_CORRUPT", rows: 10 }]);
    expect(faults[0]?.message).toContain(first);
  });

  test("files that no commit knows are removed", async () => {
    const [first] = await threeSegments();
    const stray = first!.replace("t__0__0", "t__0__777");
    life.world.disk.plant(stray, life.world.disk.peek(first!));
    life.world.disk.plant(`${first}.partial`, new Uint8Array(5));
    for (const name of ["gone", "unknown"])
      life.world.disk.plant(`tables/${name}/segments/x.segment`, new Uint8Array(5));
    await (await sqliteCatalog(life.file)).setSetting("dropped:gone", "yes");
    await life.start();
    expect(life.segmentFiles()).not.toContain(stray);
    const left = life.world.disk.paths();
    expect(left.filter((path) => path.includes("partial") || path.includes("gone"))).toEqual([]);
    expect(left).toContain("tables/unknown/segments/x.segment");
    expect(await life.ids()).toEqual(range(0, 30));
  });

  test("a lost catalog is rebuilt from definitions and footers", async () => {
    await threeSegments();
    life.file = openSqliteFile(":memory:");
    await life.start();
    expect(await life.ids()).toEqual(range(0, 30));
    await life.push(range(30, 40));
    await life.seal();
    await life.maintain();
    await life.restart();
    expect(await life.ids()).toEqual(range(0, 40));
  });

  test("a lost catalog beside a damaged definition refuses to start, naming the file", async () => {
    await threeSegments();
    life.file = openSqliteFile(":memory:");
    life.world.disk.plant("tables/t/definition.json", new TextEncoder().encode("{"));
    const starting = life.start();
    await expect(starting).rejects.toMatchObject({ code: "CATALOG_CORRUPT" });
    await expect(starting).rejects.toThrow("tables/t/definition.json");
  });

  test("a lost catalog counts a merge and its inputs once", async () => {
    await threeSegments();
    const inputs = life.segmentFiles().map((path) => [path, life.world.disk.peek(path).slice()] as const);
    await life.start();
    await life.seal();
    await life.maintain();
    await life.stop();
    expect(life.segmentFiles()).toHaveLength(1);
    for (const [path, bytes] of inputs) life.world.disk.plant(path, bytes);
    life.file = openSqliteFile(":memory:");
    await life.start();
    expect(await life.ids()).toEqual(range(0, 30));
    expect(life.segmentFiles()).toHaveLength(1);
  });

  test("a lost catalog beside a damaged segment is a gap that answers tell", async () => {
    const [first] = await threeSegments();
    life.world.disk.plant(first!, new Uint8Array(60));
    const second = life.segmentFiles()[1]!;
    await life.start();
    await life.stop();
    life.file = openSqliteFile(":memory:");
    await life.start();
    expect(life.segmentFiles()).toContain(second);
    expect(await life.ids()).toEqual(range(10, 30));
    expect(life.world.disk.paths().filter((path) => path.startsWith("tables/t/damaged/"))).toHaveLength(1);
    const { id, tables } = await life.server.snapshot(["t"]);
    life.server.release(id);
    expect(tables[0]?.gaps).toMatchObject([{ partition: 0, start: 0n, end: 10n }]);
  });
});

describe("a full disk", () => {
  test("pauses, says so, answers on, and goes on by itself", async () => {
    await life.start();
    await life.until(life.create(record()));
    await life.push(range(0, 50));
    life.world.disk.faults.capacityBytes = 0;
    await life.until(life.admin.consumption.forceCommit("t"));
    await expect(life.push([99])).rejects.toMatchObject({ code: "DISK_FULL" });
    await life.world.clock.advance(500);
    expect(life.admin.descriptions.summaries()[0]).toMatchObject({ state: "degraded" });
    expect(life.admin.descriptions.summaries()[0]?.message).toContain("no space left");
    expect(await life.ids()).toEqual(range(0, 50));
    life.world.disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
    await life.world.clock.advance(30_000);
    expect(life.segmentFiles()).toHaveLength(1);
    await life.push(range(50, 60));
    expect(life.admin.descriptions.summaries()[0]).toMatchObject({ state: "running", message: null });
    await life.restart();
    expect(await life.ids()).toEqual(range(0, 60));
  });
});

describe("another server on the same catalog", () => {
  test("takes over; the first one stops committing and says so", async () => {
    await life.start();
    await life.until(life.create(record()));
    await life.push(range(0, 10));
    const other = await sqliteCatalog(life.file);
    await other.claimPartition("t", 0, 0n);
    await life.seal();
    expect(life.admin.descriptions.summaries()[0]).toMatchObject({ state: "stopped" });
    expect(life.admin.descriptions.summaries()[0]?.message).toContain("another server");
    expect(await other.segments("t")).toEqual([]);
    expect(await life.ids()).toEqual(range(0, 10));
  });
});

test("whoever listens hears of rows, segments and definitions", async () => {
  await life.start();
  const heard: string[] = [];
  const stop = life.admin.changes.onChange((table) => heard.push(table));
  await life.until(life.create(record()));
  await life.push([1]);
  await life.seal();
  await life.until(life.drop("t"));
  stop();
  expect(heard.length).toBeGreaterThanOrEqual(4);
  expect(new Set(heard)).toEqual(new Set(["t"]));
});

test("the newest rows of an embedded topic are its sample", async () => {
  await life.start();
  await life.until(life.create(record()));
  await life.push(range(0, 20), { ts: 5 });
  await life.seal();
  await life.push(range(20, 30), { ts: 5 });
  expect(await life.admin.topics.list()).toEqual([
    { name: "t", partitions: 1, table: "t", taken: expect.stringContaining('pushed to table "t"') },
  ]);
  const rows = await life.admin.topics.sample("t", 12);
  expect(rows).toHaveLength(12);
  expect(rows[0]).toBe('{"id":29,"text":"t4","ts":5}');
  expect(rows[11]).toBe('{"id":18,"text":"t3","ts":5}');
});

describe("little memory", () => {
  test("is given back by sealing, and nothing is lost", async () => {
    const limits = { ...smallLimits, segmentRows: 10_000, segmentMs: 1e9 };
    await life.start({ memoryBytes: 3 << 19, limits });
    await life.until(life.create(record()));
    for (let batch = 0; batch < 40; batch++)
      await life.push(range(batch * 20, batch * 20 + 20), { textBytes: 2000 });
    expect(await life.ids()).toEqual(range(0, 800));
    // Nothing but short memory seals these.
    expect(life.segmentFiles().length).toBeGreaterThan(0);
    await life.restart();
    expect(await life.ids()).toEqual(range(0, 800));
  });
});

test("an unknown table is refused by name", async () => {
  await life.start();
  for (const asked of [
    life.admin.descriptions.detail("x"),
    life.drop("x"),
    life.admin.consumption.pause("x"),
  ])
    await expect(asked).rejects.toBeInstanceOf(StoreError);
  expect((await life.server.snapshot(["x"])).tables).toEqual([]);
});
