/**
 * The demo's smoothie café, from a seed: transactions of one to three items chosen by propensity, money
 * exact in cents, shelves that run low and are filled again, a day with its rush hours. Pure: time comes in
 * as an argument. The rate is purchases a second over a day; past `steadyRate` it is a load, and the same
 * at every hour.
 */
import { type Product, products } from "#ingestion/demo-menu";

/** Rows of one topic, oldest first, each one JSON object. */
export interface DemoRows {
  readonly table: string;
  readonly topic: string;
  readonly rows: readonly string[];
}

export interface CafeOptions {
  readonly seed: number;
  /** Purchases a second, over a day. */
  readonly rate: number;
  /** Event time of the first transaction. */
  readonly startMs: number;
  /** Before it is the back-fill, thinned to its bound; by default there is none. */
  readonly liveMs?: number;
  /** Also list the products and their full shelves: a café that was never open. */
  readonly isNew: boolean;
}

export const demoTopics = {
  products: "demo.products",
  purchases: "demo.purchases",
  inventories: "demo.inventories",
  purchasesEnriched: "demo.purchases.enriched",
} as const;

/** The back-fill's bound: rows of all tables together. */
export const backfillRowsMax = 2_000_000;
const rampMaxMs = 3 * 3_600_000;

const steadyRate = 1000;
const batchPurchases = 8000;
const supplementCents = 199;
const discountPercent = 10;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A shelf is counted every so many units sold, and filled below this share. */
const unitsPerCount = 20;
const lowShare = 0.2;
/** Expected items of a transaction, units of an item, and rows that follow from one purchase. */
const itemsMean = 1 * 0.55 + 2 * 0.32 + 3 * 0.13;
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
  const fullMs = (backfillRowsMax * 0.95 * 1000) / (rowsPerPurchase * rate);
  if (fullMs >= spanMs) return { liveMs, share: 1, rampMs: 0 };
  const rampMs = Math.min(rampMaxMs, spanMs);
  const share = (fullMs - rampMs / 2) / (spanMs - rampMs / 2);
  return share > 0.1 ? { liveMs, share, rampMs } : { liveMs, share: fullMs / spanMs, rampMs: 0 };
}

function shareAt({ liveMs, share, rampMs }: Fill, timeMs: number): number {
  if (timeMs >= liveMs) return 1;
  return timeMs <= liveMs - rampMs ? share : 1 - ((1 - share) * (liveMs - timeMs)) / rampMs;
}

/** quantity · (price + supplement) · (1 − discount), in whole cents, half a cent upwards. */
export function totalCents(purchase: {
  readonly quantity: number;
  readonly priceCents: number;
  readonly supplementCents: number;
  readonly discountPercent: number;
}): number {
  const full = purchase.quantity * (purchase.priceCents + purchase.supplementCents);
  return Math.floor((full * (100 - purchase.discountPercent) + 50) / 100);
}

/** 1234 → "12.34" */
export function money(cents: number): string {
  const rest = cents % 100;
  return `${(cents - rest) / 100}.${rest < 10 ? `0${rest}` : rest}`;
}

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);

/** "2026-11-20 06:05:04.003", UTC. The second's text is kept: many rows share it. */
class TimeText {
  #second = Number.NaN;
  #text = "";

  of(ms: number): string {
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ");
    }
    const rest = ms - second * 1000;
    return `${this.#text}.${rest < 100 ? `0${two(rest)}` : rest}`;
  }
}

/** What does not change from purchase to purchase of a product, written once. */
interface Shelf {
  readonly product: Product;
  readonly purchase: string;
  readonly enriched: string;
  level: number;
  soldSinceCount: number;
}

function shelfOf(product: Product): Shelf {
  const { product_id, product_category, product_name, product_size } = product;
  const contents = (["fruit", "veggies", "nuts", "caffeine"] as const)
    .map((what) => `,"contains_${what}":${product[`contains_${what}`]}`)
    .join("");
  const names = `,"product_name":"${product_name}","product_category":"${product_category}","product_size":"${product_size}"`;
  return {
    product,
    purchase: `,"product_id":${product_id},"price":${money(product.priceCents)}`,
    enriched: `${names},"product_cost":${money(product.costCents)}${contents}`,
    level: product.inventory_level,
    soldSinceCount: 0,
  };
}

interface Rows {
  products: string[];
  purchases: string[];
  inventories: string[];
  purchasesEnriched: string[];
}

const noRows = (): Rows => ({ products: [], purchases: [], inventories: [], purchasesEnriched: [] });

export class Cafe {
  readonly #rate: number;
  readonly #fill: Fill;
  readonly #shelves = products.map(shelfOf);
  /** The shelf that a draw of [0, 1024) takes. */
  readonly #choice: Uint8Array;
  readonly #time = new TimeText();
  #state: number;
  /**
   * Fractional ms of the next transaction; ids come from it, so they rise and do not repeat after a
   * restart.
   */
  #nextMs: number;
  #lastMs = -1;
  #ofMs = 0;
  #isOpening: boolean;

  constructor(options: CafeOptions) {
    this.#rate = options.rate;
    this.#fill = fillOf(options.rate, options.startMs, options.liveMs ?? options.startMs);
    this.#state = options.seed >>> 0;
    this.#nextMs = options.startMs;
    this.#isOpening = options.isNew;
    this.#choice = choices(this.#shelves);
  }

  /** Event time of the next transaction. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /**
   * All rows with event times before `untilMs` that were not given yet, in batches of some thousands,
   * oldest first.
   */
  *batchesUntil(untilMs: number): Generator<readonly DemoRows[], undefined> {
    while (this.#isOpening || this.#nextMs < untilMs) yield this.nextBatch(untilMs);
    return undefined;
  }

  /** The next batch before `untilMs`; without rows when there are none. */
  nextBatch(untilMs: number): readonly DemoRows[] {
    const rows = noRows();
    if (this.#isOpening) this.#open(rows);
    while (this.#nextMs < untilMs && rows.purchases.length < batchPurchases) {
      this.#transact(Math.floor(this.#nextMs), rows);
      this.#nextMs += this.#gapMs();
    }
    return (Object.keys(demoTopics) as (keyof Rows)[])
      .filter((table) => rows[table].length > 0)
      .map((table) => ({ table, topic: demoTopics[table], rows: rows[table] }));
  }

  #open(rows: Rows): void {
    this.#isOpening = false;
    const ms = Math.floor(this.#nextMs);
    for (const { product } of this.#shelves) {
      const { costCents, priceCents, ...rest } = product;
      const time = `"event_time":"${this.#time.of(ms)}"`;
      const text = JSON.stringify(rest).slice(1, -1);
      rows.products.push(`{${time},${text},"product_cost":${money(costCents)},"price":${money(priceCents)}}`);
      this.#count(ms, product, { before: 0, added: product.inventory_level }, rows);
    }
  }

  /** Exponential gaps: transactions come at random, as many as the hour wants. */
  #gapMs(): number {
    const busy = this.#rate > steadyRate ? 1 : busyness(this.#nextMs);
    const transactionsPerMs = (this.#rate * busy * shareAt(this.#fill, this.#nextMs)) / itemsMean / 1000;
    return -Math.log(1 - this.#draw()) / transactionsPerMs;
  }

  #transact(ms: number, rows: Rows): void {
    this.#ofMs = ms === this.#lastMs ? this.#ofMs + 1 : 0;
    this.#lastMs = ms;
    const isMember = this.#draw() < 0.36;
    const head =
      `{"transaction_time":"${this.#time.of(ms)}","transaction_id":${ms * 1000 + (this.#ofMs % 1000)}` +
      `,"is_member":${isMember},"member_discount":${isMember ? "0.10" : "0.00"}`;
    const draw = this.#draw();
    const items = draw < 0.55 ? 1 : draw < 0.87 ? 2 : 3;
    for (let item = 0; item < items; item++) this.#buy(ms, head, isMember, rows);
  }

  #buy(ms: number, head: string, isMember: boolean, rows: Rows): void {
    const shelf = this.#shelves[this.#choice[this.#bits() >>> 22]];
    const draw = this.#draw();
    const quantity = draw < 0.8 ? 1 : draw < 0.95 ? 2 : 3;
    const hasSupplement = this.#draw() < 0.28;
    const cents = totalCents({
      quantity,
      priceCents: shelf.product.priceCents,
      supplementCents: hasSupplement ? supplementCents : 0,
      discountPercent: isMember ? discountPercent : 0,
    });
    const row =
      `${head}${shelf.purchase},"quantity":${quantity},"add_supplements":${hasSupplement}` +
      `,"supplement_price":${hasSupplement ? money(supplementCents) : "0.00"},"total_purchase":${money(cents)}`;
    rows.purchases.push(`${row}}`);
    rows.purchasesEnriched.push(`${row}${shelf.enriched}}`);
    this.#take(ms, shelf, quantity, rows);
  }

  /** Takes units off the shelf; counts it now and then, fills it when it is low. */
  #take(ms: number, shelf: Shelf, quantity: number, rows: Rows): void {
    const { product } = shelf;
    shelf.level = Math.max(0, shelf.level - quantity);
    shelf.soldSinceCount += quantity;
    const isLow = shelf.level < product.inventory_level * lowShare;
    // Deliveries are late at times, so that there is something to see under "low".
    if (isLow && (shelf.level < 4 || this.#draw() < 0.2)) {
      const room = product.inventory_level - shelf.level;
      const added = Math.ceil(room * (0.6 + 0.4 * this.#draw()));
      this.#count(ms, product, { before: shelf.level, added }, rows);
      shelf.level += added;
      shelf.soldSinceCount = 0;
    } else if (shelf.soldSinceCount >= unitsPerCount) {
      this.#count(ms, product, { before: shelf.level, added: 0 }, rows);
      shelf.soldSinceCount = 0;
    }
  }

  #count(
    ms: number,
    { product_id }: Product,
    level: { readonly before: number; readonly added: number },
    rows: Rows,
  ) {
    rows.inventories.push(
      `{"event_time":"${this.#time.of(ms)}","product_id":${product_id},"existing_level":${level.before}` +
        `,"stock_quantity":${level.added},"new_level":${level.before + level.added}}`,
    );
  }

  #draw(): number {
    return this.#bits() / 2 ** 32;
  }

  /** SplitMix32. */
  #bits(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
}

function choices(shelves: readonly Shelf[]): Uint8Array {
  const total = shelves.reduce((sum, { product }) => sum + product.propensity_to_buy, 0);
  const choice = new Uint8Array(1024);
  let sum = 0;
  let at = 0;
  for (const [index, { product }] of shelves.entries()) {
    sum += product.propensity_to_buy;
    for (const end = Math.round((sum / total) * 1024); at < end; at++) choice[at] = index;
  }
  return choice;
}
