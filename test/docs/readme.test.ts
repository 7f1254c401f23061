/** What README.md shows works as printed: its row fits its table. (Its routes: test/broker/http/openapi.test.ts.) */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Decoder } from "#ingestion/decode/decoder";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";
import { root } from "#test/setup/sources-node";
import { memoryStage } from "#test/setup/stage";

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const readme = read("README.md");

test("the row that README pushes is taken by its table", () => {
  const [, name, row] = /\/ingest\/(\w+) -d '([^']+)'/.exec(readme) ?? [];
  const json = (kind: string): unknown => JSON.parse(read(`schemas/tables/${name}.${kind}.json`));
  const { table } = defineTable(json("schema"), json("table"), { previous: null, nowMs: 0, limits });
  const small = { ...limits, stageRows: 16, stageTextBytes: 1 << 17 };
  const decoder = new Decoder(table, small, null);
  const slices = decoder.slice(new TextEncoder().encode(row), 0n);
  const { rows, rejects } = decoder.decode(memoryStage(table, small), slices, 0);
  expect({ rows, rejects, unknown: decoder.unknown.list() }).toEqual({ rows: 1, rejects: [], unknown: [] });
});
