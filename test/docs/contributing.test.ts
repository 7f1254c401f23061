/**
 * CONTRIBUTING's "to add …" lists are true: what knows an existing example of the kind is on the list, and what is on
 * the list knows it. A kind that more files must know would fail here first.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aggregates } from "#schemas/aggregates/registry";
import { readSources, root } from "#test/setup/sources-node";
import { charts } from "../../web/chart/registry.ts";

const document = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
const sources = readSources();
const ours = sources.filter(({ path }) => /^(schemas|ingestion|server|broker|web)\//.test(path));

/** The paths of the row, folders with their slash. */
function listed(what: string): readonly string[] {
  const row = new RegExp(`^\\| ${what} \\| (.*) \\|$`, "m").exec(document);
  return [...(row?.[1] ?? "").matchAll(/`([a-z-]+\/[\w./-]*)`/g)].map(([, path]) => path as string);
}

const onList = (list: readonly string[], path: string): boolean =>
  list.some((entry) => entry === path || (entry.endsWith("/") && path.startsWith(entry)));

const whoImports = (file: string): string[] =>
  ours.filter(({ imports }) => imports.some(({ target }) => target === file)).map(({ path }) => path);

const whoSays = (pattern: RegExp): string[] =>
  ours.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

test.each(["a codec", "an index", "a chart", "a stream"])("%s: four files at most", (what) => {
  const list = listed(what);
  expect(list.length).toBeGreaterThan(2);
  expect(list.length).toBeLessThanOrEqual(4);
});

test("a codec is known to the file that chooses it alone", () => {
  const list = listed("a codec");
  for (const codec of ["alp", "rle", "delta"]) {
    const knowing = whoImports(`server/encode/${codec}.ts`);
    expect(knowing.length, codec).toBeGreaterThan(0);
    const chosen = list.filter((path) => knowing.includes(path));
    expect(chosen, codec).toHaveLength(1);
    expect(
      knowing.filter((path) => !onList(list, path)),
      codec,
    ).toEqual([]);
  }
});

test("an index is known to its kind, its making and its reading", () => {
  const list = listed("an index");
  const knowing = [
    ...new Set([
      ...whoImports("server/index/ranked.ts"),
      ...whoSays(/\branked\b/).filter((path) => path.startsWith("server/")),
    ]),
  ];
  expect(knowing.filter((path) => !onList(list, path))).toEqual([]);
  for (const path of list.filter((entry) => !entry.endsWith("/"))) expect(knowing).toContain(path);
});

test("a chart is a kind, an entry, a file and a case", () => {
  const list = listed("a chart");
  const kinds = Object.keys(charts) as (keyof typeof charts)[];
  const cases = readFileSync(join(root, "test/web/chart/cases.ts"), "utf8");
  for (const kind of kinds) {
    if (charts[kind].body === "canvas") expect(cases, kind).toContain(`"${kind}"`);
    // What proposes a chart may prefer one; nothing else tells kinds apart.
    const deciding = whoSays(new RegExp(`(kind === |case )"${kind}"`)).filter((path) =>
      path.startsWith("web/chart/"),
    );
    expect(
      deciding.filter((path) => !onList(list, path)),
      kind,
    ).toEqual([]);
  }
});

test("a stream is a kind, its settings, its source and where that is opened", () => {
  const list = listed("a stream");
  const opening = whoImports("ingestion/source/kafka-node.ts");
  expect(opening.filter((path) => !onList(list, path))).toEqual([]);
  for (const path of ["schemas/table.ts", "schemas/definition/stream.ts", "server/main-node.ts"]) {
    expect(list).toContain(path);
    expect(whoSays(/"embedded"/), path).toContain(path);
  }
});

test("an aggregate is a file that the registry names, and nothing else imports", () => {
  expect(listed("an aggregate")).toContain("schemas/aggregates/registry.ts");
  for (const { name } of aggregates) {
    const file = `schemas/aggregates/${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`;
    expect(whoImports(file), name).toContain("schemas/aggregates/registry.ts");
  }
});
