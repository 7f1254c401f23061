/** Pushes: all or nothing, safe to repeat, refused with a reason, there after every restart. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PushOptions } from "#schemas/admin";
import type { CsvOptions } from "#schemas/csv";
import { StoreError } from "#schemas/errors";
import type { CommittedPartition } from "#schemas/ingest";
import { unplaced } from "#schemas/segment";
import type { World } from "#schemas/world";
import { compiledExtractor } from "#test/setup/extractor-node";
import { ScriptedTopic, smallLimits, testHost } from "#test/setup/ingest";
import { testTable } from "#test/setup/tables";
import { memoryWorld } from "#test/setup/world";
import { Mortal, mortalWorld } from "#test/sim/mortal";

const table = testTable([
  { name: "v", type: "LONG" },
  { name: "s", type: "STRING" },
]);
const extractor = await compiledExtractor();
const encode = (text: string) => new TextEncoder().encode(text);
const plain: PushOptions = { format: "ndjson", idempotencyKey: null, sync: true };
const keyed = (idempotencyKey: string): PushOptions => ({ ...plain, idempotencyKey });
const lines = (from: number, count: number) =>
  encode(Array.from({ length: count }, (_, at) => `{"v":${from + at}}`).join("\n"));

async function running(world: World, committed: readonly CommittedPartition[] = [], partitions = 1) {
  const test = testHost(world, { extractor });
  const stream = { ...table.stream, partitions };
  await test.host.addTable({ table: { ...table, stream }, committed, partitions: null, paused: false });
  return test;
}

describe("a push", () => {
  it("takes valid rows, names the lines of the others, and is queryable when it said sync", async () => {
    const test = await running(memoryWorld());
    const body = encode('\ufeff{"v":1,"s":"a"}\n\n{"v":"x"}\nnot json\n{"v":2,"s":"é","more":1}\r\n');
    expect(await test.host.push("events", body, plain)).toEqual({
      accepted: 2,
      rejected: 2,
      rejects: [
        { line: 3, reason: "column v: expected LONG but found text" },
        { line: 4, reason: "not JSON: expected an object" },
      ],
      partition: 0,
      offset: "2",
    });
    expect(test.rows(table)).toEqual([
      { v: 1n, s: "a" },
      { v: 2n, s: "é" },
    ]);
    expect(test.host.deadLetters("events")).toMatchObject({
      total: 2,
      samples: [{ payload: "not json", partition: 0, offset: "0" }, { payload: '{"v":"x"}' }],
    });
    expect(test.host.unknownFields("events")).toEqual([{ name: "more", count: 1 }]);
    await test.host.push("events", encode('{"less":1,"v":"x"}'), plain);
    expect(test.host.unknownFields("events")).toContainEqual({ name: "less", count: 1 });
    await test.host.close();
  });

  it("takes JSON arrays, single objects, and CSV", async () => {
    const test = await running(memoryWorld());
    const push = (text: string, format: PushOptions["format"]) =>
      test.host.push("events", encode(text), { ...plain, format });
    await push('[{"v":1,\n "s":"a"}, {"v":2}\n]', "json");
    await push('\ufeff{"v":3}', "json");
    expect(await push('[{"v":4},5,"x"]', "json")).toMatchObject({
      accepted: 1,
      rejects: [{ line: 2 }, { line: 3 }],
    });
    await expect(push('[{"v":4},', "json")).rejects.toThrow("expected a JSON array of rows");
    await push('v,s\r\n5,"a ""quoted"", text\nwith lines"\r\n,plain\n 7 ,\n8,""\n', "csv");
    expect(await push("v,s\n9\n10,x\n", "csv")).toMatchObject({
      accepted: 1,
      rejects: [{ line: 2, reason: expect.stringContaining("CSV") }],
    });
    await expect(push("x,y\n1,2", "csv")).rejects.toThrow('columns of table "events" in the CSV');
    expect(test.rows(table)).toEqual([
      { v: 1n, s: "a" },
      { v: 2n, s: null },
      { v: 3n, s: null },
      { v: 4n, s: null },
      { v: 5n, s: 'a "quoted", text\nwith lines' },
      { v: null, s: "plain" },
      { v: 7n, s: null },
      { v: 8n, s: "" },
      { v: 10n, s: "x" },
    ]);
    await test.host.close();
  });

  it("takes CSV as its sender says: delimiter, header, columns, words for nothing", async () => {
    const test = await running(memoryWorld());
    const push = (text: string, csv: CsvOptions) =>
      test.host.push("events", encode(text), { ...plain, format: "csv", csv });
    await push("1;a\n2;b\n", { delimiter: ";", header: false, columns: ["v", "s"] });
    await push("first\tsecond\n3\tc\n", { columns: ["v", "s"] });
    await push("v,s\nNA,NA\n?,\\N\n", {});
    await push("v,s\n6,none\n", { nulls: ["none"] });
    expect(await push("v,s\n1,2,3\n7,e,,\n", {})).toMatchObject({
      accepted: 1,
      rejects: [{ line: 2, reason: "CSV: expected 2 fields, as many as there are columns, but found 3" }],
    });
    await expect(push("8,f\n", { header: false })).rejects.toThrow("?header=absent&columns=");
    expect(test.rows(table)).toEqual([
      { v: 1n, s: "a" },
      { v: 2n, s: "b" },
      { v: 3n, s: "c" },
      { v: null, s: "NA" },
      { v: null, s: null },
      { v: 6n, s: null },
      { v: 7n, s: "e" },
    ]);
    await test.host.close();
  });

  it("takes objects over several lines, and lines of which the first is none", async () => {
    const test = await running(memoryWorld());
    const push = (text: string) => test.host.push("events", encode(text), { ...plain, format: "json" });
    const pretty = '{\n  "v": 1,\n  "s": "a b"\n}\r\n\n{\n  "v": 2\n}\n';
    expect(await push(pretty)).toMatchObject({ accepted: 2, rejected: 0 });
    expect(await push('{"v":3,\n{"v":4}\n')).toMatchObject({ accepted: 1, rejects: [{ line: 1 }] });
    expect(test.rows(table)).toEqual([
      { v: 1n, s: "a b" },
      { v: 2n, s: null },
      { v: 4n, s: null },
    ]);
    await test.host.close();
  });

  it("is there after a restart, behind what was committed", async () => {
    const world = memoryWorld();
    const first = await running(world);
    for (let at = 0; at < 10; at++) await first.host.push("events", lines(at * 10, 10), plain);
    await first.host.close();
    const second = await running(world, [
      { partition: 0, nextOffset: 25n, lastRecordCrc: null, reserved: null, place: unplaced },
    ]);
    expect(second.rows(table).map(({ v }) => Number(v))).toEqual(
      Array.from({ length: 75 }, (_, at) => at + 25),
    );
    expect((await second.host.push("events", lines(100, 1), plain)).offset).toBe("101");
    await second.host.close();
  });

  it("with a key is stored once, gives its first answer again, and refuses another body", async () => {
    const world = memoryWorld();
    const first = await running(world);
    const answer = await first.host.push("events", encode('{"v":1}\noops'), keyed("k1"));
    expect(await first.host.push("events", encode('{"v":1}\noops'), keyed("k1"))).toEqual(answer);
    await expect(first.host.push("events", encode('{"v":2}'), keyed("k1"))).rejects.toMatchObject({
      code: "IDEMPOTENCY_CONFLICT",
    });
    const twice = await Promise.all([1, 2].map(() => first.host.push("events", lines(50, 3), keyed("k2"))));
    expect(twice[0]).toEqual(twice[1]);
    const none = await first.host.push("events", encode("oops"), keyed("k3"));
    await first.host.close();
    const second = await running(world);
    expect(await second.host.push("events", encode('{"v":1}\noops'), keyed("k1"))).toEqual(answer);
    expect(await second.host.push("events", encode("oops"), keyed("k3"))).toEqual(none);
    expect(second.rows(table).length).toBe(4);
    expect(second.host.deadLetters("events").total).toBe(2);
    await second.host.close();
  });

  it("keeps keys when their log files are trimmed, for as long as declared", async () => {
    const world = memoryWorld();
    const first = await running(world);
    for (let at = 0; at < 30; at++) await first.host.push("events", lines(at * 20, 20), keyed(`key ${at}`));
    const before = world.disk.paths().length;
    await first.host.trim("events", 0, 580n);
    expect(world.disk.paths().length).toBeLessThan(before - 2);
    await first.host.close();
    const committed = [
      { partition: 0, nextOffset: 580n, lastRecordCrc: null, reserved: null, place: unplaced },
    ];
    const second = await running(world, committed);
    expect(await second.host.push("events", lines(0, 20), keyed("key 0"))).toMatchObject({ offset: "20" });
    expect(second.rows(table).length).toBe(20);
    await expect(second.host.push("events", lines(0, 3), keyed("key 0"))).rejects.toMatchObject({
      code: "IDEMPOTENCY_CONFLICT",
    });
    world.clock.jump(smallLimits.idempotencyMs + 1);
    expect(await second.host.push("events", lines(0, 20), keyed("key 0"))).toMatchObject({ offset: "620" });
    await second.host.close();
  });

  it("is refused whole when the disk is full, the table paused, stopped or Kafka's, or the body too large", async () => {
    const world = memoryWorld();
    const test = await running(world);
    await test.host.push("events", lines(0, 5), plain);
    await test.host.pause("events");
    await expect(test.host.push("events", lines(5, 5), plain)).rejects.toMatchObject({
      code: "INGESTION_PAUSED",
    });
    await test.host.resume("events");
    world.disk.faults.capacityBytes = 300;
    const many = await Promise.allSettled(
      [1, 2, 3].map((at) => test.host.push("events", lines(at * 5, 50), plain)),
    );
    expect(many.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(test.host.status("events")[0]).toMatchObject({
      state: "paused",
      lastError: expect.stringContaining("no space"),
    });
    await expect(test.host.push("events", lines(5, 1), plain)).rejects.toMatchObject({ code: "DISK_FULL" });
    world.disk.faults.capacityBytes = 1e9;
    await world.clock.advance(2000);
    expect(test.host.status("events")[0]).toMatchObject({ state: "consuming", lastError: null });
    expect(test.statuses.some(({ state }) => state === "paused")).toBe(true);
    expect((await test.host.push("events", lines(5, 5), plain)).offset).toBe("10");
    expect(test.rows(table).map(({ v }) => Number(v))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    world.disk.faults.before = (operation) => {
      if (operation === "sync") throw new StoreError("DISK_FAILED", "EIO");
    };
    await expect(test.host.push("events", lines(10, 5), plain)).rejects.toMatchObject({
      code: "DISK_FAILED",
    });
    expect(test.host.status("events")[0].state).toBe("stopped");
    await expect(
      test.host.push("events", new Uint8Array(smallLimits.bodyBytes + 1), plain),
    ).rejects.toMatchObject({ code: "BODY_BYTES" });
    await test.host.close();
    const kafka = testHost(memoryWorld(), { topic: new ScriptedTopic() });
    const stream = { ...table.stream, kind: "kafka" as const };
    await kafka.host.addTable({
      table: { ...table, stream },
      committed: [{ partition: 0, nextOffset: 0n, lastRecordCrc: null, reserved: null, place: unplaced }],
      partitions: null,
      paused: false,
    });
    await expect(kafka.host.push("events", lines(0, 1), plain)).rejects.toMatchObject({
      code: "TABLE_STREAM",
    });
    await kafka.host.close();
  });

  it("serves what lies before damage of its log, and refuses pushes with the file's name", async () => {
    const world = memoryWorld();
    const first = await running(world);
    for (let at = 0; at < 30; at++) await first.host.push("events", lines(at * 10, 10), plain);
    await first.host.close();
    const path = world.disk.paths().find((name) => name.endsWith("1.log"))!;
    world.disk.peek(path)[1000] ^= 1;
    const second = await running(world);
    expect(second.rows(table).length).toBeGreaterThan(20);
    expect(second.host.status("events")[0]).toMatchObject({
      state: "stopped",
      lastError: expect.stringContaining(path),
    });
    expect(world.logged.filter(({ message }) => message.includes("is damaged"))).toHaveLength(1);
    await expect(second.host.push("events", lines(0, 1), plain)).rejects.toMatchObject({
      code: "LOG_CORRUPT",
    });
    await second.host.close();
    // Somebody removes the damaged file: what is missing is a gap, and the rest goes on.
    await world.disk.remove(path);
    const third = await running(world);
    expect(third.gaps.length).toBe(1);
    expect(third.rows(table).at(-1)).toEqual({ v: 299n, s: null });
    expect((await third.host.push("events", lines(300, 1), plain)).offset).toBe("301");
    await third.host.close();
  });

  it("leaves a stream whose end and lag are known, before and after a restart, sealed or not", async () => {
    const world = memoryWorld();
    const first = await running(world);
    expect(first.host.status("events")[0]).toMatchObject({ endOffset: "0", lagRows: 0, lagMs: 0 });
    await first.host.push("events", lines(0, 10), plain);
    expect(first.host.logBytes("events")).toBeGreaterThan(0);
    await first.host.close();
    for (const nextOffset of [0n, 4n, 10n]) {
      const again = await running(world, [
        { partition: 0, nextOffset, lastRecordCrc: null, reserved: null, place: unplaced },
      ]);
      const [status] = again.host.status("events");
      expect(status).toMatchObject({ nextOffset: "10", endOffset: "10", lagRows: 0, lagMs: 0 });
      await again.host.close();
    }
  });

  it("is answered when its refused rows could not be kept: the others are durable", async () => {
    const world = memoryWorld();
    const test = await running(world);
    world.disk.faults.before = (operation, path) => {
      if (operation === "append" && path.endsWith("dead-letters"))
        throw new StoreError("DISK_FULL", "no space");
    };
    expect(await test.host.push("events", encode('{"v":1}\noops'), plain)).toMatchObject({
      accepted: 1,
      rejected: 1,
    });
    expect(world.logged.some(({ message }) => message.includes("could not be kept"))).toBe(true);
    await test.host.close();
  });

  it("goes round the partitions, but a key stays with its own", async () => {
    const test = await running(memoryWorld(), [], 3);
    const partitions = new Set<number>();
    for (let at = 0; at < 6; at++)
      partitions.add((await test.host.push("events", lines(at, 1), plain)).partition);
    expect(partitions.size).toBe(3);
    const first = await test.host.push("events", lines(9, 1), keyed("same"));
    expect(await test.host.push("events", lines(9, 1), keyed("same"))).toEqual(first);
    await test.host.close();
  });

  it("acknowledged is there once, whole, after any crash; not acknowledged is there whole or not at all", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const world = memoryWorld(seed);
        const acknowledged = new Set<string>();
        let committed = 0n;
        const sealed: number[] = [];
        let next = 0;
        for (let life = 0; life < 4; life++) {
          const mortal = new Mortal({ steps: 5 + world.random.below(60), failpoint: null });
          const test = testHost(mortalWorld(world, mortal, { writesInPlace: false, keepsFiles: false }));
          const start = {
            table,
            committed:
              committed === 0n
                ? []
                : [
                    {
                      partition: 0,
                      nextOffset: committed,
                      lastRecordCrc: null,
                      reserved: null,
                      place: unplaced,
                    },
                  ],
            partitions: null,
            paused: false,
          };
          const living = (async () => {
            await test.host.addTable(start);
            for (let at = 0; at < 15; at++) {
              // Every third push repeats an earlier one under its key.
              const repeats = at % 3 === 2 && next > 0;
              const id = repeats ? world.random.below(next) : next++;
              const pushed = test.host.push("events", lines(id * 10, 1 + (id % 5)), {
                ...keyed(`push ${id}`),
                sync: false,
              });
              const done = pushed.then(() => acknowledged.add(String(id)));
              if (world.random.chance(0.6)) await done;
              else done.catch(() => {});
              const sink = test.sinks.get("events/0");
              if (mortal.alive && sink !== undefined && world.random.chance(0.3)) {
                sealed.push(...sink.rows.splice(0).map(({ values }) => Number(values[0])));
                committed = BigInt(test.host.status("events")[0].nextOffset);
                await test.host.trim("events", 0, committed);
              }
            }
          })();
          living.catch(() => {});
          await Promise.race([living, mortal.died]);
          mortal.kill("the power goes");
          world.disk.crash(world.random);
        }
        const last = testHost(world);
        await last.host.addTable({
          table,
          committed:
            committed === 0n
              ? []
              : [
                  {
                    partition: 0,
                    nextOffset: committed,
                    lastRecordCrc: null,
                    reserved: null,
                    place: unplaced,
                  },
                ],
          partitions: null,
          paused: false,
        });
        const found = [...sealed, ...last.rows(table).map(({ v }) => Number(v))];
        expect(new Set(found).size).toBe(found.length);
        for (let id = 0; id < next; id++) {
          const rows = found.filter((value) => Math.floor(value / 10) === id).length;
          const whole = 1 + (id % 5);
          expect([0, whole]).toContain(rows);
          if (acknowledged.has(String(id))) expect(rows).toBe(whole);
        }
        await last.host.close();
      }),
      { numRuns: 60 },
    );
  });
});
