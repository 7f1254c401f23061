/**
 * How much an open live dashboard asks of the page: pictures that nobody sees are not drawn. What is counted does not
 * depend on how fast the machine is; the share of a core is processor time, printed, and bounded with room for others.
 */
import type { Browser, CDPSession } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { launchBrowser, openPage, type WatchedPage } from "#test/e2e/browser-node";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";

const watchedMs = 15_000;
/** Pictures a second, of all charts together: the page shows pushes together, four times. */
const picturesMax = 5;
/** Of one core. On a machine of its own it is a third of this. */
const busyShareMax = 0.3;

let freshet: Freshet;
let browser: Browser;
let watched: WatchedPage;

interface Counted {
  paints: Record<string, number>;
  /** Frames in which any chart was drawn. */
  frames: Record<string, true>;
  readonly long: number[];
}
declare global {
  interface Window {
    counted: Counted;
  }
}

beforeAll(async () => {
  [freshet, browser] = await Promise.all([startFreshet({ flags: ["--demo-rate", "200"] }), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await freshet?.dispose();
});
beforeEach(async () => {
  watched = await openPage(browser, { scheme: "light", width: 1440, height: 900 });
  await watched.page.addInitScript(() => {
    const counted: Counted = { paints: {}, frames: {}, long: [] };
    window.counted = counted;
    const clear = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...area) {
      const panel = this.canvas.closest("[data-panel]")?.getAttribute("data-panel");
      if (panel != null) counted.frames[String(document.timeline.currentTime)] = true;
      if (panel != null) counted.paints[panel] = (counted.paints[panel] ?? 0) + 1;
      clear.apply(this, area);
    };
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) counted.long.push(duration);
    }).observe({ type: "longtask" });
  });
});
afterEach(async () => {
  await watched.close();
});

/** Seconds of processor time that the page's main thread has used. */
async function taskSeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")!.value;
}

async function openCafe() {
  const { page } = watched;
  await page.goto(`${freshet.url}/ui/dashboards/cafe`);
  for (const id of ["salesByCategory", "purchasesByCategory", "cumulativeSales", "fruit"])
    await page.locator(`[data-panel=${id}] canvas`).waitFor({ timeout: 120_000 });
  // The demo has caught up with the clock.
  await page
    .locator("[data-live=live]")
    .getByText(/^\d\.\d s$/)
    .waitFor({ timeout: 170_000 });
  await page.waitForTimeout(3000);
  return page;
}

/** What happened on the page from now on, for a while. */
async function count(ms: number): Promise<Counted> {
  const { page } = watched;
  await page.evaluate(() => {
    window.counted.paints = {};
    window.counted.frames = {};
    window.counted.long.length = 0;
  });
  await page.waitForTimeout(ms);
  return page.evaluate(() => window.counted);
}

test("a live café dashboard draws each chart a few times a second, together with the others", async () => {
  const page = await openCafe();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const before = await taskSeconds(session);
  const { paints, frames, long } = await count(watchedMs);
  const share = ((await taskSeconds(session)) - before) / (watchedMs / 1000);
  const sorted = long.toSorted((left, right) => left - right);
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
  console.log(
    `main thread ${(share * 100).toFixed(1)} % of a core, ${long.length} long tasks, p95 ${p95} ms`,
    `${((Object.keys(frames).length * 1000) / watchedMs).toFixed(1)} frames a second with a picture,`,
    Object.entries(paints)
      .map(([panel, number]) => `${panel} ${((number * 1000) / watchedMs).toFixed(1)}/s`)
      .join(", "),
  );
  expect(Object.keys(paints).length, "live charts are drawn").toBeGreaterThan(0);
  for (const number of Object.values(paints))
    expect(number).toBeLessThanOrEqual((picturesMax * watchedMs) / 1000);
  expect(Object.keys(frames).length).toBeLessThanOrEqual((picturesMax * watchedMs) / 1000);
  expect(share).toBeLessThan(busyShareMax);
  expect(watched.faults).toEqual([]);
});

test("a hidden page draws nothing, and a chart that is scrolled away neither", async () => {
  const page = await openCafe();
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await page.waitForTimeout(1000);
  expect((await count(4000)).paints).toEqual({});
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => false });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect
    .poll(async () => Object.keys((await count(1000)).paints).length, { timeout: 30_000 })
    .toBeGreaterThan(0);
  await page.setViewportSize({ width: 1440, height: 220 });
  await page.evaluate(() => document.querySelector("[data-panel=transactions]")?.scrollIntoView());
  await page.waitForTimeout(1500);
  expect(Object.keys((await count(4000)).paints)).not.toContain("fruit");
});
