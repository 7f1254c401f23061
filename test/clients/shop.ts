/** A small table with known rows, for the clients' tests. */
import { expect } from "vitest";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";

const schema = {
  schemaName: "orders",
  dimensionFieldSpecs: [{ name: "city", dataType: "STRING" }],
  metricFieldSpecs: [
    { name: "amount", dataType: "DOUBLE" },
    { name: "items", dataType: "LONG" },
  ],
  dateTimeFieldSpecs: [
    { name: "ts", dataType: "TIMESTAMP", format: "1:MILLISECONDS:EPOCH", granularity: "1:MILLISECONDS" },
  ],
};

const rows = [
  { city: "Oslo", amount: 12.5, items: 3, ts: 1_700_000_000_123 },
  { city: "Rome", amount: 2.25, items: 1, ts: 1_700_000_060_000 },
  { city: "Oslo", amount: 7.5, items: 2, ts: 1_700_000_120_000 },
];

/** A running Freshet with the three orders in it. */
export async function startShop(): Promise<Freshet> {
  const freshet = await startFreshet();
  expect((await freshet.post("/schemas", schema)).status).toBe(200);
  const body = rows.map((row) => JSON.stringify(row)).join("\n");
  expect((await freshet.post("/ingest/orders?sync=true", body)).json).toMatchObject({
    accepted: 3,
    rejected: 0,
  });
  return freshet;
}
