/** The calls of Grafana's Pinot plugin, one test each, as its Go code makes them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startShop } from "#test/clients/shop";
import type { Freshet } from "#test/setup/freshet-node";

let freshet: Freshet;
beforeAll(async () => {
  freshet = await startShop();
});
afterAll(() => freshet.dispose());

const statusOf = async (method: string, path: string) => (await fetch(freshet.url + path, { method })).status;

describe("the controller's paths", () => {
  test("GET /databases may be missing", async () => expect(await statusOf("GET", "/databases")).toBe(404));
  test("HEAD /mytables, then GET", async () => {
    expect(await statusOf("HEAD", "/mytables")).toBe(200);
    expect(await freshet.get("/mytables")).toEqual({ tables: ["orders"] });
  });
  test("GET /tables", async () => expect(await freshet.get("/tables")).toEqual({ tables: ["orders"] }));
  test("GET /tables/{t}", async () => {
    expect(await freshet.get("/tables/orders")).toMatchObject({ REALTIME: { tableName: "orders_REALTIME" } });
  });
  test("GET /tables/{t}/schema", async () => {
    const schema = (await freshet.get("/tables/orders/schema")) as { dateTimeFieldSpecs: unknown[] };
    expect(schema).toMatchObject({
      schemaName: "orders",
      dimensionFieldSpecs: [{ name: "city", dataType: "STRING" }],
    });
    expect(schema.dateTimeFieldSpecs[0]).toMatchObject({ name: "ts", format: "1:MILLISECONDS:EPOCH" });
  });
  test("GET /tables/{t}/metadata", async () => {
    const metadata = await freshet.get("/tables/orders/metadata");
    expect(metadata).toMatchObject({ tableName: "orders", numRows: 3 });
    expect(Object.keys(metadata as object).sort()).toEqual([
      "diskSizeInBytes",
      "numRows",
      "numSegments",
      "tableName",
    ]);
  });
  test("HEAD and GET of the time-series engine are missing, as before Pinot 1.2", async () => {
    expect(await statusOf("HEAD", "/timeseries/api/v1/query_range")).toBe(404);
    expect(await statusOf("GET", "/timeseries/api/v1/query_range?query=x")).toBe(404);
  });
});

describe("the broker's path", () => {
  test("health: select 1", async () => expect(await freshet.rows("select 1")).toEqual([[1]]));

  test("SET lines, quoted names, single-quoted aliases, a bucket macro, a trailing semicolon", async () => {
    const sql = `SET timeoutMs=10000;
SELECT
    DATETIMECONVERT("ts", '1:MILLISECONDS:TIMESTAMP', '1:MILLISECONDS:EPOCH', '1:MINUTES') AS 'time',
    "city" AS 'series',
    SUM("amount") AS 'metric'
FROM "orders"
WHERE "ts" >= 1699999980000 AND "ts" < 1700000160000 AND "city" IS NOT NULL
GROUP BY DATETIMECONVERT("ts", '1:MILLISECONDS:TIMESTAMP', '1:MILLISECONDS:EPOCH', '1:MINUTES'), "city"
ORDER BY 'time' DESC
LIMIT 100000;`;
    const answer = await freshet.sql(sql);
    expect(answer.exceptions).toEqual([]);
    expect(answer.resultTable?.dataSchema.columnNames).toEqual(["time", "series", "metric"]);
    expect([...(answer.resultTable?.rows ?? [])].sort()).toEqual([
      [1_699_999_980_000, "Oslo", 12.5],
      [1_700_000_040_000, "Rome", 2.25],
      [1_700_000_100_000, "Oslo", 7.5],
    ]);
  });

  test("DATETRUNC with units", async () => {
    const sql = `SELECT DATETRUNC('MINUTE', "ts", 'MILLISECONDS', 'UTC', 'MILLISECONDS') AS "time", COUNT(*) AS "n" FROM "orders" GROUP BY 1 ORDER BY 1 LIMIT 10`;
    expect(await freshet.rows(sql)).toEqual([
      [1_699_999_980_000, 1],
      [1_700_000_040_000, 1],
      [1_700_000_100_000, 1],
    ]);
  });

  test("distinct values for variables", async () => {
    expect(await freshet.rows(`SELECT DISTINCT "city" FROM "orders" ORDER BY "city" ASC LIMIT 100`)).toEqual([
      ["Oslo"],
      ["Rome"],
    ]);
  });

  test("TIMESTAMP cells are text that Go parses", async () => {
    const [[cell]] = (await freshet.rows(`SELECT "ts" FROM "orders" ORDER BY "ts" LIMIT 1`)) as string[][];
    expect(cell).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/);
  });

  test("the response has the fields it reads", async () => {
    const answer = await freshet.sql("SELECT COUNT(*) FROM orders");
    for (const field of [
      "exceptions",
      "numServersQueried",
      "numServersResponded",
      "timeUsedMs",
      "totalDocs",
      "numDocsScanned",
    ]) {
      expect(answer).toHaveProperty(field);
    }
  });
});
