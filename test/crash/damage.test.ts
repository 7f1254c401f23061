/** A real folder with damaged, cut and missing files: named clearly, and the rest is served. */
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Freshet, startsAndFails } from "#test/setup/freshet-node";
import { crashTable, idsOf, makeTable, push, startOn } from "./server-node.ts";
import { Story } from "./story.ts";

let data: string;
let server: Freshet;
const story = new Story();

const filesIn = (folder: string, end: string): string[] =>
  readdirSync(join(data, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(end))
    .map((name) => join(data, folder, name));

/** Two sealed segments and a tail that is only in the log. */
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "freshet-damage-"));
  server = await startOn(data);
  await makeTable(server, crashTable);
  for (let round = 0; round < 2; round++) {
    await push(server, story.next(100));
    const { status } = await server.post(`/tables/${crashTable}/forceCommit`, {});
    expect(status).toBe(200);
    const sealed = () => expect(filesIn("tables", ".segment")).toHaveLength(round + 1);
    await vi.waitFor(sealed, { timeout: 10_000 });
  }
  await push(server, story.next(50));
  await server.stop();
}, 90_000);
afterAll(async () => {
  await server?.kill();
  rmSync(data, { recursive: true, force: true });
});

// A failed test must not hold the folder against the next one.
afterEach(() => server.kill());

describe("a damaged segment", () => {
  test("is named in every answer, and the rest is there", { timeout: 60_000 }, async () => {
    const [path] = filesIn("tables", ".segment") as [string];
    const whole = readFileSync(path);
    const damaged = Uint8Array.from(whole, (byte, at) => (at > 20 && at < 300 ? byte ^ 0x55 : byte));
    writeFileSync(path, damaged);
    server = await startOn(data);
    const answer = await server.sql(`SELECT id, key, ts FROM ${crashTable} LIMIT 1000`);
    expect(answer["partialResult"]).toBe(true);
    expect(JSON.stringify(answer.exceptions)).toContain(path.split("/").at(-1));
    expect(answer.resultTable?.rows).toHaveLength(150);
    const again = await server.sql(`SELECT count(*) FROM ${crashTable}`);
    expect(again["partialResult"]).toBe(true);
    expect(again.resultTable?.rows).toEqual([[150]]);
    await server.stop();
    writeFileSync(path, whole);
  });

  test("that is cut short is named like it", { timeout: 60_000 }, async () => {
    const [path] = filesIn("tables", ".segment") as [string];
    const whole = readFileSync(path);
    truncateSync(path, whole.length >> 1);
    server = await startOn(data);
    const answer = await server.sql(`SELECT count(*) FROM ${crashTable}`);
    expect(answer.resultTable?.rows).toEqual([[150]]);
    expect(JSON.stringify(answer.exceptions)).toContain("SEGMENT_CORRUPT");
    await server.stop();
    writeFileSync(path, whole);
  });
});

describe("the log", () => {
  test("loses a torn end, nothing else", { timeout: 60_000 }, async () => {
    const last = filesIn("log", ".log").toSorted().at(-1) as string;
    writeFileSync(last, Buffer.concat([readFileSync(last), Buffer.alloc(100, 7)]));
    server = await startOn(data);
    expect(story.faults(await idsOf(server))).toEqual([]);
    expect(await push(server, story.next(10))).toBe(200);
    await server.stop();
  });
});

describe("a log that is damaged inside", () => {
  test("is named; what is sealed is served, pushes are refused", { timeout: 60_000 }, async () => {
    const last = filesIn("log", ".log").toSorted().at(-1) as string;
    const whole = readFileSync(last);
    writeFileSync(
      last,
      whole.map((byte, at) => (at > 200 && at < 220 ? byte ^ 0xff : byte)),
    );
    server = await startOn(data);
    const [table] = (await server.get("/api/tables")) as { message: string; state: string }[];
    expect(table).toMatchObject({ state: "stopped" });
    expect(table?.message).toContain(last.slice(data.length + 1));
    const answer = await server.sql(`SELECT count(*) FROM ${crashTable}`);
    expect(answer["partialResult"]).toBe(true);
    expect(answer.exceptions[0]).toMatchObject({ code: "LOG_CORRUPT" });
    expect(answer.resultTable?.rows[0]?.[0]).toBeGreaterThanOrEqual(200);
    expect(await push(server, story.next(5))).toBe(500);
    await server.stop();
    writeFileSync(last, whole);
    server = await startOn(data);
    expect(story.faults(await idsOf(server))).toEqual([]);
    await server.stop();
  });
});

/** The offset behind ten more rows, which the story does not know. */
async function pushTen(): Promise<number> {
  const rows = Array.from({ length: 10 }, () => JSON.stringify({ id: -1, key: "more", ts: 0 })).join("\n");
  const { json } = await server.post(`/ingest/${crashTable}`, rows, {
    "content-type": "application/x-ndjson",
  });
  return Number(json["offset"]);
}

describe("a log that was moved away", () => {
  test("is a gap in every answer; no offset is given twice", { timeout: 60_000 }, async () => {
    const before = `${data}-before`;
    cpSync(data, before, { recursive: true });
    server = await startOn(data);
    const given = await pushTen();
    await server.kill();
    rmSync(join(data, "log", crashTable, "0"), { recursive: true });
    server = await startOn(data);
    const answer = await server.sql(`SELECT count(*) FROM ${crashTable}`);
    expect(answer.resultTable?.rows).toEqual([[200]]);
    const [gap] = answer["gaps"] as { start: string; end: string; reason: string }[];
    expect(gap).toMatchObject({ partition: 0, start: "200", reason: expect.stringContaining("missing") });
    expect(Number(gap?.end)).toBeGreaterThanOrEqual(given);
    expect(await pushTen()).toBe(Number(gap?.end) + 10);
    await server.kill();
    server = await startOn(data);
    const again = await server.sql(`SELECT count(*) FROM ${crashTable}`);
    expect(again.resultTable?.rows).toEqual([[210]]);
    expect(again["gaps"]).toEqual([gap]);
    await server.stop();
    // As it was: the tests below look for every row.
    rmSync(data, { recursive: true });
    renameSync(before, data);
  });
});

describe("the catalog", () => {
  test("that is damaged refuses to start, naming the file", { timeout: 60_000 }, async () => {
    const path = join(data, "catalog.sqlite");
    const whole = readFileSync(path);
    writeFileSync(path, "not a database".repeat(1000));
    const { code, output } = await startsAndFails(["--data", data, "--port", "0", "--no-demo"]);
    expect(code).not.toBe(0);
    expect(output).toContain(path);
    writeFileSync(path, whole);
  });

  test("that is lost is rebuilt", { timeout: 60_000 }, async () => {
    for (const name of readdirSync(data)) if (name.startsWith("catalog.sqlite")) rmSync(join(data, name));
    server = await startOn(data);
    expect(story.faults(await idsOf(server))).toEqual([]);
    expect(await push(server, story.next(10))).toBe(200);
    await server.stop();
    server = await startOn(data);
    expect(story.faults(await idsOf(server))).toEqual([]);
  });
});
