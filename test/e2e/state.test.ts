/** What a page says stays true, and nothing that somebody made is lost: tabs, drafts, two windows on one dashboard. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Dashboard } from "#schemas/api/dashboards";
import { appLimits } from "#schemas/limits";
import { launchBrowser, openPage, type View, type WatchedPage } from "#test/e2e/browser-node";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";

const desktop: View = { scheme: "light", width: 1440, height: 900 };
const rowCount = 12_000;

let freshet: Freshet;
let browser: Browser;
let watched: WatchedPage;
let page: Page;

/** Sales of a minute each, whose sum shows the noise of adding doubles up. */
async function makeSales(): Promise<void> {
  const made = await freshet.post("/schemas", {
    schemaName: "sales",
    dimensionFieldSpecs: ["kind", "size"].map((name) => ({ name, dataType: "STRING" })),
    metricFieldSpecs: [{ name: "amount", dataType: "DOUBLE" }],
    dateTimeFieldSpecs: [
      { name: "at", dataType: "TIMESTAMP", format: "TIMESTAMP", granularity: "1:MILLISECONDS" },
    ],
  });
  expect(made.status).toBe(200);
  const startMs = Date.now() - 3_600_000;
  const rows = Array.from({ length: rowCount }, (_, at) => ({
    kind: `kind ${at % 3}`,
    size: `size ${at % 4}`,
    amount: 0.1 * (at % 7) + 0.7,
    at: startMs + at * 250,
  }));
  const text = rows.map((row) => JSON.stringify(row)).join("\n");
  const pushed = await freshet.post("/ingest/sales?sync=true", text, {
    "content-type": "application/x-ndjson",
  });
  expect(pushed.status).toBe(200);
}

beforeAll(async () => {
  [freshet, browser] = await Promise.all([startFreshet(), launchBrowser()]);
  await makeSales();
});
afterAll(async () => {
  await browser?.close();
  await freshet?.dispose();
});
beforeEach(async () => {
  watched = await openPage(browser, desktop);
  page = watched.page;
});
afterEach(async () => {
  await watched.close();
});

const open = (path: string, on: Page = page) => on.goto(freshet.url + path);
const button = (name: string, on: Page = page) => on.getByRole("button", { name, exact: true });
const results = () => page.getByRole("table", { name: "Results" });

async function type(sql: string): Promise<void> {
  await page.getByRole("textbox", { name: "SQL" }).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(sql);
}

async function run(sql: string): Promise<void> {
  await type(sql);
  await button("Run").click();
}

describe("the console", () => {
  test("asks for what a page can hold, and says that there is more", async () => {
    await open("/ui/sql");
    await run("SELECT * FROM sales");
    await results().getByRole("row").nth(5).waitFor();
    await page.getByRole("note").getByText("These are the first 10,000 rows of more").waitFor();
    expect(await results().getAttribute("aria-rowcount")).toBe(String(appLimits.consoleRows + 1));
    await page.getByText("Chart", { exact: true }).click();
    await page.getByRole("img", { name: "Chart of the result" }).locator("canvas").waitFor();
    const download = page.waitForEvent("download");
    await button("CSV").click();
    expect(
      readFileSync(await (await download).path(), "utf8")
        .trimEnd()
        .split("\r\n"),
    ).toHaveLength(rowCount + 1);
    expect(watched.faults).toEqual([]);
  });

  test("each tab has its own rows, chart and undo, and they are there when one comes back", async () => {
    await open("/ui/sql");
    await run("SELECT 11 AS first");
    await results().getByText("first").waitFor();
    await button("New tab").click();
    expect(await results().count()).toBe(0);
    await run("SELECT 22 AS second");
    await results().getByText("second").waitFor();
    await page.keyboard.press("Control+z");
    await button("Query 1").click();
    await results().getByText("first").waitFor();
    expect(await page.locator(".cm-content").innerText()).toContain("SELECT 11 AS first");
    await page.getByRole("link", { name: "Tables" }).click();
    await page.getByRole("link", { name: "SQL" }).click();
    await results().getByText("first").waitFor();
    await page.getByRole("textbox", { name: "SQL" }).click();
    await page.keyboard.press("Control+z");
    expect(await page.locator(".cm-content").innerText()).not.toContain("second");
  });

  test("rows of a statement that was edited say so, and are what is kept of it", async () => {
    await open("/ui/sql");
    await run("SELECT kind, COUNT(*) AS n FROM sales GROUP BY kind");
    await results().getByText("kind 1").waitFor();
    await type("SELECT nothing FROM nowhere");
    await page.getByText("of the statement before").waitFor();
    await button("Add to dashboard").click();
    await page.getByLabel("Title of the panel").fill("Kinds");
    await page.getByRole("combobox", { name: "On", exact: true }).click();
    await page.getByRole("option", { name: "A new dashboard" }).click();
    await button("Add").click();
    await expect.poll(() => page.url()).toContain("/dashboards/kinds");
    const { panels } = (await freshet.get("/api/dashboards/kinds")) as Dashboard;
    expect(panels[0]?.sql).toContain("SELECT kind, COUNT(*) AS n FROM sales");
  });

  test("an error is no longer in force while the next run is under way", async () => {
    await open("/ui/sql");
    await run("SELECT wrong FROM sales");
    await page.getByRole("alert").waitFor();
    await page.route("**/query/sql", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await route.continue();
    });
    await run("SELECT 1 AS one");
    await page.getByText(/Running for/).waitFor();
    const opacity = await page.getByRole("alert").evaluate((element) => getComputedStyle(element).opacity);
    expect(Number(opacity)).toBeLessThan(0.6);
    await results().getByText("one").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("a closed tab is put back, a saved query that was changed is marked and replaced on purpose only", async () => {
    await open("/ui/sql");
    await type("SELECT 5 AS five");
    await button("Save").click();
    await page.getByLabel("Name").fill("Five");
    await button("Save query").click();
    await page.getByText("Saved as Five.").waitFor();
    await type("SELECT 6 AS six");
    await button("Query 1 •").waitFor();
    await button("New tab").click();
    await type("SELECT 7 AS seven");
    await button("Save").click();
    await page.getByLabel("Name").fill("Five");
    await button("Replace Five").waitFor();
    await page.keyboard.press("Escape");
    await button("Close Query 2").click();
    await button("Put it back").click();
    await expect.poll(() => page.locator(".cm-content").innerText()).toContain("SELECT 7 AS seven");
  });

  test("a statement that fails as CSV is said, not saved", async () => {
    await open("/ui/sql");
    await run("SELECT 1 AS one");
    await results().getByText("one").waitFor();
    await page.route("**/query/sql", (route) =>
      route.fulfill({ json: { exceptions: [{ message: "The table is gone.", errorCode: 1, code: "X" }] } }),
    );
    await button("CSV").click();
    await page.getByText("The table is gone.").waitFor();
  });

  test("doubles are shown without the noise of their last digits, in a file too", async () => {
    await open("/ui/sql");
    await run("SELECT SUM(amount) AS total FROM sales");
    const cell = results().getByRole("row").nth(1).getByRole("cell").first();
    await expect.poll(() => cell.innerText()).toMatch(/^\d+(\.\d{1,10})?$/);
    const download = page.waitForEvent("download");
    await button("CSV").click();
    const file = readFileSync(await (await download).path(), "utf8")
      .trim()
      .split("\r\n")[1]!;
    expect(file.replaceAll(/\D/g, "").length).toBeLessThanOrEqual(15);
  });
});

const dashboard = (id: string): Dashboard => ({
  id,
  title: "Both",
  from: "all",
  to: "now",
  version: 0,
  updatedMs: 0,
  panels: (["one", "two"] as const).map((name, at) => ({
    id: name,
    title: name,
    table: "sales",
    sql: "SELECT kind, COUNT(*) AS n FROM sales GROUP BY kind ORDER BY kind",
    chart: { kind: "bar", x: "kind", y: ["n"] },
    // A gap above and between, which must stay.
    at: { x: 6 * at, y: 2 + 3 * at, w: 5, h: 8 },
  })),
});

async function keep(id: string): Promise<void> {
  const answer = await fetch(`${freshet.url}/api/dashboards/${id}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(dashboard(id)),
  });
  expect(answer.status).toBe(200);
}

const panel = (id: string, on: Page = page) => on.locator(`[data-panel=${id}]`);
const title = (on: Page = page) => on.getByLabel("Title of the dashboard");

describe("editing a dashboard", () => {
  test("begins without moving anything", async () => {
    await keep("still");
    await open("/ui/dashboards/still");
    await panel("two").locator("canvas").waitFor();
    const boxes = () => Promise.all(["one", "two"].map((id) => panel(id).boundingBox()));
    const before = await boxes();
    await page.keyboard.press("e");
    await title().waitFor();
    await panel("two").locator("canvas").waitFor();
    await page.waitForTimeout(500);
    const after = await boxes();
    const round = (all: typeof before) =>
      all.map((box) => Object.values(box!).map((value) => Math.round(value)));
    for (const [at, box] of round(after).entries())
      for (const [side, value] of box.entries())
        expect(Math.abs(value - round(before)[at]![side]!)).toBeLessThan(4);
    await button("Close").waitFor();
  });

  test("is undone step by step, and asks before it is lost", async () => {
    await keep("asks");
    await open("/ui/dashboards/asks?edit=on");
    await button("Remove: one").click();
    await expect.poll(() => panel("one").count()).toBe(0);
    await page.keyboard.press("Control+z");
    await panel("one").waitFor();
    await button("Redo").click();
    await expect.poll(() => panel("one").count()).toBe(0);
    await page.getByRole("link", { name: "Tables" }).click();
    await page.getByRole("dialog").getByText("changes that are not saved").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Go on editing" }).click();
    expect(page.url()).toContain("edit=on");
    await page.getByRole("link", { name: "Tables" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Discard them" }).click();
    await expect.poll(() => page.url()).toContain("/ui/tables");
    expect(((await freshet.get("/api/dashboards/asks")) as Dashboard).panels).toHaveLength(2);
  });

  test("in two windows is put together, and what both changed is asked", async () => {
    await keep("shared");
    const other = await openPage(browser, desktop);
    for (const on of [page, other.page]) {
      await open("/ui/dashboards/shared?edit=on", on);
      await title(on).waitFor();
    }
    await button("Remove: one").click();
    await button("Save").click();
    await title().waitFor({ state: "detached" });
    await title(other.page).fill("Renamed");
    await button("Save", other.page).click();
    await other.page.getByText("Saved together with what was changed elsewhere").waitFor();
    expect(await freshet.get("/api/dashboards/shared")).toMatchObject({
      title: "Renamed",
      panels: [{ id: "two" }],
    });
    for (const on of [page, other.page]) {
      await open("/ui/dashboards/shared?edit=on", on);
      await title(on).waitFor();
    }
    await title().fill("Mine");
    await button("Save").click();
    await title().waitFor({ state: "detached" });
    await title(other.page).fill("Theirs");
    await button("Save", other.page).click();
    const dialog = other.page.getByRole("dialog");
    await dialog.getByText("Yours: Theirs").waitFor();
    await dialog.getByText("Theirs: Mine").waitFor();
    await dialog.getByRole("button", { name: "Save" }).click();
    await title(other.page).waitFor({ state: "detached" });
    expect(await freshet.get("/api/dashboards/shared")).toMatchObject({ title: "Theirs" });
    expect([...watched.faults, ...other.faults].filter((text) => !text.includes("409"))).toEqual([]);
    await other.close();
  });
});

describe("pictures", () => {
  test("two dimensions and an average: every row has its bar", async () => {
    await open("/ui/sql?view=chart");
    await run("SELECT kind, size, AVG(amount) AS average FROM sales GROUP BY kind, size");
    await page.getByRole("img", { name: "Chart of the result" }).locator("canvas").waitFor();
    for (const size of [0, 1, 2, 3]) await button(`size ${size}`).waitFor();
    expect(await page.getByRole("note").count()).toBe(0);
  });

  test("what cannot be drawn is said under the picture", async () => {
    await open("/ui/sql?view=chart");
    await run(
      "SELECT kind, CASE WHEN kind = 'kind 1' THEN NULL ELSE SUM(amount) END AS total FROM sales GROUP BY kind",
    );
    await page.getByRole("note").getByText("1 value is NULL").waitFor();
  });
});
