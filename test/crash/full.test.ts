/** A real server whose disk fills up: it pauses and says so, answers on, and goes on by itself when there is room. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Freshet } from "#test/setup/freshet-node";
import { crashTable, idsOf, makeTable, push, startOn } from "./server-node.ts";
import { Story } from "./story.ts";

const diskBytes = 4_000_000;

let data: string;
let server: Freshet;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "freshet-full-"));
  server = await startOn(data, null, diskBytes);
  await makeTable(server, crashTable);
}, 90_000);
afterAll(async () => {
  await server?.kill();
  rmSync(data, { recursive: true, force: true });
});

interface TableOfApi {
  readonly state: string;
  readonly message: string | null;
}

const tableOf = async () => ((await server.get("/api/tables")) as TableOfApi[])[0];

test("ingestion pauses, queries go on, and it resumes by itself", { timeout: 90_000 }, async () => {
  const story = new Story();
  const filler = join(data, "filler");
  writeFileSync(filler, Buffer.alloc(diskBytes - 1_000_000));
  let status: number | null = 200;
  while (status === 200 && story.batches.length < 2000) status = await push(server, story.next(250));
  expect(status).toBe(507);
  expect(story.faults(await idsOf(server))).toEqual([]);
  const says = async () => expect((await tableOf())?.message).toContain("no space left");
  await vi.waitFor(says, { timeout: 10_000 });
  rmSync(filler);
  const resumed = async () => expect(await push(server, story.next(10))).toBe(200);
  await vi.waitFor(resumed, { timeout: 20_000, interval: 500 });
  const healthy = async () => expect(await tableOf()).toMatchObject({ state: "running", message: null });
  await vi.waitFor(healthy, { timeout: 20_000, interval: 500 });
  await server.stop();
  server = await startOn(data);
  expect(story.faults(await idsOf(server))).toEqual([]);
});
