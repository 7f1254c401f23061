/** The oracle's table: every type that DuckDB shares, small domains, NULLs, NaN, text beyond ASCII. */
import fc from "fast-check";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";
import type { Table } from "#schemas/table";
import type { Row } from "#test/sql/values";

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 8 });

/** i is INT here and BIGINT there, see known-differences.ts. */
export const oracleTable = defineTable(
  {
    schemaName: "o",
    dimensionFieldSpecs: [
      { name: "k", dataType: "INT", notNull: true },
      { name: "s", dataType: "STRING" },
      { name: "u", dataType: "STRING" },
      { name: "b", dataType: "BOOLEAN" },
    ],
    metricFieldSpecs: [
      { name: "i", dataType: "INT" },
      { name: "l", dataType: "LONG" },
      { name: "f", dataType: "FLOAT" },
      { name: "r", dataType: "DOUBLE" },
    ],
    dateTimeFieldSpecs: [
      { name: "t", dataType: "TIMESTAMP", format: "TIMESTAMP", granularity: "1:MILLISECONDS" },
    ],
  },
  null,
  { previous: null, nowMs: 0, limits },
).table;

/** The same columns stored in every way there is: indexes, sorted rows, text without a dictionary. */
export const storedWays: readonly Table[] = [
  oracleTable,
  { ...oracleTable, invertedColumns: ["s", "i", "b"], rawColumns: ["u"] },
  { ...oracleTable, sortedColumn: "s", rawColumns: ["u"] },
  { ...oracleTable, sortedColumn: "i", invertedColumns: ["u", "l"] },
];

const row = fc.record({
  s: maybe(fc.constantFrom("a", "b", "B", "", "ab", "żółw", "zz", "it's", "😀", "\ue000")),
  u: maybe(fc.string({ unit: fc.constantFrom("a", "b", "ó", "😀", "\uffee"), maxLength: 5 })),
  b: maybe(fc.boolean()),
  i: maybe(fc.integer({ min: -20, max: 20 }).map(BigInt)),
  l: maybe(fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))),
  f: maybe(
    fc.oneof(
      fc.constantFrom(0, 0.1, -2.5, 0.75, 3.3, Number.NaN, Number.NEGATIVE_INFINITY).map(Math.fround),
      fc.integer({ min: -800, max: 800 }).map((eighths) => eighths / 8),
    ),
  ),
  r: maybe(
    fc.oneof(
      fc.constantFrom(0, 0.1, -1.5, 2.25, Number.NaN, 1e12, Number.POSITIVE_INFINITY),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0),
    ),
  ),
  t: maybe(
    fc
      .integer({ min: -86_400_000, max: 60 * 86_400_000 })
      .map((ms) => BigInt(ms < 0 ? ms : 1_767_225_600_000 + ms)),
  ),
});

/** The same rows for the same seed. */
export const oracleRows = (count: number, seed: number): Row[] =>
  fc.sample(row, { numRuns: count, seed }).map((values, index) => ({ k: BigInt(index % 50), ...values }));
