/**
 * The demo's smoothie café, from a seed: transactions of one to three items chosen by propensity, money
 * exact in cents, shelves that run low and are filled again, a day with its rush hours. Pure: time comes in
 * as an argument. The rate is purchases a second over a day; past `steadyRate` it is a load, and the same
 * at every hour.
 */
import { type Product, products } from "#ingestion/demo-menu";
import { busyness, type Fill, fillOf, itemsMean, shareAt, unitsPerCount } from "#ingestion/demo-rate";
import { DemoTotals } from "#ingestion/demo-totals";

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
  runningTotals: "demo.running.totals",
} as const;

const steadyRate = 1000;
const batchPurchases = 8000;
const supplementCents = 199;
const discountPercent = 10;
/** A shelf is filled below this share. */
const lowShare = 0.2;

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

/** "2026-11-20 06:05:04.003000", UTC. The second's text is kept: many rows share it. */
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
    return `${this.#text}.${rest < 100 ? `0${two(rest)}` : rest}000`;
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
  const { product_id, category, item, size } = product;
  const contents = (["fruit", "veggies", "nuts", "caffeine"] as const)
    .map((what) => `,"contains_${what}":${product[`contains_${what}`]}`)
    .join("");
  const price = money(product.priceCents);
  const id = `,"product_id":"${product_id}"`;
  const names = `,"product_category":"${category}","product_name":"${item}","product_size":"${size}"`;
  const prices = `,"product_cogs":${money(product.cogsCents)},"product_price":${price},"purchase_price":${price}`;
  return {
    product,
    purchase: `${id},"price":${price}`,
    enriched: `${id}${names}${prices}${contents}`,
    level: product.inventory_level,
    soldSinceCount: 0,
  };
}

type Rows = Record<keyof typeof demoTopics, string[]>;

const noRows = (): Rows => ({
  products: [],
  purchases: [],
  inventories: [],
  purchasesEnriched: [],
  runningTotals: [],
});

/** A transaction's id: rising, of one length, and of few bytes, for every purchase has one. */
const transactionId = (ms: number, ofMs: number): string =>
  `${ms.toString(36)}${(ofMs % 1296).toString(36).padStart(2, "0")}`;

export class Cafe {
  readonly #rate: number;
  readonly #fill: Fill;
  readonly #shelves = products.map(shelfOf);
  /** The shelf that a draw of [0, 1024) takes. */
  readonly #choice: Uint8Array;
  readonly #time = new TimeText();
  readonly #totals: DemoTotals;
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
    this.#totals = new DemoTotals(options.startMs);
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
      const { cogsCents, priceCents, ...rest } = product;
      const time = `"event_time":"${this.#time.of(ms)}"`;
      const text = JSON.stringify(rest).slice(1, -1);
      rows.products.push(`{${time},${text},"cogs":${money(cogsCents)},"price":${money(priceCents)}}`);
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
    if (this.#totals.isDue(ms)) this.#total(ms, rows);
    const isMember = this.#draw() < 0.36;
    const head =
      `{"transaction_time":"${this.#time.of(ms)}","transaction_id":"${transactionId(ms, this.#ofMs)}"` +
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
      `${head},"add_supplements":${hasSupplement}` +
      `,"supplement_price":${hasSupplement ? money(supplementCents) : "0.00"},"total_purchase":${money(cents)}`;
    rows.purchases.push(`${row}${shelf.purchase},"quantity":${quantity}}`);
    rows.purchasesEnriched.push(`${row}${shelf.enriched},"purchase_quantity":${quantity}}`);
    this.#totals.add(shelf.product.product_id, quantity, cents);
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

  #total(ms: number, rows: Rows): void {
    const [dueMs, changed] = this.#totals.take(ms);
    const time = this.#time.of(dueMs);
    for (const { id, transactions, quantities, cents } of changed) {
      rows.runningTotals.push(
        `{"event_time":"${time}","product_id":"${id}","transactions":${transactions}` +
          `,"quantities":${quantities},"sales":${money(cents)}}`,
      );
    }
  }

  #count(
    ms: number,
    { product_id }: Product,
    level: { readonly before: number; readonly added: number },
    rows: Rows,
  ) {
    rows.inventories.push(
      `{"event_time":"${this.#time.of(ms)}","product_id":"${product_id}","existing_level":${level.before}` +
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
