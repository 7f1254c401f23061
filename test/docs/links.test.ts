/** Every path and link that the documents name exists. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { root, trackedFiles } from "#test/setup/sources-node";

const documents = trackedFiles().filter((path) => path.endsWith(".md"));

test.each(documents)("%s", (path) => {
  const text = readFileSync(join(root, path), "utf8");
  const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link as string);
  const local = links.filter((link) => !/^[a-z]+:/.test(link)).map((link) => join(dirname(path), link));
  // A path in code marks that begins with one of our folders and has an ending.
  const named = [...text.matchAll(/`((?:schemas|ingestion|server|broker|web|test)\/[\w./-]*[\w/-])`/g)].map(
    ([, name]) => name as string,
  );
  const missing = [...local, ...named].filter((name) => !existsSync(join(root, name)));
  expect(missing).toEqual([]);
});
