/** A table inferred from rows takes those rows, by the routes that made the proposal. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readBody } from "#ingestion/decode/body";
import { Decoder } from "#ingestion/decode/decoder";
import { inferTable } from "#ingestion/infer/infer";
import type { CsvOptions } from "#schemas/csv";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";
import { memoryStage } from "#test/setup/stage";

const infer = (text: string, csv: CsvOptions = {}) => inferTable(text, { table: "sample", csv, limits });

/** Pushes the rows into the proposed table: what is refused, and the types. */
function taken(text: string, csv: CsvOptions = {}) {
  const inferred = infer(text, csv);
  const { table } = defineTable(inferred.schema, inferred.config, { previous: null, nowMs: 0, limits });
  const decoder = new Decoder(table, limits, null);
  const format = inferred.csv === null ? "json" : "csv";
  const body = readBody(new TextEncoder().encode(text), format, decoder, inferred.csv ?? {});
  const stage = memoryStage(table, { stageRows: 64, stageTextBytes: 1 << 16 });
  const rejects = body.rejects.listed.map(({ reason }) => reason);
  let rows = 0;
  for (let at = 0; at < body.slices.count; ) {
    const decoded = decoder.decode(stage, body.slices, at);
    rejects.push(...decoded.rejects.map(({ reason }) => reason));
    rows += decoded.next - at;
    at = decoded.next;
  }
  return {
    ...inferred,
    table,
    rejects,
    rows: rows - rejects.length + body.rejects.count,
    said: inferred.notes.join("\n"),
    types: Object.fromEntries(table.columns.map(({ name, type, role }) => [name, `${type} ${role}`])),
  };
}

const json = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");

describe("JSON", () => {
  it("finds types, roles and the time column", () => {
    const { types, table, said, sample, rejects } = taken(
      json([
        {
          ts: 1700000000000,
          user_id: 5,
          price: 1.5,
          quantity: 2,
          ok: true,
          tags: ["a"],
          name: "x",
          updated: null,
        },
        {
          ts: 1700000000001,
          user_id: 6,
          price: 2,
          quantity: 3,
          ok: false,
          tags: [],
          name: "y",
          updated: "2024-01-01",
        },
      ]),
    );
    expect(types).toEqual({
      ts: "TIMESTAMP dateTime",
      user_id: "LONG dimension",
      price: "DOUBLE metric",
      quantity: "LONG metric",
      ok: "BOOLEAN dimension",
      tags: "JSON dimension",
      name: "STRING dimension",
      updated: "TIMESTAMP dateTime",
    });
    expect(rejects).toEqual([]);
    expect(table.timeColumn).toBe("ts");
    expect(said).toContain('"tags" has objects or arrays');
    expect(sample.length).toBe(2);
  });

  it("goes by how numbers are spelled, not by their values", () => {
    const { types, said } = taken(
      '{"a":1.0,"b":1e3,"c":9007199254740993,"d":99999999999999999999,"e":0.12345678901234567890,"f":-0,"g":1}\n' +
        '{"a":2.0,"b":1,"c":1,"d":1,"e":1.5,"f":2,"g":2}',
    );
    expect(types).toEqual({
      a: "DOUBLE metric",
      b: "DOUBLE metric",
      c: "LONG metric",
      d: "BIG_DECIMAL metric",
      e: "BIG_DECIMAL metric",
      f: "LONG metric",
      g: "LONG metric",
    });
    expect(said).toContain('"e" has numbers with more digits');
  });

  it("finds the unit of times in numbers and texts, and the pattern of times in text", () => {
    const { types, table, rejects } = taken(
      json([
        {
          event_time: 1700000000,
          micros_ts: 1700000000000000,
          day: "14/11/2023 22:13:20",
          mixed: 1,
          big: 5,
          created: "1700000000",
          ts_ms: 1700000000000,
          partition_date: 20231114,
          updatedAt: "1700000000000",
          log: "10/Oct/2000:13:55:36 -0700",
          mail: "Mon, 13 Nov 2023 22:13:20 +0000",
          runtime: 1700000000,
          created_by: 1700000000,
        },
        {
          event_time: 1700000001,
          micros_ts: 1700000000000001,
          day: "15/11/2023 22:13:20",
          mixed: "a",
          big: 6,
          created: "1700000001",
          ts_ms: 1700000000001,
          partition_date: 20231115,
          updatedAt: "1700000000001",
          log: "11/Oct/2000:13:55:36 -0700",
          mail: "Tue, 14 Nov 2023 22:13:20 +0000",
          runtime: 1700000000,
          created_by: 1700000000,
        },
      ]),
    );
    expect(rejects).toEqual([]);
    const times = Object.keys(types).filter((name) => types[name] === "TIMESTAMP dateTime");
    expect(times.sort()).toEqual(
      [
        "created",
        "day",
        "event_time",
        "log",
        "mail",
        "micros_ts",
        "partition_date",
        "ts_ms",
        "updatedAt",
      ].sort(),
    );
    expect(table.columns.find(({ name }) => name === "day")?.timeFormat).toMatchObject({
      pattern: "dd/MM/yyyy HH:mm:ss",
    });
    expect(types["mixed"]).toBe("STRING dimension");
  });

  it("asks when a date can be read in two ways", () => {
    expect(taken(json([{ d: "03/04/2024" }, { d: "05/06/2024" }])).said).toContain(
      "fits dd/MM/yyyy too: check which is meant",
    );
    expect(taken(json([{ d: "03/04/2024" }, { d: "05/16/2024" }])).said).not.toContain("check which");
  });

  it("takes arrays and printed objects of any length", () => {
    const rows = Array.from({ length: 3000 }, (_, id) => ({ id, name: `n${id}`, nested: { a: [id] } }));
    const printed = infer(JSON.stringify(rows, null, 2));
    expect(printed.sample.length).toBe(100);
    expect(taken(JSON.stringify(rows.slice(0, 20), null, 2)).types).toEqual({
      id: "LONG dimension",
      name: "STRING dimension",
      nested: "JSON dimension",
    });
    expect(infer(rows.map((row) => JSON.stringify(row, null, 2)).join("\n")).sample.length).toBe(100);
    expect(infer('[{"a":1},{"a":2},{"a":').sample).toEqual([{ a: 1 }, { a: 2 }]);
    expect(infer('\uFEFF[{"a":1},\n{"a":2}]').sample).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it("leaves out names that no column can have, and says so", () => {
    const { types, said, rejects } = taken(json([{ id: 1, ID: 2, "": 3, $x: 4 }, { id: 2 }]));
    expect(types).toEqual({ id: "LONG dimension" });
    expect(rejects).toEqual([]);
    expect(said).toContain('"ID" and "id" differ only in case');
    expect(said).toContain('"" cannot be a column\'s name (it is empty)');
    expect(said).toContain('"$x" cannot be');
    const wide = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`c${at}`, at]));
    expect(taken(json([wide])).said).toContain("600 fields are more than tableColumns = 512");
  });

  it("says what is no row, and what is wrapped", () => {
    expect(infer('{"a":1}\noops\n3').notes.join()).toContain("2 of 3 sampled rows");
    expect(infer('{"total": 2, "items": [{"a":1},{"a":2}]}').notes.join()).toContain('those in "items"');
    expect(infer("").notes.length).toBeGreaterThan(0);
  });
});

describe("CSV", () => {
  const head = (text: string, csv: CsvOptions = {}) => {
    const read = taken(text, csv);
    return { ...read, names: read.table.columns.map(({ name }) => name) };
  };

  it("takes a header, quotes and types", () => {
    const { types, sample, rejects } = head(
      'at,name,count,ok\n2024-01-01 00:00:00,a,1,True\n2024-01-02 00:00:00,"b, c",2.5,false\n',
    );
    expect(types).toEqual({
      at: "TIMESTAMP dateTime",
      name: "STRING dimension",
      count: "DOUBLE metric",
      ok: "BOOLEAN dimension",
    });
    expect(sample[1]).toMatchObject({ name: "b, c", count: 2.5 });
    expect(rejects).toEqual([]);
  });

  it("names columns that the header leaves without a name of their own", () => {
    expect(head(",a\n0,x\n1,y\n").types).toEqual({ column1: "LONG metric", a: "STRING dimension" });
    const doubled = head("a,b,a,A\n1,2,x,z\n");
    expect(Object.keys(doubled.types).sort()).toEqual(["A_3", "a", "a_2", "b"].sort());
    expect(doubled.said).toContain('names "a" more than once');
    expect(head("$id,$\n1,2\n").names.sort()).toEqual(["column2", "id"]);
    expect(head("a,b,\n1,2,\n3,4,\n").names.sort()).toEqual(["a", "b"]);
  });

  it.each(["NA", "NULL", "null", "\\N", "N/A", "None", "nan", "-", "?", '""'])(
    "%s is no number",
    (marker) => {
      const { types, rows, rejects } = head(
        `id,x,ok,t\n1,2.5,true,2024-01-01\n2,${marker},${marker},${marker}\n`,
      );
      expect(types).toEqual({
        id: "LONG dimension",
        x: "DOUBLE metric",
        ok: "BOOLEAN dimension",
        t: "TIMESTAMP dateTime",
      });
      expect([rows, rejects]).toEqual([2, []]);
    },
  );

  it("asks what a word for nothing means among texts", () => {
    const asked = head("country,n\nNA,1\nDE,2\n");
    expect(asked.said).toContain('"country" has "NA" in 1 row: kept as text');
    expect(asked.sample[0]).toMatchObject({ country: "NA" });
    expect(head("country,n\nNA,1\nDE,2\n", { nulls: ["NA"] }).sample[0]).toMatchObject({ country: null });
  });

  it.each([
    ["tabs", "id\tname\n1\tx\n2\ty\n"],
    ["semicolons", "id;name\n1;x\n2;y\n"],
    ["pipes", "id|name\n1|x\n2|y\n"],
    ["Excel's mark", "sep=;\nid;name\n1;x\n2;y\n"],
    ["comments", "# made by hand\n\n# on Monday\nid,name\n1,x\n# between\n2,y\n"],
    ["a header in a comment", "#id,name\n1,x\n2,y\n"],
    ["carriage returns and a mark", "\uFEFFid,name\r\n1,x\r\n2,y\r\n"],
    ["empty fields at the end", "id,name\n1,x,,\n2,y,\n"],
  ])("takes %s", (_what, text) => {
    const { types, rows, rejects } = head(text);
    expect(types).toEqual({ id: "LONG dimension", name: "STRING dimension" });
    expect([rows, rejects]).toEqual([2, []]);
  });

  it("reads a decimal comma where semicolons stand between fields", () => {
    const { types, rejects, sample } = head("a;b\n1,5;1.234,25\n2,5;3\n");
    expect(types).toEqual({ a: "DOUBLE metric", b: "DOUBLE metric" });
    expect(rejects).toEqual([]);
    expect(sample[0]).toEqual({ a: 1.5, b: 1234.25 });
  });

  it("tells a first row from a header, and says so", () => {
    const rows = head("1,Oslo,5.5\n2,Rome,3.25\n");
    expect(rows.names.sort()).toEqual(["column1", "column2", "column3"]);
    expect(rows.said).toContain("The first line looks like a row");
    expect(rows.rows).toBe(2);
    expect(head("country,2019,2020\nNO,5.1,6\n").names.sort()).toEqual(["2019", "2020", "country"]);
    expect(head(",0,1\n0,5,6\n").names.sort()).toEqual(["0", "1", "column1"]);
    const uneven = head("1,2\n3,4,5,6\n7,8,9,10\n");
    expect(uneven.names.length).toBe(4);
    expect(uneven.said).toContain("1 line is no row of 4 columns");
    expect(uneven.said).toContain("line 1: expected 4 fields");
    expect(uneven.rejects.length).toBe(1);
  });

  it("takes one column, keeps zeros that mean something, and asks about numbers written for people", () => {
    expect(head("name\nx\ny\n").types).toEqual({ name: "STRING dimension" });
    expect(head("zip,n\n00123,1\n99123,2\n").types["zip"]).toBe("STRING dimension");
    const money = head('price,share\n"$1,200.50",45 %\n$3.00,5 %\n');
    expect(money.said).toContain('"price" reads like numbers ($1,200.50)');
    expect(money.types).toEqual({ price: "STRING dimension", share: "STRING dimension" });
  });
});

const cell = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("NA", "2024-01-01", "12", "1.50", "true", "[1]", "{", "1700000000"),
  fc.array(fc.integer(), { maxLength: 2 }),
  fc.constantFrom(1700000000, 1700000000000, 1.0, -0.0, 9007199254740991),
);
const name = fc.oneof(
  fc.constantFrom("id", "ID", "ts", "created", "", "$x", "a b", "price", "time", "Ä", "ä"),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);

describe("every proposal", () => {
  it("is accepted, and takes the JSON rows it was made from", () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(name, cell, { maxKeys: 5 }), { minLength: 1, maxLength: 6 }),
        (rows) => {
          fc.pre(rows.some((row) => Object.keys(row).some((key) => key !== "" && !key.startsWith("$"))));
          expect(taken(JSON.stringify(rows)).rejects).toEqual([]);
        },
      ),
    );
  });

  it("takes the CSV rows it was made from", () => {
    const field = fc.oneof(
      fc.constantFrom(
        "",
        "NA",
        "1",
        "2.5",
        "-3",
        "true",
        "2024-01-01",
        "x",
        "0",
        "007",
        "1,5",
        "\\N",
        "a;b",
        "#",
      ),
      fc.string({ unit: "grapheme", maxLength: 5 }),
    );
    const written = (text: string) =>
      /[",;|\t\r\n]|^#/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    const table = fc.integer({ min: 2, max: 5 }).chain((width) =>
      fc.record({
        delimiter: fc.constantFrom(",", ";", "\t", "|"),
        rows: fc.array(fc.array(field, { minLength: width, maxLength: width }), {
          minLength: 2,
          maxLength: 6,
        }),
      }),
    );
    fc.assert(
      fc.property(table, ({ delimiter, rows }) => {
        const text = rows.map((row) => row.map(written).join(delimiter)).join("\n");
        fc.pre(rows.every((row) => row.some((one) => one.trim() !== "")));
        expect(taken(text, { delimiter }).rejects).toEqual([]);
      }),
    );
  });
});
