/** Faulty and wild SQL through the whole broker: an answer, or an error of the user's; never one of ours. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { printExpression, printSql } from "#schemas/sql/print";
import { oracleRows } from "#test/oracle/rows";
import { expressionOf, statement } from "#test/schemas/sql/generate";
import { tableOf } from "#test/server/segment/build";
import { parseSlt } from "#test/sql/slt";
import { storeConfigs, TestBroker } from "#test/sql/store";

const runs = Number(process.env["FUZZ_RUNS"] ?? 300);

/** Named as the generated statements name their columns. */
const wild = tableOf("a", {
  a: "INT",
  b: "STRING",
  Price: "DOUBLE",
  month: "TIMESTAMP",
  order: "BOOLEAN",
  "two words": "LONG",
  'q"uote': "BIG_DECIMAL",
  select: "BYTES",
  żółw: "JSON",
});
const wildRows = oracleRows(9, 1).map(({ k, s, r, t, b, l }) => ({
  a: k,
  b: s,
  Price: r,
  month: t,
  order: b,
  "two words": l,
  'q"uote': l === null ? null : String(l),
  select: s === null ? null : new TextEncoder().encode(s as string),
  żółw: "{}",
}));

const folder = new URL("../sql/", import.meta.url);
const blocks = readdirSync(folder)
  .filter((name) => name.endsWith(".slt"))
  .flatMap((name) => parseSlt(readFileSync(new URL(name, folder), "utf8")));
const texts = blocks.flatMap((block) => ("sql" in block ? [block.sql] : []));

describe.each(storeConfigs.filter(({ name }) => name === "model" || name === "tiny"))(
  "on $name",
  (config) => {
    let store: TestBroker;
    beforeAll(async () => {
      store = await TestBroker.open(config);
      await store.put({ table: wild, rows: wildRows });
      for (const block of blocks) {
        if (block.kind === "create") await store.create(block.schema, block.config);
        if (block.kind === "insert") await store.insert(block.table, block.rows);
      }
    });
    afterAll(() => store.close());

    const check = async (sql: string): Promise<boolean> => {
      const { exceptions } = await store.ask(sql);
      expect(
        exceptions.filter(({ code }) => code === "INTERNAL"),
        sql,
      ).toEqual([]);
      return exceptions.length === 0;
    };

    it("wild statements", async () => {
      let answered = 0;
      const over = statement.map((tree) => {
        const from = tree.select.from === null ? null : { ...tree.select.from, parts: ["a"], alias: null };
        return printSql({ ...tree, settings: [], options: [], select: { ...tree.select, from } });
      });
      const plain = fc.tuple(expressionOf(1), expressionOf(1)).map(([item, condition]) => {
        const where = `WHERE (${printExpression(condition)}) IS NULL`;
        return `SELECT ${printExpression(item)} FROM a ${where}`;
      });
      await fc.assert(
        fc.asyncProperty(fc.oneof(over, plain), async (sql) => {
          answered += +(await check(sql));
        }),
        { numRuns: runs },
      );
      expect(answered).toBeGreaterThan(0);
    });

    it("golden statements with words swapped, dropped and doubled", async () => {
      const edit = fc.record({
        kind: fc.constantFrom("drop", "double", "swap", "replace"),
        at: fc.nat(),
        other: fc.nat(),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...texts),
          fc.array(edit, { minLength: 1, maxLength: 3 }),
          async (sql, edits) => {
            const words = sql.split(/(?<=\W)|(?=\W)/);
            const donors = texts[(edits[0].other * 31) % texts.length].split(/(?<=\W)|(?=\W)/);
            for (const { kind, at, other } of edits) {
              const one = at % words.length;
              if (kind === "drop") words.splice(one, 1);
              else if (kind === "double") words.splice(one, 0, words[one]);
              else if (kind === "swap")
                [words[one], words[other % words.length]] = [words[other % words.length], words[one]];
              else words[one] = donors[other % donors.length];
            }
            await check(words.join(""));
          },
        ),
        { numRuns: runs },
      );
    });
  },
);
