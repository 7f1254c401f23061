/**
 * What others wait for while one client asks much: the longest time over HTTP of small queries on another table, and how
 * late a deadline takes effect. The heavy statements look through, merge, sort and encode about a million groups or rows.
 * Usage: node test/bench/fairness-node.ts [rows]
 */
import { eventBody, eventSchema, seeded } from "#test/bench/events";
import { report, rounded, share } from "#test/bench/process-node";
import { type Freshet, startFreshet } from "#test/setup/freshet-node";

const rows = Number(process.argv[2] ?? 1_000_000);
const batchRows = 50_000;
const smallRows = 10_000;
const pauseMs = 2;
const deadlineMs = 300;
const target = "≤ 50 ms";

const heavy: readonly (readonly [name: string, sql: string])[] = [
  [
    "hopping windows × distinct × percentile",
    `SELECT country, COUNT(DISTINCT user_id), PERCENTILE(latency_ms, 95)
     FROM HOP(events, ts, INTERVAL '10' SECOND, INTERVAL '5' MINUTE) GROUP BY country LIMIT 1000`,
  ],
  [
    "all of a million text groups",
    "SELECT event_id, COUNT(*), SUM(amount) FROM events GROUP BY event_id LIMIT 1000000",
  ],
  [
    "top 10 of a million text groups",
    "SELECT event_id, SUM(amount) FROM events GROUP BY event_id ORDER BY 2 DESC, 1 LIMIT 10",
  ],
  [
    "distinct texts of many number groups",
    "SELECT user_id, COUNT(DISTINCT page) FROM events GROUP BY user_id ORDER BY 2 DESC, 1 LIMIT 10",
  ],
  ["distinct texts", "SELECT COUNT(DISTINCT event_id) FROM events"],
  [
    "two percentiles by page",
    "SELECT page, PERCENTILE(latency_ms, 50), PERCENTILE(amount, 99) FROM events GROUP BY page LIMIT 5000",
  ],
  ["HLL by page", "SELECT page, DISTINCTCOUNTHLL(user_id) FROM events GROUP BY page LIMIT 5000"],
  [
    "LASTWITHTIME of many groups",
    "SELECT user_id, LASTWITHTIME(amount, ts, 'DOUBLE') FROM events GROUP BY user_id ORDER BY 1 LIMIT 10",
  ],
  ["DISTINCT pairs", "SELECT DISTINCT page, user_id FROM events LIMIT 1000000"],
  [
    "HAVING and ORDER BY an expression of a million groups",
    `SELECT event_id, SUM(amount) * 2 AS s FROM events GROUP BY event_id
     HAVING SUM(amount) > 10 ORDER BY UPPER(event_id) LIMIT 100`,
  ],
  [
    "a pattern over a million texts",
    "SELECT COUNT(*) FROM events WHERE REGEXP_LIKE(event_id, 'a[0-9]+b.*c')",
  ],
  ["LIKE over a million texts", "SELECT COUNT(*) FROM events WHERE event_id LIKE '%ab%'"],
  [
    "groups by a function of a million texts",
    "SELECT SUBSTR(event_id, 0, 3) AS p, COUNT(*) FROM events GROUP BY p ORDER BY 2 DESC, 1 LIMIT 10",
  ],
  ["all rows in the order of a number", "SELECT * FROM events ORDER BY amount LIMIT 900000"],
  [
    "all rows in the order of a text",
    "SELECT event_id, country FROM events ORDER BY event_id DESC LIMIT 900000",
  ],
];

async function load(freshet: Freshet): Promise<void> {
  await freshet.post("/schemas", eventSchema);
  await freshet.post("/schemas", { ...eventSchema, schemaName: "small" });
  const random = seeded(11);
  const ndjson = { "content-type": "application/x-ndjson" };
  for (let first = 0; first < rows; first += batchRows) {
    const body = eventBody(first, Math.min(batchRows, rows - first), random);
    await freshet.post("/ingest/events?sync=true", body, ndjson);
  }
  await freshet.post("/ingest/small?sync=true", eventBody(0, smallRows, random), ndjson);
}

interface Outcome {
  readonly headMs: number;
  readonly bytes: number;
  readonly head: string;
  readonly waitsMs: readonly number[];
}

/** Asks one heavy statement, and small ones beside it until it is answered. */
async function beside(freshet: Freshet, sql: string, timeoutMs: number): Promise<Outcome> {
  const waitsMs: number[] = [];
  let going = true;
  const small = (async () => {
    while (going) {
      const askedMs = performance.now();
      await freshet.sql("SELECT country, COUNT(*) FROM small GROUP BY country", "useCache=false");
      waitsMs.push(performance.now() - askedMs);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  })();
  const startedMs = performance.now();
  const response = await fetch(`${freshet.url}/query/sql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sql, queryOptions: `useCache=false;timeoutMs=${timeoutMs}` }),
  });
  const headMs = performance.now() - startedMs;
  const body = Buffer.from(await response.arrayBuffer());
  going = false;
  await small;
  return { headMs, bytes: body.length, head: body.subarray(0, 3000).toString(), waitsMs };
}

async function measure(freshet: Freshet, state: string): Promise<void> {
  for (const [name, sql] of heavy) {
    const whole = await beside(freshet, sql, 120_000);
    if (!whole.head.startsWith('{"resultTable"')) throw new Error(`${name}: ${whole.head}`);
    const cut = await beside(freshet, sql, deadlineMs);
    const late = cut.head.includes("QUERY_DEADLINE");
    report(`${state}, ${name}`, `${whole.headMs.toFixed(0)} ms`, `${rounded(whole.bytes)} bytes`);
    const waits = [...whole.waitsMs, ...cut.waitsMs];
    report("  small queries beside it, longest", `${Math.max(...waits).toFixed(0)} ms`, target);
    report("  small queries beside it, median", `${share(waits, 0.5).toFixed(1)} ms`);
    if (late) report(`  ended by timeoutMs=${deadlineMs} after`, `${cut.headMs.toFixed(0)} ms`);
  }
}

const freshet = await startFreshet();
try {
  await load(freshet);
  await measure(freshet, "mutable");
  await freshet.post("/tables/events/forceCommit", "");
  while (!JSON.stringify(await freshet.get("/api/tables/events")).includes(`"state":"sealed"`))
    await new Promise((resolve) => setTimeout(resolve, 200));
  await measure(freshet, "sealed");
} finally {
  await freshet.dispose();
}
