/** The app in a real browser against the real process: what a user sees, presses and is told. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser, openPage, overflowOf, type View, type WatchedPage } from "#test/e2e/browser-node";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";

const desktop: View = { scheme: "light", width: 1440, height: 900 };
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let freshet: Freshet;
let browser: Browser;
let watched: WatchedPage;
let page: Page;

/** Faults of accessibility, as axe names them, with the first element of each. */
async function axeFaults(on: Page): Promise<readonly string[]> {
  await on.evaluate(axeSource);
  return on.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
  });
}

const open = (path: string) => page.goto(freshet.url + path);
const panel = (id: string) => page.locator(`[data-panel=${id}]`);
const textOf = (id: string) => panel(id).innerText();

/** Waits until a panel's text is another one. */
const changes = async (id: string, from: string) =>
  expect.poll(() => textOf(id), { timeout: 20_000, interval: 100 }).not.toBe(from);

beforeAll(async () => {
  [freshet, browser] = await Promise.all([startFreshet({ flags: ["--demo-rate", "50"] }), launchBrowser()]);
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

describe("the café dashboard", () => {
  test("shows its ten panels and changes by itself, without an error in the console", async () => {
    await open("/ui/");
    await page.getByRole("link", { name: /Café/ }).click();
    await panel("transactions")
      .getByText(/vs\. previous|nothing to compare/)
      .waitFor();
    expect(await page.locator("[data-panel]").count()).toBe(10);
    const before = await textOf("transactions");
    await changes("transactions", before);
    await panel("topProducts").scrollIntoViewIfNeeded();
    await panel("topProducts").getByRole("row").nth(10).waitFor();
    await panel("lowInventories").getByRole("row").nth(3).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(watched.faults).toEqual([]);
  });

  test("pauses with a count of new rows, resumes, and the address says so", async () => {
    await open("/ui/dashboards/cafe");
    await page.locator("[data-live=live]").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await expect.poll(() => page.url()).toContain("live=off");
    await page.getByText(/paused · [\d,]*[1-9][\d,]* new rows/).waitFor({ timeout: 20_000 });
    const paused = await textOf("sales");
    await page.waitForTimeout(1000);
    expect(await textOf("sales")).toBe(paused);
    await page.getByRole("button", { name: "Resume" }).click();
    await changes("sales", paused);
    expect(page.url()).not.toContain("live=off");
  });

  test("range and zone are in the address; back undoes; old rows stay until new ones come", async () => {
    await open("/ui/dashboards/cafe");
    await panel("transactions")
      .getByText(/vs\. previous|nothing to compare/)
      .waitFor();
    await page.getByRole("button", { name: "Last 12 hours" }).click();
    await page.getByRole("button", { name: "Last 15 minutes" }).click();
    await expect.poll(() => page.url()).toContain("from=now-15m");
    expect(await page.getByRole("status", { name: "Loading" }).count()).toBe(0);
    await page.getByRole("button", { name: /Time zone/ }).click();
    await page.getByPlaceholder("Find a zone").fill("tokyo");
    await page.getByRole("option", { name: /Tokyo/ }).click();
    await expect.poll(() => page.url()).toContain("tz=Asia/Tokyo");
    await page.goBack();
    await page.goBack();
    await page.getByRole("button", { name: "Last 12 hours" }).waitFor();
  });

  test("a panel zooms, shows its rows as a table, and opens its SQL", async () => {
    await open("/ui/dashboards/cafe");
    await panel("purchasesByCategory").locator("canvas").waitFor();
    await page.getByRole("button", { name: "Zoom: Purchases by category" }).click();
    await expect.poll(() => page.locator("[data-panel]").count()).toBe(1);
    await page.getByRole("button", { name: "More: Purchases by category" }).click();
    await page.getByRole("menuitem", { name: "View as table" }).click();
    await page.getByRole("table", { name: "Purchases by category" }).waitFor();
    await page.getByRole("button", { name: "More: Purchases by category" }).click();
    await page.getByRole("menuitem", { name: "Open the SQL" }).click();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("table", { name: "Results" }).waitFor();
    expect(watched.faults).toEqual([]);
  });

  test("says what is empty and offers a longer time", async () => {
    await open("/ui/dashboards/cafe?from=2001-01-01&to=2001-01-02");
    await panel("salesByCategory")
      .getByText(/No rows between .*; the newest is from/)
      .waitFor();
  });
});

describe("the SQL console", () => {
  const run = async (sql: string) => {
    await open(`/ui/sql?sql=${encodeURIComponent(sql)}`);
    await page.getByRole("button", { name: "Run", exact: true }).click();
  };

  test("says whose times it shows", async () => {
    await run("SELECT transaction_time FROM purchases LIMIT 3");
    await page.getByText(/rows scanned of .* times in UTC/).waitFor();
  });

  test("answers rows, a chart, the plan, the statistics", async () => {
    await run(
      "SELECT product_category, SUM(purchase_quantity) AS sold FROM purchasesEnriched GROUP BY product_category",
    );
    await page.getByRole("table", { name: "Results" }).getByRole("row").nth(2).waitFor();
    await page.getByText(/rows scanned of/).waitFor();
    await page.getByText("Chart", { exact: true }).click();
    await page.getByRole("img", { name: "Chart of the result" }).locator("canvas").waitFor();
    expect(page.url()).toContain("view=chart");
    await page.getByText("Plan", { exact: true }).click();
    await page.getByRole("listitem").first().waitFor();
    await page.getByText("Statistics", { exact: true }).click();
    await page.getByText("numDocsScanned").waitFor();
    expect(watched.faults).toEqual([]);
  });

  test("underlines an error, says what was expected, and jumps there", async () => {
    await run("SELECT product_id\nFROM purchases\nWHERE quantityy > 1");
    await page.getByRole("alert").getByRole("button").click();
    await page.locator(".cm-lintRange-error").getByText("quantityy").waitFor();
    await page.locator(".cm-editor.cm-focused").waitFor();
  });

  test("completes tables and columns, runs by keyboard, remembers what ran", async () => {
    await open("/ui/sql?sql=SELECT+1");
    const editor = page.getByRole("textbox", { name: "SQL" });
    await editor.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("SELECT COUNT(*) FROM purchasesE");
    await page.locator(".cm-tooltip-autocomplete").getByText("purchasesEnriched").waitFor();
    // The editor takes no key for a list that has only just opened under the fingers.
    await page.waitForTimeout(200);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("table", { name: "Results" }).waitFor();
    await page.getByText("History", { exact: true }).click();
    await page.getByRole("button", { name: /SELECT COUNT\(\*\) FROM purchasesEnriched/ }).waitFor();
  });

  test("cancels what runs too long", async () => {
    // Nothing ends in one of these letters, so every row is searched to its end, once a pattern.
    const text = "CONCAT(product_name, transaction_id)";
    const patterns = ["Q", "W", "V", "X", "Z", "J"].map((end) => `(a|e|o)+.*(r|n)+.*[0-9a-z]{5}${end}`);
    const where = patterns.map((pattern) => `REGEXP_LIKE(${text}, '${pattern}')`).join("\n  OR ");
    await run(`SELECT COUNT(*) FROM purchasesEnriched\nWHERE ${where}`);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page
      .getByRole("alert")
      .getByText(/was cancelled|^Cancelled/)
      .waitFor({ timeout: 10_000 });
    await page.getByRole("button", { name: "Run", exact: true }).waitFor();
  });

  test("saves by name, downloads CSV", async () => {
    await run("SELECT product_id, item FROM products ORDER BY product_id LIMIT 3");
    await page.getByRole("table", { name: "Results" }).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    const text = readFileSync(await (await download).path(), "utf8");
    expect(text.split(/\r?\n/)[0]).toBe("product_id,item");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByLabel("Name").fill("Three products");
    await page.getByRole("button", { name: "Save query" }).click();
    await page.getByText("Saved as Three products.").waitFor();
    await page.getByText("Saved", { exact: true }).click();
    await page.getByRole("button", { name: /^Three products/ }).waitFor();
  });

  test("draws a hundred thousand rows without drawing them all", async () => {
    await run("SELECT transaction_id, total_purchase FROM purchases LIMIT 100000");
    await page.getByRole("table", { name: "Results" }).getByRole("row").nth(5).waitFor();
    expect(await page.getByRole("row").count()).toBeLessThan(100);
  });
});

describe("making a dashboard", () => {
  test("a statement becomes a panel of a new dashboard, which is renamed and deleted", async () => {
    await open(
      `/ui/sql?view=chart&sql=${encodeURIComponent("SELECT product_category, COUNT(*) AS n FROM purchasesEnriched GROUP BY 1")}`,
    );
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("button", { name: "Add to dashboard" }).click();
    await page.getByLabel("Title of the panel").fill("By category");
    await page.getByRole("combobox", { name: "On", exact: true }).click();
    await page.getByRole("option", { name: "A new dashboard" }).click();
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await expect.poll(() => page.url()).toContain("/dashboards/by-category");
    await panel("by-category").locator("canvas").waitFor();
    const { panels } = (await freshet.get("/api/dashboards/by-category")) as { panels: { sql: string }[] };
    expect(panels[0]?.sql).toContain("WHERE transaction_time >= :from AND transaction_time < :to");
    await open("/ui/dashboards/by-category?from=2001-01-01&to=2001-01-02");
    await panel("by-category")
      .getByText(/No rows between/)
      .waitFor();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Edit" }).click();
    await page.getByLabel("Title of the dashboard").fill("Shares");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "Shares" }).waitFor();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByText("Shares is deleted.").waitFor();
    expect(watched.faults).toEqual([]);
  });
});

describe("tables", () => {
  test("each has a card and a page with its columns, segments and stream", async () => {
    await open("/ui/tables");
    await page.getByRole("link", { name: /purchasesEnriched/ }).click();
    await page.getByRole("table", { name: "Newest rows" }).getByRole("row").nth(3).waitFor();
    for (const [view, seen] of [
      ["Columns", "product_category"],
      ["Segments", "consuming"],
      ["Ingestion", "Partitions"],
      ["Rejects", "None. A row that does not fit"],
      ["Configuration", "Table config"],
    ] as const) {
      await page.getByText(view, { exact: true }).first().click();
      await page.getByText(seen).first().waitFor();
    }
    expect(watched.faults).toEqual([]);
  });

  test("a new one from pasted rows shows them, and a pushed row appears by itself", async () => {
    await open("/ui/add-table");
    await page
      .getByRole("textbox", { name: "Rows" })
      .fill(
        '{"at":"2026-11-20T09:30:00Z","page":"/menu","ms":12.5}\n{"at":"2026-11-20T09:30:01Z","page":"/cart","ms":8}',
      );
    await page.getByRole("button", { name: "Propose a schema" }).click();
    await page.getByLabel("Table", { exact: true }).fill("visits");
    await page.getByRole("button", { name: /Create the table/ }).click();
    await page.getByRole("table", { name: "Newest rows" }).getByText("/cart").waitFor({ timeout: 20_000 });
    const pushed = { at: "2026-11-20T09:31:00Z", page: "/pushed", ms: 1 };
    await freshet.post("/ingest/visits", JSON.stringify(pushed), { "content-type": "application/x-ndjson" });
    await page.getByRole("table", { name: "Newest rows" }).getByText("/pushed").waitFor({ timeout: 10_000 });
    expect(watched.faults).toEqual([]);
  });
});

describe("every screen", () => {
  const screens = [
    ["dashboards", "/ui/dashboards"],
    ["dashboard", "/ui/dashboards/cafe"],
    ["console", "/ui/sql?sql=SELECT+*+FROM+purchases+LIMIT+20"],
    ["tables", "/ui/tables"],
    ["table", "/ui/tables/purchases"],
    ["segments", "/ui/tables/purchases?view=segments"],
    ["ingestion", "/ui/tables/purchases?view=ingestion"],
    ["configuration", "/ui/tables/purchases?view=configuration"],
    ["add a table", "/ui/add-table"],
  ] as const;

  describe.each(screens)("%s", (_name, path) => {
    test.each([
      { scheme: "light", width: 1440, height: 900 },
      { scheme: "dark", width: 390, height: 844 },
    ] as const)("$scheme, $width wide: axe finds nothing, nothing overflows", async (view) => {
      const other = await openPage(browser, view);
      await other.page.goto(freshet.url + path);
      await other.page.getByRole("heading", { level: 1 }).waitFor();
      await other.page.waitForTimeout(1200);
      expect(await axeFaults(other.page)).toEqual([]);
      expect(await overflowOf(other.page)).toBeLessThanOrEqual(0);
      expect(other.faults).toEqual([]);
      await other.close();
    });
  });

  test("keyboard: Ctrl-K finds a table, ? shows the sheet", async () => {
    await open("/ui/dashboards");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder(/Find a page/).fill("inventories");
    await page
      .getByRole("button", { name: /inventories/ })
      .first()
      .waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("/tables/inventories");
    await page.getByRole("heading", { level: 1, name: "inventories" }).waitFor();
    await page.getByPlaceholder(/Find a page/).waitFor({ state: "detached" });
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  });
});

describe("when the server goes away", () => {
  test("the page says so, keeps its rows, and comes back by itself", async () => {
    const own = await startFreshet({ flags: ["--demo-rate", "50"] });
    try {
      await page.goto(`${own.url}/ui/dashboards/cafe`);
      await panel("transactions")
        .getByText(/vs\. previous|nothing to compare/)
        .waitFor();
      await expect.poll(() => textOf("sales"), { timeout: 30_000 }).toMatch(/\$[\d,]+/);
      await own.stop();
      await page.getByText(/Disconnected|Reconnecting/).waitFor({ timeout: 20_000 });
      await panel("transactions").getByText(/ old$/).waitFor();
      const kept = await textOf("sales");
      expect(kept).toMatch(/\$[\d,]+/);
      const again = await startFreshet({
        flags: ["--demo-rate", "50"],
        data: own.data,
        port: Number(new URL(own.url).port),
      });
      await page.locator("[data-live=live]").waitFor({ timeout: 60_000 });
      await again.stop();
    } finally {
      await own.dispose();
    }
  });
});
