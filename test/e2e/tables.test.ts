/** Tables in a real browser: they are live by push alone, and made from what a user has at hand. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser, openPage, type WatchedPage } from "#test/e2e/browser-node";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";

let freshet: Freshet;
let browser: Browser;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  [freshet, browser] = await Promise.all([startFreshet(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await freshet?.dispose();
});
beforeEach(async () => {
  watched = await openPage(browser, { scheme: "light", width: 1440, height: 900 });
  page = watched.page;
});
afterEach(async () => {
  await watched.close();
});

const open = (path: string) => page.goto(freshet.url + path);

const push = (table: string, rows: readonly object[]) =>
  freshet.post(`/ingest/${table}?sync=true`, rows.map((row) => JSON.stringify(row)).join("\n"), {
    "content-type": "application/x-ndjson",
  });

async function makeTable(name: string): Promise<void> {
  const made = await freshet.post("/schemas", {
    schemaName: name,
    dimensionFieldSpecs: [{ name: "page", dataType: "STRING" }],
    metricFieldSpecs: [{ name: "ms", dataType: "DOUBLE" }],
  });
  expect(made.status).toBe(200);
}

/** Paths under /api that the page asks from now on. */
function asked(): readonly string[] {
  const paths: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/api/")) paths.push(pathname);
  });
  return paths;
}

describe("live by push", () => {
  test("cards count rows, come and go without a request", async () => {
    await makeTable("clicks");
    await open("/ui/tables");
    const card = page.getByRole("link", { name: /clicks/ });
    await card.getByText("0 rows", { exact: true }).waitFor();
    await page.waitForLoadState("networkidle");
    const paths = asked();
    await push("clicks", [{ page: "/a", ms: 1 }, { page: "/b", ms: 2 }, { ms: "not a number" }]);
    await card.getByText("2 rows", { exact: true }).waitFor({ timeout: 5000 });
    await card.locator("dd[data-tone=bad]").getByText("1", { exact: true }).waitFor();
    await makeTable("later");
    await page.getByRole("link", { name: /later/ }).waitFor({ timeout: 5000 });
    expect((await fetch(`${freshet.url}/tables/later`, { method: "DELETE" })).status).toBe(200);
    await page.getByRole("link", { name: /later/ }).waitFor({ state: "detached", timeout: 5000 });
    expect(paths).toEqual([]);
    expect(watched.faults).toEqual([]);
  });

  test("a table's page follows its rows, segments and state without a request", async () => {
    await makeTable("visits");
    await open("/ui/tables/visits");
    const tile = (label: string) =>
      page.getByText(label, { exact: true }).locator("xpath=following-sibling::*");
    await expect.poll(() => tile("Rows").innerText()).toBe("0");
    await page.waitForLoadState("networkidle");
    const paths = asked();
    await push("visits", [{ page: "/a", ms: 1 }]);
    await expect.poll(() => tile("Rows").innerText(), { timeout: 5000 }).toBe("1");
    await freshet.post("/tables/visits/forceCommit", {});
    await expect.poll(() => tile("Segments").innerText(), { timeout: 10_000 }).toMatch(/^1 \+/);
    await freshet.post("/tables/visits/pauseConsumption", {});
    await page.getByText("paused", { exact: true }).waitFor({ timeout: 5000 });
    expect(paths).toEqual([]);
    expect((await fetch(`${freshet.url}/tables/visits`, { method: "DELETE" })).status).toBe(200);
    await page.getByText(/no table "visits"/).waitFor({ timeout: 5000 });
    expect(watched.faults).toEqual([]);
  });
});
