/**
 * Moments, days and text in zones of both signs, of 30 and 45 minutes, with a skipped day and clocks that change at
 * midnight: random questions about them, answered by DuckDB's ICU and by every store.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueAt } from "#broker/vectors";
import { compareText } from "#schemas/text";
import type { Value } from "#schemas/types";
import { Duck } from "#test/oracle/duck";
import { oracleRows, oracleTable } from "#test/oracle/rows";
import { storeConfigs, TestBroker } from "#test/sql/store";
import type { Row } from "#test/sql/values";

/** Not Havana's: of a midnight that comes twice DuckDB takes the second, we (and Java) the first. */
const zones = [
  "America/New_York",
  "Europe/Berlin",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Pacific/Apia",
  "America/Sao_Paulo",
  "Africa/Cairo",
];

/** Around changes of these zones' clocks. */
const changes = [
  "2011-12-30T10:00Z",
  "2018-02-18T02:00Z",
  "2018-11-04T03:00Z",
  "2026-03-08T07:00Z",
  "2026-03-29T01:00Z",
];

const seed = 20_261_201;
const moments = fc.sample(
  fc.oneof(
    fc.integer({ min: 1_262_304_000, max: 1_893_456_000 }),
    ...changes.map((text) =>
      fc.integer({ min: -200_000, max: 200_000 }).map((offset) => Date.parse(text) / 1000 + offset),
    ),
  ),
  { numRuns: 300, seed },
);
const rows: readonly Row[] = oracleRows(moments.length, 7).map((row, at) => ({
  ...row,
  t: at % 19 === 0 ? null : BigInt(moments[at]) * 1000n,
}));

const day = fc.constantFrom(
  "2011-12-29",
  "2011-12-31",
  "2018-02-18",
  "2018-11-04",
  "2026-03-08",
  "2026-03-29",
);
const unit = fc.constantFrom("day", "week", "month", "quarter", "year");
const count = fc.integer({ min: -40, max: 40 });

const date = fc.oneof(
  fc.constant("CAST(t AS DATE)"),
  day.map((text) => `DATE '${text}'`),
  count.map((days) => `(CAST(t AS DATE) + (${days}))`),
);
const moment = fc.oneof(
  { weight: 2, arbitrary: fc.constant("t") },
  unit.map((one) => `date_trunc('${one}', t)`),
  date.map((text) => `CAST(${text} AS TIMESTAMP)`),
  fc
    .tuple(
      fc.integer({ min: 0, max: 500 }),
      fc.constantFrom("DAY", "MONTH", "HOUR", "MINUTE"),
      fc.constantFrom("+", "-"),
    )
    .map(([amount, of, sign]) => `(t ${sign} INTERVAL '${amount}' ${of})`),
  day.map((text) => `TIMESTAMP '${text} 12:34:56'`),
);
const value = fc.oneof(
  moment,
  date,
  moment.map((text) => `CAST(${text} AS DATE)`),
  fc
    .tuple(
      fc.constantFrom("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "ISODOW", "DOY", "HOUR", "MINUTE"),
      moment,
    )
    .map(([field, text]) => `EXTRACT(${field} FROM ${text})`),
);
const condition = fc
  .tuple(
    moment,
    fc.constantFrom("=", "<", "<=", ">", ">=", "<>"),
    fc.oneof(
      day.map((text) => `'${text}'`),
      date,
      moment,
    ),
  )
  .map((parts) => `(${parts.join(" ")})`);

const query = fc.oneof(
  fc.tuple(value, condition).map(([shown, where]) => `SELECT k, ${shown} AS x FROM o WHERE ${where}`),
  fc
    .tuple(value, condition)
    .map(([key, where]) => `SELECT ${key} AS x, COUNT(*) AS n, MIN(t) AS m FROM o WHERE ${where} GROUP BY 1`),
  fc.tuple(condition, condition).map(([a, b]) => `SELECT COUNT(*) AS n FROM o WHERE ${a} AND NOT ${b}`),
);

const textOf = (row: readonly Value[]): string => row.map((cell) => String(cell)).join("\t");
const sorted = (all: readonly (readonly Value[])[]): string[] => all.map(textOf).toSorted(compareText);

const chosen = storeConfigs.filter(({ name }) => /^(one-mutable|one-sealed|tiny)$/.test(name));

describe.each(zones)("in %s", (zone) => {
  let duck: Duck;
  const stores: TestBroker[] = [];
  beforeAll(async () => {
    duck = await Duck.open(rows, zone);
    for (const config of chosen) {
      const store = await TestBroker.open(config);
      await store.put({ table: oracleTable, rows });
      stores.push(store);
    }
  });
  afterAll(async () => {
    duck.close();
    for (const store of stores) await store.close();
  });

  it("DuckDB and every store answer the same", async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(query, async (sql) => {
        const theirs = await duck.ask(sql.replaceAll("TIMESTAMP", "TIMESTAMPTZ"));
        expect(typeof theirs, `${sql}: ${theirs}`).not.toBe("string");
        const wanted = sorted(theirs as readonly (readonly Value[])[]);
        if (wanted.length > 0) answered++;
        for (const store of stores) {
          const answer = await store.ask(`SET timeZone = '${zone}'; ${sql}`, { dialect: "native" });
          expect(answer.exceptions, sql).toEqual([]);
          const { batch } = answer.result!;
          const ours = Array.from({ length: batch.rows }, (_, row) =>
            batch.columns.map((column) => valueAt(column, row)),
          );
          expect(sorted(ours), sql).toEqual(wanted);
        }
      }),
      { numRuns: Number(process.env["ORACLE_RUNS"] ?? 25) },
    );
    expect(answered).toBeGreaterThan(8);
  }, 120_000);
});
