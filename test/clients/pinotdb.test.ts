/** The real pinotdb (PyPI) and its SQLAlchemy dialect against a running Freshet. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startShop } from "#test/clients/shop";
import type { Freshet } from "#test/setup/freshet-node";
import { root } from "#test/setup/sources-node";

const run = promisify(execFile);
const folder = join(root, "test/clients");

/** A virtual environment with the pinned packages, made once for this requirements file. */
async function python(): Promise<string> {
  const requirements = join(folder, "requirements.txt");
  const key = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const target = join(root, `.build/python-${key}`);
  if (!existsSync(join(target, "ready"))) {
    rmSync(target, { recursive: true, force: true });
    await run("python3", ["-m", "venv", target]);
    await run(join(target, "bin/pip"), ["install", "--quiet", "-r", requirements]);
    await run("touch", [join(target, "ready")]);
  }
  return join(target, "bin/python");
}

let freshet: Freshet;

beforeAll(async () => {
  freshet = await startShop();
});
afterAll(() => freshet.dispose());

test("pinotdb queries, binds, reports errors, and its SQLAlchemy dialect reflects", async () => {
  const { hostname, port } = new URL(freshet.url);
  const { stdout } = await run(await python(), [join(folder, "reflect.py"), hostname, port]);
  const out = JSON.parse(stdout) as Record<string, unknown>;
  expect(out).toMatchObject({
    description: ["city", "n", "total"],
    rows: [
      ["Oslo", 2, 20],
      ["Rome", 1, 2.25],
    ],
    typed: ["2.25", 1_699_999_200_000, 1_700_000_000_000 + 60_000 - (1_700_000_060_000 % 300_000), 1],
    extremes: [1_700_000_000_123, 1_700_000_120_000, 1_700_000_060_041, 2, 2],
    preserved: 12.5,
    tables: ["orders"],
    alchemy: [
      ["Oslo", 2],
      ["Rome", 1],
    ],
  });
  expect(out["timestamp"]).toEqual(["2023-11-14 22:13:20.123000", 12.5]);
  expect(out["error"]).toContain("nothing");
  expect(Object.keys(out["columns"] as object).sort()).toEqual(["amount", "city", "items", "ts"]);
});
