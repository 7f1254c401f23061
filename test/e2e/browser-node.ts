/** A real Chromium for the tests: one browser, pages that collect what the console and the network complain about. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser to use; CHROMIUM overrides. */
export function chromiumPath(): string {
  const path = process.env["CHROMIUM"] ?? candidates.find((candidate) => existsSync(candidate));
  if (path === undefined)
    throw new Error("no Chromium found: apt-get install chromium, or set CHROMIUM to its path");
  return path;
}

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--force-color-profile=srgb",
    ],
  });

export type Scheme = "light" | "dark";
export interface View {
  readonly scheme: Scheme;
  readonly width: number;
  readonly height: number;
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors of the console and uncaught exceptions so far. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** A page of its own context, so that nothing is remembered from another. */
export async function openPage(browser: Browser, view: View): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    colorScheme: view.scheme,
    timezoneId: "Europe/Berlin",
    locale: "en-US",
    hasTouch: view.width < 600,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(`${error.name}: ${error.message}`));
  return { page, faults, close: () => context.close() };
}

/** Pixels by which the page is wider than its window. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
