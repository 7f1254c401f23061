/** The house rules that a reviewer should not have to repeat: who imports whom, sizes, names, leftovers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { quantile, readSources, root, type Source, trackedFiles } from "#test/setup/sources-node";

const sources = readSources();
const ours = sources.filter(
  ({ path }) => /^(schemas|ingestion|server|broker|web)\//.test(path) || path === "freshet.ts",
);

const compositionRoots = new Set(["server/main-node.ts", "broker/main-node.ts", "freshet.ts"]);
const codecLibraries = ["roaring", "lz4-napi", "snappyjs", "@node-rs/crc32", "node:zlib"];
const folderOf = (path: string) => path.split("/")[0] as string;
const isNode = (path: string) => /-node\.tsx?$/.test(path);

/** Why a file may not import this; null when it may. */
function importFault(source: Source, specifier: string, target: string | null): string | null {
  const { path } = source;
  if (compositionRoots.has(path)) return null;
  const folder = folderOf(path);
  if (target !== null) {
    const targetFolder = folderOf(target);
    if (targetFolder === folder || targetFolder === "schemas") return null;
    return `${folder} may not import ${targetFolder}`;
  }
  if (folder === "web") return specifier.startsWith("node:") && !isNode(path) ? "web has no node" : null;
  if (folder === "schemas") return specifier === "zod" ? null : "schemas imports only schemas and zod";
  if (isNode(path) || codecLibraries.includes(specifier)) return null;
  return "only *-node.ts files import libraries and node:*";
}

describe("imports", () => {
  test("follow the table in ARCHITECTURE.md", () => {
    const faults = ours.flatMap((source) =>
      source.imports.flatMap(({ specifier, target }) => {
        const fault = importFault(source, specifier, target);
        return fault === null ? [] : [`${source.path} imports ${specifier}: ${fault}`];
      }),
    );
    expect(faults).toEqual([]);
  });

  test("name files that exist", () => {
    const known = new Set(trackedFiles());
    const missing = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => target !== null && !known.has(target.replace(/\?.*$/, "")))
        .map(({ specifier }) => `${path}: ${specifier}`),
    );
    expect(missing).toEqual([]);
  });

  test("have no cycles", () => {
    const edges = new Map(
      ours.map(({ path, imports }) => [
        path,
        imports
          .filter(({ typeOnly, target }) => !typeOnly && target !== null)
          .map(({ target }) => target as string),
      ]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]) => {
      const at = trail.indexOf(path);
      if (at >= 0) cycles.push([...trail.slice(at), path].join(" → "));
      if (at >= 0 || done.has(path)) return;
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of edges.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });
});

describe("the browser", () => {
  test("is sent types of the API, not the checks that they come from", () => {
    const byPath = new Map(ours.map((source) => [source.path, source]));
    const reached = new Set(ours.map(({ path }) => path).filter((path) => path.startsWith("web/")));
    for (const path of reached) {
      const values = byPath.get(path)?.imports.filter(({ typeOnly }) => !typeOnly) ?? [];
      for (const { target } of values) if (target !== null) reached.add(target);
    }
    const checks = [...reached].filter((path) =>
      byPath.get(path)?.imports.some(({ specifier, typeOnly }) => specifier === "zod" && !typeOnly),
    );
    expect(reached).toContain("schemas/api/live-range.ts");
    expect(checks).toEqual([]);
  });
});

describe("sizes", () => {
  test("of files", () => {
    const sizes = ours.map(({ lines }) => lines);
    expect(sources.filter(({ lines }) => lines > 500).map(({ path, lines }) => `${path} ${lines}`)).toEqual(
      [],
    );
    expect(quantile(sizes, 0.5)).toBeLessThanOrEqual(120);
    expect(quantile(sizes, 0.9)).toBeLessThanOrEqual(300);
  });

  test("of functions", () => {
    const functions = ours.flatMap(({ path, functions: found }) =>
      found.map((one) => ({ ...one, at: `${path}:${one.name}` })),
    );
    const long = functions.filter(({ lines }) => lines > 60).map(({ at, lines }) => `${at} ${lines}`);
    expect(long).toEqual([]);
    expect(
      quantile(
        functions.map(({ lines }) => lines),
        0.5,
      ),
    ).toBeLessThanOrEqual(12);
    expect(
      quantile(
        functions.map(({ lines }) => lines),
        0.9,
      ),
    ).toBeLessThanOrEqual(40);
  });

  test("of lines", () => {
    const wide = ours.flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          line.length > 120 && !/["'`/]/.test(line) ? [`${path}:${index + 1}`] : [],
        ),
    );
    expect(wide).toEqual([]);
  });

  test("of the tree: three folders deep at most", () => {
    expect(
      trackedFiles().filter((path) => path.split("/").length > 4 && !path.startsWith("test/golden/")),
    ).toEqual([]);
  });
});

describe("names and leftovers", () => {
  test("no drawer for odds and ends, kebab-case files", () => {
    const bad = sources.filter(
      ({ path }) =>
        /(^|\/)(utils?|common|core|helpers?|misc)(\/|\.|-)/.test(path) || !/^[a-z0-9/.-]+$/.test(path),
    );
    expect(bad.map(({ path }) => path)).toEqual([]);
  });

  test("no leftovers, no tests left out", () => {
    const pattern = new RegExp(
      ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].map((word) => `\\b${word}\\b`).join("|"),
    );
    const leaving = /\b(test|it|describe)\.(only|skip|todo)\b|@ts-(ignore|expect-error|nocheck)/;
    const found = sources.filter(
      ({ path, text }) => path !== "test/tidy.test.ts" && (pattern.test(text) || leaving.test(text)),
    );
    expect(found.map(({ path }) => path)).toEqual([]);
  });

  test("a barrel hides where a thing lives", () => {
    expect(ours.filter(({ path }) => /(^|\/)index\.tsx?$/.test(path)).map(({ path }) => path)).toEqual([]);
  });
});

describe("package.json", () => {
  const policy = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
    string,
    Record<string, string>
  >;
  test("pins every version exactly", () => {
    const all = {
      ...policy["dependencies"],
      ...policy["devDependencies"],
      ...policy["optionalDependencies"],
    };
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual(
      [],
    );
  });
  test("the lockfile says nothing of engines: packages run under the Node that comes along, not the installer's", () => {
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      readonly packages: Record<string, { readonly engines?: unknown }>;
    };
    const named = Object.entries(packages).filter(
      ([path, { engines }]) => path !== "" && engines !== undefined,
    );
    expect(named.map(([path]) => path)).toEqual([]);
  });
  test("the lockfile names no registry", () => {
    expect(readFileSync(join(root, "package-lock.json"), "utf8")).not.toContain('"resolved"');
  });
});
