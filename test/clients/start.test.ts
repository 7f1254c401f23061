/** Starting, stopping and starting again, as a newcomer and an operator do. */
import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Freshet, startFreshet, startsAndFails } from "#test/setup/freshet-node";
import { root } from "#test/setup/sources-node";

const running: Freshet[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((freshet) => freshet.dispose()));
});

async function start(options: Parameters<typeof startFreshet>[0] = {}): Promise<Freshet> {
  const freshet = await startFreshet(options);
  running.push(freshet);
  return freshet;
}

/** What a failed start printed, when it is one line. */
async function oneLine(flags: readonly string[]): Promise<string> {
  const { code, output } = await startsAndFails(flags);
  expect(code).toBe(1);
  const lines = output.trim().split("\n");
  expect(lines).toHaveLength(1);
  return lines[0] as string;
}

describe("a start that cannot be is one clear line", () => {
  test("an unknown flag", async () =>
    expect(await oneLine(["--prot", "1"])).toContain('Did you mean "--port"?'));

  test("a taken port", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    const freshet = await start();
    await freshet.stop();
    expect(await oneLine(["--no-demo", "--data", freshet.data, "--port", String(port)])).toContain(
      `port ${port}`,
    );
    await new Promise((resolve) => server.close(resolve));
  });

  test("a folder that cannot be made", async () => {
    expect(await oneLine(["--no-demo", "--port", "0", "--data", "/proc/freshet"])).toContain("/proc/freshet");
  });

  test("a folder that another process has", async () => {
    const freshet = await start();
    const { code, output } = await startsAndFails(["--no-demo", "--port", "0", "--data", freshet.data]);
    expect(code).toBe(1);
    // An owner that dies is waited for, and that is said.
    const lines = output.trim().split("\n");
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toContain(freshet.data);
    for (const line of lines) expect(line).toContain(String(freshet.child.pid));
  });

  test("another stream kind than the folder's", async () => {
    const freshet = await start();
    await freshet.stop();
    const line = await oneLine([
      "--no-demo",
      "--port",
      "0",
      "--data",
      freshet.data,
      "--kafka",
      "127.0.0.1:1",
    ]);
    expect(line).toContain("embedded");
  });

  test("an old Node", () => {
    const check = `Object.defineProperty(process.versions, "node", { value: "20.20.2" }); await import("./broker/runtime-check.mjs");`;
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", check], {
      cwd: root,
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([expect.stringContaining("Node 24 or newer")]);
  });
});

describe("a process", () => {
  test("stops cleanly at Ctrl-C within 5 s, and a second start goes on", async () => {
    const first = await start();
    await first.post("/schemas", { schemaName: "t", dimensionFieldSpecs: [{ name: "a", dataType: "INT" }] });
    expect((await first.post("/ingest/t", '{"a":1}\n{"a":2}')).json).toMatchObject({ accepted: 2 });
    const startedMs = performance.now();
    expect(await first.stop()).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(5000);
    const second = await start({ data: first.data });
    expect(await second.rows("SELECT COUNT(*), SUM(a) FROM t")).toEqual([[2, 3]]);
  });

  test("says that --kafka does not answer, and serves all the same", async () => {
    const freshet = await start({ flags: ["--no-demo", "--kafka", "127.0.0.1:1"] });
    await expect
      .poll(() => freshet.output(), { timeout: 20_000 })
      .toMatch(/warn Kafka at 127\.0\.0\.1:1 .*--kafka/);
    expect(await freshet.rows("SELECT 1")).toEqual([[1]]);
  });

  test("shows its flags", () => {
    const { status, stdout } = spawnSync(process.execPath, ["freshet.ts", "start", "--help"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(status).toBe(0);
    for (const flag of ["--data", "--port", "--host", "--kafka", "--no-demo", "--tables"])
      expect(stdout).toContain(flag);
  });

  test("the demo is live within seconds of the URL", async () => {
    const freshet = await start({ flags: ["--demo-rate", "500"] });
    const count = async () => (await freshet.rows("SELECT COUNT(*) FROM purchases"))[0]?.[0] as number;
    await expect.poll(count, { timeout: 60_000 }).toBeGreaterThan(0);
    const dashboards = (await freshet.get("/api/dashboards")) as { id: string }[];
    expect(dashboards.map(({ id }) => id)).toContain("cafe");
    expect(await freshet.rows("SELECT COUNT(*) FROM products")).toEqual([[26]]);
  });
});
