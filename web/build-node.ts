/**
 * Builds the browser app unless the built files were made from exactly these sources: the folder carries the hash of
 * everything that went in, so a start costs a few milliseconds when nothing changed.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const rootFolder = fileURLToPath(new URL("..", import.meta.url));
const keyFile = "built-from.txt";

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Hash of the app's sources, the schemas it imports and the exact versions of its libraries. */
export function webKey(): string {
  const hash = createHash("sha256");
  const files = ["package-lock.json", "vite.config.ts"].map((name) => join(rootFolder, name));
  for (const folder of ["web", "schemas"]) files.push(...filesBelow(join(rootFolder, folder)));
  files.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  for (const file of files) hash.update(relative(rootFolder, file)).update("\0").update(readFileSync(file));
  return hash.digest("hex");
}

/** Makes sure that `outFolder` holds the app of today's sources; says whether it had to build. */
export async function buildWeb(options: {
  readonly outFolder: string;
}): Promise<{ readonly built: boolean }> {
  const key = webKey();
  const keyPath = join(options.outFolder, keyFile);
  if (existsSync(keyPath) && readFileSync(keyPath, "utf8") === key) return { built: false };
  const { build } = await import("vite");
  await build({
    configFile: join(rootFolder, "vite.config.ts"),
    logLevel: "warn",
    build: { outDir: options.outFolder },
  });
  writeFileSync(keyPath, key);
  return { built: true };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildWeb({ outFolder: join(rootFolder, ".build/web") });
}
