/** The rows of the golden segment files. Never change them: files of old format versions hold exactly these. */
import type { Table } from "#schemas/table";
import { type Row, tableOf } from "#test/server/segment/build";

export const goldenTable: Table = tableOf(
  "golden",
  {
    at: "TIMESTAMP",
    int: "INT",
    long: "LONG",
    flag: "BOOLEAN",
    single: "FLOAT",
    price: "DOUBLE",
    noise: "DOUBLE",
    name: "STRING",
    raw: "STRING",
    document: "JSON",
    amount: "BIG_DECIMAL",
    blob: "BYTES",
  },
  { invertedColumns: ["name"], rawColumns: ["raw"] },
);

export const goldenChunkRows = 200;

/** Inverted indexes of integers: lists, bitmaps, and counts alone in the column the rows are sorted by. */
const rankedTable: Table = tableOf(
  "ranked",
  { at: "TIMESTAMP", int: "INT", long: "LONG", flag: "BOOLEAN" },
  { invertedColumns: ["at", "int", "long", "flag"] },
);

/** 700 rows: enough for bitmaps, runs, deltas, exceptions and zstd. */
export function goldenRows(): Row[] {
  let seed = 42;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 10) % below;
  };
  return Array.from({ length: 700 }, (_, at): Row => {
    const digits = `${next(100_000) - 50_000}`;
    return {
      at: at % 50 === 7 ? null : BigInt(1_700_000_000_000 + at * 1000 - next(5000)),
      int: at % 9 === 0 ? null : BigInt(next(2000) - 1000),
      long: at % 100 === 3 ? -(2n ** 63n) : BigInt(next(1 << 20)) * 4_294_967_311n,
      flag: at % 13 === 0 ? null : next(10) > 2,
      single: Math.fround(next(1000) / 8),
      price: at % 17 === 0 ? null : at === 333 ? Number.NaN : next(100_000) / 100,
      noise: Math.sqrt(next(1 << 20)),
      name: next(20) === 0 ? null : `name ${next(4) === 0 ? next(300) : 7}`,
      raw: at % 31 === 0 ? null : `raw text ${next(1000)} ${"é".repeat(next(4))}`,
      document: JSON.stringify({ n: next(5) }),
      amount: at % 8 === 0 ? null : digits,
      blob: at % 5 === 0 ? null : Uint8Array.from({ length: next(4) }, () => next(256)),
    };
  });
}

/** The files of test/golden/segments, each with what it holds. */
export const goldenFiles = [
  { name: "v1.segment", table: goldenTable, rows: goldenRows },
  { name: "v1-ranked.segment", table: rankedTable, rows: () => goldenRows().slice(0, 450).map(rankedRow) },
] as const;

const rankedRow = (row: Row): Row =>
  Object.fromEntries(rankedTable.columns.map(({ name }) => [name, row[name] ?? null]));
