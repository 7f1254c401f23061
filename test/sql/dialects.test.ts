/** SQL.md's table of what the dialects answer: every row is run in both. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rowsText } from "#test/sql/rows-text";
import { storeConfigs, TestBroker } from "#test/sql/store";

const text = readFileSync(new URL("../../SQL.md", import.meta.url), "utf8");
const section = text.slice(text.indexOf("<!-- dialects:"), text.indexOf("<!-- end of dialects -->"));
const rows = [...section.matchAll(/^\| `(.+?)` \| (.+) \| (.+) \|$/gm)]
  .map(([, item, native, pinot]) => ({ item, native, pinot }))
  .filter(({ item }) => !item.startsWith("SELECT"));

const schema = {
  schemaName: "t",
  dimensionFieldSpecs: [
    { name: "b", dataType: "BOOLEAN" },
    { name: "s", dataType: "STRING" },
  ],
  metricFieldSpecs: [{ name: "x", dataType: "DOUBLE" }],
  dateTimeFieldSpecs: [{ name: "ts", dataType: "TIMESTAMP", format: "TIMESTAMP", granularity: "1:SECONDS" }],
};

let store: TestBroker;
beforeAll(async () => {
  store = await TestBroker.open(storeConfigs[0]);
  await store.create(schema);
  await store.insert("t", '{"b": true, "s": "Ab", "x": 12.5, "ts": "2026-03-29 14:05:06"}');
});
afterAll(() => store.close());

async function answered(item: string, dialect: "native" | "pinot"): Promise<string> {
  const answer = await store.ask(`SELECT ${item} FROM t`, { dialect });
  if (answer.exceptions.length > 0) return `error ${answer.exceptions[0].code}`;
  const cells = rowsText(answer)[0].split("\t");
  return (answer.result?.columns ?? []).map(({ type }, at) => `${type} ${cells[at]}`).join(", ");
}

test("the table has its rows", () => expect(rows.length).toBeGreaterThan(20));

test.each(rows)("$item", async ({ item, native, pinot }) => {
  expect(await answered(item, "native")).toBe(native);
  expect(await answered(item, "pinot")).toBe(pinot);
});

test("inside a statement both dialects mean the same", async () => {
  const conditions = [
    "DATETRUNC('day', ts) = '2026-03-29'",
    "DATETRUNC('day', ts) < ts",
    "DATETRUNC('hour', ts) = 1774792800000",
    "TIMESTAMPADD('DAY', 1, ts) = TIMESTAMP '2026-03-30 14:05:06'",
    "ROUND(ts, 300000) = '2026-03-29 14:05:00'",
  ];
  const groups = ["SUMPRECISION(x) > 5", "MAX(ts) = '2026-03-29 14:05:06'", "MAX(ts) - MIN(ts) = 0"];
  for (const dialect of ["native", "pinot"] as const) {
    for (const condition of conditions) {
      const answer = await store.ask(`SELECT COUNT(*) FROM t WHERE ${condition}`, { dialect });
      expect(rowsText(answer), condition).toEqual(["1"]);
    }
    for (const having of groups) {
      const answer = await store.ask(`SELECT COUNT(*) FROM t HAVING ${having}`, { dialect });
      expect(rowsText(answer), having).toEqual(["1"]);
    }
  }
});

test("what CAST or INTERVAL names as a time stays one, in any clause", async () => {
  const statements = [
    "SELECT CAST(DATETRUNC('day', ts) AS TIMESTAMP) FROM t",
    "SELECT CAST(MAX(ts) AS TIMESTAMP) FROM t",
    "SELECT ts + INTERVAL '1' HOUR FROM t",
    "SELECT ts - INTERVAL '1' MONTH AS m FROM t GROUP BY m",
    "SELECT CASE WHEN b THEN ts ELSE TIMESTAMP '2026-01-01 00:00:00' END FROM t",
    "SELECT DISTINCT CAST(DATETRUNC('day', ts) AS TIMESTAMP) AS d FROM t ORDER BY d",
    "SELECT LASTWITHTIME(ts, ts, 'TIMESTAMP') FROM t",
    "SELECT ANYVALUE(ts) FROM t",
  ];
  for (const statement of statements) {
    const answer = await store.ask(statement);
    expect(
      answer.result?.columns.map(({ type }) => type),
      statement,
    ).toEqual(["TIMESTAMP"]);
  }
});

test("numbers order, group and join texts as the times they are", async () => {
  const statements = [
    "SELECT DATETRUNC('day', ts) AS d, COUNT(*) FROM t GROUP BY d ORDER BY d DESC",
    "SELECT DISTINCT DATETRUNC('day', ts), 1 FROM t ORDER BY DATETRUNC('day', ts)",
    "SELECT DATETRUNC('day', ts), 1 FROM t ORDER BY 1 LIMIT 5",
  ];
  for (const statement of statements)
    expect(rowsText(await store.ask(statement)), statement).toEqual(["1774742400000\t1"]);
});
