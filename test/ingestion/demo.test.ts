/**
 * The café: exact money, shelves that add up, the chosen rate, the back-fill's bound, rows that its tables
 * take.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { Decoder } from "#ingestion/decode/decoder";
import { sliceLines } from "#ingestion/decode/lines";
import { Cafe, type DemoRows, demoTopics, money, totalCents } from "#ingestion/demo";
import { products } from "#ingestion/demo-menu";
import { backfillRowsMax, busyness, fillOf } from "#ingestion/demo-rate";
import { defineTable } from "#schemas/definition/define";
import { limits } from "#schemas/limits";
import { compiledExtractor } from "#test/setup/extractor-node";
import { memoryStage } from "#test/setup/stage";

const startMs = Date.UTC(2026, 10, 20, 6);
const extractor = await compiledExtractor();

function rowsOf(cafe: Cafe, untilMs: number): Record<keyof typeof demoTopics, Record<string, unknown>[]> {
  const all = Object.fromEntries(
    Object.keys(demoTopics).map((table) => [table, []]),
  ) as unknown as ReturnType<typeof rowsOf>;
  for (const batches of cafe.batchesUntil(untilMs)) {
    for (const { table, rows } of batches) {
      for (const row of rows) all[table as keyof typeof demoTopics].push(JSON.parse(row));
    }
  }
  return all;
}

describe("the café", () => {
  it("computes money in whole cents", () => {
    const base = { quantity: 3, priceCents: 599, supplementCents: 199, discountPercent: 10 };
    expect(totalCents(base)).toBe(2155); // 3 · 7.98 = 23.94, less 10 % = 21.546
    expect(totalCents({ ...base, quantity: 1, supplementCents: 0, priceCents: 5 })).toBe(5); // 4.5 → 5
    expect([0, 5, 1234].map(money)).toEqual(["0.00", "0.05", "12.34"]);
  });

  it("writes purchases whose total follows from their parts", () => {
    const { purchases, purchasesEnriched } = rowsOf(
      new Cafe({ seed: 7, rate: 50, startMs, isNew: true }),
      startMs + 60_000,
    );
    expect(purchases.length).toBeGreaterThan(1500);
    expect(purchasesEnriched.length).toBe(purchases.length);
    for (const [at, row] of purchases.entries()) {
      const product = products.find(({ product_id }) => product_id === row["product_id"])!;
      const cents = (name: string) => Math.round(Number(row[name]) * 100);
      expect(row["is_member"]).toBe(row["member_discount"] === 0.1);
      expect(cents("supplement_price")).toBe(row["add_supplements"] ? 199 : 0);
      const full = Number(row["quantity"]) * (product.priceCents + cents("supplement_price"));
      expect(cents("total_purchase")).toBe(Math.floor((full * (row["is_member"] ? 90 : 100) + 50) / 100));
      const { price, quantity, ...same } = row;
      expect(purchasesEnriched[at]).toMatchObject({
        ...same,
        product_name: product.item,
        product_category: product.category,
        product_price: price,
        purchase_price: price,
        purchase_quantity: quantity,
      });
    }
    const items = Map.groupBy(purchases, (row) => row["transaction_id"]);
    expect(Math.max(...[...items.values()].map((rows) => rows.length))).toBe(3);
  });

  it("keeps shelves that add up and are filled when they are low", () => {
    const { inventories, purchases } = rowsOf(
      new Cafe({ seed: 3, rate: 100, startMs, isNew: true }),
      startMs + 600_000,
    );
    const level = new Map<unknown, number>();
    for (const row of inventories) {
      const before = level.get(row["product_id"]);
      expect(row["new_level"]).toBe(Number(row["existing_level"]) + Number(row["stock_quantity"]));
      if (before !== undefined) expect(row["existing_level"]).toBeLessThanOrEqual(before);
      level.set(row["product_id"], Number(row["new_level"]));
    }
    expect(inventories.filter((row) => Number(row["stock_quantity"]) > 0).length).toBeGreaterThan(100);
    expect(purchases.length).toBeGreaterThan(40_000);
  });

  it("tells once a minute what each product has sold so far", () => {
    const { purchases, runningTotals } = rowsOf(
      new Cafe({ seed: 9, rate: 100, startMs: startMs + 12_345, isNew: true }),
      startMs + 300_000,
    );
    expect(new Set(runningTotals.map((row) => row["event_time"])).size).toBe(4);
    for (const row of runningTotals) {
      const sold = purchases.filter(
        (purchase) =>
          purchase["product_id"] === row["product_id"] &&
          String(purchase["transaction_time"]) < String(row["event_time"]),
      );
      const sum = (name: string) => sold.reduce((total, purchase) => total + Number(purchase[name]), 0);
      expect(row).toMatchObject({ transactions: sold.length, quantities: sum("quantity") });
      expect(row["sales"]).toBeCloseTo(sum("total_purchase"), 6);
    }
  });

  it("is the same for the same seed, goes on where it was asked to stop, and chooses by propensity", () => {
    const options = { seed: 11, rate: 200, startMs, isNew: true };
    const whole = rowsOf(new Cafe(options), startMs + 60_000);
    const cafe = new Cafe(options);
    const parts = [1000, 1001, 30_000, 60_000].map((ms) => rowsOf(cafe, startMs + ms));
    expect(parts.flatMap(({ purchases }) => purchases)).toEqual(whole.purchases);
    const ids = whole.purchases.map((row) => String(row["transaction_id"]));
    expect(ids.every((id, at) => at === 0 || id >= ids[at - 1])).toBe(true);
    const counts = Map.groupBy(whole.purchases, (row) => row["product_id"]);
    const total = products.reduce((sum, { propensity_to_buy }) => sum + propensity_to_buy, 0);
    for (const { product_id, propensity_to_buy } of products) {
      const expected = (whole.purchases.length * propensity_to_buy) / total;
      const found = counts.get(product_id)?.length ?? 0;
      expect(Math.abs(found - expected)).toBeLessThan(6 * Math.sqrt(expected) + 5);
    }
  });

  it("sells as much as asked, over a day, and thins the back-fill to its bound", () => {
    const mean =
      Array.from({ length: 1440 }, (_, at) => busyness(at * 60_000)).reduce((a, b) => a + b, 0) / 1440;
    expect(mean).toBeCloseTo(1, 2);
    const load = rowsOf(new Cafe({ seed: 1, rate: 5000, startMs, isNew: false }), startMs + 4000).purchases
      .length;
    expect(Math.abs(load - 20_000)).toBeLessThan(1000);
    const cafe = new Cafe({
      seed: 1,
      rate: 5000,
      startMs: startMs - 86_400_000,
      liveMs: startMs,
      isNew: true,
    });
    let rows = 0;
    const count = (batches: readonly DemoRows[]) =>
      batches.reduce((sum, batch) => sum + batch.rows.length, 0);
    for (const batches of cafe.batchesUntil(startMs)) rows += count(batches);
    expect(rows).toBeLessThanOrEqual(backfillRowsMax);
    expect(rows).toBeGreaterThan(backfillRowsMax * 0.85);
    expect(fillOf(5, 0, 86_400_000).share).toBe(1);
    expect(fillOf(20, 0, 86_400_000).share).toBeGreaterThan(0.4);
  });

  it("writes rows that its tables take whole, without leaving the fast path", () => {
    const cafe = new Cafe({ seed: 5, rate: 50, startMs, isNew: true });
    const batches = cafe.nextBatch(startMs + 90_000);
    expect(batches.map(({ topic }) => topic)).toEqual(Object.values(demoTopics));
    for (const { table: name, rows } of batches) {
      const json = (kind: string) => JSON.parse(readFileSync(`schemas/tables/${name}.${kind}.json`, "utf8"));
      const { table, ignored } = defineTable(json("schema"), json("table"), {
        previous: null,
        nowMs: 0,
        limits,
      });
      expect(table.name).toBe(name);
      expect(table.stream).toMatchObject({
        kind: "embedded",
        topic: demoTopics[name as keyof typeof demoTopics],
      });
      expect(ignored).toBeDefined();
      const decoder = new Decoder(table, limits, extractor);
      const slices = sliceLines(new TextEncoder().encode(rows.join("\n")), 0n);
      const decoded = decoder.decode(
        memoryStage(table, { stageRows: 8192, stageTextBytes: 16 << 20 }),
        slices,
        0,
      );
      expect(decoded.rejects).toEqual([]);
      // Only the topic carries how often a product is chosen, as the public generator's does.
      const unknown = decoder.unknown.list().map(({ name }) => name);
      expect(unknown).toEqual(name === "products" ? ["propensity_to_buy"] : []);
      // A name that the schema does not have leaves the fast path where it is first met.
      expect(decoder.rowsFinished).toBe(name === "products" ? rows.length : 0);
    }
  });
});
