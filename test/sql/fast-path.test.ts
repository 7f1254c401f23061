/**
 * That the fast path was taken: a broken zone map, index or rewrite stays right but scans everything, and goldens
 * would stay green.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "#schemas/limits";
import { loadKernels } from "#server/kernels/load-kernels-node";
import { tableOf } from "#test/server/segment/build";
import { responseOf } from "#test/setup/answer";
import { rowsText } from "#test/sql/rows-text";
import { SegmentServer } from "#test/sql/segments";
import { type StoreConfig, TestBroker } from "#test/sql/store";
import type { Row } from "#test/sql/values";

const columns = { day: "INT", city: "STRING", sales: "LONG", ts: "TIMESTAMP" } as const;
const table = tableOf("f", columns, { invertedColumns: ["city"] });
const hourMs = 3_600_000n;

/** 8 segments of 500 rows; days and times ascend, cities repeat. */
const rows: readonly Row[] = Array.from({ length: 4000 }, (_, row) => ({
  day: BigInt(row >> 4),
  city: `city ${(row * 7) % 100}`,
  sales: BigInt(row % 13),
  ts: 1_767_225_600_000n + BigInt(row) * hourMs,
}));

const config: StoreConfig = {
  name: "eight segments",
  queryOptions: "",
  open: async () => {
    const pieces = () =>
      Array.from({ length: 8 }, (_, index) => ({ rows: 500, sealed: index < 7, chunkRows: 100 }));
    const server = new SegmentServer("s", {
      kernels: await loadKernels(),
      pieces,
      stateBytes: limits.stateBytes,
    });
    return { servers: [server], put: (held) => server.put(held), close: () => server.close() };
  },
};

let store: TestBroker;
beforeAll(async () => {
  store = await TestBroker.open(config);
  await store.put({ table, rows });
});
afterAll(() => store.close());

const statsOf = async (sql: string) => {
  const answer = await store.ask(sql);
  expect(answer.exceptions).toEqual([]);
  return { rows: rowsText(answer), stats: answer.result!.scattered.stats };
};

describe("segments that cannot match are not read", () => {
  it.each([
    ["a range of an ascending column", "day >= 240", 1],
    ["equality", "day = 3", 1],
    ["the literal on the left", "240 <= day", 1],
    ["a fraction beside whole numbers", "day < 0.5", 1],
    ["arithmetic folded", "day = 1 + 2", 1],
    ["a time as text", "ts < '2026-01-02'", 1],
    ["a time less an interval", "ts < TIMESTAMP '2026-01-03' - INTERVAL '1' DAY", 1],
    ["BETWEEN", "day BETWEEN 30 AND 32", 2],
    ["NOT of a range", "NOT (day < 240)", 1],
    ["alternatives that become IN", "day = 1 OR day = 2", 1],
    ["a contradiction", "day > 5 AND day < 3", 0],
    ["false", "1 = 2", 0],
    ["a literal past INT", "day > 3000000000", 0],
    ["a segment by its name", "$segmentName = 'segment3'", 1],
    ["some of them", "day >= 0 AND NOT $segmentName NOT IN ('segment3', 'segment5')", 2],
    ["a row that no segment has", "$docId >= 500", 0],
    ["another host", "$hostName <> 's'", 0],
    ["an unknown city", "city = 'nowhere'", 0],
  ])("%s", async (_what, condition, segments) => {
    const { rows: text, stats } = await statsOf(`SELECT COUNT(*) FROM f WHERE ${condition}`);
    expect(stats.segmentsProcessed).toBeLessThanOrEqual(segments);
    const slow = await statsOf(`SET rewritesOff=all; SELECT COUNT(*) FROM f WHERE ${condition}`);
    expect(text).toEqual(slow.rows);
  });

  it("HAVING over a key prunes too", async () => {
    const { rows: text, stats } = await statsOf(
      "SELECT day, COUNT(*) FROM f GROUP BY day HAVING day > 248 ORDER BY day",
    );
    expect(text).toEqual(["249\t16"]);
    expect(stats.segmentsProcessed).toBe(1);
  });

  it("the first rows in order of an ascending column need one segment", async () => {
    const { rows: text, stats } = await statsOf("SELECT day FROM f ORDER BY day DESC LIMIT 2");
    expect(text).toEqual(["249", "249"]);
    expect(stats.rowsScanned).toBeLessThanOrEqual(1000);
  });

  it("LIMIT without order stops early", async () => {
    const { stats } = await statsOf("SELECT city FROM f LIMIT 3");
    expect(stats.rowsScanned).toBeLessThan(4000);
  });
});

describe("indexes", () => {
  it("an inverted index serves a rare value", async () => {
    const { rows: text, stats } = await statsOf("SELECT COUNT(*) FROM f WHERE city = 'city 7' AND day < 200");
    expect(text).toEqual(["32"]);
    expect(stats.entriesInFilter).toBeLessThan(4000);
  });

  it("so do those a table's config asks for over integers, and the response names them", async () => {
    const types = { number: "INT", id: "LONG", flag: "BOOLEAN", at: "TIMESTAMP" };
    const field = ([name, dataType]: readonly [string, string]) => ({ name, dataType });
    const dimensions = Object.entries(types).slice(0, 3).map(field);
    await store.create(
      {
        schemaName: "numbers",
        dimensionFieldSpecs: dimensions,
        dateTimeFieldSpecs: ["at", "sealed"].map((name) => ({
          name,
          dataType: "TIMESTAMP",
          format: "TIMESTAMP",
          granularity: "1:MILLISECONDS",
        })),
      },
      {
        tableName: "numbers",
        tableType: "REALTIME",
        segmentsConfig: { timeColumnName: "sealed" },
        tableIndexConfig: { invertedIndexColumns: Object.keys(types) },
      },
    );
    const lines = Array.from({ length: 4000 }, (_, row) =>
      JSON.stringify({
        number: row % 17 === 0 ? null : (row * 7) % 100,
        id: -((row * 7) % 90),
        flag: row % 250 !== 9,
        at: ((row * 7) % 80) * 1000,
        sealed: row,
      }),
    );
    await store.insert("numbers", lines.join("\n"));
    for (const [condition, indexesUsed] of [
      ["number = 7", ["inverted(number)"]],
      ["number IN (7, 9)", ["inverted(number)"]],
      ["number BETWEEN 7 AND 8", ["inverted(number)"]],
      ["number BETWEEN 7 AND 70", []],
      ["id = -63", ["inverted(id)"]],
      ["flag = false", ["inverted(flag)"]],
      ["NOT flag", ["inverted(flag)"]],
      ["flag", []],
      ["at = TIMESTAMP '1970-01-01 00:00:07'", ["inverted(at)"]],
    ] as const) {
      const answer = await store.ask(`SELECT COUNT(*), SUM(id) FROM numbers WHERE ${condition}`);
      expect(responseOf(answer).indexesUsed, condition).toEqual(indexesUsed);
      const scanned = await store.ask(
        `SELECT COUNT(*), SUM(id) FROM numbers WHERE CASE WHEN ${condition} THEN 1 ELSE 0 END = 1`,
      );
      expect(responseOf(scanned).indexesUsed).toEqual([]);
      expect(rowsText(answer), condition).toEqual(rowsText(scanned));
    }
  });
});

describe("EXPLAIN PLAN FOR", () => {
  it("shows what the broker and the servers do", async () => {
    const { rows: text } = await statsOf(
      "EXPLAIN PLAN FOR SELECT city, SUM(sales) AS s FROM f WHERE day >= 240 GROUP BY city HAVING s > 1 ORDER BY s DESC LIMIT 3",
    );
    expect(text.map((line) => line.split("\t").slice(1))).toEqual(
      text.map((_, index) => [`${index + 1}`, `${index}`]),
    );
    const operators = text.map((line) => line.split("\t")[0]);
    expect(operators[0]).toBe(
      "BROKER_REDUCE(having:greaterThan(sum(sales),1),sort:[sum(sales) DESC],limit:3)",
    );
    expect(operators[1]).toBe("SCATTER(servers:1)");
    expect(operators.join("\n")).toContain("segments:1 of 8");
  });
});
