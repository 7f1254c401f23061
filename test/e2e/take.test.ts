/** What a user picks out, takes along and arranges: a selected statement, CSV, a picture, panels moved and resized. */
import { readFileSync } from "node:fs";
import type { Browser, Download, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser, openPage, type WatchedPage } from "#test/e2e/browser-node";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";

let freshet: Freshet;
let browser: Browser;
let watched: WatchedPage;
let page: Page;

const rows = [
  { item: 'a "quoted", one', sold: 3, note: "two\nlines" },
  { item: "plain", sold: 5 },
  { item: "größer", sold: 12345 },
];

async function fill(): Promise<void> {
  const made = await freshet.post("/schemas", {
    schemaName: "items",
    enableColumnBasedNullHandling: true,
    dimensionFieldSpecs: [
      { name: "item", dataType: "STRING" },
      { name: "note", dataType: "STRING" },
    ],
    metricFieldSpecs: [{ name: "sold", dataType: "LONG" }],
  });
  expect(made.status).toBe(200);
  const text = rows.map((row) => JSON.stringify(row)).join("\n");
  await freshet.post("/ingest/items?sync=true", text, { "content-type": "application/x-ndjson" });
}

const panelOf = (id: string, x: number) => ({
  id,
  title: `Panel ${id}`,
  table: "items",
  sql: "SELECT item, SUM(sold) AS sold FROM items GROUP BY item ORDER BY sold",
  chart: { kind: "bar", x: "item", y: ["sold"] },
  at: { x, y: 0, w: 4, h: 4 },
});

beforeAll(async () => {
  [freshet, browser] = await Promise.all([startFreshet(), launchBrowser()]);
  await fill();
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

/** The file that a click saves. */
async function saved(click: () => Promise<void>): Promise<{ download: Download; bytes: Buffer }> {
  const waiting = page.waitForEvent("download");
  await click();
  const download = await waiting;
  return { download, bytes: readFileSync(await download.path()) };
}

describe("the console", () => {
  test("runs the statement at the cursor, of several; begins with the newest rows of a table", async () => {
    await open("/ui/sql");
    const editor = page.getByRole("textbox", { name: "SQL" });
    await editor.getByText("FROM items").waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const results = page.getByRole("table", { name: "Results" });
    await results.getByText("größer").waitFor();
    await open(
      `/ui/sql?sql=${encodeURIComponent("SELECT 1 AS one FROM items;\nSELECT 2 AS two FROM items")}`,
    );
    await editor.click();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Control+Enter");
    await results.getByText("two").waitFor();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Control+Enter");
    await results.getByText("one").waitFor();
    expect(watched.faults).toEqual([]);
  });

  test("runs only what is selected, and points at a fault within it", async () => {
    const text = "SELECT MAX(sold) AS most FROM items;\nSELECT nothing FROM items;\nSELECT 1 AS one";
    await open(`/ui/sql?sql=${encodeURIComponent(text)}`);
    await page.getByRole("textbox", { name: "SQL" }).click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Shift+End");
    await page.keyboard.press("Control+Enter");
    const results = page.getByRole("table", { name: "Results" });
    await results.getByText("most").waitFor();
    await results.getByText("12,345").or(results.getByText("12345")).waitFor();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Shift+End");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("alert").waitFor();
    await page.locator(".cm-lintRange-error").getByText("nothing").waitFor();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Shift+Home");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await results.getByText("one").waitFor();
    expect(await results.getByText("most").count()).toBe(0);
    expect(watched.faults).toEqual([]);
  });

  test("saves CSV with every row, quoted as it must be, in the statement's order", async () => {
    const sql = "SELECT item, sold, note FROM items ORDER BY sold";
    await open(`/ui/sql?sql=${encodeURIComponent(sql)}`);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("table", { name: "Results" }).waitFor();
    const { download, bytes } = await saved(() => page.getByRole("button", { name: "CSV" }).click());
    expect(download.suggestedFilename()).toBe("result.csv");
    expect(bytes.toString("utf8")).toBe(
      'item,sold,note\r\n"a ""quoted"", one",3,"two\nlines"\r\nplain,5,\r\ngrößer,12345,\r\n',
    );
  });
});

describe("a dashboard", () => {
  beforeAll(async () => {
    const board = { title: "Items", from: "now-1h", to: "now", version: 0, updatedMs: 0 };
    const panels = [panelOf("left", 0), panelOf("right", 4)];
    const put = await fetch(`${freshet.url}/api/dashboards/items`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...board, id: "items", panels }),
    });
    expect(await put.text()).toContain('"version"');
  });

  const more = async (item: string) => {
    await page.locator("[data-panel=left] canvas").waitFor();
    await page.getByRole("button", { name: "More: Panel left" }).click();
    return saved(() => page.getByRole("menuitem", { name: item }).click());
  };

  test("saves a panel's rows as CSV", async () => {
    await open("/ui/dashboards/items");
    const { download, bytes } = await more("Save as CSV");
    expect(download.suggestedFilename()).toBe("panel-left.csv");
    expect(bytes.toString("utf8")).toBe('item,sold\r\n"a ""quoted"", one",3\r\nplain,5\r\ngrößer,12345\r\n');
  });

  test("saves a panel as a PNG of twice its size", async () => {
    await open("/ui/dashboards/items");
    const { download, bytes } = await more("Save as PNG");
    expect(download.suggestedFilename()).toBe("panel-left.png");
    expect(bytes.subarray(0, 8)).toEqual(Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]));
    const box = await page.locator("[data-panel=left] canvas").boundingBox();
    expect(bytes.readUInt32BE(16)).toBe(Math.round(box!.width) * 2);
    expect(bytes.readUInt32BE(20)).toBe(Math.round(box!.height) * 2);
    expect(bytes.length).toBeGreaterThan(2000);
    expect(watched.faults).toEqual([]);
  });

  const places = async () => {
    const { panels } = (await freshet.get("/api/dashboards/items")) as {
      panels: readonly { id: string; at: Record<"x" | "y" | "w" | "h", number> }[];
    };
    return Object.fromEntries(panels.map(({ id, at }) => [id, at]));
  };

  /** Drags with the mouse from the middle of something. */
  async function drag(from: Locator, byX: number, byY: number): Promise<void> {
    const box = await from.boundingBox();
    const [x, y] = [box!.x + box!.width / 2, box!.y + box!.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let step = 1; step <= 10; step++)
      await page.mouse.move(x + (byX * step) / 10, y + (byY * step) / 10);
    await page.mouse.up();
  }

  test("is arranged: a panel dragged by its header, resized at its corner, saved, and there again", async () => {
    await open("/ui/dashboards/items");
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Edit" }).click();
    const right = page.locator("[data-panel=right]");
    await right.waitFor();
    const width = (await right.boundingBox())!.width;
    await drag(right.getByRole("heading"), width, 0);
    await drag(
      page.locator(".react-grid-item", { has: right }).locator(".react-resizable-handle"),
      -width / 2,
      120,
    );
    await page.keyboard.press("e"); // does not throw away what was arranged
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "More", exact: true }).waitFor();
    const after = await places();
    expect(after["left"]).toEqual({ x: 0, y: 0, w: 4, h: 4 });
    expect(after["right"]).toMatchObject({ x: 8, y: 0, w: 2 });
    expect(after["right"]!.h).toBeGreaterThan(4);
    await page.reload();
    await right.locator("canvas").waitFor();
    expect((await right.boundingBox())!.width).toBeLessThan(width * 0.6);
    expect(watched.faults).toEqual([]);
  });

  test("is made from the list, and says how panels come to it", async () => {
    await open("/ui/dashboards");
    await page.getByRole("button", { name: "New dashboard" }).click();
    await page.getByRole("heading", { level: 1, name: "New dashboard" }).waitFor();
    // No panel reads a table: nothing is late, and nothing is being connected to.
    expect(await page.getByText("connecting").count()).toBe(0);
    await page.getByRole("button", { name: "Open SQL" }).click();
    await page.getByRole("textbox", { name: "SQL" }).waitFor();
    await open("/ui/dashboards");
    await page.getByRole("link", { name: /New dashboard.*0 panels/s }).waitFor();
    await page.getByRole("button", { name: "New dashboard" }).click();
    await expect.poll(() => page.url()).toContain("/dashboards/new-dashboard2");
    expect(watched.faults).toEqual([]);
  });

  test("what was arranged and discarded is as before", async () => {
    await open("/ui/dashboards/items");
    const before = await places();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Edit" }).click();
    await page.getByRole("button", { name: "Remove: Panel left" }).click();
    await page.getByRole("button", { name: "Discard" }).click();
    await page.locator("[data-panel=left] canvas").waitFor();
    expect(await places()).toEqual(before);
  });
});
