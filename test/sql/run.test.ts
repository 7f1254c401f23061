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

/** Equal texts; or numbers with a fraction whose last digits differ, as sums do that were added in another order. */
function sameCell(cell: string, wanted: string): boolean {
  if (cell === wanted) return true;
  const [left, right] = [Number(cell), Number(wanted)];
  return /^-?[\d.e+-]*[.e][\d.e+-]*$/.test(wanted) && Math.abs(left - right) <= 1e-12 * Math.abs(right);
}

const sameRows = (rows: readonly string[], wanted: readonly string[]): boolean =>
  rows.length === wanted.length &&
  rows.every((row, at) => {
    const [cells, others] = [row.split("\t"), wanted[at].split("\t")];
    return cells.length === others.length && cells.every((cell, index) => sameCell(cell, others[index]));
  });

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
  const wanted = sortedIf(block.sorted, block.rows);
  if (!sameRows(rows, wanted)) expect.soft(rows, at).toEqual(wanted);
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
    // A store that cannot have what a file is about (its `skip` line says why) does not run it.
    if (blocks.some((block) => block.kind === "skip" && config.name.startsWith(block.config))) continue;
    const updates: Update[] = [];
    it(file, async () => {
      const store = await TestBroker.open(config);
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
