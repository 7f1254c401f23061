/** A topic of the embedded stream is one table's pushes: a second table over it is refused, not left empty. */
import { afterEach, expect, test } from "vitest";
import { testTable } from "#test/setup/tables";
import { columns, Life, range, record, stream } from "../life.ts";

let life = new Life();
afterEach(async () => {
  await life.stop();
  life = new Life();
});

const over = (name: string, topic: string) => ({
  ...record(),
  table: testTable(columns, { name, timeColumn: "ts", stream: { ...stream, topic } }),
});

test("a table over what is pushed to another is refused with what to do, and nothing is left of it", async () => {
  await life.start();
  await life.until(life.create(record()));
  await life.push(range(0, 3));
  const refused = life.until(life.create(over("other", "t")));
  await expect(refused).rejects.toMatchObject({ code: "TABLE_STREAM" });
  await expect(refused).rejects.toThrow(/pushed to table "t".*push its rows to POST \/ingest\/other/);
  expect(life.admin.definitions.records().map(({ table }) => table.name)).toEqual(["t"]);
  expect(await life.admin.topics.list()).toMatchObject([
    { name: "t", table: "t", taken: expect.any(String) },
  ]);
  await life.until(life.create(over("other", "another topic")));
  await life.until(life.drop("t"));
  await life.until(life.create(over("third", "t")));
  expect(await life.admin.topics.list()).toHaveLength(2);
});
