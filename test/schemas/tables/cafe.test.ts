import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Preparer } from "#broker/prepare";
import { parseDashboard } from "#schemas/api/dashboards";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";
import { bindParameters, parametersOf } from "#schemas/sql/parameters";
import { atOnce } from "#schemas/turns";
import { evaluate } from "#server/execute/functions/evaluate";
import { testIdentity } from "#test/setup/snapshots";

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../schemas/tables/${path}`, import.meta.url), "utf8"));

const names = ["purchases", "purchasesEnriched", "products", "inventories", "runningTotals"];
const tables = names.map(
  (name) =>
    defineTable(read(`${name}.schema.json`), read(`${name}.table.json`), { previous: null, nowMs: 0, limits })
      .table,
);
const catalog = {
  table: (name: string) => tables.find((table) => table.name.toLowerCase() === name.toLowerCase()),
  names: () => names,
  identity: () => testIdentity,
};
const dashboard = parseDashboard(read("dashboards/cafe.json"));
const nowMs = Date.UTC(2026, 10, 20, 6);
const statements = dashboard.panels.flatMap((panel) =>
  [panel.sql, panel.trendSql, panel.lookup?.sql].flatMap((sql) =>
    sql === undefined ? [] : [{ name: `${panel.id}: ${sql.slice(0, 60)}`, sql, panel }],
  ),
);

describe("every statement of the café dashboard", () => {
  test.each(statements)("$name", ({ sql }) => {
    const preparer = new Preparer({ catalog, evaluate, limits });
    const parameters = { fromMs: nowMs - 12 * 3_600_000, toMs: nowMs, zone: "Europe/Berlin" };
    const bound = bindParameters(sql, parameters);
    expect(parametersOf(bound).size).toBe(0);
    const asked = { sql: bound, queryOptions: "", dialect: "native", timeZone: "Europe/Berlin" } as const;
    const { plan } = atOnce(preparer.prepare(asked, nowMs));
    expect(names).toContain(plan.fragment?.table);
  });
});

/** The public sales generator's fields, as scripts, configs and dashboards written for it name them. */
const contents =
  "contains_fruit:BOOLEAN contains_veggies:BOOLEAN contains_nuts:BOOLEAN contains_caffeine:BOOLEAN";
const fields = {
  products: `product_id:STRING category:STRING item:STRING size:STRING ${contents} cogs:FLOAT price:FLOAT
    inventory_level:INT event_time:TIMESTAMP`,
  purchases: `transaction_id:STRING product_id:STRING price:FLOAT quantity:INT is_member:BOOLEAN
    member_discount:FLOAT add_supplements:BOOLEAN supplement_price:FLOAT total_purchase:FLOAT
    transaction_time:TIMESTAMP`,
  inventories: "product_id:STRING existing_level:INT stock_quantity:INT new_level:INT event_time:TIMESTAMP",
  purchasesEnriched: `transaction_id:STRING product_id:STRING product_category:STRING product_name:STRING
    product_size:STRING product_cogs:FLOAT product_price:FLOAT purchase_price:FLOAT member_discount:FLOAT
    supplement_price:FLOAT total_purchase:FLOAT ${contents} is_member:BOOLEAN add_supplements:BOOLEAN
    purchase_quantity:INT transaction_time:TIMESTAMP`,
  runningTotals: "event_time:TIMESTAMP product_id:STRING transactions:LONG quantities:LONG sales:DOUBLE",
};

test.each(tables)("$name has the generator's fields and types", ({ name, columns }) => {
  const found = columns.map((column) => `${column.name}:${column.type}`);
  expect(found.toSorted()).toEqual(fields[name as keyof typeof fields].split(/\s+/).toSorted());
});

test("panels lie in twelve columns and do not overlap", () => {
  const taken = new Set<string>();
  for (const { id, at } of dashboard.panels) {
    expect(at.x + at.w, id).toBeLessThanOrEqual(12);
    for (let x = at.x; x < at.x + at.w; x++) {
      for (let y = at.y; y < at.y + at.h; y++) {
        expect(taken.has(`${x} ${y}`), `${id} at ${x}, ${y}`).toBe(false);
        taken.add(`${x} ${y}`);
      }
    }
  }
});

test("charts name columns that their statements answer", () => {
  for (const { id, sql, chart } of dashboard.panels) {
    const named = [chart.x, chart.series, ...(chart.bars ?? []), ...Object.keys(chart.formats ?? {})];
    const wanted =
      chart.kind === "bigNumber" ? ["value", "previous"] : named.filter((name) => name !== undefined);
    for (const name of wanted) expect(sql, `${id}: ${name}`).toContain(name);
  }
});
