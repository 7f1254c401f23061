import { expect, test } from "vitest";
import { brokerCatalog } from "#broker/query-door";
import type { TableRecord } from "#schemas/catalog";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";

const recordOf = (dataType: string, incarnation: string): TableRecord => {
  const schemaJson = { schemaName: "t", dimensionFieldSpecs: [{ name: "a", dataType }] };
  const { table } = defineTable(schemaJson, null, { previous: null, nowMs: 0, limits });
  return { table, schemaJson, configJson: null, incarnation };
};

test("a table dropped and made anew, both of version 1, is another table: kept plans are not its plans", () => {
  let records = [recordOf("STRING", "a")];
  const catalog = brokerCatalog({
    records: () => records,
    record: (name) => records.find(({ table }) => table.name === name.toLowerCase()),
  });
  const before = catalog.identity("T_REALTIME");
  expect(before).toEqual({ incarnation: "a", definition: 1 });
  records = [recordOf("INT", "b")];
  expect(catalog.identity("t")).not.toEqual(before);
  expect(catalog.table("T_REALTIME")?.columns[0]?.type).toBe("INT");
  expect(catalog.identity("u")).toBeUndefined();
});
