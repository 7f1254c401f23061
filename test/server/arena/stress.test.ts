/** Three seconds of the shared-memory stress; run stress-node.ts by hand for a minute. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("writer, scanners, seals and frees on one arena", async () => {
  const program = fileURLToPath(new URL("./stress-node.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, "3", "400"], { timeout: 50_000 });
  expect(JSON.parse(stdout)).toMatchObject({ snapshots: expect.any(Number), seals: expect.any(Number) });
}, 60_000);
