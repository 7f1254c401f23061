/** The app over a real Kafka, in a real browser: a topic becomes a table by picking it. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, openPage } from "#test/e2e/browser-node";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";
import { type Kafka, startKafka } from "#test/setup/kafka-node";

let kafka: Kafka;
let freshet: Freshet;
let browser: Browser;

beforeAll(async () => {
  [kafka, browser] = await Promise.all([startKafka(), launchBrowser()]);
  freshet = await startFreshet({ flags: ["--no-demo", "--kafka", kafka.brokers] });
});
afterAll(async () => {
  await browser?.close();
  await freshet?.dispose();
  await kafka?.dispose();
});

const produce = (topic: string, rows: readonly object[]) =>
  kafka.tool(
    "org.apache.kafka.tools.ConsoleProducer",
    ["--bootstrap-server", kafka.brokers, "--topic", topic],
    `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`,
  );

const visit = (page: string, second: number) => ({
  at: `2026-11-20T09:30:${String(second).padStart(2, "0")}Z`,
  page,
  ms: second + 0.5,
});

test("a topic is picked, its columns proposed, the table made, its rows there, new ones by themselves", async () => {
  await kafka.createTopic("web.visits", 2);
  await produce("web.visits", [visit("/menu", 1), visit("/cart", 2)]);
  const { page, faults, close } = await openPage(browser, { scheme: "light", width: 1440, height: 900 });
  await page.goto(`${freshet.url}/ui/tables`);
  await page.getByRole("heading", { name: "No tables yet" }).waitFor();
  await page.getByRole("link", { name: "Add table" }).first().click();
  await page.getByText("Choose a topic", { exact: true }).click();
  await page.getByRole("combobox", { name: "Topic" }).click();
  await page.getByRole("option", { name: "web.visits · 2 partitions" }).click();
  await page.getByRole("button", { name: "Propose a schema" }).click();
  const name = page.getByLabel("Table", { exact: true });
  await name.waitFor();
  expect(await name.inputValue()).toBe("web_visits");
  await name.fill("visits");
  await page.getByRole("button", { name: "Create the table" }).click();
  const newest = page.getByRole("table", { name: "Newest rows" });
  await newest.getByText("/cart").waitFor({ timeout: 20_000 });
  await produce("web.visits", [visit("/late", 3)]);
  await newest.getByText("/late").waitFor({ timeout: 20_000 });
  await page.getByText("Ingestion", { exact: true }).click();
  await page.getByRole("table", { name: "Partitions" }).getByText("consuming").nth(1).waitFor();
  expect(await freshet.rows("SELECT COUNT(*), MAX(at) FROM visits")).toEqual([
    [3, Date.UTC(2026, 10, 20, 9, 30, 3)],
  ]);
  await page.goto(`${freshet.url}/ui/add-table`);
  await page.getByText("Choose a topic", { exact: true }).click();
  await page.getByRole("combobox", { name: "Topic" }).click();
  await page.getByRole("option", { name: "web.visits · 2 partitions · read by visits" }).waitFor();
  expect(faults).toEqual([]);
  await close();
});
