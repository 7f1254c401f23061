/** Runs every golden file on every store. UPDATE_GOLDEN=1 writes what the first store answers. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { compareText } from "#schemas/text";
import { rowsText, typesOf } from "#test/sql/rows-text";
import { type Block, parseSlt, type QueryBlock, type Update, withAnswers } from "#test/sql/slt";
import { storeConfigs, TestBroker } from "#test/sql/store";

const folder = new URL(".", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".slt"));
const updating = process.env["UPDATE_GOLDEN"] === "1";

const sortedIf = (sorted: boolean, rows: readonly string[]): string[] =>
  sorted ? rows.toSorted(compareText) : [...rows];

interface Run {
  readonly at: string;
  readonly store: TestBroker;
  readonly updates: Update[];
}

async function runQuery(block: QueryBlock, { at, store, updates }: Run): Promise<void> {
  const answer = await store.ask(block.sql, { dialect: block.dialect });
  const rows = sortedIf(block.sorted, rowsText(answer));
  expect.soft(answer.exceptions, at).toEqual([]);
  if (updating) {
    updates.push({ block, types: typesOf(answer), rows });
    return;
  }
  expect.soft(typesOf(answer), `${at}: types`).toBe(block.types);
  expect.soft(rows, at).toEqual(sortedIf(block.sorted, block.rows));
}

async function runBlock(block: Block, run: Run): Promise<void> {
  const { at, store } = run;
  switch (block.kind) {
    case "create":
      await store.create(block.schema, block.config);
      return;
    case "insert":
      return store.insert(block.table, block.rows);
    case "ok":
      expect.soft((await store.ask(block.sql)).exceptions, at).toEqual([]);
      return;
    case "error": {
      const [exception] = (await store.ask(block.sql)).exceptions;
      expect.soft(exception?.code, `${at}: ${exception?.message}`).toBe(block.code);
      expect.soft(exception.message, at).toContain(block.part);
      return;
    }
    case "query":
      return runQuery(block, run);
    case "skip":
      return;
  }
}

const configs = updating ? storeConfigs.slice(0, 1) : storeConfigs;

describe.each(configs)("on $name", (config) => {
  for (const file of files) {
    const text = readFileSync(new URL(file, folder), "utf8");
    const blocks = parseSlt(text);
    const skipped = blocks.some((block) => block.kind === "skip" && block.config === config.name);
    const updates: Update[] = [];
    it.skipIf(skipped)(file, async () => {
      const store = new TestBroker(config);
      try {
        for (const block of blocks) {
          await runBlock(block, { at: `${file}:${block.line + 1}`, store, updates });
        }
      } finally {
        await store.close();
      }
    });
    afterAll(() => {
      if (updating && updates.length > 0) writeFileSync(new URL(file, folder), withAnswers(text, updates));
    });
  }
});
