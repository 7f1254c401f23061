/** Rows that are known by their number, so that a reader on another thread can check any of them. */
import { type Row, tableOf } from "#test/server/segment/build";

export const threadTable = tableOf(
  "threads",
  { number: "LONG", name: "STRING", raw: "STRING", price: "DOUBLE", small: "INT" },
  { rawColumns: ["raw"] },
);

/** Row `number` of the stream. Names keep being new, so the dictionary grows all the time. */
export const rowNumber = (number: number): Row => ({
  number: BigInt(number),
  name: number % 11 === 0 ? null : `name ${number - (number % 3)}`,
  raw: number % 13 === 0 ? null : `raw ${number}`,
  price: number % 5 === 0 ? null : number / 4,
  small: BigInt(number % 100),
});
