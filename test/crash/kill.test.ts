/**
 * kill -9 of a real server over one folder, at seeded moments and at every named failpoint. After each start:
 * every acknowledged row is there once, every request in flight whole or not at all, whoever asks again under
 * its key counts once.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Freshet, pidOf, startsAndFails } from "#test/setup/freshet-node";
import { seededRandom } from "#test/setup/random";
import { crashTable, endOf, idsOf, killHolder, makeTable, push, pushOn, startOn } from "./server-node.ts";
import { Story } from "./story.ts";

const kills = 20;
const seed = Number(process.env["CRASH_SEED"] ?? 20_261_120);
const failpoints = [
  "push.durable",
  "log.append",
  "log.sync",
  "log.trim",
  "sink-appended",
  "seal-encoded",
  "seal-written",
  "seal-renamed",
  "catalog-committed",
  "segment-swapped",
  "log-trimmed",
  "merge-encoded",
  "merge-written",
  "merge-committed",
] as const;

let data: string;
let server: Freshet;
const story = new Story();

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "freshet-crash-"));
  server = await startOn(data);
  await makeTable(server, crashTable);
}, 90_000);
afterAll(async () => {
  await server?.kill();
  rmSync(data, { recursive: true, force: true });
});

/**
 * Starts again, perhaps to die at a failpoint, and compares; one request of unknown fate is sent again, and
 * must count once. False when it died on the way: recovery passes failpoints too.
 */
async function startAndCheck(failpoint: string | null): Promise<boolean> {
  story.killed();
  const unknown = story.batches.findLast(({ state }) => state === "unknown");
  let ids: number[];
  try {
    server = await startOn(data, failpoint);
    ids = await idsOf(server);
  } catch (error) {
    if (failpoint === null) throw error;
    const killed = String(error).includes("exited with null") || (await endOf(server, 5000)) === "SIGKILL";
    expect(killed).toBe(true);
    return false;
  }
  expect(story.faults(ids)).toEqual([]);
  if (unknown === undefined) return true;
  if (unknown.state === "refused") unknown.state = "sent";
  const status = await push(server, unknown);
  if (status === null && failpoint !== null) return false;
  expect(status).toBe(200);
  unknown.state = "acknowledged";
  return true;
}

test(`${kills} kills at seeded moments (CRASH_SEED=${seed})`, { timeout: 240_000 }, async () => {
  const random = seededRandom(seed);
  for (let kill = 0; kill < kills; kill++) {
    const untilMs = performance.now() + 30 + random.below(600);
    const pushing = pushOn(server, story, { clients: 3, until: () => false });
    await new Promise((resolve) => setTimeout(resolve, untilMs - performance.now()));
    await killHolder(server);
    await pushing;
    await startAndCheck(null);
  }
  expect(story.acknowledgedRows()).toBeGreaterThan(1000);
});

describe("killed at a failpoint", () => {
  beforeAll(() => server.kill());

  test.each(failpoints)("%s", { timeout: 60_000 }, async (name) => {
    if (await startAndCheck(`${name}:2`)) {
      const untilMs = performance.now() + 20_000;
      await pushOn(server, story, { clients: 2, until: () => performance.now() > untilMs });
      expect(await endOf(server, 10_000)).toBe("SIGKILL");
    }
  });

  test("expire-committed", { timeout: 60_000 }, async () => {
    await startAndCheck(null);
    await makeTable(server, "short", 1);
    await server.kill();
    expect(await startAndCheck("expire-committed")).toBe(true);
    const old = new Story();
    const day = 86_400_000;
    await pushOn(server, old, { clients: 1, until: () => false, ageMs: 3 * day, table: "short" });
    expect(await endOf(server, 10_000)).toBe("SIGKILL");
    await startAndCheck(null);
    const ids = await idsOf(server, "short");
    expect(new Set(ids).size).toBe(ids.length);
    expect(await push(server, old.next(5), "short")).toBe(200);
  });
});

test("killed and started in the same breath: the start waits for the dying one", {
  timeout: 120_000,
}, async () => {
  await server.kill();
  server = await startOn(data);
  for (let round = 0; round < 3; round++) {
    const batch = story.next(50, Date.now());
    expect(await push(server, batch)).toBe(200);
    process.kill(pidOf(data), "SIGKILL");
    server = await startOn(data);
    expect(story.faults(await idsOf(server))).toEqual([]);
  }
});

test("a second process on the folder is refused in one line", { timeout: 60_000 }, async () => {
  const { code, output } = await startsAndFails(["--data", data, "--port", "0", "--no-demo"]);
  expect(code).not.toBe(0);
  expect(output).toContain("is in use by process");
});
