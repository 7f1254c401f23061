/** A table inferred from rows takes those rows. */
import { describe, expect, it } from "vitest";

import { Decoder } from "#ingestion/decode/decoder";
import { sliceLines } from "#ingestion/decode/lines";
import { inferTable } from "#ingestion/infer";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";
import { memoryStage } from "#test/setup/stage";

const typesOf = (rows: readonly object[]) => {
  const inferred = inferTable(
    rows.map((row) => JSON.stringify(row)),
    "sample",
  );
  const { table } = defineTable(inferred.schema, inferred.config, { previous: null, nowMs: 0, limits });
  const decoder = new Decoder(table, limits, null);
  const text = rows.map((row) => JSON.stringify(row)).join("\n");
  const stage = memoryStage(table, { stageRows: 64, stageTextBytes: 1 << 16 });
  expect(decoder.decode(stage, sliceLines(new TextEncoder().encode(text), 0n), 0).rejects).toEqual([]);
  return {
    inferred,
    table,
    types: Object.fromEntries(table.columns.map(({ name, type, role }) => [name, `${type} ${role}`])),
  };
};

describe("inference", () => {
  it("finds types, roles and the time column", () => {
    const { types, table, inferred } = typesOf([
      {
        ts: 1700000000000,
        user_id: 5,
        price: 1.5,
        quantity: 2,
        ok: true,
        tags: ["a"],
        name: "x",
        updated_at: null,
      },
      {
        ts: 1700000000001,
        user_id: 6,
        price: 2,
        quantity: 3,
        ok: false,
        tags: [],
        name: "y",
        updated_at: "2024-01-01",
      },
    ]);
    expect(types).toEqual({
      ts: "TIMESTAMP dateTime",
      user_id: "LONG dimension",
      price: "DOUBLE metric",
      quantity: "LONG metric",
      ok: "BOOLEAN dimension",
      tags: "JSON dimension",
      name: "STRING dimension",
      updated_at: "TIMESTAMP dateTime",
    });
    expect(table.timeColumn).toBe("ts");
    expect(inferred.notes.join(" ")).toContain('"tags": has objects or arrays');
    expect(inferred.sample.length).toBe(2);
  });

  it("finds the unit of times in numbers and the pattern of times in text", () => {
    const { types, table } = typesOf([
      { event_time: 1700000000, micros_ts: 1700000000000000, day: "14/11/2023 22:13:20", mixed: 1, big: 5 },
      { event_time: 1700000001, micros_ts: 1700000000000001, day: "15/11/2023 22:13:20", mixed: "a", big: 6 },
    ]);
    expect(table.timeColumn).toBe("event_time");
    expect(table.columns.find(({ name }) => name === "event_time")?.timeFormat).toMatchObject({
      unitMs: 1000,
    });
    expect(table.columns.find(({ name }) => name === "micros_ts")?.timeFormat).toMatchObject({
      micros: true,
    });
    expect(table.columns.find(({ name }) => name === "day")?.timeFormat).toMatchObject({
      pattern: "dd/MM/yyyy HH:mm:ss",
    });
    expect(types["mixed"]).toBe("STRING dimension");
  });

  it("takes CSV with a header, and rows that were printed over many lines", () => {
    const csv = inferTable(
      ["at,name,count,ok", "2024-01-01 00:00:00,a,1,true", '2024-01-02 00:00:00,"b, c",2.5,false'],
      "t",
    );
    const { table } = defineTable(csv.schema, csv.config, { previous: null, nowMs: 0, limits });
    expect(Object.fromEntries(table.columns.map(({ name, type }) => [name, type]))).toEqual({
      at: "TIMESTAMP",
      name: "STRING",
      count: "DOUBLE",
      ok: "BOOLEAN",
    });
    expect(csv.sample[1]).toMatchObject({ name: "b, c", count: 2.5 });
    const printed = JSON.stringify([{ a: 1 }, { a: 2 }], null, 2).split("\n");
    expect(inferTable(printed, "t").sample).toEqual([{ a: 1 }, { a: 2 }]);
    expect(inferTable(JSON.stringify({ a: 1 }, null, 2).split("\n"), "t").sample).toEqual([{ a: 1 }]);
  });

  it("takes an array, counts what is no row, and keeps integers past 2^53 whole", () => {
    const array = inferTable(['[{"a":1},', '{"a":2}]'], "t");
    expect(array.sample).toEqual([{ a: 1 }, { a: 2 }]);
    const { notes } = inferTable(['{"a":1}', "oops", "3"], "t");
    expect(notes.join(" ")).toContain("2 of 3 sampled rows");
    const big = inferTable(['{"a":9007199254740993}', '{"a":1}'], "t").schema as {
      metricFieldSpecs: { dataType: string }[];
    };
    expect(big.metricFieldSpecs[0].dataType).toBe("LONG");
    const bigger = inferTable(['{"a":99999999999999999999}'], "t").schema as typeof big;
    expect(bigger.metricFieldSpecs[0].dataType).toBe("BIG_DECIMAL");
    expect(inferTable([], "t").notes.length).toBeGreaterThan(0);
  });
});
