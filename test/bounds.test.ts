/**
 * "Every bound is in limits.ts": a number named as one (Max, Ms, Bytes, Rows …) at the top of a file elsewhere is one that
 * nobody finds. What only looks like a bound is listed by file with the reason.
 */
import { expect, test } from "vitest";
import { readSources } from "#test/setup/sources-node";

const named =
  /^(?:export )?const (\w*(?:Max|Most|Ms|Seconds|Bytes|Rows|Chars|Tries|Retries|Entries)) *(?:: *\w+)? *= *[-(]?\d[^;]*;/gm;

/** Sizes that a format or a memory layout fixes: another value would be another format. */
const layouts = [
  "schemas/wire/frame.ts",
  "schemas/functions/calendar.ts",
  "schemas/functions/zone.ts",
  "ingestion/log/format.ts",
  "ingestion/decode/decompress.ts",
  "ingestion/decode/record-batch.ts",
  "ingestion/decode/topic-id.ts",
  "ingestion/decode/line-splitter.ts",
  "ingestion/decode/lz4.ts",
  "ingestion/decode/snappy.ts",
  "ingestion/decode/extractor.ts",
  "ingestion/decode/record-groups.ts",
  "server/kernels/hash-group.ts",
  "server/arena/allocator.ts",
  "server/arena/attach.ts",
  "server/segment/dictionary.ts",
  "server/segment/mutable-layout.ts",
  "server/segment/format.ts",
  "server/segment/load.ts",
  "server/encode/compress.ts",
  "server/encode/alp.ts",
  "server/index/roaring-bits.ts",
  "server/index/inverted.ts",
];
/** Facts of arithmetic, characters and calendars: the largest exact integer, the last code point, a day. */
const facts = [
  "schemas/functions/literals.ts",
  "schemas/aggregates/decimal-partials.ts",
  "ingestion/infer/times.ts",
  "ingestion/demo-rate.ts",
  "ingestion/demo-totals.ts",
  "ingestion/demo-start-node.ts",
  "server/execute/functions/vectors.ts",
  "server/execute/functions/math.ts",
  "server/execute/functions/fold.ts",
  "server/execute/functions/regex-set.ts",
  "server/execute/compile/compare.ts",
  "server/execute/compile/keys.ts",
  "server/execute/scan/grouper.ts",
  "server/segment/mutable-reader.ts",
  "server/segment/seal/radix-sort.ts",
  "server/execute/held-bytes.ts",
  "broker/plan/plan.ts",
  "broker/plan/rewrites/shift-sums.ts",
  "broker/server-client-node.ts",
  "broker/http/web-node.ts",
];
const allowed = new Set([...layouts, ...facts]);

const foundIn = (text: string): string[] => [...text.matchAll(named)].map(([, name]) => name as string);
const hidden = readSources()
  .filter(({ path }) => /^(schemas|ingestion|server|broker)\//.test(path) && path !== "schemas/limits.ts")
  .map(({ path, text }) => ({ path, names: foundIn(text) }))
  .filter(({ names }) => names.length > 0);

test("no bound hides in a file of its own", () => {
  const found = hidden.filter(({ path }) => !allowed.has(path));
  expect(found.map(({ path, names }) => `${path}: ${names.join(", ")}`)).toEqual([]);
});

test("the list of what only looks like a bound has no file too many", () => {
  const needed = new Set(hidden.map(({ path }) => path));
  expect([...allowed].filter((path) => !needed.has(path))).toEqual([]);
});

test("a bound is recognised", () => {
  expect(foundIn("const retryMs = 250;\nexport const rowsMax = 1 << 20;\nconst share = 0.5;")).toEqual([
    "retryMs",
    "rowsMax",
  ]);
  expect(foundIn("const retryMs = serverBounds.retryMs;")).toEqual([]);
});
