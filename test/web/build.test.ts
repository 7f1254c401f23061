/** A start that has to build says so first; one that need not is silent. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { buildWeb, webKey } from "../../web/build-node.ts";

const folder = mkdtempSync(join(tmpdir(), "freshet-web-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const building = () => {
  throw new Error("it builds");
};

test("told before the build, and only then", async () => {
  await expect(buildWeb({ outFolder: join(folder, "none"), building })).rejects.toThrow("it builds");
  writeFileSync(join(folder, "built-from.txt"), webKey());
  expect(await buildWeb({ outFolder: folder, building })).toEqual({ built: false });
});
