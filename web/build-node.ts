/**
 * Builds the browser app unless the built files were made from exactly these sources: the folder carries the hash of
 * everything that went in, so a start costs a few milliseconds when nothing changed.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
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

/** Assets that nothing has rebuilt for this long belong to no page that is still open. */
const assetMsMax = 86_400_000;

/**
 * Moves a finished build into place: assets first (their names carry their content), the page that names them last.
 * Assets of earlier builds stay a while, because a process that started before still serves its own page.
 */
function publish(builtFolder: string, outFolder: string, key: string): void {
  const assets = join(outFolder, "assets");
  mkdirSync(assets, { recursive: true });
  for (const file of readdirSync(assets)) {
    const path = join(assets, file);
    if (Date.now() - statSync(path).mtimeMs > assetMsMax) rmSync(path, { force: true });
  }
  for (const file of readdirSync(join(builtFolder, "assets"))) {
    renameSync(join(builtFolder, "assets", file), join(assets, file));
  }
  renameSync(join(builtFolder, "index.html"), join(outFolder, "index.html"));
  writeFileSync(join(outFolder, keyFile), key);
  rmSync(builtFolder, { recursive: true, force: true });
}

/** True when `outFolder` holds the app of today's sources. */
export function isWebBuilt(outFolder: string, key = webKey()): boolean {
  const keyPath = join(outFolder, keyFile);
  return existsSync(keyPath) && readFileSync(keyPath, "utf8") === key;
}

/** Makes sure that `outFolder` holds the app of today's sources; says whether it had to build. */
export async function buildWeb(options: {
  readonly outFolder: string;
  /** Called before a build begins, which takes seconds. */
  readonly building?: () => void;
}): Promise<{ readonly built: boolean }> {
  const { outFolder } = options;
  const key = webKey();
  if (isWebBuilt(outFolder, key)) return { built: false };
  options.building?.();
  const { build } = await import("vite");
  const builtFolder = `${outFolder}.${process.pid}`;
  const environment = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production"; // a test run sets another, which would build React's slow variant
  try {
    await build({
      configFile: join(rootFolder, "vite.config.ts"),
      mode: "production",
      logLevel: "warn",
      build: { outDir: builtFolder, emptyOutDir: true },
    });
  } finally {
    if (environment === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = environment;
  }
  publish(builtFolder, outFolder, key);
  return { built: true };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildWeb({ outFolder: join(rootFolder, ".build/web") });
}
