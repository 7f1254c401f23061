/**
 * Random queries answered by DuckDB and by every store: the same rows, typed, doubles relatively. A mismatch is
 * shrunk;
 * keep it as a golden file in test/sql.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "#broker/broker";
import { valueAt } from "#broker/vectors";
import { compareText } from "#schemas/text";
import type { Value } from "#schemas/types";
import { Duck } from "#test/oracle/duck";
import { type OracleQuery, oracleQuery } from "#test/oracle/grammar";
import { knownDifferences } from "#test/oracle/known-differences";
import { oracleRows, oracleTable, storedWays } from "#test/oracle/rows";
import { storeConfigs, TestBroker } from "#test/sql/store";

const runs = Number(process.env["ORACLE_RUNS"] ?? 100);

/** Integers as digits, doubles to ten digits: equal texts are equal cells, nearly. */
function cellText(value: Value): string {
  if (typeof value === "number") return Number.isFinite(value) ? `~${value.toPrecision(10)}` : `~${value}`;
  if (typeof value === "bigint") return `~${Number(value).toPrecision(10)} ${value}`;
  return value === null ? "NULL" : JSON.stringify(value);
}

function nearly(ours: Value, theirs: Value): boolean {
  if (typeof ours === "bigint" && typeof theirs === "bigint") return ours === theirs;
  if (typeof ours !== "number" && typeof theirs !== "number") return ours === theirs;
  if (ours === null || theirs === null) return ours === theirs;
  const [left, right] = [Number(ours), Number(theirs)];
  if (Object.is(left + 0, right + 0)) return true;
  return Math.abs(left - right) <= 1e-9 * Math.max(1, Math.abs(left), Math.abs(right));
}

const rowsOf = (answer: Answer): Value[][] => {
  const { batch } = answer.result!;
  return Array.from({ length: batch.rows }, (_, row) => batch.columns.map((column) => valueAt(column, row)));
};

const sorted = (rows: readonly (readonly Value[])[]) =>
  rows.toSorted((left, right) => compareText(left.map(cellText).join("\t"), right.map(cellText).join("\t")));

function sameRows(
  query: OracleQuery,
  ours: readonly (readonly Value[])[],
  theirs: readonly (readonly Value[])[],
): boolean {
  const [left, right] = query.ordered ? [ours, theirs] : [sorted(ours), sorted(theirs)];
  return (
    left.length === right.length &&
    left.every((row, at) => row.every((cell, column) => nearly(cell, right[at][column])))
  );
}

const show = (rows: readonly (readonly Value[])[]): string =>
  rows
    .slice(0, 12)
    .map((row) => row.map(String).join(" | "))
    .join("\n");

/** Every store meets other ways of storing at its three sizes. */
let way = Number(process.env["ORACLE_WAY"] ?? 0);

describe.each(storeConfigs)("DuckDB and $name", (config) => {
  describe.each([0, 7, 300])("over %i rows", (count) => {
    let duck: Duck;
    let store: TestBroker;
    beforeAll(async () => {
      const rows = oracleRows(count, 42 + count);
      duck = await Duck.open(rows);
      store = await TestBroker.open(config);
      await store.put({ table: storedWays[way++ % storedWays.length], rows });
    });
    afterAll(async () => {
      duck.close();
      await store.close();
    });

    it("answer the same", async () => {
      let answered = 0;
      await fc.assert(
        fc.asyncProperty(oracleQuery, async (query) => {
          const theirs = await duck.ask(query.sql);
          if (typeof theirs === "string") return;
          const answer = await store.ask(query.sql, { dialect: "native" });
          expect(answer.exceptions, query.sql).toEqual([]);
          answered++;
          const ours = rowsOf(answer);
          if (sameRows(query, ours, theirs)) return;
          expect.fail(`${query.sql}\n— ours —\n${show(ours)}\n— DuckDB —\n${show(theirs)}`);
        }),
        { numRuns: runs },
      );
      expect(answered).toBeGreaterThan(runs / 2);
    }, 120_000);
  });
});

describe("known differences", () => {
  it.each(knownDifferences)("$sql", async ({ sql, ours, theirs }) => {
    const rows = oracleRows(7, 49).map((row, index) => ({ ...row, k: BigInt(index), i: BigInt(index) }));
    const duck = await Duck.open(rows);
    const store = await TestBroker.open(storeConfigs[0]);
    await store.put({ table: oracleTable, rows });
    const answer = await store.ask(sql, { dialect: "native" });
    const found = await duck.ask(sql);
    expect(answer.result === null ? null : rowsOf(answer).flat().join(" ")).toBe(ours);
    expect(typeof found === "string" ? null : found.flat().map(String).join(" ")).toBe(theirs);
    duck.close();
    await store.close();
  });
});
