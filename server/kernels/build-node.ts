/**
 * Compiles AssemblyScript to WebAssembly. The result lies in `.build/<name>-<hash of sources and
 * flags>.wasm`, so nothing is compiled twice and a stale file is never used; it is written beside and
 * renamed, so two builders do no harm.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { StoreError } from "#schemas/errors";

/** The package's root folder. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const buildFolder = join(root, ".build");

// Shared memory is imported; no runtime, because kernels know no objects. Their only constants lie in page 1 of
// an arena.
const flags = [
  "-O3",
  "--converge",
  "--runtime",
  "stub",
  "--noAssert",
  "--importMemory",
  "--sharedMemory",
  "--initialMemory",
  "1",
  "--maximumMemory",
  "65536",
  "--enable",
  "simd",
  "--enable",
  "threads",
  "--enable",
  "bulk-memory",
  "--disableWarning",
];

interface Sources {
  readonly files: ReadonlyMap<string, string>;
  readonly key: string;
}

/** All *.as.ts files of the entries' folders: any of them may be imported. */
function readSources(entries: readonly string[]): Sources {
  const files = new Map<string, string>();
  const folders = [...new Set(entries.map((entry) => dirname(entry)))].sort();
  for (const folder of folders)
    for (const name of readdirSync(join(root, folder)).sort())
      if (name.endsWith(".as.ts"))
        files.set(join(folder, name), readFileSync(join(root, folder, name), "utf8"));
  const version = createRequire(import.meta.url)("assemblyscript/package.json").version as string;
  const hash = createHash("sha256").update(JSON.stringify([version, flags, entries, [...files]]));
  return { files, key: hash.digest("hex").slice(0, 16) };
}

/**
 * The compiled file of the entries (paths from the package's root, such as "server/kernels/kernels.as.ts"),
 * made if it is not there yet. Returns its absolute path.
 */
export async function compileAssemblyScript(entries: readonly string[], outName: string): Promise<string> {
  const sources = readSources(entries);
  const target = compiledPath(outName, sources);
  if (existsSync(target)) return target;
  const bytes = await compile(entries, sources);
  mkdirSync(buildFolder, { recursive: true });
  const beside = `${target}.${process.pid}`;
  writeFileSync(beside, bytes);
  renameSync(beside, target);
  return target;
}

const compiledPath = (outName: string, { key }: Sources): string =>
  join(buildFolder, `${outName}-${key}.wasm`);

/** True when `compileAssemblyScript` would have nothing to do. */
export const isCompiled = (entries: readonly string[], outName: string): boolean =>
  existsSync(compiledPath(outName, readSources(entries)));

async function compile(entries: readonly string[], sources: Sources): Promise<Uint8Array> {
  // The compiler is large and only needed when something changed.
  const { main } = await import("assemblyscript/asc");
  let wasm: Uint8Array | null = null;
  const { error, stderr } = await main([...entries, "--outFile", "out.wasm", ...flags], {
    readFile: (name) => sources.files.get(relative(root, resolve(root, name))) ?? null,
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") wasm = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || wasm === null)
    throw new StoreError(
      "START_FAILED",
      `AssemblyScript did not compile: ${stderr.toString() || String(error)}`,
    );
  return wasm;
}

const kernelEntries = ["server/kernels/kernels.as.ts"];

/** The kernels' file. */
export const buildKernels = (): Promise<string> => compileAssemblyScript(kernelEntries, "kernels");
export const areKernelsBuilt = (): boolean => isCompiled(kernelEntries, "kernels");
