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
    expect((await fetch(`${freshet.url}/tableConfigs/later`, { method: "DELETE" })).status).toBe(200);
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
    expect((await fetch(`${freshet.url}/tableConfigs/visits`, { method: "DELETE" })).status).toBe(200);
    await page.getByText(/no table "visits"/).waitFor({ timeout: 5000 });
    expect(watched.faults).toEqual([]);
  });
});

test("rows that show no columns: they are added by hand", async () => {
  await open("/ui/add-table");
  await page.getByRole("textbox", { name: "Rows" }).fill("{}");
  await page.getByRole("button", { name: "Propose a schema" }).click();
  await page.getByText("add columns by hand").waitFor();
  await page.getByLabel("Table", { exact: true }).fill("by_hand");
  const create = page.getByRole("button", { name: /Create the table/ });
  expect(await create.isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Add a column" }).click();
  await page.getByLabel("Name of column 1").fill("page");
  await page.getByRole("button", { name: "Add a column" }).click();
  await page.getByLabel("Name of column 2").fill("ms");
  await page.getByRole("combobox", { name: "Type of ms" }).click();
  await page.getByRole("option", { name: "DOUBLE" }).click();
  await create.click();
  await page.waitForURL(/\/tables\/by_hand/);
  await push("by_hand", [{ page: "/a", ms: 1.5 }]);
  expect(await freshet.rows("SELECT page, ms FROM by_hand WHERE page IS NOT NULL")).toEqual([["/a", 1.5]]);
  expect(watched.faults).toEqual([]);
});

test("pasted rows whose name is taken: a new table beside it, or rows of the one there is", async () => {
  const paste = async (text: string) => {
    await open("/ui/add-table");
    await page.getByRole("textbox", { name: "Rows" }).fill(text);
    await page.getByRole("button", { name: "Propose a schema" }).click();
  };
  await paste('{"page":"/a","ms":1}');
  await page.getByRole("button", { name: "Create the table and add the rows" }).click();
  await page.waitForURL(/\/tables\/rows$/);
  await paste('{"page":"/b","ms":2,"extra":true}');
  await page.getByText("There is a table rows already.").waitFor();
  expect(await page.getByLabel("Table", { exact: true }).inputValue()).toBe("rows_2");
  await page.getByText("Add the rows to rows", { exact: true }).first().click();
  await page.getByText("no column for extra").waitFor();
  await page.getByRole("button", { name: "Add the rows to rows" }).click();
  await page.waitForURL(/\/tables\/rows$/);
  expect(await freshet.rows("SELECT page, ms FROM rows ORDER BY ms")).toEqual([
    ["/a", 1],
    ["/b", 2],
  ]);
  await paste('{"page":"/c","ms":3.5}');
  await page.getByRole("button", { name: "Create the table and add the rows" }).click();
  await page.waitForURL(/\/tables\/rows_2$/);
  expect(await freshet.rows("SELECT page, ms FROM rows_2")).toEqual([["/c", 3.5]]);
  expect(watched.faults).toEqual([]);
});

test("a CSV as offices write it: read, put right, renamed, and the refused row told", async () => {
  await open("/ui/add-table");
  await page.getByRole("textbox", { name: "Rows" }).fill("1;Oslo;5,5;NA\n2;Rome;NA;x\n3;Bern;7,25\n");
  await page.getByRole("button", { name: "Propose a schema" }).click();
  await page.getByText("The first line looks like a row").waitFor();
  await page.getByLabel("Table", { exact: true }).fill("offices");
  await page.getByLabel("Name of column2").fill("city");
  await page.getByLabel("Name of column3").fill("share");
  await page.getByLabel("Words for a missing value").fill("NA");
  await page.getByLabel("Words for a missing value").press("Enter");
  // Read anew, so named anew.
  await page.getByLabel("Table", { exact: true }).fill("offices");
  await page.getByLabel("Name of column2").fill("city");
  await page.getByLabel("Name of column3").fill("share");
  await page.getByRole("button", { name: "Create the table and add the rows" }).click();
  await page.getByText("2 rows added to offices, 1 row refused").waitFor();
  expect(await freshet.rows("SELECT column1, city, share, column4 FROM offices ORDER BY column1")).toEqual([
    [1, "Oslo", 5.5, null],
    [2, "Rome", null, "x"],
  ]);
  expect(watched.faults).toEqual([]);
});

describe("made from a file", () => {
  interface Case {
    readonly name: string;
    readonly mimeType: string;
    readonly text: string;
  }
  const cases: readonly Case[] = [
    {
      name: "Page visits.csv",
      mimeType: "text/csv",
      text: 'at,page,order\r\n2026-11-20T09:30:00Z,"/menu, ""large""",12.5\r\n2026-11-20T09:30:01Z,/cart,8\r\n',
    },
    {
      name: "orders.ndjson",
      mimeType: "application/x-ndjson",
      text: '{"at":"2026-11-20T09:30:00Z","page":"/menu, \\"large\\"","order":12.5}\n{"at":"2026-11-20T09:30:01Z","page":"/cart","order":8}\n',
    },
  ];

  test.each(cases)("$name: named after it, its rows there, typed", async ({ name, mimeType, text }) => {
    const table = name.replace(/\..*/, "").replace(" ", "_");
    await open("/ui/add-table");
    await page.getByText("Drop a file", { exact: true }).click();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose a file" }).click();
    await (await chooser).setFiles({ name, mimeType, buffer: Buffer.from(text) });
    await page.getByText(name).waitFor();
    await page.getByRole("button", { name: "Propose a schema" }).click();
    const named = page.getByLabel("Table", { exact: true });
    await named.waitFor();
    expect(await named.inputValue()).toBe(table);
    await page.getByRole("button", { name: /Create the table/ }).click();
    await page.getByRole("table", { name: "Newest rows" }).getByText("/cart").waitFor({ timeout: 20_000 });
    expect(page.url()).toContain(`/tables/${table}`);
    expect(await freshet.rows(`SELECT page, "order", at FROM ${table} ORDER BY "order" DESC`)).toEqual([
      ['/menu, "large"', 12.5, "2026-11-20 09:30:00.0"],
      ["/cart", 8, "2026-11-20 09:30:01.0"],
    ]);
    expect(watched.faults).toEqual([]);
  });
});
