/** The repository's own sources as the tidy tests see them: files, imports, functions. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

export interface ImportOf {
  readonly specifier: string;
  /** Repository path of the target when it is one of our files, else null. */
  readonly target: string | null;
  readonly typeOnly: boolean;
}

export interface SourceFunction {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly ImportOf[];
  readonly functions: readonly SourceFunction[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Paths that git tracks or would add, below the root. */
export const trackedFiles = (): string[] =>
  execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter((path) => path !== "");

function resolveImport(from: string, specifier: string, known: ReadonlySet<string>): string | null {
  const base = specifier.startsWith("#")
    ? `${specifier.slice(1)}.ts`
    : specifier.startsWith(".")
      ? posix.join(posix.dirname(from), specifier)
      : null;
  if (base === null) return null;
  return [base, `${base}.ts`, `${base}.tsx`].find((path) => known.has(path)) ?? base;
}

const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

function walk(
  node: unknown,
  visit: (node: Node, parent: Node | null) => void,
  parent: Node | null = null,
): void {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, visit, parent);
    return;
  }
  if (node === null || typeof node !== "object" || typeof (node as Node).type !== "string") return;
  visit(node as Node, parent);
  for (const [key, value] of Object.entries(node)) if (key !== "parent") walk(value, visit, node as Node);
}

function nameOf(node: Node, parent: Node | null): string {
  const own = node["id"] as { name?: string } | null | undefined;
  const outer = (parent?.["id"] ?? parent?.["key"]) as { name?: string } | null | undefined;
  return own?.name ?? outer?.name ?? "(anonymous)";
}

function functionsOf(program: unknown, text: string): SourceFunction[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const lineAt = (offset: number) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  const found: SourceFunction[] = [];
  walk(program, (node, parent) => {
    const body = node["body"] as Node | null | undefined;
    if (!functionTypes.has(node.type) || body?.type !== "BlockStatement") return;
    const line = lineAt(node.start);
    found.push({ name: nameOf(node, parent), line, lines: lineAt(node.end) - line + 1 });
  });
  return found;
}

function importsOf(program: unknown, path: string, known: ReadonlySet<string>): ImportOf[] {
  const found: ImportOf[] = [];
  walk(program, (node) => {
    const source = node["source"] as { value?: unknown } | null | undefined;
    if (typeof source?.value !== "string") return;
    if (
      !["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration", "ImportExpression"].includes(
        node.type,
      )
    )
      return;
    const typeOnly = node["importKind"] === "type" || node["exportKind"] === "type";
    found.push({ specifier: source.value, target: resolveImport(path, source.value, known), typeOnly });
  });
  return found;
}

/** Every TypeScript file of ours, parsed. AssemblyScript files (*.as.ts) are left out: they are another language. */
export function readSources(): Source[] {
  const paths = trackedFiles().filter((path) => /\.tsx?$/.test(path) && !/\.as\.ts$|\.d\.ts$/.test(path));
  const known = new Set(paths);
  return paths.map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const { program } = parseSync(path, text);
    return {
      path,
      text,
      lines: text.split("\n").length - 1,
      imports: importsOf(program, path, known),
      functions: functionsOf(program, text),
    };
  });
}

/** The value at a share (0 … 1) of the sorted numbers. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
