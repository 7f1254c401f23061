import { expect, test } from "vitest";
import { brokerCatalog } from "#broker/query-door";
import type { TableAdmin } from "#schemas/admin";
import type { TableRecord } from "#schemas/catalog";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";

const recordOf = (dataType: string): TableRecord => {
  const schemaJson = { schemaName: "t", dimensionFieldSpecs: [{ name: "a", dataType }] };
  const { table } = defineTable(schemaJson, null, { previous: null, nowMs: 0, limits });
  return { table, schemaJson, configJson: null };
};

test("a table dropped and made anew, both of version 1, is another catalog: kept plans are not its plans", () => {
  let records = [recordOf("STRING")];
  const catalog = brokerCatalog({ records: () => records } as Partial<TableAdmin> as TableAdmin);
  const before = catalog.version();
  expect(catalog.version()).toBe(before);
  records = [recordOf("INT")];
  expect(catalog.version()).not.toBe(before);
  expect(catalog.table("T_REALTIME")?.columns[0]?.type).toBe("INT");
});
