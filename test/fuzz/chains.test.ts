/** Statements far longer than anybody writes: ten thousand terms of each operator run, and what is too much names its limit. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "#schemas/limits";
import { parseExpressionText } from "#schemas/sql/parse";
import { printExpression } from "#schemas/sql/print";
import { tableOf } from "#test/server/segment/build";
import { responseOf } from "#test/setup/answer";
import { storeConfigs, TestBroker } from "#test/sql/store";

const terms = 10_000;
const list = (count: number, item: (at: number) => string, between: string): string =>
  Array.from({ length: count }, (_, at) => item(at)).join(between);

const table = tableOf("t", { k: "LONG", d: "DOUBLE", s: "STRING" });
const rows = [
  { k: 1, d: 0.5, s: "a" },
  { k: 2, d: 1.5, s: "b" },
  { k: 3, d: null, s: null },
];

/** Each chain over one row or all, and what it answers. */
const chains: readonly (readonly [name: string, sql: string, answer: unknown])[] = [
  ["+ of literals", `SELECT ${list(terms, () => "1", " + ")}`, terms],
  ["+ of a column", `SELECT SUM(${list(terms, () => "k", " + ")}) FROM t`, terms * 6],
  ["+ of doubles", `SELECT SUM(${list(terms, () => "d", " + ")}) FROM t`, terms * 2],
  ["- and *", `SELECT SUM(k ${list(terms, () => "- 1 * k", " ")}) FROM t`, 6 - terms * 6],
  ["|| of a column", `SELECT MAX(LENGTH(${list(terms, () => "s", " || ")})) FROM t`, terms],
  ["AND", `SELECT COUNT(*) FROM t WHERE ${list(terms, (at) => `k <> ${at + 2}`, " AND ")}`, 1],
  ["OR", `SELECT COUNT(*) FROM t WHERE ${list(terms, (at) => `k = ${at + 2}`, " OR ")}`, 2],
  ["OR of texts", `SELECT COUNT(*) FROM t WHERE ${list(terms, (at) => `s LIKE 'b${at}%'`, " OR ")}`, 0],
  ["NOT", `SELECT COUNT(*) FROM t WHERE ${"NOT ".repeat(terms)} (k = 2)`, 1],
  ["-", `SELECT SUM(${"- ".repeat(terms)} k) FROM t`, 6],
  ["IS TRUE", `SELECT COUNT(*) FROM t WHERE k = 2 ${"IS TRUE ".repeat(terms)}`, 1],
  ["CASE", `SELECT SUM(CASE k ${list(terms, (at) => `WHEN ${at} THEN ${at}`, " ")} END) FROM t`, 6],
  ["COALESCE", `SELECT MAX(COALESCE(${list(terms, () => "s", ",")})) FROM t`, "b"],
  ["CONCAT", `SELECT MAX(LENGTH(CONCAT(${list(terms, () => "s", ",")}))) FROM t`, terms],
  ["HAVING", `SELECT k FROM t GROUP BY k HAVING ${list(terms, (at) => `k <> ${at + 2}`, " AND ")}`, 1],
  ["IN of numbers", `SELECT COUNT(*) FROM t WHERE k IN (${list(terms * 10, (at) => `${at + 3}`, ",")})`, 1],
  ["IN of texts", `SELECT COUNT(*) FROM t WHERE s IN (${list(terms * 10, (at) => `'${at}'`, ",")}, 'a')`, 1],
  ["NOT IN", `SELECT COUNT(*) FROM t WHERE k NOT IN (${list(terms * 10, (at) => `${at + 3}`, ",")})`, 2],
  ["sums", `SELECT ${list(4000, (at) => `SUM(k + ${at})`, ",")} FROM t`, 6],
  ["filters", `SELECT ${list(4000, (at) => `COUNT(*) FILTER (WHERE k = ${at})`, ",")} FROM t`, 0],
];

/** Statements that nobody can want, and the limit that each one meets. */
const beyond: readonly (readonly [limit: string, sql: string])[] = [
  ["selectItems", `SELECT ${list(20_000, (at) => `SUM(k + ${at})`, ",")} FROM t`],
  ["groupKeys", `SELECT COUNT(*) FROM t GROUP BY ${list(20_000, (at) => `k + ${at}`, ",")}`],
  ["groupKeys", `SELECT DISTINCT ${list(4000, (at) => `k + ${at}`, ",")} FROM t`],
  ["orderKeys", `SELECT k FROM t ORDER BY ${list(20_000, (at) => `k + ${at}`, ",")}`],
  ["listItems", `SELECT 1 FROM t WHERE k IN (${list(limits.listItems + 1, () => "1", ",")})`],
  ["sqlNodes", `SELECT ${list(limits.sqlNodes, () => "k", "+")} FROM t`],
  ["sqlNodes", `${"SET useCache = true; ".repeat(limits.sqlNodes)} SELECT 1`],
  // An alias stands for all of its expression.
  [
    "sqlNodes",
    `SELECT ${list(4000, () => "k", "+")} AS a FROM t ORDER BY ${list(900, (at) => `a + ${at}`, ",")}`,
  ],
  // BETWEEN looks at its operand twice.
  ["sqlNodes", `SELECT 1 FROM t WHERE ${"(".repeat(60)}k = 1${" BETWEEN FALSE AND TRUE)".repeat(60)}`],
  ["sqlDepth", `SELECT ${"ABS(".repeat(1000)}k${")".repeat(1000)} FROM t`],
  ["sqlDepth", `SELECT ${"CASE WHEN k = 1 THEN 1 ELSE ".repeat(1000)}2${" END".repeat(1000)} FROM t`],
  ["sqlBytes", `SELECT '${"x".repeat(limits.sqlBytes)}'`],
];

it("chains print and read back as the same tree", () => {
  for (const between of [" + ", " || ", " AND ", " OR ", " - "]) {
    const tree = parseExpressionText(
      list(terms, (at) => `a${at}`, between),
      limits,
    );
    const printed = printExpression(tree);
    expect(printExpression(parseExpressionText(printed, limits))).toBe(printed);
  }
  const runs = `${"NOT ".repeat(terms)}${"- ".repeat(terms)}a`;
  expect(printExpression(parseExpressionText(runs, limits))).toBe(runs.replace(/- a$/, "-a"));
});

describe.each(storeConfigs.filter(({ name }) => ["model", "one-sealed", "over-tcp"].includes(name)))(
  "on $name",
  (config) => {
    let store: TestBroker;
    beforeAll(async () => {
      store = await TestBroker.open(config);
      await store.put({ table, rows });
    });
    afterAll(() => store.close());

    it.each(chains)("%s", async (_name, sql, wanted) => {
      const answer = await store.ask(sql);
      expect(answer.exceptions).toEqual([]);
      const rowsOf = responseOf(answer).resultTable!.rows;
      expect(rowsOf[0]![0]).toBe(wanted);
    });

    it("explains a chain", async () => {
      const { exceptions } = await store.ask(`EXPLAIN PLAN FOR ${chains[1]![1]}`);
      expect(exceptions).toEqual([]);
    });
  },
);

describe("what is too much names its limit", () => {
  let store: TestBroker;
  beforeAll(async () => {
    store = await TestBroker.open(storeConfigs.find(({ name }) => name === "model")!);
    await store.put({ table, rows });
  });
  afterAll(() => store.close());

  it.each(beyond)("%s", async (limit, sql) => {
    const [fault] = (await store.ask(sql)).exceptions;
    expect(fault?.code).toBe("SQL_SYNTAX");
    expect(fault?.message).toContain(`limit ${limit}`);
  });
});
