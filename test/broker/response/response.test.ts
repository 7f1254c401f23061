import { tableFromIPC } from "@uwdata/flechette";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer } from "#broker/broker";
import { doubleText, floatText } from "#broker/response/cells";
import { encode, formatOf } from "#broker/response/encode";
import { responseOf as liveOf, responseJson } from "#broker/response/json";
import { type Body, bytesOf } from "#broker/response/text-sink";
import { noStats } from "#broker/scatter";
import { atOnce } from "#schemas/turns";
import type { SqlType, Value } from "#schemas/types";
import { responseOf } from "#test/setup/answer";
import { infoOf, momentOf } from "#test/setup/snapshots";
import { vectorOf } from "#test/sql/values";

const textOf = (body: Body): string => new TextDecoder().decode(bytesOf(body));
const jsonOf = (answer: Answer): string => textOf(atOnce(responseJson(answer)));
const encoded = (answer: Answer, accept: string) => atOnce(encode(answer, accept));
const arrowOf = (answer: Answer) =>
  tableFromIPC(Uint8Array.from(bytesOf(encoded(answer, "application/vnd.apache.arrow.stream").body)), {
    useBigInt: true,
    useDate: false,
  });

type Column = readonly [name: string, type: SqlType, values: readonly Value[]];

const everyType: readonly Column[] = [
  ["i", "INT", [1n, null, -(2n ** 31n)]],
  ["l", "LONG", [2n ** 63n - 1n, 9007199254740993n, null]],
  ["f", "FLOAT", [Math.fround(0.1), null, 1.5]],
  ["d", "DOUBLE", [Number.NaN, Number.POSITIVE_INFINITY, 12]],
  ["m", "BIG_DECIMAL", ["1.5", "-2", null]],
  ["b", "BOOLEAN", [true, false, null]],
  ["t", "TIMESTAMP", [0n, -1n, null]],
  ["s", "STRING", ['say "hi",\n', "", null]],
  ["j", "JSON", ['{"a":1}', "[]", null]],
  ["x", "BYTES", [new Uint8Array([0, 255]), new Uint8Array(0), null]],
  ["u", "UNKNOWN", [null, null, null]],
];

const moment = momentOf("t", 3, {
  gaps: [{ partition: 0, start: 1n, end: 2n, reason: "gone", foundMs: 3 }],
  newestEventMs: 4n,
});

function answerOf(columns: readonly Column[], change: Partial<Answer> = {}): Answer {
  const rows = columns[0]?.[2].length ?? 0;
  return {
    requestId: "17000000000000001",
    clientQueryId: null,
    brokerId: "Broker_host_8099",
    exceptions: [],
    timeUsedUs: 2600,
    result: {
      columns: columns.map(([name, type]) => ({ name, type })),
      batch: { rows, columns: columns.map(([, type, values]) => vectorOf(type, values)) },
      truncated: false,
      scattered: {
        partials: [],
        stats: noStats(),
        faults: [],
        missing: [],
        serversQueried: 1,
        serversResponded: 1,
      },
      snapshot: { nowMs: 5, parts: [{ kind: "held", server: { name: "s" }, info: infoOf(moment) }] },
      tables: ["t"],
    },
    ...change,
  };
}

// reference/pinot.md §2.2
const pinotFields = (
  "resultTable numRowsResultSet partialResult exceptions numGroupsLimitReached numGroupsWarningLimitReached " +
  "maxRowsInDistinctReached maxRowsWithoutChangeInDistinctReached maxExecutionTimeInDistinctReached timeUsedMs " +
  "requestId clientRequestId brokerId numDocsScanned totalDocs numEntriesScannedInFilter " +
  "numEntriesScannedPostFilter numServersQueried numServersResponded numSegmentsQueried numSegmentsProcessed " +
  "numSegmentsMatched numConsumingSegmentsQueried numConsumingSegmentsProcessed numConsumingSegmentsMatched " +
  "minConsumingFreshnessTimeMs numSegmentsPrunedByBroker numSegmentsPrunedByServer numSegmentsPrunedInvalid " +
  "numSegmentsPrunedByLimit numSegmentsPrunedByValue brokerReduceTimeMs offlineThreadCpuTimeNs " +
  "realtimeThreadCpuTimeNs offlineSystemActivitiesCpuTimeNs realtimeSystemActivitiesCpuTimeNs " +
  "offlineResponseSerializationCpuTimeNs realtimeResponseSerializationCpuTimeNs offlineTotalCpuTimeNs " +
  "realtimeTotalCpuTimeNs explainPlanNumEmptyFilterSegments explainPlanNumMatchAllFilterSegments traceInfo " +
  "tablesQueried offlineThreadMemAllocatedBytes realtimeThreadMemAllocatedBytes " +
  "offlineResponseSerMemAllocatedBytes realtimeResponseSerMemAllocatedBytes offlineTotalMemAllocatedBytes " +
  "realtimeTotalMemAllocatedBytes pools rlsFiltersApplied groupsTrimmed"
).split(" ");

describe("JSON", () => {
  it("has Pinot's fields in Pinot's order, ours behind them", () => {
    const keys = Object.keys(JSON.parse(jsonOf(answerOf(everyType))));
    expect(keys.slice(0, pinotFields.length)).toEqual(pinotFields);
    expect(keys.slice(pinotFields.length)).toEqual(
      "numSegmentsCached numRowsScanned timeUsedUs indexesUsed resultRowsLimitReached gaps snapshot newestEventMs".split(
        " ",
      ),
    );
  });

  it("writes cells exactly", () => {
    const text = jsonOf(answerOf(everyType));
    const rows = text.slice(text.indexOf('"rows":') + 7, text.indexOf(',"numRowsResultSet"') - 1);
    expect(rows).toBe(
      '[[1,9223372036854775807,0.1,"NaN","1.5",true,"1970-01-01 00:00:00.0","say \\"hi\\",\\n","{\\"a\\":1}","00ff",null],' +
        '[null,9007199254740993,null,"Infinity","-2",false,"1969-12-31 23:59:59.999","","[]","",null],' +
        "[-2147483648,null,1.5,12.0,null,null,null,null,null,null,null]]",
    );
  });

  it("of many rows is the same text, as blocks of bytes", () => {
    const values = Array.from({ length: 90_000 }, (_, index) => `żółw ${index % 7}`);
    const body = atOnce(responseJson(answerOf([["s", "STRING", values]])));
    expect(body.length).toBeGreaterThan(2);
    expect(body[0]).toBeInstanceOf(Uint8Array);
    expect(JSON.parse(textOf(body)).resultTable.rows).toEqual(values.map((value) => [value]));
  });

  it("leaves resultTable out when there is none, and says why", () => {
    const exceptions = [
      {
        errorCode: 150,
        message: "m",
        code: "SQL_SYNTAX",
        position: { start: 1, end: 2 },
        expected: "a",
        found: "b",
      },
    ];
    const response = JSON.parse(jsonOf(answerOf([], { result: null, exceptions })));
    expect(response).toMatchObject({
      exceptions,
      partialResult: true,
      numServersQueried: 0,
      numServersResponded: 0,
    });
    expect(response).not.toHaveProperty("resultTable");
  });

  it("as an object is what a JSON parser reads", () => {
    const answer = answerOf(everyType);
    const parsed = JSON.parse(jsonOf(answer));
    expect(JSON.parse(JSON.stringify(responseOf(answer).resultTable))).toEqual(parsed.resultTable);
  });
});

describe("numbers", () => {
  it("keep their point and read back", () => {
    expect([12, -0, 0.1, 1e21, -5e-7, Number.NaN].map(doubleText)).toEqual([
      "12.0",
      "-0.0",
      "0.1",
      "1e+21",
      "-5e-7",
      "NaN",
    ]);
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(Object.is(Number(doubleText(value)), value)).toBe(true);
      }),
    );
  });

  it("amounts of money, which go a shorter way, have the fewest digits too", () => {
    const cents = fc.oneof(fc.integer(), fc.integer({ min: -100_000, max: 100_000 }));
    fc.assert(
      fc.property(cents, fc.integer({ min: 0, max: 4 }), (units, scale) => {
        const value = Number(`${units}e-${scale}`);
        expect(doubleText(value)).toBe(Number.isInteger(value) ? `${value}.0` : String(value));
        const single = Math.fround(value);
        const text = floatText(single);
        expect(Math.fround(Number(text))).toBe(single);
        const digits = Number(text)
          .toExponential()
          .replace(/e.*$|[.-]/g, "").length;
        for (let fewer = 1; fewer < digits; fewer++)
          expect(Math.fround(Number(single.toPrecision(fewer))) === single, text).toBe(false);
      }),
    );
  });

  it("floats are the shortest text of the same float", () => {
    expect([0.1, 16777216, 3.4028234663852886e38, 1e-45].map(Math.fround).map(floatText)).toEqual([
      "0.1",
      "16777216.0",
      "3.4028235e+38",
      "1e-45",
    ]);
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        expect(Math.fround(Number(floatText(value)))).toBe(value + 0 === 0 ? 0 : value);
      }),
    );
  });
});

describe("other formats", () => {
  it("CSV quotes what must be quoted, and tells empty from NULL", () => {
    expect(encoded(answerOf(everyType.slice(5)), "text/csv").body).toBe(
      'b,t,s,j,x,u\r\ntrue,1970-01-01 00:00:00.0,"say ""hi"",\n","{""a"":1}",00ff,\r\nfalse,1969-12-31 23:59:59.999,"",[],"",\r\n,,,,,\r\n',
    );
  });

  it("CSV is for people: doubles without the noise of their last digits, integers whole", () => {
    const answer = answerOf([
      ["d", "DOUBLE", [12246.240000000042, 0.1 + 0.2, 1e300]],
      ["l", "LONG", [9007199254740993n, -1n, 0n]],
    ]);
    expect(encoded(answer, "text/csv").body).toBe(
      "d,l\r\n12246.24,9007199254740993\r\n0.3,-1\r\n1e+300,0\r\n",
    );
    expect(encoded(answer, "application/x-ndjson").body).toContain("12246.240000000042");
  });

  it("NDJSON has an object a line, repeated names numbered", () => {
    const answer = answerOf([everyType[0], ["i", "DOUBLE", [12, Number.NaN, null]]]);
    expect(encoded(answer, "application/x-ndjson").body).toBe(
      '{"i":1,"i_2":12.0}\n{"i":null,"i_2":"NaN"}\n{"i":-2147483648,"i_2":null}\n',
    );
  });

  it("a DATE has no time in any format", () => {
    const answer = answerOf([["d", "DATE", [20_541n, -1n, null]]]);
    expect(encoded(answer, "text/csv").body).toBe("d\r\n2026-03-29\r\n1969-12-31\r\n\r\n");
    expect(encoded(answer, "application/x-ndjson").body).toBe(
      '{"d":"2026-03-29"}\n{"d":"1969-12-31"}\n{"d":null}\n',
    );
    expect(responseOf(answer).resultTable!.rows).toEqual([["2026-03-29"], ["1969-12-31"], [null]]);
    const table = arrowOf(answer);
    expect(table.schema.fields[0].type).toMatchObject({ typeId: 8, unit: 0 });
    expect([...table.getChild("d")!]).toEqual([20_541 * 86_400_000, -86_400_000, null]);
  });

  it("Arrow is read by another implementation", () => {
    const table = arrowOf(answerOf(everyType));
    expect(table.names).toEqual(everyType.map(([name]) => name));
    for (const [name, type, values] of everyType) {
      const wanted = values.map((value) => {
        if (value === null) return null;
        return type === "INT" || type === "TIMESTAMP" ? Number(value) : value;
      });
      expect([...table.getChild(name)!], name).toEqual(wanted);
    }
  });

  it("Arrow puts very many rows into several batches", () => {
    const values = Array.from({ length: 50_000 }, (_, index) => (index % 3 === 0 ? null : `row ${index}`));
    const numbers = values.map((value, index) => (value === null ? BigInt(index) : null));
    const table = arrowOf(
      answerOf([
        ["s", "STRING", values],
        ["l", "LONG", numbers],
      ]),
    );
    expect([...table.getChild("s")!]).toEqual(values);
    expect([...table.getChild("l")!]).toEqual(numbers);
  });

  it("Arrow holds any number of rows", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.string({ maxLength: 4 })), { maxLength: 40 }), (values) => {
        const columns: readonly Column[] = [
          ["s", "STRING", values],
          ["l", "LONG", values.map((_, index) => BigInt(index))],
        ];
        const table = arrowOf(answerOf(columns));
        expect([...table.getChild("s")!]).toEqual(values.map((value) => value?.toWellFormed() ?? null));
        expect([...table.getChild("l")!].map(Number)).toEqual(values.map((_, index) => index));
      }),
      { numRuns: 50 },
    );
  });

  it("what has exceptions is JSON in any format", () => {
    const exceptions = [{ errorCode: 427, message: "m", code: "SERVER_MISSING" }];
    const partial = encoded(answerOf(everyType, { exceptions }), "text/csv");
    expect(partial).toMatchObject({ errorCode: 427, status: 200 });
    expect(JSON.parse(partial.body as string).partialResult).toBe(true);
    expect(encoded(answerOf([], { result: null, exceptions }), "*/*")).toMatchObject({
      errorCode: 427,
      status: 503,
    });
  });

  it("are chosen by Accept", () => {
    expect(
      [
        "",
        "*/*",
        "text/csv",
        "text/html, text/csv;q=0.5",
        "application/json;q=0.1, text/csv",
        "application/jsonl",
      ].map(formatOf),
    ).toEqual(["json", "json", "csv", "csv", "csv", "ndjson"]);
  });
});

it("an answer for a live page is bounded as it is made, escapes counted", () => {
  const wide = answerOf([["s", "STRING", ["\u0001".repeat(100), "plain"]]]);
  const bounds = { rows: 10, bytes: 650, words: "a live result" };
  expect(atOnce(liveOf(wide, bounds)).resultTable?.rows).toHaveLength(2);
  expect(() => atOnce(liveOf(wide, { ...bounds, bytes: 600 }))).toThrow(/liveBytes/);
  expect(() => atOnce(liveOf(wide, { ...bounds, rows: 1 }))).toThrow(/liveRows/);
});
