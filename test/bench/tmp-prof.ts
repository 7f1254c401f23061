/**
 * What others wait for while one client asks much: the longest time over HTTP of small queries on another table,
 * and how late a deadline takes effect. The heavy statements merge, sort and encode about a million groups or rows.
 * Usage: node test/bench/fairness-node.ts [rows]
 */
import { eventBody, eventSchema, seeded } from "#test/bench/events";
import { report, rounded, share } from "#test/bench/process-node";
import { startFreshet } from "#test/setup/freshet-node";

const rows = Number(process.argv[2] ?? 1_000_000);
const batchRows = 50_000;
const smallRows = 10_000;
const pauseMs = 2;
const deadlineMs = 300;

const heavy: readonly (readonly [string, string])[] = [
  [
    "hopping windows × distinct × percentile",
    `SELECT country, COUNT(DISTINCT user_id), PERCENTILE(latency_ms, 95)
    FROM HOP(events, ts, INTERVAL '10' SECOND, INTERVAL '5' MINUTE) GROUP BY country LIMIT 1000`,
  ],
  [
    "one million text groups, all of them",
    `SELECT event_id, COUNT(*), SUM(amount) FROM events GROUP BY event_id LIMIT 1000000`,
  ],
  [
    "one million text groups, top 10",
    `SELECT event_id, SUM(amount) FROM events GROUP BY event_id ORDER BY 2 DESC, 1 LIMIT 10`,
  ],
  [
    "million number groups × distinct",
    `SELECT user_id, COUNT(DISTINCT page) FROM events GROUP BY user_id ORDER BY 2 DESC, 1 LIMIT 10`,
  ],
  ["distinct texts", `SELECT COUNT(DISTINCT event_id) FROM events`],
  ["distinct numbers", `SELECT COUNT(DISTINCT user_id) FROM events`],
  [
    "percentile by page",
    `SELECT page, PERCENTILE(latency_ms, 50), PERCENTILE(amount, 99) FROM events GROUP BY page LIMIT 5000`,
  ],
  ["HLL by page", `SELECT page, DISTINCTCOUNTHLL(user_id) FROM events GROUP BY page LIMIT 5000`],
  [
    "LASTWITHTIME by user",
    `SELECT user_id, LASTWITHTIME(amount, ts, 'DOUBLE') FROM events GROUP BY user_id ORDER BY 1 LIMIT 10`,
  ],
  ["DISTINCT of two columns", `SELECT DISTINCT page, user_id FROM events LIMIT 1000000`],
  [
    "HAVING over a million groups",
    `SELECT event_id, SUM(amount) * 2 AS s FROM events GROUP BY event_id HAVING SUM(amount) > 99.9 ORDER BY UPPER(event_id) LIMIT 100`,
  ],
  ["all rows in the order of a number", `SELECT * FROM events ORDER BY amount LIMIT 900000`],
  [
    "all rows in the order of a text",
    `SELECT event_id, country FROM events ORDER BY event_id DESC LIMIT 900000`,
  ],
];

const freshet = await startFreshet();
try {
  await freshet.post("/schemas", eventSchema);
  await freshet.post("/schemas", { ...eventSchema, schemaName: "small" });
  const random = seeded(11);
  const ndjson = { "content-type": "application/x-ndjson" };
  for (let first = 0; first < rows; first += batchRows)
    await freshet.post("/ingest/events", eventBody(first, Math.min(batchRows, rows - first), random), ndjson);
  await freshet.post("/ingest/small?sync=true", eventBody(0, smallRows, random), ndjson);
  while (Number((await freshet.rows("SELECT COUNT(*) FROM events"))[0]?.[0]) < rows)
    await new Promise((resolve) => setTimeout(resolve, 100));
  for (const [name, sql] of heavy) {
    for (const late of [false]) {
      const waits: number[] = [];
      let going = true;
      const small = (async () => {
        while (going) {
          const askedMs = performance.now();
          await freshet.sql("SELECT country, COUNT(*) FROM small GROUP BY country", "useCache=false");
          waits.push(performance.now() - askedMs);
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      })();
      const startedMs = performance.now();
      const response = await fetch(`${freshet.url}/query/sql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ sql, queryOptions: `useCache=false;timeoutMs=${late ? deadlineMs : 60_000}` }),
      });
      const headMs = performance.now() - startedMs;
      const body = await response.arrayBuffer();
      going = false;
      await small;
      const size = body.byteLength;
      if (late) {
        const text = Buffer.from(body).subarray(0, 3000).toString();
        const code = text.includes("QUERY_DEADLINE") ? "deadline" : `in time, ${size} bytes`;
        report(`  with timeoutMs=${deadlineMs}: ${code}`, `${headMs.toFixed(0)} ms`);
        report(`  longest small query beside it`, `${Math.max(...waits).toFixed(0)} ms`, "≤ 50 ms");
      } else {
        const first = Buffer.from(body).subarray(0, 400).toString();
        if (!first.startsWith('{"resultTable"')) throw new Error(`${name}: ${first}`);
        report(name, `${headMs.toFixed(0)} ms`, `${rounded(size)} bytes`);
        report("  longest small query beside it", `${Math.max(...waits).toFixed(0)} ms`, "≤ 50 ms");
        report("  median small query beside it", `${share(waits, 0.5).toFixed(1)} ms`);
      }
    }
  }
} finally {
  const { writeFileSync } = await import("node:fs");
  freshet.child.kill("SIGUSR2");
  await new Promise((r) => setTimeout(r, 4000));
  writeFileSync("/tmp/lead/child.log", freshet.output());
  await freshet.dispose();
}
