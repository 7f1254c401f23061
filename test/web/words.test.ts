import { describe, expect, test } from "vitest";
import { parseExact } from "../../web/api.ts";
import { proposalsAt } from "../../web/console/completion.ts";
import {
  formatAge,
  formatBytes,
  formatCell,
  formatCounted,
  formatDelta,
  formatMicros,
  formatNumber,
  formatValue,
  instantOfCell,
  instantOfTime,
  numberOfCell,
} from "../../web/format.ts";
import { csvOf, fileName } from "../../web/panel/csv.ts";
import { randomId } from "../../web/random-id.ts";
import {
  configOf,
  faultOf,
  fieldsOf,
  newField,
  placeInWords,
  placesOf,
  schemaOf,
  timeColumnOf,
} from "../../web/tables/definition.ts";
import { fileText, sampleOf } from "../../web/tables/file-text.ts";

describe("numbers", () => {
  test("are written alike everywhere", () => {
    expect(formatNumber(1234.5, { kind: "currency", currency: "USD", decimals: 2 })).toBe("$1,234.50");
    expect(formatNumber(-1234.5, { kind: "number", decimals: 0 })).toBe("−1,235");
    expect(formatNumber(1_234_567, { kind: "number", compact: true })).toBe("1.2M");
    expect(formatNumber(0.123, { kind: "percent", decimals: 1 })).toBe("12.3%");
    expect(formatNumber(null)).toBe("–");
    expect([500, 1536, 5e9].map(formatBytes)).toEqual(["500 B", "1.5 KiB", "4.7 GiB"]);
    expect([400, 12_000, 180_000, 7_200_000].map(formatAge)).toEqual(["0.4 s", "12 s", "3 min", "2 h"]);
    expect([640, 1240, 3_400_000].map(formatMicros)).toEqual(["640 µs", "1.2 ms", "3.4 s"]);
    expect([0, 1, 1204].map((count) => formatCounted(count, "row"))).toEqual([
      "0 rows",
      "1 row",
      "1,204 rows",
    ]);
    expect(formatNumber(0.00012)).toBe("0.00012");
    expect(formatNumber(1, { kind: "currency", currency: "Gold" })).toBe("Gold 1");
    expect(formatValue("9007199254740993", { kind: "number", decimals: 0 })).toBe("9,007,199,254,740,993");
    expect(formatNumber(1e300, { kind: "time" })).toBe("1e+300");
    expect(formatDelta(112, 100)).toBe("+12 %");
    expect(formatDelta(96, 100)).toBe("−4 %");
    expect(formatDelta(5, 0)).toBeNull();
  });

  test("come out of cells whatever way they travel", () => {
    expect(numberOfCell("-Infinity")).toBe(Number.NEGATIVE_INFINITY);
    expect(numberOfCell("12.5")).toBe(12.5);
    expect(numberOfCell("x")).toBeNull();
    expect(formatCell(12, "DOUBLE")).toBe("12.0");
    expect(formatCell(12, "LONG")).toBe("12");
    expect(formatCell(12246.240000000042, "DOUBLE")).toBe("12246.24");
    expect(formatCell(0.1 + 0.2, "DOUBLE")).toBe("0.3");
    expect(formatCell(3.0000000000000004, "DOUBLE")).toBe("3.0");
    expect(formatCell("9007199254740993", "LONG")).toBe("9007199254740993");
    expect(formatCell("1661357.8100000000000000001", "BIG_DECIMAL")).toBe("1661357.8100000000000000001");
    expect(formatCell(null, "LONG")).toBe("NULL");
    expect(instantOfCell("2026-11-20 06:30:00.0")).toBe(Date.UTC(2026, 10, 20, 6, 30));
    expect(instantOfCell(1700000000000)).toBe(1700000000000);
    expect(instantOfCell("2026-11-20")).toBe(Date.UTC(2026, 10, 20));
    expect(instantOfTime("2026-11-20", "DATE", "America/New_York")).toBe(Date.UTC(2026, 10, 20, 5));
    expect(instantOfTime("2026-11-20 06:30:00.0", "TIMESTAMP", "America/New_York")).toBe(
      Date.UTC(2026, 10, 20, 6, 30),
    );
  });

  test("past 2⁵³ keep their digits", () => {
    expect(parseExact('{"rows":[[9007199254740993,1.5,12]]}')).toEqual({
      rows: [["9007199254740993", 1.5, 12]],
    });
    expect(parseExact("[0.1234567890123456,5]")).toEqual([0.1234567890123456, 5]);
  });
});

describe("completion", () => {
  const tables = [
    { name: "purchases", columns: [{ name: "price", type: "DOUBLE" }] },
    { name: "products", columns: [{ name: "item", type: "STRING" }] },
  ];
  const functions = [
    { name: "upper", aliases: [], group: "text", usage: "upper(text)", doc: "In capitals." },
  ];
  const at = (text: string) => {
    const position = text.indexOf("|");
    return proposalsAt(text.replace("|", ""), position, tables, functions);
  };
  test("tables after FROM", () => {
    expect(at("SELECT * FROM |")?.proposals.map(({ label }) => label)).toEqual(["purchases", "products"]);
    expect(at("SELECT * FROM pur|")?.from).toBe(14);
    expect(at("SELECT * FROM HOP(|")?.proposals[0]?.type).toBe("table");
  });
  test("columns of the named table first, then functions", () => {
    const found = at("SELECT p| FROM products")!.proposals;
    expect(found.filter(({ type }) => type === "column").map(({ label }) => label)).toEqual(["item"]);
    expect(found.some(({ label, type }) => type === "function" && label === "upper")).toBe(true);
  });
  test("nothing inside a text or a number", () => {
    expect(at("WHERE a = 'it|")).toBeNull();
    expect(at("WHERE a = 12.|")).toBeNull();
  });
});

describe("a proposed table", () => {
  const schema = {
    schemaName: "x",
    primaryKeyColumns: ["id"],
    dimensionFieldSpecs: [{ name: "id", dataType: "LONG", notNull: true }],
    dateTimeFieldSpecs: [
      { name: "at", dataType: "TIMESTAMP", format: "TIMESTAMP", granularity: "1:MILLISECONDS" },
    ],
  };
  test("comes back as it went, with what the grid does not show", () => {
    expect(schemaOf(schema, "x", fieldsOf(schema))).toEqual(schema);
  });
  test("changes of name, role and choice", () => {
    const fields = fieldsOf(schema).map((field) =>
      field.name === "id" ? { ...field, role: "metric" as const } : { ...field, included: false },
    );
    expect(schemaOf(schema, "y", fields)).toEqual({
      schemaName: "y",
      primaryKeyColumns: ["id"],
      metricFieldSpecs: [{ name: "id", dataType: "LONG", notNull: true }],
    });
    expect(
      timeColumnOf(configOf({ segmentsConfig: { timeColumnName: "a", replication: "1" } }, "t", "at")),
    ).toBe("at");
    expect(configOf({ segmentsConfig: { timeColumnName: "a", replication: "1" } }, "t", null)).toEqual({
      tableName: "t",
      segmentsConfig: { replication: "1" },
    });
  });
  test("faults are said before the server is asked", () => {
    expect(faultOf("1x", fieldsOf(schema))).toContain("begins with a letter");
    expect(faultOf("x", [...fieldsOf(schema), { ...fieldsOf(schema)[0]!, name: "AT" }])).toContain(
      "case is ignored",
    );
    expect(faultOf("x", [])).toContain("at least one");
    expect(faultOf("x", fieldsOf(schema))).toBeNull();
  });
  test("a stream of pushes is called like its table", () => {
    const base = (topic: string) => ({
      tableName: "rows",
      tableIndexConfig: { streamConfigs: { "stream.embedded.topic.name": topic } },
    });
    const topicOf = (topic: string) => configOf(base(topic), "visits", null)["tableIndexConfig"];
    expect(topicOf("rows")).toEqual({ streamConfigs: { "stream.embedded.topic.name": "visits" } });
    expect(topicOf("other")).toEqual({ streamConfigs: { "stream.embedded.topic.name": "other" } });
  });
  test("a renamed column of a CSV keeps its place", () => {
    const [at, ...others] = fieldsOf(schema);
    const fields = [{ ...at!, name: "moment" }, { ...others[0]!, name: "gone", included: false }, newField];
    expect(placesOf(["at", "unknown", others[0]!.source!], fields)).toEqual([
      "moment",
      "unknown",
      others[0]!.source,
    ]);
  });
  test("a refusal names the column, not its JSON path", () => {
    const bad = { dimensionFieldSpecs: [{ name: "city" }, { name: "price" }] };
    expect(placeInWords("$.dimensionFieldSpecs[1].dataType", bad)).toBe("The type of column price");
    expect(placeInWords("$.dimensionFieldSpecs[0]", bad)).toBe("Column city");
    expect(placeInWords("$.tableName", bad)).toBe("The table's name");
    expect(placeInWords("$.x.y", bad)).toBe("The definition");
  });
});

test("ids are made without what browsers lend to https alone", () => {
  const ids = new Set(Array.from({ length: 100 }, randomId));
  expect(ids.size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
});

describe("files", () => {
  const read = (bytes: readonly number[] | string) =>
    fileText(new Blob([typeof bytes === "string" ? bytes : new Uint8Array(bytes)]));
  test("are read in the encoding they are in", async () => {
    expect(await read("a,é\n")).toEqual({ text: "a,é\n", note: null });
    expect(await read([0xff, 0xfe, 0x61, 0, 0xe9, 0])).toEqual({ text: "aé", note: null });
    expect(await read([0xfe, 0xff, 0, 0x61, 0, 0xe9])).toEqual({ text: "aé", note: null });
    expect(await read([0x61, 0xe9])).toEqual({ text: "aé", note: expect.stringContaining("Windows-1252") });
    const packed = await new Response(
      new Blob(["a,b\n"]).stream().pipeThrough(new CompressionStream("gzip")),
    ).bytes();
    expect(await read([...packed])).toEqual({ text: "a,b\n", note: null });
  });
  test("that are no text are named, with what to do", async () => {
    await expect(read("PK\u0003\u0004…")).rejects.toThrow("Excel workbook");
    await expect(read("PAR1…")).rejects.toThrow("Parquet");
  });
  test("are sampled by whole lines", () => {
    expect(sampleOf("ab\ncd\nef", 7)).toBe("ab\ncd\n");
    expect(sampleOf("abcdef", 3)).toBe("abc");
    expect(sampleOf("ab", 3)).toBe("ab");
  });
});

test("CSV quotes what needs it", () => {
  const result = {
    columnNames: ["a", "b"],
    columnTypes: ["STRING", "LONG"] as const,
    rows: [
      ['x,"y"', 1],
      [null, 2],
    ],
  };
  const dollars = {
    columnNames: ["hour", "sales", "=SUM(A1)", "id"],
    columnTypes: ["STRING", "DOUBLE", "STRING", "LONG"] as const,
    rows: [
      ["06:00", 12246.240000000042, "=1+1", "9007199254740993"],
      ["", -1.25, "-x", -3],
    ],
  };
  const currency = { kind: "currency", currency: "USD", decimals: 0, compact: true } as const;
  expect(csvOf(dollars, { kind: "bar", y: ["sales"], format: currency })).toBe(
    "hour,sales,'=SUM(A1),id\r\n06:00,12246.24,'=1+1,9007199254740993\r\n\"\",-1.25,'-x,-3\r\n",
  );
  expect(csvOf(result)).toBe('a,b\r\n"x,""y""",1\r\n,2\r\n');
  expect(fileName("Hourly sales / café", "csv")).toBe("hourly-sales-café.csv");
});
