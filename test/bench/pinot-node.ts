/**
 * What users of Pinot ask and Pinot answers slowest, over HTTP in the `pinot` dialect, caches off: exact decimal sums,
 * sketches, ten thousand raw rows. 1.5 M sales; every answer is compared with the sums of the generator.
 * Usage: node test/bench/pinot-node.ts [rows, default 1500000]
 */
import { seeded } from "#test/bench/events";
import { report, usageOf } from "#test/bench/process-node";
import { startFreshet } from "#test/setup/freshet-node";

const rows = Number(process.argv[2] ?? 1_500_000);
const batchRows = 50_000;
const rounds = Number(process.env["PINOT_ROUNDS"] ?? 12);

const schema = {
  schemaName: "sales",
  dimensionFieldSpecs: [
    { name: "sale_id", dataType: "STRING" },
    { name: "product", dataType: "STRING" },
    { name: "number", dataType: "LONG" },
    { name: "is_member", dataType: "BOOLEAN" },
  ],
  metricFieldSpecs: [
    { name: "price", dataType: "FLOAT" },
    { name: "total", dataType: "DOUBLE" },
    { name: "measured", dataType: "DOUBLE" },
    { name: "quantity", dataType: "INT" },
  ],
  dateTimeFieldSpecs: [
    { name: "ts", dataType: "TIMESTAMP", format: "1:MILLISECONDS:EPOCH", granularity: "1:MILLISECONDS" },
  ],
};

const random = seeded(15);
const startMs = 1_790_000_000_000;
let totalCents = 0n;
let priceCents = 0n;
const products = new Map<string, bigint>();

function saleOf(number: number): string {
  const product = `P${Math.floor(random() * 26)}`;
  const price = 299 + Math.floor(random() * 600);
  const quantity = 1 + Math.floor(random() * 3);
  const total = price * quantity;
  totalCents += BigInt(total);
  priceCents += BigInt(price);
  products.set(product, (products.get(product) ?? 0n) + BigInt(total));
  return (
    `{"sale_id":"s${number.toString(36).padStart(9, "0")}","product":"${product}","number":${number},` +
    `"is_member":${random() < 0.3},"price":${price / 100},"total":${total / 100},"measured":${random() * 100},` +
    `"quantity":${quantity},"ts":${startMs + number * 50}}`
  );
}

/** 1234n → "12.34", without trailing zeros. */
const money = (cents: bigint): string =>
  `${cents / 100n}.${`${cents % 100n}`.padStart(2, "0")}`.replace(/\.?0+$/, "");

type Rows = readonly (readonly unknown[])[];

interface Question {
  readonly name: string;
  readonly sql: string;
  /** Milliseconds that Pinot took for the same on a machine of the same kind; 0: not measured there. */
  readonly pinotMs: number;
  readonly holds: (rows: Rows) => boolean;
}

const near = (value: unknown, wanted: number, share: number): boolean =>
  Math.abs(Number(value) - wanted) <= wanted * share;

const questions: readonly Question[] = [
  {
    name: "exact sum of a DOUBLE",
    sql: "SELECT SUMPRECISION(total) FROM sales",
    pinotMs: 259,
    holds: ([[sum]]) => sum === money(totalCents),
  },
  {
    name: "exact sum of a FLOAT",
    sql: "SELECT SUMPRECISION(price) FROM sales",
    pinotMs: 0,
    holds: ([[sum]]) => sum === money(priceCents),
  },
  {
    name: "exact sum by product",
    sql: "SELECT product, SUMPRECISION(total) FROM sales GROUP BY product LIMIT 100",
    pinotMs: 0,
    holds: (answer) =>
      answer.length === 26 && answer.every(([name, sum]) => sum === money(products.get(`${name}`)!)),
  },
  {
    name: "exact sum of doubles of 16 digits",
    sql: "SELECT SUMPRECISION(measured) FROM sales",
    pinotMs: 0,
    holds: ([[sum]]) => near(sum, rows * 50, 0.01),
  },
  {
    name: "sketch of different texts",
    sql: "SELECT DISTINCTCOUNTHLL(sale_id) FROM sales",
    pinotMs: 167,
    holds: ([[count]]) => near(count, rows, 0.25),
  },
  {
    name: "sketch of different integers",
    sql: "SELECT DISTINCTCOUNTHLL(number) FROM sales",
    pinotMs: 167,
    holds: ([[count]]) => near(count, rows, 0.25),
  },
  {
    name: "sketch of texts by product",
    sql: "SELECT product, DISTINCTCOUNTHLL(sale_id) FROM sales GROUP BY product LIMIT 100",
    pinotMs: 0,
    holds: (answer) => answer.length === 26 && answer.every(([, count]) => near(count, rows / 26, 0.3)),
  },
  {
    name: "10,000 raw rows",
    sql: "SELECT * FROM sales LIMIT 10000",
    pinotMs: 46,
    holds: (answer) => answer.length === 10_000 && new Set(answer.map((row) => row[6])).size === 10_000,
  },
];

const freshet = await startFreshet();
try {
  await freshet.post("/schemas", schema);
  for (let at = 0; at < rows; at += batchRows) {
    const body = Array.from({ length: Math.min(batchRows, rows - at) }, (_, row) => saleOf(at + row)).join(
      "\n",
    );
    await freshet.post("/ingest/sales?sync=true", body, { "content-type": "application/x-ndjson" });
  }
  const pid = freshet.child.pid as number;
  for (const { name, sql, pinotMs, holds } of questions) {
    let bestMs = Number.POSITIVE_INFINITY;
    let beforeCpu = 0;
    for (let round = 0; round < rounds; round++) {
      if (round === 2) beforeCpu = usageOf(pid).cpuSeconds;
      const startedMs = performance.now();
      const answer = await freshet.sql(sql, "useCache=false");
      bestMs = Math.min(bestMs, performance.now() - startedMs);
      const table = answer["resultTable"] as { rows: Rows } | undefined;
      if (table === undefined || !holds(table.rows))
        throw new TypeError(`${name}: ${JSON.stringify(table?.rows.slice(0, 3) ?? answer["exceptions"])}`);
    }
    const cpuMs = ((usageOf(pid).cpuSeconds - beforeCpu) * 1000) / (rounds - 2);
    const target = pinotMs === 0 ? "" : `< ${pinotMs} ms, Pinot's`;
    report(name, `${bestMs.toFixed(1)} ms, ${cpuMs.toFixed(0)} CPU`, target);
  }
} finally {
  await freshet.dispose();
}
