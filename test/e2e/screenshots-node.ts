/**
 * Pictures to look at: console, tables and dashboard, light and dark, 1440, 1024 and 390 pixels wide.
 * `npm run screenshots [-- --url http://host:port] [-- --out FOLDER]`; without a URL it starts the demo for itself.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, openPage, overflowOf, type View } from "#test/e2e/browser-node";
import { startFreshet } from "#test/setup/freshet-node";
import { root } from "#test/setup/sources-node";

interface Screen {
  readonly name: string;
  readonly path: string;
  /** Brings the page to the state worth a picture. */
  readonly ready: (page: Page) => Promise<void>;
}

const statement = `SELECT product_category, COUNT(*) AS purchases, SUM(total_purchase) AS sales,
  AVG(purchase_quantity) AS quantity, MAX(transaction_time) AS newest
FROM purchasesEnriched
WHERE is_member
GROUP BY product_category
ORDER BY sales DESC`;

const screens: readonly Screen[] = [
  {
    name: "console",
    path: `/ui/sql?sql=${encodeURIComponent(statement)}`,
    ready: async (page) => {
      await page.getByRole("button", { name: "Run", exact: true }).click();
      await page.getByRole("table", { name: "Results" }).waitFor();
    },
  },
  {
    name: "tables",
    path: "/ui/tables",
    ready: async (page) => {
      await page.getByRole("heading", { name: "purchasesEnriched" }).waitFor();
      await page.waitForTimeout(8000); // a course of the rates
    },
  },
  {
    name: "dashboard",
    path: "/ui/dashboards/cafe",
    ready: async (page) => {
      await page.locator("[data-panel=transactions] svg").first().waitFor();
      await page.waitForFunction(() =>
        [...document.querySelectorAll("[aria-label=Loading]")].every(
          (skeleton) => skeleton.getBoundingClientRect().top > window.innerHeight,
        ),
      );
      await page.waitForTimeout(1500);
    },
  },
];

const views: readonly View[] = [
  { scheme: "light", width: 1440, height: 900 },
  { scheme: "dark", width: 1440, height: 900 },
  { scheme: "light", width: 1024, height: 768 },
  { scheme: "dark", width: 1024, height: 768 },
  { scheme: "light", width: 390, height: 844 },
  { scheme: "dark", width: 390, height: 844 },
];

async function picture(
  browser: Browser,
  url: string,
  screen: Screen,
  view: View,
  folder: string,
): Promise<void> {
  const { page, faults, close } = await openPage(browser, view);
  await page.goto(url + screen.path);
  await screen.ready(page);
  const file = `${screen.name}-${view.scheme}-${view.width}.png`;
  await page.screenshot({ path: join(folder, file) });
  const overflow = await overflowOf(page);
  const notes = [...faults, ...(overflow > 0 ? [`wider than its window by ${overflow} px`] : [])];
  console.log(notes.length === 0 ? file : `${file}: ${notes.join("; ")}`);
  if (notes.length > 0) process.exitCode = 1;
  await close();
}

const { values } = parseArgs({ options: { url: { type: "string" }, out: { type: "string" } } });
const folder = values.out ?? join(root, ".build/screenshots");
mkdirSync(folder, { recursive: true });
const freshet = values.url === undefined ? await startFreshet({ flags: ["--demo-rate", "50"] }) : null;
const browser = await launchBrowser();
try {
  for (const screen of screens) {
    for (const view of views) await picture(browser, freshet?.url ?? values.url!, screen, view, folder);
  }
} finally {
  await browser.close();
  await freshet?.dispose();
}
