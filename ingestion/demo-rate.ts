/** How many purchases the café has at a time: its rush hours, and a back-fill thinned to its bound. */
import { products } from "#ingestion/demo-menu";
import { totalsEveryMs } from "#ingestion/demo-totals";
import { ingestionBounds } from "#schemas/limits";

export const backfillRowsMax = ingestionBounds.demoBackfillRows;
const rampMaxMs = 3 * 3_600_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A shelf is counted every so many units sold. */
export const unitsPerCount = 20;
/** Expected items of a transaction, units of an item, and rows that follow from one purchase. */
export const itemsMean = 1 * 0.55 + 2 * 0.32 + 3 * 0.13;
const unitsMean = 1 * 0.8 + 2 * 0.15 + 3 * 0.05;
const rowsPerPurchase = 2 + unitsMean / unitsPerCount + 0.02;

function rushes(timeMs: number): number {
  const hour = (((timeMs % dayMs) + dayMs) % dayMs) / hourMs;
  const rush = (at: number, width: number) => {
    const away = Math.min(Math.abs(hour - at), 24 - Math.abs(hour - at));
    return Math.exp(-((away / width) ** 2) / 2);
  };
  return Math.min(1, 0.75 * rush(8.5, 1.6) + rush(13, 1.8) + 0.85 * rush(17.5, 2.2));
}

const quietShare = 0.65;
const rushesMean =
  Array.from({ length: 288 }, (_, at) => rushes(at * 300_000)).reduce((a, b) => a + b, 0) / 288;

/**
 * How busy the café is at a time of day (UTC): 1 on average, two thirds of it at night, more at its three
 * rushes.
 */
export const busyness = (timeMs: number): number =>
  quietShare + ((1 - quietShare) * rushes(timeMs)) / rushesMean;

/** How much of the live rate the back-fill has, so that it stays within its rows. */
export interface Fill {
  readonly liveMs: number;
  /** The share long before `liveMs`; over the last `rampMs` it grows to 1. */
  readonly share: number;
  readonly rampMs: number;
}

export function fillOf(rate: number, startMs: number, liveMs: number): Fill {
  const spanMs = liveMs - startMs;
  const totals = (products.length * spanMs) / totalsEveryMs;
  const fullMs = ((backfillRowsMax * 0.95 - totals) * 1000) / (rowsPerPurchase * rate);
  if (fullMs >= spanMs) return { liveMs, share: 1, rampMs: 0 };
  const rampMs = Math.min(rampMaxMs, spanMs);
  const share = (fullMs - rampMs / 2) / (spanMs - rampMs / 2);
  return share > 0.1 ? { liveMs, share, rampMs } : { liveMs, share: fullMs / spanMs, rampMs: 0 };
}

export function shareAt({ liveMs, share, rampMs }: Fill, timeMs: number): number {
  if (timeMs >= liveMs) return 1;
  return timeMs <= liveMs - rampMs ? share : 1 - ((1 - share) * (liveMs - timeMs)) / rampMs;
}
