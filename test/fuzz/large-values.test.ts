/** Values larger than a value may be: each statement is refused with its limit, and never in the engine's words. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { tableOf } from "#test/server/segment/build";
import { storeConfigs, TestBroker } from "#test/sql/store";

const megabyte = 1 << 20;
const big = `REPEAT('x', ${megabyte})`;
const joined = (count: number, between: string): string =>
  Array.from({ length: count }, () => "s").join(between);

const statements: readonly (readonly [sql: string, code: string, says: string])[] = [
  [`SELECT ${joined(600, " || ")} FROM t`, "VALUE_RANGE", "textBytes"],
  [`SELECT CONCAT(${joined(600, ", ")}) FROM t`, "VALUE_RANGE", "textBytes"],
  [`SELECT CONCAT(s, s, s) FROM t`, "VALUE_RANGE", "textBytes"],
  [`SELECT CONCAT_WS(s, ${joined(600, ", ")}) FROM t`, "VALUE_RANGE", "textBytes"],
  ["SELECT REPLACE(s, 'x', s) FROM t", "VALUE_RANGE", "textBytes"],
  [`SELECT REPLACE(${big}, 'x', ${big})`, "VALUE_RANGE", "textBytes"],
  ["SELECT REGEXP_REPLACE(s, 'x', s) FROM t", "VALUE_RANGE", "textBytes"],
  ["SELECT REPEAT(s, 2000000000) FROM t", "VALUE_RANGE", "textBytes"],
  ["SELECT REPEAT('ab', 'x', 2000000000)", "VALUE_RANGE", "textBytes"],
  ["SELECT LPAD(s, 2000000000, 'x') FROM t", "VALUE_RANGE", "textBytes"],
  ["SELECT RPAD('a', 2000000000, s) FROM t", "VALUE_RANGE", "textBytes"],
  ["SELECT LEVENSHTEIN_DISTANCE(s, s) FROM t", "VALUE_RANGE", "textBytes"],
  [
    `SELECT REGEXP_LIKE('a', '${"(".repeat(100_000)}a${")".repeat(100_000)}')`,
    "VALUE_SYNTAX",
    "nested too deep",
  ],
  ["SELECT REGEXP_LIKE('a', '((a{1000}){1000}){1000}')", "VALUE_SYNTAX", "steps"],
];

const table = tableOf("t", { k: "LONG", s: "STRING" });
let store: TestBroker;
beforeAll(async () => {
  store = await TestBroker.open(storeConfigs.find(({ name }) => name === "one-sealed")!);
  await store.put({ table, rows: [{ k: 1, s: "x".repeat(megabyte / 2) }] });
});
afterAll(() => store.close());

it.each(statements)("%.60s", async (sql, code, says) => {
  const [fault] = (await store.ask(sql)).exceptions;
  expect(fault?.message).toContain(says);
  expect(fault?.code).toBe(code);
});
