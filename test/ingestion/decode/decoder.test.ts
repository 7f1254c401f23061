/** Both decoders leave the same stage, and that stage is what JSON.parse and the column types say. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Cells } from "#ingestion/decode/cells";
import { Decoder } from "#ingestion/decode/decoder";
import { sliceLines } from "#ingestion/decode/lines";
import { limits } from "#schemas/limits";
import type { Table } from "#schemas/table";
import type { SqlType, Value } from "#schemas/types";
import { compiledExtractor } from "#test/setup/extractor-node";
import { cellValue, memoryStage } from "#test/setup/stage";
import { testTable } from "#test/setup/tables";

const small = { ...limits, stageRows: 16, stageTextBytes: 1 << 17, recordBytes: 1 << 15, textBytes: 200 };
const module = await compiledExtractor();
const encoder = new TextEncoder();

interface Outcome {
  readonly rows: { readonly offset: bigint; readonly values: Value[] }[];
  readonly rejects: { readonly offset: bigint; readonly reason: string }[];
  readonly unknown: Record<string, number>;
}

function decodeAll(table: Table, text: Uint8Array, extractor: WebAssembly.Module | null): Outcome {
  const decoder = new Decoder(table, small, extractor);
  const stage = memoryStage(table, small);
  const slices = sliceLines(text, 100n);
  const outcome: Outcome = { rows: [], rejects: [], unknown: {} };
  const cells = new Cells(stage);
  for (let first = 0; first < slices.count; ) {
    const { rows, next, rejects } = decoder.decode(stage, slices, first);
    for (let row = 0; row < rows; row++) {
      const values = table.columns.map((_, column) => cellValue(cells, table, column, row));
      outcome.rows.push({ offset: cells.i64[stage.offsets / 8 + row], values });
    }
    for (const { offset, reason } of rejects) outcome.rejects.push({ offset, reason });
    expect(next).toBeGreaterThan(first);
    first = next;
  }
  for (const { name, count } of decoder.unknown.list()) outcome.unknown[name] = count;
  return outcome;
}

function both(table: Table, text: string | Uint8Array): Outcome {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const slow = decodeAll(table, bytes, null);
  const fast = decodeAll(table, bytes, module);
  expect(fast.rows).toEqual(slow.rows);
  expect(fast.rejects.map(({ offset }) => offset)).toEqual(slow.rejects.map(({ offset }) => offset));
  expect(fast.unknown).toEqual(slow.unknown);
  return slow;
}

const one = (type: SqlType, json: string, change = {}): Value | "reject" => {
  const { rows } = both(testTable([{ name: "v", type, ...change }]), `{"v":${json}}`);
  return rows.length === 0 ? "reject" : rows[0].values[0];
};

const types = [
  "INT",
  "LONG",
  "FLOAT",
  "DOUBLE",
  "BIG_DECIMAL",
  "BOOLEAN",
  "TIMESTAMP",
  "STRING",
  "JSON",
  "BYTES",
] as const;
const wide = testTable(types.map((type) => ({ name: `column_${type.toLowerCase()}`, type })));

const scalar = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc
    .bigInt({ min: -(2n ** 65n), max: 2n ** 65n })
    .map(String)
    .map((text) => ({ raw: text })),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => ({ raw: value.toFixed(3) })),
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "NaN",
    "-Infinity",
    "12",
    " 7 ",
    "1.5",
    "true",
    "0",
    "ff00",
    "2024-02-29 12:00:00.5",
    "2024-02-30",
  ),
  fc.constantFrom(true, false, null),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.json({ maxDepth: 3 }).map((raw) => ({ raw })),
);

const printed = (value: unknown): string =>
  typeof value === "object" && value !== null && "raw" in value ? String(value.raw) : JSON.stringify(value);

const names = [...wide.columns.map((column) => column.name), "surplus", "more surplus", 'with"quote', "é"];
const rowText = fc
  .array(fc.tuple(fc.constantFrom(...names), scalar, fc.constantFrom("", " ", "\t")), { maxLength: 14 })
  .map(
    (members) =>
      `{${members.map(([name, value, space]) => `${space}${JSON.stringify(name)}:${space}${printed(value)}${space}`).join(",")}}`,
  );

describe("the extractor and the TypeScript decoder", () => {
  it("leave the same stage for any rows", () => {
    fc.assert(
      fc.property(
        fc.array(rowText, { minLength: 1, maxLength: 40 }),
        (rows) => void both(wide, rows.join("\n")),
      ),
      { numRuns: 300 },
    );
  });

  it("leave the same stage for damaged rows", () => {
    const damage = fc.record({
      rows: fc.array(rowText, { minLength: 1, maxLength: 5 }),
      at: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
      cut: fc.nat(),
    });
    fc.assert(
      fc.property(damage, ({ rows, at, byte, cut }) => {
        const bytes = encoder.encode(rows.join("\n"));
        bytes[at % bytes.length] = byte;
        both(wide, bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0)));
      }),
      { numRuns: 600 },
    );
  });

  it("accept a row exactly when JSON.parse does", () => {
    const table = testTable([{ name: "j", type: "JSON" }]);
    const noise = fc.stringMatching(/^[[\]{}",:0-9eE+\-.a-z\\u \t]{0,12}$/);
    fc.assert(
      fc.property(fc.oneof(fc.json(), noise), (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        const line = `{"other":${text.replaceAll("\n", " ")}}`;
        expect(both(table, line).rows.length).toBe(isJson ? 1 : 0);
      }),
      { numRuns: 1000 },
    );
  });

  it("take the fast path for plain rows", () => {
    const table = testTable([
      { name: "at", type: "TIMESTAMP" },
      { name: "name", type: "STRING" },
      { name: "price", type: "DOUBLE" },
      { name: "count", type: "INT" },
      { name: "open", type: "BOOLEAN" },
    ]);
    const line =
      '{"at":"2024-01-02 03:04:05.678","name":"Grüße","price":12.75,"count":3,"open":true,"extra":7}';
    const decoder = new Decoder(table, small, module);
    const slices = sliceLines(encoder.encode(`${line}\n`.repeat(10)), 0n);
    expect(decoder.decode(memoryStage(table, small), slices, 0).rows).toBe(10);
    // The first row's unknown name makes the next plan longer: only this batch's rows were TypeScript's.
    expect(decoder.rowsFinished).toBe(10);
    expect(decoder.decode(memoryStage(table, small), slices, 0).rows).toBe(10);
    expect(decoder.rowsFinished).toBe(10);
  });

  it("agree on a wide table with names that differ late, whatever the order", () => {
    const columns = Array.from({ length: 200 }, (_, at) => ({
      name: `a_rather_long_column_name_${at}`,
      type: types[at % types.length],
    }));
    const table = testTable(columns);
    const values: Record<string, string> = {
      BYTES: '"0a"',
      JSON: "[1]",
      BOOLEAN: "true",
      TIMESTAMP: '"2024-01-01 00:00:00"',
    };
    const member = (at: number) => `"${columns[at].name}":${values[columns[at].type] ?? at}`;
    const upwards = columns.map((_, at) => member(at)).join(",");
    const downwards = columns.map((_, at) => member(columns.length - 1 - at)).join(",");
    const { rows } = both(table, `{${upwards}}\n{${downwards}}\n{${upwards}}`);
    expect(rows.length).toBe(3);
    expect(rows[1].values).toEqual(rows[0].values);
  });

  it("agree on rows of one shape, in one order and then another", () => {
    const lines = Array.from({ length: 40 }, (_, at) =>
      at < 20
        ? `{"column_int":${at},"column_string":"s${at}","x":1.5}`
        : `{"x":{},"column_string":"é","column_int":${at}}`,
    );
    const { rows, unknown } = both(wide, lines.join("\n"));
    expect(rows.length).toBe(40);
    expect(rows[39].values[0]).toBe(39n);
    expect(unknown).toEqual({ x: 40 });
  });
});

describe("coercion", () => {
  it.each([
    ["INT", "12", 12n],
    ["INT", '"12"', 12n],
    ["INT", "12.0", 12n],
    ["INT", "1.2e1", 12n],
    ["INT", "true", 1n],
    ["INT", "-0", 0n],
    ["INT", "2147483647", 2147483647n],
    ["INT", "2147483648", "reject"],
    ["INT", "1.5", "reject"],
    ["INT", "{}", "reject"],
    ["INT", '"x"', "reject"],
    ["INT", "01", "reject"],
    ["INT", "null", null],
    ["LONG", "9007199254740993", 9007199254740993n],
    ["LONG", "-9223372036854775808", -(2n ** 63n)],
    ["LONG", "9223372036854775807", 2n ** 63n - 1n],
    ["LONG", "9223372036854775808", "reject"],
    ["LONG", '"9007199254740993"', 9007199254740993n],
    ["LONG", "1e18", 10n ** 18n],
    ["DOUBLE", "-0.0", 0],
    ["DOUBLE", "0.1", 0.1],
    ["DOUBLE", '"NaN"', Number.NaN],
    ["DOUBLE", "1e400", "reject"],
    ["DOUBLE", '"-Infinity"', Number.NEGATIVE_INFINITY],
    ["DOUBLE", "123456789012345678", 123456789012345680],
    ["DOUBLE", "0.30000000000000004", 0.30000000000000004],
    ["DOUBLE", "5", 5],
    ["DOUBLE", '"0x10"', "reject"],
    ["FLOAT", "0.1", Math.fround(0.1)],
    ["FLOAT", "1e39", "reject"],
    ["BIG_DECIMAL", "12.500", "12.5"],
    ["BIG_DECIMAL", '"1e3"', "1000"],
    ["BIG_DECIMAL", "-0.0", "0"],
    ["BIG_DECIMAL", "12345678901234567890.123", "12345678901234567890.123"],
    ["BIG_DECIMAL", '"a"', "reject"],
    ["BOOLEAN", "true", 1n],
    ["BOOLEAN", '"FALSE"', 0n],
    ["BOOLEAN", "1", 1n],
    ["BOOLEAN", "2", "reject"],
    ["TIMESTAMP", "1700000000000", 1700000000000n],
    ["TIMESTAMP", '"1700000000000"', 1700000000000n],
    ["TIMESTAMP", '"2023-11-14 22:13:20"', 1700000000000n],
    ["TIMESTAMP", '"2023-11-14T22:13:20Z"', 1700000000000n],
    ["TIMESTAMP", '"2023-11-14T23:13:20.25+01:00"', 1700000000250n],
    ["TIMESTAMP", "8640000000000000", 8_640_000_000_000_000n],
    ["TIMESTAMP", "-8640000000000000", -8_640_000_000_000_000n],
    ["TIMESTAMP", "8640000000000001", "reject"],
    ["TIMESTAMP", "-8640000000000001", "reject"],
    ["TIMESTAMP", "1700000000000000000", "reject"],
    ["TIMESTAMP", '"1700000000000000000"', "reject"],
    ["TIMESTAMP", '"soon"', "reject"],
    ["TIMESTAMP", '"2023-02-29 00:00:00"', "reject"],
    ["TIMESTAMP", "1.5", "reject"],
    ["STRING", '"a\\u00e9\\n"', "aé\n"],
    ["STRING", '"\\ud800"', "\ufffd"],
    ["STRING", "12.50", "12.50"],
    ["STRING", "true", "true"],
    ["STRING", '{"a": [1]}', '{"a": [1]}'],
    ["STRING", '""', ""],
    ["STRING", JSON.stringify("x".repeat(201)), "reject"],
    ["JSON", '{"a":1}', '{"a":1}'],
    ["JSON", '"{\\"a\\":1}"', '{"a":1}'],
    ["JSON", '"{"', "reject"],
    ["JSON", "[1,]", "reject"],
    ["BYTES", '"DEADbeef"', "deadbeef"],
    ["BYTES", '"abc"', "reject"],
    ["BYTES", '""', ""],
    ["BYTES", "12", "reject"],
  ] as const)("%s from %s", (type, json, expected) => {
    expect(one(type, json)).toEqual(expected);
  });

  it("reads times as their format says", () => {
    const epoch = (unitMs: number, size = 1) => ({
      timeFormat: { kind: "epoch", unitMs, size, micros: unitMs === 0.001 },
    });
    expect(one("TIMESTAMP", "1700000000", epoch(1000))).toBe(1700000000000n);
    expect(one("TIMESTAMP", "170000000", epoch(1000, 10))).toBe(1700000000000n);
    expect(one("TIMESTAMP", "1700000000000999", epoch(0.001))).toBe(1700000000000n);
    expect(one("TIMESTAMP", "-1", epoch(0.001))).toBe(-1n);
    expect(one("TIMESTAMP", '"19675"', epoch(86_400_000))).toBe(1699920000000n);
    expect(one("TIMESTAMP", "99999999999999999", epoch(86_400_000))).toBe("reject");
    // Most public TIMESTAMP columns are declared as epochs and filled with text: both are taken, whatever the unit.
    for (const unitMs of [1, 1000, 0.001, 86_400_000]) {
      expect(one("TIMESTAMP", '"2024-01-15 10:30:00"', epoch(unitMs))).toBe(1_705_314_600_000n);
      expect(one("TIMESTAMP", '"2024-01-15T10:30:00.5Z"', epoch(unitMs))).toBe(1_705_314_600_500n);
      expect(one("TIMESTAMP", '"2024-01-15T10:30:00.123456"', epoch(unitMs))).toBe(1_705_314_600_123n);
      expect(one("TIMESTAMP", '"2024-01-15T12:30:00+02:00"', epoch(unitMs))).toBe(1_705_314_600_000n);
      expect(one("TIMESTAMP", '"2024-01-15T12:30:00+0200"', epoch(unitMs))).toBe(1_705_314_600_000n);
      expect(one("TIMESTAMP", '"2024-01-15"', epoch(unitMs))).toBe(1_705_276_800_000n);
      expect(one("TIMESTAMP", '"soon"', epoch(unitMs))).toBe("reject");
      expect(one("TIMESTAMP", '"2024-02-30 10:30:00"', epoch(unitMs))).toBe("reject");
    }
    expect(one("TIMESTAMP", '"1705314600000"', epoch(1))).toBe(1_705_314_600_000n);
    expect(one("TIMESTAMP", '"1705314600"', epoch(1000))).toBe(1_705_314_600_000n);
    expect(one("TIMESTAMP", "1.5", epoch(1))).toBe("reject");
    const pattern = (text: string, zone = "UTC") => ({
      timeFormat: { kind: "pattern", pattern: text, zone },
    });
    expect(one("TIMESTAMP", '"2023-11-14 22:13:20.123456"', pattern("yyyy-MM-dd HH:mm:ss.SSSSSS"))).toBe(
      1700000000123n,
    );
    expect(one("TIMESTAMP", '"2023-11-14 23:13:20"', pattern("yyyy-MM-dd HH:mm:ss", "Europe/Berlin"))).toBe(
      1700000000000n,
    );
    expect(one("TIMESTAMP", "20231114", pattern("yyyyMMdd"))).toBe(1699920000000n);
    expect(one("TIMESTAMP", '"14.11.2023"', pattern("yyyy-MM-dd"))).toBe("reject");
    expect(one("LONG", "1700000000", epoch(1000))).toBe(1700000000n);
  });

  it("trims, defaults and requires as the schema says", () => {
    expect(one("STRING", '"abcdef"', { textLengthMax: 3 })).toBe("abc");
    expect(one("STRING", '"ab😀"', { textLengthMax: 3 })).toBe("ab");
    const table = testTable([
      { name: "text", type: "STRING", defaultValue: "none" },
      { name: "count", type: "LONG", defaultValue: -1n },
      { name: "ratio", type: "DOUBLE", defaultValue: 0.5 },
      { name: "price", type: "BIG_DECIMAL", defaultValue: "1.50" },
      { name: "needed", type: "INT", notNull: true },
    ]);
    const { rows, rejects } = both(table, '{"needed":1}\n{"text":null,"count":2,"needed":2}\n{"text":"x"}');
    expect(rows.map((row) => row.values)).toEqual([
      ["none", -1n, 0.5, "1.5", 1n],
      ["none", 2n, 0.5, "1.5", 2n],
    ]);
    expect(rejects).toEqual([{ offset: 102n, reason: "column needed: a value is required" }]);
    const timed = testTable([{ name: "at", type: "TIMESTAMP" }], { timeColumn: "at" });
    expect(both(timed, "{}").rejects[0].reason).toBe("column at: the time is missing");
  });

  it("keeps offsets of the rows that stay when others are refused, and skips blank lines", () => {
    const table = testTable([{ name: "v", type: "INT" }]);
    const lines = Array.from({ length: 50 }, (_, at) => (at % 3 === 0 ? "oops" : `{"v":${at}}`));
    const { rows, rejects } = both(table, lines.join("\n\n"));
    expect(rows.every((row) => row.offset - 100n === row.values[0])).toBe(true);
    expect(rejects.length).toBe(17);
  });

  it("refuses a record past the limit and goes on", () => {
    const table = testTable([{ name: "v", type: "STRING", textLengthMax: 5 }]);
    const { rows, rejects } = both(table, `{"v":"a"}\n{"v":"${"x".repeat(70_000)}"}\n{"v":"b"}`);
    expect(rows.map((row) => row.values[0])).toEqual(["a", "b"]);
    expect(rejects[0].reason).toContain("recordBytes");
  });

  it("counts unknown names up to a bound", () => {
    const table = testTable([{ name: "v", type: "INT" }]);
    const lines = Array.from({ length: 600 }, (_, at) => `{"v":1,"u${at % 300}":"x"}`);
    const { unknown, rows } = both(table, lines.join("\n"));
    expect(rows.length).toBe(600);
    expect(Object.values(unknown).reduce((sum, count) => sum + count, 0)).toBe(600);
    expect(Object.keys(unknown).length).toBe(257);
  });
});
